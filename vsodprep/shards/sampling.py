"""Which samples make up the batch of a step: a pure function of the seed and the step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.shards.transform import draw_size

_ORDER, _SIZE = 1, 2  # keep these draws apart from one another, and from those of samples


class DrawnSample(NamedTuple):
    """A sample of a batch.

    Attributes:
        sample: Number of the sample in the dataset.
        stage: Stage of training.
        step: Batch of the stage, from 0.
        slot: Place in the batch.
        size: Height and width of the batch's images; None leaves it to the dataset.
    """

    sample: int
    stage: int = 0
    step: int = 0
    slot: int = 0
    size: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class BatchSampler:
    """Batches of a stage, from a given step to its last.

    An epoch is a shuffled pass; its last, incomplete batch is dropped, as the papers' loaders do.

    Attributes:
        videos: For each sample the video that it is from.
        batch: Samples of a batch.
        steps: Batches of the stage.
        seed: Seed of the run.
        stage: Number of the stage.
        start: First step; training that goes on starts where it stopped.
        clips_per_video: Samples of one video that stand together; a divisor of `batch`.
        size: Height and width at scale 1.
        scales: Factors on it, one drawn for each batch.
        turns: For each sample the data that it is from, where each batch is of one of them, in turn; None mixes all.
        rank: Which share of each batch is given, from 0.
        ranks: Shares that a batch is cut into, in its order; a divisor of `batch`.

    Raises:
        ValueError: `clips_per_video` or `ranks` is no divisor of `batch`.
    """

    videos: Sequence[int] = field(kw_only=False)
    batch: int
    steps: int
    seed: int
    stage: int = 0
    start: int = 0
    clips_per_video: int = 1
    size: tuple[int, int] | None = None
    scales: tuple[float, ...] = (1.0,)
    turns: Sequence[int] | None = None
    rank: int = 0
    ranks: int = 1

    def __post_init__(self) -> None:
        if self.batch % self.clips_per_video:
            raise ValueError(f"batch of {self.batch} cannot hold {self.clips_per_video} clips of each video")
        if self.batch % self.ranks:
            raise ValueError(f"batch of {self.batch} cannot be cut into {self.ranks} equal shares")

    def __len__(self) -> int:
        return self.steps - self.start

    def __iter__(self) -> Iterator[list[DrawnSample]]:
        streams = _streams(len(self.videos), self.turns)
        orders: dict[int, tuple[int, NDArray[np.int64]]] = {}
        for step in range(self.start, self.steps):
            turn, number = divmod(step, len(streams))
            videos = np.asarray(self.videos)[streams[number]]
            epoch, place = divmod(turn, batches_per_epoch(videos, self.batch, self.clips_per_video))
            if number not in orders or orders[number][0] != epoch:
                orders[number] = epoch, streams[number][self._order(videos, epoch, number)]
            # A dataset smaller than a batch is gone through again within it.
            batch = range(place * self.batch, (place + 1) * self.batch)
            chosen = np.take(orders[number][1], batch, mode="wrap")
            size = self.size
            if size is not None:
                size = draw_size(size, self.scales, (self.seed, self.stage, step, _SIZE))
            picks = [DrawnSample(int(sample), self.stage, step, slot, size) for slot, sample in enumerate(chosen)]
            share = self.batch // self.ranks
            yield picks[self.rank * share : (self.rank + 1) * share]

    def _order(self, videos: NDArray[np.int64], epoch: int, stream: int) -> NDArray[np.int64]:
        own = () if self.turns is None else (stream,)
        rng = np.random.default_rng((self.seed, self.stage, epoch, _ORDER, *own))
        if self.clips_per_video == 1:
            return rng.permutation(len(videos))
        groups = [
            group
            for video in np.unique(videos)
            for group in _groups(rng.permutation(np.flatnonzero(videos == video)), self.clips_per_video)
        ]
        return np.concatenate([groups[number] for number in rng.permutation(len(groups))])


def _streams(samples: int, turns: Sequence[int] | None) -> list[NDArray[np.int64]]:
    """Return the samples of each of the data that take turns; all samples where none do."""
    if turns is None:
        return [np.arange(samples)]
    return [np.flatnonzero(np.asarray(turns) == data) for data in np.unique(turns)]


def _groups(samples: NDArray[np.int64], length: int) -> list[NDArray[np.int64]]:
    """Cut a video's samples into groups; what is left over is dropped, and a short video is repeated to fill one."""
    if len(samples) < length:
        return [np.resize(samples, length)]
    return list(samples[: len(samples) // length * length].reshape(-1, length))


def batches_per_epoch(
    videos: Sequence[int] | NDArray[np.int64], batch: int, clips_per_video: int = 1, turns: Sequence[int] | None = None
) -> int:
    """Return how many batches one pass over the samples has; at least one.

    Args:
        videos: For each sample the video that it is from.
        batch: Samples of a batch.
        clips_per_video: Samples of one video that stand together.
        turns: For each sample the data that it is from, where they take turns; the longest then makes the pass.
    """
    if turns is not None:
        streams = _streams(len(videos), turns)
        return len(streams) * max(
            batches_per_epoch(np.asarray(videos)[each], batch, clips_per_video) for each in streams
        )
    samples = len(videos)
    if clips_per_video > 1:
        _, counts = np.unique(np.asarray(videos), return_counts=True)
        samples = int(np.maximum(1, counts // clips_per_video).sum()) * clips_per_video
    return max(1, samples // batch)
