"""What supports a label's components: the motion prior, or the nearest annotated mask carried along the flow."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.coarse.carry import nearest, pull, push
from vsodprep.coding import Reading
from vsodprep.config.coarse import Evidence
from vsodprep.errors import InputError, check_size
from vsodprep.files import sha256
from vsodprep.flow.store import FlowFile, open_flow
from vsodprep.flow.view import check_frames
from vsodprep.images import FOREGROUND_ABOVE
from vsodprep.prior.store import open_prior
from vsodprep.saliency.folders import read_map, reading_of


class Support(NamedTuple):
    """Support of one frame's label.

    Attributes:
        frame: Index of the frame.
        values: float32 `(H, W)` in [0, 1], NaN where it is not known; None for a frame of which nothing is.
        truth: Index of the annotated frame that it was carried from.
    """

    frame: int
    values: NDArray[np.float32] | None
    truth: int | None


@dataclass(frozen=True)
class PriorSupport:
    """The motion prior of each frame.

    Attributes:
        prior: The sequence's file of `vsodprep prior apply`.
    """

    prior: Path
    kind: ClassVar[Evidence] = "prior"

    def of_frames(self, frames: Sequence[Path]) -> Iterator[Support]:
        """Yield the support of each frame; a frame without a prior has none.

        Raises:
            InputError: The file is unreadable, or holds the prior of other frames.
        """
        with open_prior(self.prior) as known:
            other = set(known.frames) - {frame.stem for frame in frames}
            if other:
                raise InputError(
                    self.prior,
                    f"holds a prior of frame {min(other)}",
                    f"priors of the frames in {frames[0].parent} only",
                )
            for index, frame in enumerate(frames):
                prior = known.of_frame(frame.stem)
                yield Support(index, None if prior is None else prior.astype(np.float32) / np.float32(255), None)

    def describe(self, frames: Sequence[Path]) -> dict[str, str]:
        """Return the SHA-256 of the file."""
        return {"prior": sha256(self.prior)}


@dataclass(frozen=True)
class TruthSupport:
    """The mask of the nearest annotated frame, carried along the stored flow a frame at a time.

    Attributes:
        flow: The sequence's file of `vsodprep flow`: all pairs of neighbours, in one direction or both.
        masks: Folder of the annotated frames' masks.
    """

    flow: Path
    masks: Path
    kind: ClassVar[Evidence] = "truth"

    def of_frames(self, frames: Sequence[Path]) -> Iterator[Support]:
        """Yield the support of every frame, outwards from each annotated one.

        Raises:
            InputError: No frame has a mask, or the flow is of other frames or lacks a pair of neighbours.
        """
        annotated = self._annotated(frames)
        owner = nearest(annotated, len(frames))
        reading = reading_of([self._path(frames[index]) for index in annotated], self.masks, what="masks")
        with open_flow(self.flow) as flow:
            check_frames(self.flow, flow, frames)
            steps = steps_of(flow)
            for start in annotated:
                mask = self._mask(frames[start], flow.size, reading)
                yield Support(start, mask, start)
                for way in (1, -1):
                    values, frame = mask, start + way
                    while 0 <= frame < len(frames) and owner[frame] == start:
                        values = carried(values, flow, steps, frame - way, frame)
                        yield Support(frame, values, start)
                        frame += way

    def describe(self, frames: Sequence[Path]) -> dict[str, str]:
        """Return the SHA-256 of the flow's file, and one over the masks."""
        masks = hashlib.sha256()
        for index in self._annotated(frames):
            masks.update(self._path(frames[index]).read_bytes())
        return {"flow": sha256(self.flow), "masks": masks.hexdigest()}

    def _path(self, frame: Path) -> Path:
        return self.masks / f"{frame.stem}.png"

    def _annotated(self, frames: Sequence[Path]) -> list[int]:
        annotated = [index for index, frame in enumerate(frames) if self._path(frame).is_file()]
        if not annotated:
            raise InputError(
                self.masks, "no mask of any frame", "an annotated sequence, or support by the motion prior"
            )
        return annotated

    def _mask(self, frame: Path, size: tuple[int, int], reading: Reading) -> NDArray[np.float32]:
        mask = read_map(self._path(frame), None, reading) > FOREGROUND_ABOVE
        check_size(self._path(frame), mask.shape, size, str(self.flow))
        return mask.astype(np.float32)


Source = PriorSupport | TruthSupport
Steps = dict[tuple[int, int], tuple[int, str]]


def steps_of(flow: FlowFile) -> Steps:
    """Return the row and dataset that hold the flow from one frame to another."""
    steps: Steps = {}
    for row, (source, target) in enumerate(flow.pairs.tolist()):
        for dataset, pair in zip(flow.datasets, ((source, target), (target, source)), strict=False):
            steps.setdefault(pair, (row, dataset))
    return steps


def carried(values: NDArray[np.float32], flow: FlowFile, steps: Steps, start: int, end: int) -> NDArray[np.float32]:
    """Carry values from a frame to its neighbour: fetched where the flow starts at the neighbour, else sent there.

    Args:
        values: float32 `(H, W)` in [0, 1] of frame `start`; NaN where it is not known.
        flow: The sequence's flow.
        steps: What `steps_of` says of it.
        start: Index of the frame that has the values.
        end: Index of the frame that gets them.

    Returns:
        float32 `(H, W)`, NaN where it is not known.

    Raises:
        InputError: There is no flow between the two.
    """
    there, back = steps.get((start, end)), steps.get((end, start))
    if back is not None:
        return pull(values, flow.row(*back), None if there is None else flow.row(*there))
    if there is not None:
        return push(values, flow.row(*there))
    pair = f"{flow.frame_id(start)} and {flow.frame_id(end)}"
    raise InputError(flow.path, f"no flow between frames {pair}", "flow of all frames, of stride 1")


def choose_source(prior: Path | None, flow: Path | None, masks: Path | None, *, asked: bool) -> Source | None:
    """Return the support that the given files make.

    Args:
        prior: A sequence's motion prior.
        flow: A sequence's flow; needs `masks`.
        masks: Folder of its masks; needs `flow`.
        asked: Whether the chain has the step `substitute`.

    Raises:
        InputError: The files do not make one support, or are given without the step.
    """
    given = [name for name, path in (("prior", prior), ("flow", flow), ("masks", masks)) if path is not None]
    if not asked:
        if given:
            raise InputError(
                "order",
                f"--substitute-{given[0]} is given, but the step substitute is missing",
                "both of them, or neither",
            )
        return None
    if prior is not None and len(given) == 1:
        return PriorSupport(prior)
    if prior is None and flow is not None and masks is not None:
        return TruthSupport(flow, masks)
    found = " and ".join(f"--substitute-{name}" for name in given) or "no support"
    raise InputError("substitute", found, "--substitute-prior, or --substitute-flow and --substitute-masks")
