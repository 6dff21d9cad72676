"""VOS: bare numbers as names, key frames only, PNG frames in one copy, and the video that no list names."""

from tests.fakes.fake import Fake, blob, encoded, gray, picture

NAMES = {"1": ".jpg", "100": ".png", "9999": ".jpg"}


def official() -> Fake:
    """Two listed videos, and `9999`, which is in no list."""
    fake = Fake("vos", {"VOS.zip": {}}, {}, {})
    for name, ending in NAMES.items():
        stems = tuple(f"{index:08d}" for index in range(16))
        fake.frames[name] = stems
        for index, stem in enumerate(stems):
            fake.put(f"VOS/JPEGImages/{name}/{stem}{ending}", picture(index, ending))
            if index % 15 == 0:
                fake.truth[name, stem] = blob(index)
                fake.put(f"VOS/Annotations/{name}/{stem}.png", encoded(gray(blob(index)), ".png"))
    fake.a_frame, fake.a_mask = "VOS/JPEGImages/1/00000001.jpg", "VOS/Annotations/1/00000015.png"
    return fake


def repacked() -> Fake:
    """The test set as the DAVSOD page packs it."""
    fake = Fake("vos", {"VOS_test.zip": {}}, {}, {}, layout="repack")
    stems = tuple(f"100_{index:05d}" for index in range(16))
    fake.frames["100"] = stems
    for index, stem in enumerate(stems):
        fake.put(f"VOS_test/100/Imgs/{stem}.jpg", picture(index))
        if index % 15 == 0:
            fake.truth["100", stem] = blob(index)
            fake.put(f"VOS_test/100/ground-truth/{stem}.png", encoded(gray(blob(index)), ".png"))
    fake.a_frame, fake.a_mask = "VOS_test/100/Imgs/100_00001.jpg", "VOS_test/100/ground-truth/100_00015.png"
    return fake
