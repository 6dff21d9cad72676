"""`synth` in the registry: generated, so it has neither source nor layout."""

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, Split
from vsodprep.benchmarks.layout import Layout
from vsodprep.benchmarks.synth.cases import NAME, STILL_COUNT, STILLS, VERSION, VIDEOS
from vsodprep.errors import InputError


def _no_layout(delivery: Delivery, _resolution: str) -> Layout:
    raise InputError(str(delivery), f"a source for {NAME}", "no source, because vsodprep generates this benchmark")


def _split(name: str) -> Split:
    return Split(tuple(video.name for video in VIDEOS if video.split == name), "generated")


BENCHMARK = Benchmark(
    name=NAME,
    title="synth, the embedded benchmark of vsodprep",
    version=VERSION,
    licence="CC0-1.0",
    citation="vsodprep: synth, a generated benchmark of video salient object detection",
    homepage="",
    year=2026,
    splits={name: _split(name) for name in dict.fromkeys(video.split for video in VIDEOS)}
    | {STILLS: Split((STILLS,), "generated")},
    layout=_no_layout,
    expects="no source",
    frames={video.name: video.frames for video in VIDEOS} | {STILLS: STILL_COUNT},
    annotated={video.name: video.frames for video in VIDEOS} | {STILLS: STILL_COUNT},
    size=(VIDEOS[0].height, VIDEOS[0].width),
    still=frozenset({STILLS}),
    attributes={video.name: video.cases for video in VIDEOS},
    generated=True,
)
