"""FBMS-59: region files, gray and colour labels, agreement maps, both archives; and the repack."""

import numpy as np

from tests.fakes.fake import HEIGHT, WIDTH, Fake, Mask, blob, encoded, gray, picture

WHITE, CYAN, RED = 16777215, 65535, 16711680


def region_file(scales: list[int], ambiguous: set[int], frames: int, labelled: list[tuple[int, str, str]]) -> bytes:
    """Return a `Def.dat` file."""
    lines = ["Ground truth definition file; do not change!", "", "Total number of regions:", str(len(scales))]
    for region, scale in enumerate(scales):
        lines += [f"Scale of region {region}:", str(scale)]
    lines += ["", "Confusion penality matrix:"]
    for row in range(len(scales)):
        doubtful = [column for column in range(len(scales)) if {row, column} & ambiguous and 0 in (row, column)]
        costs = ["0.5" if column in doubtful else "1" for column in range(len(scales))]
        costs[row] = "0"
        lines.append(" ".join(costs) + " ")
    lines += ["", "Total number of frames in this shot:", str(frames)]
    lines += ["Total number of labeled frames for this shot:", str(len(labelled))]
    for number, mask, frame in labelled:
        lines += ["Frame number:", str(number), "File name:", mask, "Input file name:", frame]
    return "\n".join(lines).encode()


def _painted(mask: Mask, background: int, objects: list[int]) -> np.ndarray:
    """Paint the background and, turn by turn, the objects; values are 24-bit colours or gray values."""
    values = np.full((HEIGHT, WIDTH), background, np.int64)
    for number, pixel in enumerate(np.argwhere(mask)):
        values[tuple(pixel)] = objects[number % len(objects)]
    return values


def _colour(values: np.ndarray) -> np.ndarray:
    return np.dstack([values >> 16 & 255, values >> 8 & 255, values & 255]).astype(np.uint8)


def official() -> Fake:
    """`bear01` has colour labels and agreement maps; `cars2` gray ones with an ambiguous region; `tennis` odd names."""
    fake = Fake("fbms", {"FBMS_Trainingset.zip": {}, "FBMS_Testset.zip": {}}, {}, {})
    train, test = fake.archives.values()
    _colour_sequence(fake, train)
    _gray_sequence(fake, train)
    _gray_background_sequence(fake, test)
    fake.notes = {"ambiguous-region"}
    fake.a_frame = "Trainingset/bear01/bear01_0002.jpg"
    fake.a_mask = "Trainingset/bear01/GroundTruth/bear01_0003_gt.ppm"
    return fake


def _sequence(fake: Fake, members: dict[str, bytes], folder: str, name: str, stems: tuple[str, ...]) -> None:
    fake.frames[name] = stems
    members[f"{folder}/{name}/{name}.bmf"] = "\n".join([f"{len(stems)} 1", *(f"{s}.ppm" for s in stems), ""]).encode()
    for index, stem in enumerate(stems):
        members[f"{folder}/{name}/{stem}.jpg"] = picture(len(name) + index)


def _label(fake: Fake, name: str, stem: str, mask: Mask) -> Mask:
    fake.truth[name, stem] = mask
    fake.raw.add((name, stem))
    return mask


def _colour_sequence(fake: Fake, members: dict[str, bytes]) -> None:
    stems = tuple(f"bear01_{number:04d}" for number in range(1, 6))
    _sequence(fake, members, "Trainingset", "bear01", stems)
    truth = "Trainingset/bear01/GroundTruth"
    labelled = [(index, f"{stems[index]}_gt.ppm", f"{stems[index]}.ppm") for index in (0, 2, 4)]
    members[f"{truth}/bear01Def.dat"] = region_file([WHITE, CYAN, RED], set(), 5, labelled)
    for index, mask_name, _ in labelled:
        mask = _label(fake, "bear01", stems[index], blob(index))
        members[f"{truth}/{mask_name}"] = encoded(_colour(_painted(mask, WHITE, [CYAN, RED])), ".ppm")
        agreement = np.where(mask, 170, 255).astype(np.uint8)
        members[f"{truth}/{stems[index]}_gt.pgm"] = encoded(agreement, ".pgm")
        members[f"{truth}/{stems[index]}PROB_gt.ppm"] = encoded(np.dstack([agreement] * 3), ".ppm")


def _gray_sequence(fake: Fake, members: dict[str, bytes]) -> None:
    stems = tuple(f"cars2_{number:02d}" for number in range(1, 5))
    _sequence(fake, members, "Trainingset", "cars2", stems)
    truth = "Trainingset/cars2/GroundTruth"
    labelled = [(index, f"{stems[index]}.pgm", f"{stems[index]}.ppm") for index in (0, 3)]
    members[f"{truth}/cars2Def.dat"] = region_file([0, 255, 51, 102], {3}, 4, labelled)
    for index, mask_name, _ in labelled:
        mask = _label(fake, "cars2", stems[index], blob(index + 3))
        members[f"{truth}/{mask_name}"] = encoded(_painted(mask, 0, [255, 51, 102]).astype(np.uint8), ".pgm")


def _gray_background_sequence(fake: Fake, members: dict[str, bytes]) -> None:
    """Background is 153, the object is 0: any threshold gets this wrong; names have no underscore and start at 454."""
    stems = tuple(f"tennis{number:03d}" for number in range(454, 457))
    _sequence(fake, members, "Testset", "tennis", stems)
    truth = "Testset/tennis/GroundTruth"
    labelled = [(0, f"{stems[0]}.pgm", f"{stems[0]}.ppm"), (2, f"{stems[2]}.pgm", f"{stems[2]}.ppm")]
    members[f"{truth}/tennisDef.dat"] = region_file([153, 0], set(), 3, labelled)
    for index, mask_name, _ in labelled:
        mask = _label(fake, "tennis", stems[index], blob(index + 6))
        members[f"{truth}/{mask_name}"] = encoded(_painted(mask, 153, [0]).astype(np.uint8), ".pgm")


def repacked() -> Fake:
    """Masks are 0 and 255, numbers start at zero."""
    source = official()
    fake = Fake("fbms", {"FBMS.zip": {}}, {}, {}, layout="repack")
    for name, stems in source.frames.items():
        fake.frames[name] = tuple(f"{name}_{index:05d}" for index in range(len(stems)))
        fake.original[name] = tuple(str(index) for index in range(len(stems)))
        for old, new in zip(stems, fake.frames[name], strict=True):
            fake.put(f"FBMS/{name}/Imgs/{new}.jpg", picture(len(new)))
            if (name, old) in source.truth:
                fake.truth[name, new] = source.truth[name, old]
                fake.put(f"FBMS/{name}/ground-truth/{new}.png", encoded(gray(fake.truth[name, new]), ".png"))
    fake.a_frame, fake.a_mask = "FBMS/bear01/Imgs/bear01_00001.jpg", "FBMS/bear01/ground-truth/bear01_00002.png"
    return fake
