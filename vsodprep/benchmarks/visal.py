"""ViSal: 17 sequences, every fifth frame annotated, all masks in one flat folder.

Facts: 963 frames, 193 masks. The prefix of a file differs from its folder's name (`horse` holds `horse2_*`, `horse2`
holds `horse3_*`), so that masks are matched with frames by whole file name, never by folder. Numbers often start far
above 1. Masks are RGB, mostly with grays between 0 and 255.
"""

from dataclasses import replace
from pathlib import PurePosixPath

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_counts, read_list, vsod_repack
from vsodprep.benchmarks.layout import Files, FrameFiles, Layout, SequenceFiles, collect, original_names, pair, repacked
from vsodprep.images import natural_key
from vsodprep.manifest import Issue

_FRAMES, _MASKS = read_counts("visal")
_ANNOTATED: dict[str, list[str]] = {}  # sequence -> stems of its annotated frames
for _line in read_list("visal_annotated"):
    _ANNOTATED.setdefault(_line.split("/")[0], []).append(PurePosixPath(_line).stem)


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    frames = collect(delivery, r"(?:.*/)?ViSal/(?P<seq>[^/]+)/[^/]+")
    masks = collect(delivery, r"(?:.*/)?(?P<seq>GroundTruth)/[^/]+").get("GroundTruth", {})
    if frames and masks:
        return _official(frames, masks)
    return repacked(delivery, _original, dense=False)


def _official(frames: Files, masks: dict[str, tuple[str, ...]]) -> Layout:
    owner = {stem: name for name, stems in _ANNOTATED.items() for stem in stems}
    owner |= {stem: name for name, files in frames.items() for stem in files}
    mine: Files = {name: {} for name in frames}
    issues = []
    for stem, paths in sorted(masks.items()):
        name = owner.get(stem)
        if name in mine:
            mine[name][stem] = paths
        if name is None or (name in _ANNOTATED and stem not in _ANNOTATED[name]):
            issues.append(Issue("extra-mask", paths[0], "a mask that the benchmark does not have"))
    sequences = [
        SequenceFiles(name, tuple(_promised(name, one) for one in pair(files, mine[name], dense=False)))
        for name, files in frames.items()
    ]
    return Layout("official", tuple(sequences), tuple(issues))


def _promised(name: str, files: FrameFiles) -> FrameFiles:
    return replace(files, promised=bool(files.masks) or files.id in _ANNOTATED.get(name, ()))


def _original(name: str, files: tuple[FrameFiles, ...]) -> tuple[str, ...]:
    if name not in _ANNOTATED:
        return ()
    first = min(_ANNOTATED[name], key=natural_key)  # the first frame of each sequence is annotated
    prefix = first.rstrip("0123456789")
    number = first.removeprefix(prefix)
    return original_names(files, prefix, int(number), len(number))


_PAGE = "https://github.com/shenjianbing/ViSalDataset"

BENCHMARK = Benchmark(
    name="visal",
    title="ViSal",
    version="2015",
    licence="free for research, with citation",
    citation=(
        "W. Wang, J. Shen, L. Shao: Consistent Video Saliency Using Local Gradient Flow Optimization and Global "
        "Refinement. IEEE Transactions on Image Processing 24(11), 2015."
    ),
    homepage=_PAGE,
    year=2015,
    splits={"test": Split(read_list("visal_test"), "no official split; VSOD papers test on all 17")},
    layout=_layout,
    expects="ViSal/SEQUENCE and one folder GroundTruth, or SEQUENCE/Imgs and SEQUENCE/ground-truth",
    files=(
        SourceFile(
            "ViSalDataset-master.zip",
            (
                "https://github.com/shenjianbing/ViSalDataset/archive/refs/heads/master.zip",
                "https://codeload.github.com/shenjianbing/ViSalDataset/zip/refs/heads/master",
            ),
            about="about 262 MB unpacked",
            page=_PAGE,
            note="made by GitHub on demand: its hash may change without its content; commit edc6257 was seen",
        ),
        SourceFile(
            "DataViSal.rar",
            page=_PAGE,
            status="listed",
            optional=True,
            note="as first published; unpacking needs unrar, unar, 7z or bsdtar",
        ),
        vsod_repack("ViSal.zip", "1q7I0srSSrlj-78aInbUpPqhHrcdxTZUt", "59.1 MB"),
    ),
    frames=_FRAMES,
    annotated=_MASKS,
    size=(240, 320),
)
