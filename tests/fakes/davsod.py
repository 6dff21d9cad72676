"""DAVSOD: numbers of the source video, folders of other annotations beside, an unlisted test set, and the repack."""

import numpy as np

from tests.fakes.fake import HEIGHT, WIDTH, Fake, blob, encoded, gray, picture

NAMES = {
    "Easy-35.zip": ("Easy-35", "select_0616_1", 390),
    "DAVSOD-TrainingSet.zip": ("Training Set", "select_0043", 12),
    "Normal-25.zip": ("Normal-25", "select_0999", 7),
    "Difficult-20.zip": ("Difficult-20", "select_0998", 70),
}


def official() -> Fake:
    """One mask is empty, as attention shifts; `select_0999` is in no list, its archive tells its split."""
    fake = Fake("davsod", {name: {} for name in NAMES}, {}, {}, notes={"empty-mask"})
    for archive, (folder, name, first) in NAMES.items():
        members = fake.archives[archive]
        stems = tuple(f"{first + index:04d}" for index in range(4))
        fake.frames[name] = stems
        for index, stem in enumerate(stems):
            mask = blob(index) & (index != 3)
            fake.truth[name, stem] = mask
            members[f"{folder}/{name}/Imgs/{stem}.png"] = picture(index, ".png")
            members[f"{folder}/{name}/GT_object_level/{stem}.png"] = encoded(gray(mask), ".png")
            members[f"{folder}/{name}/GT_instance_level/{stem}.png"] = encoded(gray(~mask), ".png")
            members[f"{folder}/{name}/Fixation_maps/{stem}.png"] = encoded(np.zeros((HEIGHT, WIDTH), np.uint8), ".png")
            members[f"{folder}/{name}/Imgs_fused/{stem}.png"] = picture(50 + index, ".png")
    fake.a_frame = "Easy-35/select_0616_1/Imgs/0391.png"
    fake.a_mask = "Easy-35/select_0616_1/GT_object_level/0391.png"
    return fake


def repacked() -> Fake:
    """`select0616-1/Imgs/select0616-1_0390.jpg`."""
    fake = Fake("davsod", {"DAVSOD.zip": {}}, {}, {}, notes={"empty-mask"}, layout="repack")
    fake.original = {"select_0616_1": tuple(f"{390 + index:04d}" for index in range(4))}
    fake.frames = {"select_0616_1": tuple(f"select0616-1_{390 + index:04d}" for index in range(4))}
    for index, stem in enumerate(fake.frames["select_0616_1"]):
        mask = blob(index) & (index != 3)
        fake.truth["select_0616_1", stem] = mask
        fake.put(f"DAVSOD/select0616-1/Imgs/{stem}.jpg", picture(index))
        fake.put(f"DAVSOD/select0616-1/ground-truth/{stem}.png", encoded(gray(mask), ".png"))
    fake.a_frame = "DAVSOD/select0616-1/Imgs/select0616-1_0391.jpg"
    fake.a_mask = "DAVSOD/select0616-1/ground-truth/select0616-1_0391.png"
    return fake
