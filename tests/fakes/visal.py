"""ViSal: flat ground truth, prefixes that belong to other folders, numbers far above 1, RGB masks with grays."""

from tests.fakes.fake import Fake, blob, encoded, gray, picture, rgb, soft

# Folder: prefix, first number, digits, frames, ending.
SEQUENCES = {
    "horse": ("horse2_frame", 1, 4, 7, ".bmp"),
    "horse2": ("horse3_frame", 1, 4, 6, ".bmp"),
    "gokart": ("gokart", 56, 2, 6, ".bmp"),
    "rider": ("rider_image", 71, 3, 11, ".png"),
}


def official() -> Fake:
    """Every fifth frame is annotated, starting with the first."""
    fake = Fake("visal", {"ViSalDataset-master.zip": {}}, {}, {})
    top = "ViSalDataset-master"
    fake.put(f"{top}/README.txt", b"terms")
    for name, (prefix, first, digits, count, ending) in SEQUENCES.items():
        stems = tuple(f"{prefix}{first + index:0{digits}d}" for index in range(count))
        fake.frames[name] = stems
        for index, stem in enumerate(stems):
            fake.put(f"{top}/ViSal/{name}/{stem}{ending}", picture(first + index, ending))
            if index % 5 == 0:
                mask = blob(first + index)
                values = rgb(soft(mask))
                values[0, 1] = (3, 0, 6)  # not exactly gray
                fake.truth[name, stem] = mask
                fake.raw.add((name, stem))
                fake.put(f"{top}/GroundTruth/{stem}{ending}", encoded(values, ending))
    fake.a_frame = f"{top}/ViSal/horse/horse2_frame0002.bmp"
    fake.a_mask = f"{top}/GroundTruth/horse2_frame0006.bmp"
    return fake


def repacked() -> Fake:
    """Renumbered from zero; the original numbers are known."""
    source = official()
    fake = Fake("visal", {"ViSal.zip": {}}, {}, {}, layout="repack", original=dict(source.frames))
    for name, stems in source.frames.items():
        fake.frames[name] = tuple(f"{name}_{index:05d}" for index in range(len(stems)))
        for old, new in zip(stems, fake.frames[name], strict=True):
            fake.put(f"ViSal/{name}/Imgs/{new}.jpg", picture(len(old)))
            if (name, old) in source.truth:
                fake.truth[name, new] = source.truth[name, old]
                fake.put(f"ViSal/{name}/ground-truth/{new}.png", encoded(gray(source.truth[name, old]), ".png"))
    fake.a_frame, fake.a_mask = "ViSal/horse/Imgs/horse_00001.jpg", "ViSal/horse/ground-truth/horse_00005.png"
    return fake
