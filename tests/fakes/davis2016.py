"""DAVIS-2016: official tree, DAVIS-2017's tree, and the VSOD repack."""

import numpy as np

from tests.fakes.fake import Fake, blob, encoded, gray, paletted, picture

SEQUENCES = {"bear": range(4), "bmx-bumps": range(58, 62), "dog": range(3)}


def official(resolution: str = "480p", sequences: dict[str, range] = SEQUENCES) -> Fake:
    """Masks of 0 and 255, one of them gray with alpha, one of them empty as in the release; lists of path pairs."""
    fake = Fake("davis2016", {"DAVIS-data.zip": {}}, {}, {})
    for number, (name, numbers) in enumerate(sequences.items()):
        fake.frames[name] = tuple(f"{index:05d}" for index in numbers)
        for index, stem in zip(numbers, fake.frames[name], strict=True):
            mask = blob(number + index) & (name != "bmx-bumps" or index != 60)
            fake.truth[name, stem] = mask
            data = encoded(gray(mask), ".png")
            if (name, stem) == ("bear", "00002"):
                data = encoded(gray(mask), ".png", mode="LA")
            fake.put(f"DAVIS/JPEGImages/{resolution}/{name}/{stem}.jpg", picture(100 * number + index))
            fake.put(f"DAVIS/Annotations/{resolution}/{name}/{stem}.png", data)
    lines = [f"/JPEGImages/480p/dog/{s}.jpg /Annotations/480p/dog/{s}.png " for s in fake.frames["dog"]]
    fake.put(f"DAVIS/ImageSets/{resolution}/val.txt", "\n".join(lines).encode())
    fake.put("__MACOSX/DAVIS/JPEGImages/480p/dog/._00000.jpg", b"junk")
    fake.notes = {"empty-mask"}
    fake.a_frame = f"DAVIS/JPEGImages/{resolution}/dog/00001.jpg"
    fake.a_mask = f"DAVIS/Annotations/{resolution}/dog/00001.png"
    return fake


def davis2017() -> Fake:
    """Palettes with object ids, and sequences that DAVIS-2016 does not have."""
    fake = official()
    members = next(iter(fake.archives.values()))
    fake.archives = {"DAVIS-2017-trainval-480p.zip": members}
    for (name, stem), mask in fake.truth.items():
        ids = np.where(mask, 1, 0).astype(np.uint8)
        inside = np.argwhere(mask)
        for row in inside[: len(inside) // 2]:
            ids[tuple(row)] = 2
        members[f"DAVIS/Annotations/480p/{name}/{stem}.png"] = paletted(ids)
        fake.raw.add((name, stem))
    members["DAVIS/ImageSets/2017/train.txt"] = b"bear\nboxing-fisheye\n"
    members["DAVIS/JPEGImages/480p/boxing-fisheye/00000.jpg"] = picture(5)
    members["DAVIS/Annotations/480p/boxing-fisheye/00000.png"] = paletted(np.ones((18, 24), np.uint8))
    fake.layout = "davis2017"
    return fake


def repacked() -> Fake:
    """`SEQ/Imgs` and `SEQ/ground-truth`, renumbered."""
    source = official(sequences=SEQUENCES | {"bmx-bumps": range(61)})  # a repack's frames are numbered from zero
    fake = Fake("davis2016", {"DAVIS.zip": {}}, {}, {}, notes={"empty-mask"}, layout="repack")
    for name, stems in source.frames.items():
        new = tuple(f"{name}_{index:05d}" for index in range(len(stems)))
        fake.frames[name] = new
        fake.original[name] = stems
        for index, (stem, old) in enumerate(zip(new, stems, strict=True)):
            fake.truth[name, stem] = source.truth[name, old]
            fake.put(f"DAVIS/{name}/Imgs/{stem}.jpg", picture(index))
            fake.put(f"DAVIS/{name}/ground-truth/{stem}.png", encoded(gray(source.truth[name, old]), ".png"))
    fake.a_frame, fake.a_mask = "DAVIS/dog/Imgs/dog_00001.jpg", "DAVIS/dog/ground-truth/dog_00001.png"
    return fake
