"""SegTrack-v2: bmp and png, antialiased RGB masks, several objects, its own lists, and the stray picture."""

import numpy as np

from tests.fakes.fake import Fake, blob, encoded, gray, picture, rgb, soft


def official() -> Fake:
    """`girl` is bmp with one object; `bmx` has png frames, and bmp masks of two objects that overlap."""
    fake = Fake("segtrackv2", {"SegTrackv2.zip": {}}, {}, {})
    fake.put("SegTrackv2/JPEGImages/CSI_NY.jpg", picture(99))
    fake.put("SegTrackv2/ImageSets/all.txt", b"bmx\n*girl\n")
    fake.frames["girl"] = tuple(f"5117-8_{number}" for number in range(70161, 70165))
    fake.frames["bmx"] = tuple(f"bmx_{number:05d}" for number in range(6668, 6671))
    for name, stems in fake.frames.items():
        listing = "\n".join([f"JPEGImages/{name}/", *stems, ""])
        fake.put(f"SegTrackv2/ImageSets/{name}.txt", listing.encode())
    for index, stem in enumerate(fake.frames["girl"]):
        mask = blob(index)
        fake.truth["girl", stem] = mask
        fake.raw.add(("girl", stem))
        fake.put(f"SegTrackv2/JPEGImages/girl/{stem}.bmp", picture(index, ".bmp"))
        fake.put(f"SegTrackv2/GroundTruth/girl/{stem}.bmp", encoded(rgb(soft(mask)), ".bmp"))
    for index, stem in enumerate(fake.frames["bmx"]):
        first, second = blob(index), np.roll(blob(index), 2, axis=1)
        fake.truth["bmx", stem] = first | second
        fake.put(f"SegTrackv2/JPEGImages/bmx/{stem}.png", picture(index + 9, ".png"))
        fake.put(f"SegTrackv2/GroundTruth/bmx/1/{stem}.bmp", encoded(rgb(gray(first)), ".bmp"))
        fake.put(f"SegTrackv2/GroundTruth/bmx/2/{stem}.bmp", encoded(rgb(gray(second)), ".bmp"))
    fake.notes = {"stray-file"}
    fake.a_frame = "SegTrackv2/JPEGImages/girl/5117-8_70162.bmp"
    fake.a_mask = "SegTrackv2/GroundTruth/girl/5117-8_70162.bmp"
    return fake


def repacked() -> Fake:
    """Renumbered jpg; original names are known for some sequences only."""
    source = official()
    fake = Fake("segtrackv2", {"SegTrack-V2.zip": {}}, {}, {}, layout="repack")
    for name, stems in source.frames.items():
        fake.frames[name] = tuple(f"{name}_{index:05d}" for index in range(len(stems)))
        fake.original[name] = stems
        for old, new in zip(stems, fake.frames[name], strict=True):
            fake.truth[name, new] = source.truth[name, old]
            fake.put(f"SegTrack-V2/{name}/Imgs/{new}.jpg", picture(len(old)))
            fake.put(f"SegTrack-V2/{name}/ground-truth/{new}.png", encoded(gray(source.truth[name, old]), ".png"))
    fake.a_frame = "SegTrack-V2/girl/Imgs/girl_00001.jpg"
    fake.a_mask = "SegTrack-V2/girl/ground-truth/girl_00001.png"
    return fake
