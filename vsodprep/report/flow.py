"""Flow in the report: a line per block and benchmark, the quality of every sequence, a look at the worst."""

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vsodprep.config.methods import flow_method
from vsodprep.flow.store import open_flow
from vsodprep.flow.view import Summary, choose_rows, disagreement, panels, summarise
from vsodprep.images import read_frame
from vsodprep.manifest import ManifestSequence, frame_paths
from vsodprep.report.collect import Results
from vsodprep.report.strips import Strip, StripPicture
from vsodprep.report.thumbnails import thumbnail

LOOKED_AT = 3  # pairs of a sequence whose way back is estimated where none is stored
_LABELS = ("frame", "flow picture", "other frame, brought back", "gray difference", "inconsistency")


@dataclass(frozen=True)
class FlowSequence:
    """One sequence's flow.

    Attributes:
        name: The sequence.
        clipped: Values beyond what the file format holds.
        summary: Its quality.
        inconsistent: Share of pixels whose forward and backward flow disagree; None where nothing tells.
    """

    name: str
    clipped: int
    summary: Summary
    inconsistent: float | None

    @property
    def badness(self) -> float:
        """The photometric error; infinite where all flow leaves the image, negative where it was not measured."""
        lost = -1.0 if self.summary.worst is None else math.inf
        return lost if self.summary.photometric is None else self.summary.photometric


@dataclass(frozen=True)
class FlowStage:
    """One flow block on one benchmark.

    Attributes:
        block: Name of the block.
        benchmark: Benchmark name.
        method: The method.
        estimated: Whether the way back is DIS's, of some pairs, because it is not stored.
        sequences: Its sequences, the largest photometric error first.
        looks: The worst pair of the worst sequences.
    """

    block: str
    benchmark: str
    method: str
    estimated: bool
    sequences: tuple[FlowSequence, ...]
    looks: tuple[Strip, ...]

    @property
    def clipped(self) -> int:
        """Values beyond what the file format holds."""
        return sum(one.clipped for one in self.sequences)

    @property
    def summary(self) -> Summary:
        """The quality of all sequences; of what is a mean, the mean over their pairs."""

        def mean(values: Iterable[float | None]) -> float | None:
            known = [(value, n) for value, n in zip(values, pairs, strict=True) if value is not None]
            return sum(value * n for value, n in known) / sum(n for _, n in known) if known else None

        found = [one.summary for one in self.sequences]
        pairs = [one.pairs for one in found]
        return Summary(
            sum(pairs),
            mean(one.photometric for one in found),
            mean(one.still for one in found),
            sum(one.unexplained for one in found),
            mean(one.inconsistent for one in self.sequences),
            worst=None,
        )


def flow_stages(results: Results) -> list[FlowStage]:
    """Return a stage per flow block and benchmark that has flow."""
    made = []
    for block, config in results.config.flow.items():
        for name, manifest in results.manifests.items():
            files = [
                (sequence, path)
                for sequence in manifest.sequences
                if (path := Path(results.paths.flow(block, name, sequence.name))).is_file()
            ]
            if files:
                with ThreadPoolExecutor() as pool:
                    measured = pool.map(partial(_sequence, results.folder(name)), files)
                    sequences = tuple(sorted(measured, key=lambda one: (-one.badness, one.name)))
                looks = tuple(_looks(results, block, name, sequences[: results.config.report.strips]))
                one_way = config.direction != "both" and flow_method(config.method).vectors
                made.append(FlowStage(block, name, config.method, one_way, sequences, looks))
    return made


def _sequence(folder: Path, file: tuple[ManifestSequence, Path]) -> FlowSequence:
    sequence, path = file
    with open_flow(path, pictures=True) as flow:
        summary = summarise(flow)
        inconsistent = summary.inconsistent
        if inconsistent is None and summary.worst is not None:
            inconsistent = disagreement(flow, tuple(frame_paths(folder, sequence)), choose_rows(flow, LOOKED_AT))
        return FlowSequence(sequence.name, int(flow.attributes.get("clipped", 0)), summary, inconsistent)


def _looks(results: Results, block: str, benchmark: str, sequences: Iterable[FlowSequence]) -> Iterator[Strip]:
    for name, row in ((one.name, one.summary.worst) for one in sequences):
        if row is not None:
            with open_flow(Path(results.paths.flow(block, benchmark, name))) as flow:
                sequence = results.manifests[benchmark].sequence(name)
                frames = tuple(frame_paths(results.folder(benchmark), sequence))
                first, second = (int(index) for index in flow.pairs[row])
                drawn = panels(flow, row, read_frame(frames[first]), read_frame(frames[second]))
            pictures = tuple(StripPicture(label, thumbnail(image)) for label, image in zip(_LABELS, drawn, strict=True))
            yield Strip("worst", name, f"{sequence.frames[first]} to {sequence.frames[second]}", None, pictures)
