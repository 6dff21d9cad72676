"""A video as a shard whose frames, flow and motion prior are made while they are read, and are never all there."""

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vsodprep.benchmarks.folders import SPLIT, own_benchmark, safe_name
from vsodprep.benchmarks.videos import Video
from vsodprep.config.flow import Flow
from vsodprep.errors import InputError, check_size
from vsodprep.flow.methods import build_estimator
from vsodprep.flow.pairs import datasets_of, make_pairs
from vsodprep.flow.picture import drawing_of
from vsodprep.flow.sequence import estimated_flows
from vsodprep.flow.store import SCALE, quantise
from vsodprep.manifest import Issue, ManifestSequence
from vsodprep.normalize.checks import Finding, allowed_kinds, judge
from vsodprep.progress import track
from vsodprep.shards import layout
from vsodprep.shards.read import Shard, ShardSequence

Item = TypeVar("Item")
Numbered = Generator[tuple[int, Item], None, None]


class StreamedVideo(Shard):
    """A video that a network reads as it would read a shard of it; in memory are a few frames.

    The video is read once at the beginning, to count its frames.

    Args:
        path: The video file.
        flow: The name of the flow that the network reads, and how it is estimated, if it reads any.
        prior: The name of the motion prior that it reads, and the classifier's file, if it reads one.
        kept: How far back the network reads, the current frame included.
        allow: Kinds of issue of the video that do not stop.
        device: Where networks of flow and prior run.
        threads: Threads of the flow.

    Attributes:
        video: The video, of which all is known.

    Raises:
        InputError: It is damaged, its frames differ in size, or it has an issue that is not allowed.
    """

    def __init__(
        self,
        path: Path,
        flow: tuple[str, Flow] | None = None,
        prior: tuple[str, Path] | None = None,
        *,
        kept: int = 1,
        allow: Sequence[str] = (),
        device: str = "cpu",
        threads: int = 1,
    ) -> None:
        benchmark = own_benchmark("own")
        allowed = allowed_kinds(benchmark, allow, partial=False)
        self.path, self.video, size = path, Video(path), None
        for frame in track(self.video, f"read {path.name}"):
            size = size or frame.shape[:2]
            check_size(path, frame.shape, size, "its first frame")
        assert size is not None
        name = safe_name(path.stem)
        renamed = (Issue("renamed", name, f"called {path.stem!r}"),) if name != path.stem else ()
        issues = tuple(judge(Finding(issue, str(path)), allowed) for issue in (*renamed, *self.video.issues))
        ids = tuple(f"{number:05d}" for number in self.video.numbers)
        sequence = ManifestSequence(name, (SPLIT,), ids, (), *size)
        self.manifest = benchmark.manifest(sources=(), sequences=(sequence,), issues=issues)
        self.contents = {
            layout.FLOW: flow[:1] if flow else (),
            layout.PICTURES: (),
            layout.PRIOR: prior[:1] if prior else (),
        }
        made_by = (flow[1] if flow else None, prior[1] if prior else None)
        self._sequences = {name: _Streamed(self, sequence, *made_by, kept, device, threads)}


class _Streamed(ShardSequence):
    """The one sequence of a streamed video."""

    def __init__(
        self,
        shard: StreamedVideo,
        sequence: ManifestSequence,
        block: Flow | None,
        classifier: Path | None,
        kept: int,
        device: str,
        threads: int,
    ) -> None:
        self.sequence, self._shard, self._block = sequence, shard, block
        self._size = sequence.size(0)
        self._rows_of: dict[str, _Forward[Any]] = {layout.FRAMES: _Forward(self._frames, kept)}
        self._shown: frozenset[int] = frozenset()
        if block is not None:
            self._pairs = make_pairs(len(sequence.frames), block)
            self._shown = frozenset(pair.shown for pair in self._pairs)
            self._estimator = build_estimator(block, device, threads)
            self._rows_of[layout.FLOW] = _Forward(self._flows, kept)
        if classifier is not None:
            self._rows_of[layout.PRIOR] = _Forward(lambda: self._priors(classifier, device), kept)

    @property
    def prepared(self) -> tuple[int, ...]:
        """All frames."""
        return tuple(range(len(self)))

    def has(self, name: str, frame: int) -> bool:
        """Return whether a frame has a row in an array such as `flow/dis`."""
        kind = name.partition("/")[0]
        return kind in self._rows_of and (kind == layout.FRAMES or frame in self._shown)

    def attributes(self, name: str) -> dict[str, Any]:
        """Return the attributes that an array such as `flow/dis` would have in a shard."""
        return {} if self._block is None else {"scale": SCALE, "picture": drawing_of(self._block).record}

    def _read(self, name: str, frame: int) -> NDArray[Any] | None:
        return self._rows_of[name.partition("/")[0]][frame] if self.has(name, frame) else None

    def _frames(self) -> Numbered[NDArray[np.uint8]]:
        number = -1
        for number, frame in enumerate(Video(self._shard.path)):
            check_size(self._shard.path, frame.shape, self._size, "its first frame")
            yield number, frame
        raise InputError(
            self._shard.path,
            f"{number + 1} frames now, and {len(self)} when it was first read",
            "a file that does not change",
        )

    def _flows(self) -> Numbered[NDArray[np.int16]]:
        """Yield the flow shown to each frame, as it would be stored."""
        assert self._block is not None
        # A pair's frames lie a stride apart.
        frames = _Forward(self._frames, self._block.stride + 1)

        def read(order: Sequence[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
            try:
                yield from ((number, frames[number]) for number in order)
            finally:
                frames.close()

        (name, *_) = datasets_of(self._block)
        with estimated_flows(self._pairs, self._block, read, self._size, self._estimator, quality={}) as rows:
            for pair, row in zip(self._pairs, rows, strict=True):
                yield pair.shown, quantise(row[name]).values

    def _priors(self, path: Path, device: str) -> Numbered[NDArray[np.uint8]]:
        from vsodprep.prior.apply import motion_priors, windows_of  # noqa: PLC0415  (few networks read a prior)
        from vsodprep.prior.classifier import load  # noqa: PLC0415
        from vsodprep.prior.frame import Moving  # noqa: PLC0415

        classifier = load(path)
        windows = windows_of(classifier, path, None, device)
        (name,) = self._shard.contents[layout.FLOW]
        for number in sorted(self._shown):
            flow, drawn = self.flow(name, number), self.picture(name, number)
            assert flow is not None
            assert drawn is not None
            # One at a time: frames that were read ahead would not be kept.
            ((prior, _),) = motion_priors([Moving(self.frame(number), flow, drawn)], classifier, windows)
            yield number, np.round(prior * 255).astype(np.uint8)


class _Forward(Generic[Item]):
    """Items by number that are made one after the other; before those that are kept, all begins again.

    Args:
        begin: Makes them from the first on: number and item, ascending.
        kept: How many are kept.
    """

    def __init__(self, begin: Callable[[], Numbered[Item]], kept: int) -> None:
        self._begin, self._kept = begin, kept
        self._recent: dict[int, Item] = {}
        self._items: Numbered[Item] | None = None
        self._reached = -1

    def __getitem__(self, number: int) -> Item:
        if number <= self._reached and number not in self._recent:
            self.close()
        self._items = self._items or self._begin()
        while number not in self._recent:
            self._reached, item = next(self._items)
            self._recent[self._reached] = item
            if len(self._recent) > self._kept:
                del self._recent[next(iter(self._recent))]
        return self._recent[number]

    def close(self) -> None:
        """End what makes them."""
        if self._items is not None:
            self._items.close()
        self._items, self._reached = None, -1
        self._recent.clear()
