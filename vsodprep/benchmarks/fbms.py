"""FBMS-59: 59 sequences of many sizes, a few frames of each annotated, masks as region labels.

Facts: 29 training and 30 test sequences, 720 annotated frames. `GroundTruth/SEQDef.dat` says which value of a label
image is which region; region 0 is the background, and all others are foreground. Its frame numbers count from 0,
file names from 1. Newer sequences have colour labels (`_gt.ppm`, white background) with annotators' agreement maps
beside them (`_gt.pgm`, `PROB_gt.ppm`), which are never masks; older ones have gray labels (`.pgm`) only.
`SEQ.bmf` lists the frames, with the ending of another format.
"""

from pathlib import PurePosixPath

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_counts, read_list, uvos_pack, vsod_repack
from vsodprep.benchmarks.layout import FrameFiles, Layout, SequenceFiles, davis_tree, original_names, repacked
from vsodprep.benchmarks.regions import RegionFile, RegionMasks, parse_regions
from vsodprep.images import IMAGE_SUFFIXES, natural_key
from vsodprep.manifest import Issue

_FRAMES, _MASKS = read_counts("fbms")
_AGREEMENT = ("_gt.pgm", "PROB_gt.ppm")


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    folders: dict[str, list[str]] = {}
    for name in delivery.names:
        folders.setdefault(str(PurePosixPath(name).parent), []).append(PurePosixPath(name).name)
    sequences = [
        _sequence(delivery, folder, folders[folder], folders.get(f"{folder}/GroundTruth", []))
        for folder in folders
        if folder != "."  # a sequence has the name of its folder
        if any(name.endswith(".bmf") for name in folders[folder]) or f"{folder}/GroundTruth" in folders
    ]
    if sequences:
        return Layout("official", tuple(sequences))
    if found := davis_tree(delivery, dense=False):
        return Layout("davis", tuple(SequenceFiles(name, files) for name, files in found.items()))
    # The number of a frame counts from 0, as in the region files; names of the original files differ by sequence.
    return repacked(delivery, _numbers, dense=False)


def _numbers(_name: str, files: tuple[FrameFiles, ...]) -> tuple[str, ...]:
    numbers = original_names(files, "", first=0, digits=1)
    return numbers if numbers[:1] == ("0",) else ()


def _sequence(delivery: Delivery, folder: str, here: list[str], truth: list[str]) -> SequenceFiles:
    name = PurePosixPath(folder).name
    images: dict[str, tuple[str, ...]] = {}
    for file in sorted(file for file in here if PurePosixPath(file).suffix.lower() in IMAGE_SUFFIXES):
        stem = PurePosixPath(file).stem
        images[stem] = (*images.get(stem, ()), f"{folder}/{file}")
    issues: list[Issue] = []
    stems = _listed_frames(delivery, folder, here, issues) or tuple(sorted(images, key=natural_key))
    for stem in stems:
        if stem not in images:
            issues.append(Issue("listed-missing", f"{folder}/{stem}.jpg", f"listed in {name}.bmf, not delivered"))
    for stem in sorted(set(images) - set(stems), key=natural_key):
        issues.append(Issue("extra-frame", images[stem][0], f"delivered, not listed in {name}.bmf"))
    regions = _regions(delivery, folder, truth, issues)
    masks = _masks(f"{folder}/GroundTruth", regions, truth, stems, issues) if regions else {}
    frames = tuple(
        FrameFiles(
            stem,
            images[stem][0] if stem in images else None,
            (f"{folder}/GroundTruth/{masks[stem]}",) if stem in masks else (),
            promised=stem in masks,
            spare=images.get(stem, ())[1:],
        )
        for stem in stems
        if stem in images or stem in masks
    )
    coding = RegionMasks(regions.scales if regions else (0,))
    return SequenceFiles(name, frames, coding, issues=tuple(issues))


def _listed_frames(delivery: Delivery, folder: str, here: list[str], issues: list[Issue]) -> tuple[str, ...]:
    name = next((file for file in sorted(here) if file.endswith(".bmf")), None)
    if name is None:
        issues.append(Issue("listed-missing", f"{folder}/{PurePosixPath(folder).name}.bmf", "no list of frames"))
        return ()
    words = delivery.read(f"{folder}/{name}").decode("latin-1").split()
    stems = tuple(PurePosixPath(word.replace("\\", "/")).stem for word in words[2:])
    if words[:1] != [str(len(stems))]:
        detail = f"announces {words[0] if words else 'no'} frames and lists {len(stems)}"
        issues.append(Issue("list-contradiction", f"{folder}/{name}", detail))
    return stems


def _regions(delivery: Delivery, folder: str, truth: list[str], issues: list[Issue]) -> RegionFile | None:
    name = next((file for file in sorted(truth) if file.endswith("Def.dat")), None)
    if name is None:
        where = f"{folder}/GroundTruth/{PurePosixPath(folder).name}Def.dat"
        issues.append(Issue("listed-missing", where, "no file that tells which value is which region"))
        return None
    path = f"{folder}/GroundTruth/{name}"
    regions = parse_regions(delivery.read(path).decode("latin-1"), delivery.where(path))
    if regions.promised != len(regions.labelled):
        detail = f"announces {regions.promised} labelled frames and lists {len(regions.labelled)}"
        issues.append(Issue("list-contradiction", path, detail))
    if regions.ambiguous:
        which = ", ".join(str(region) for region in regions.ambiguous)
        issues.append(Issue("ambiguous-region", path, f"region {which} may be background; taken as foreground"))
    return regions


def _masks(
    folder: str, regions: RegionFile, truth: list[str], stems: tuple[str, ...], issues: list[Issue]
) -> dict[str, str]:
    """Return the label image of each annotated frame, by frame stem."""
    masks: dict[str, str] = {}
    for number, mask, frame in regions.labelled:
        stem = PurePosixPath(frame.replace("\\", "/")).stem
        there = stems[number] if 0 <= number < len(stems) else None
        if there != stem:
            detail = f"frame {number} is {stem} here and {there or 'none'} in the list of frames"
            issues.append(Issue("list-contradiction", f"{folder}/{mask}", detail))
        colour = mask.removesuffix(".pgm") + ".ppm"
        if mask.endswith("_gt.pgm") and colour in truth:  # the agreement map beside the labels
            mask = colour  # noqa: PLW2901
        if mask in truth:
            masks[stem] = mask
        else:
            issues.append(Issue("listed-missing", f"{folder}/{mask}", "listed in the region file, not delivered"))
    for file in sorted(set(truth) - set(masks.values())):
        beside_labels = file.endswith(_AGREEMENT)
        if file.endswith((".pgm", ".ppm")) and not beside_labels:
            issues.append(Issue("extra-mask", f"{folder}/{file}", "a label image that the region file does not name"))
    return masks


_SITE = "https://lmb.informatik.uni-freiburg.de/resources/datasets"
_PAGE = f"{_SITE}/moseg.en.html"

BENCHMARK = Benchmark(
    name="fbms",
    title="FBMS-59",
    version="59",
    licence="research use (terms of the data not seen; the companion binary forbids commercial use)",
    citation=(
        "P. Ochs, J. Malik, T. Brox: Segmentation of Moving Objects by Long Term Video Analysis. "
        "IEEE Transactions on Pattern Analysis and Machine Intelligence 36(6), 2014."
    ),
    homepage=_PAGE,
    year=2014,
    splits={
        "train": Split(read_list("fbms_train"), "official"),
        "test": Split(read_list("fbms_test"), "official"),
        "msst-train": Split(
            read_list("fbms_train")[:12],
            "MSST trains on 3,326 frames of FBMS, twelve sequences, and does not name them: the first twelve of the"
            " training set by name, as nobody publishes how many frames each has",
            open=True,
        ),
    },
    layout=_layout,
    expects=(
        "SEQUENCE/SEQUENCE.bmf and SEQUENCE/GroundTruth/*Def.dat, or SEQUENCE/Imgs and SEQUENCE/ground-truth, or "
        "JPEGImages/SEQUENCE and Annotations/SEQUENCE"
    ),
    files=(
        SourceFile("FBMS_Trainingset.zip", (f"{_SITE}/fbms/FBMS_Trainingset.zip",), page=_PAGE),
        SourceFile("FBMS_Testset.zip", (f"{_SITE}/fbms/FBMS_Testset.zip",), page=_PAGE),
        vsod_repack("FBMS.zip", "1nmJVBvSRIi-OBaYvDl6PXb5xirENG9F-", "817.52 MB", " of all 59 sequences"),
        vsod_repack("FBMS-test.zip", "1fOkBR_l1YzZ_eDojDa50ZLD-8Nv5OnJ3", "790 MB", " of the test set"),
        uvos_pack("FBMS-flow.zip", "1Zgt5ouwFeTpMTemfNeEFz7uEUo77e2ml"),
    ),
    frames=_FRAMES,
    annotated=_MASKS,
    published={"sequences": 59, "frames": 13960, "annotated": 720},
    size=(480, 640),
    # Some first frames show no object; the region file decides what a mask is, so further images cannot do harm.
    tolerated=frozenset({"empty-mask", "extra-mask"}),
    notes=(
        "Frames differ in size between sequences (640x480, 960x540, 600x338 and others).",
        "huggingface.co/datasets/longlian/RCF-UnsupVideoSeg-Datasets holds a copy with flow (43 GB), not read here.",
    ),
)
