"""Saliency maps of a network of vsodprep that reads single frames."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vsodprep.benchmarks.folders import own_benchmark
from vsodprep.config.saliency import Saliency
from vsodprep.errors import InputError
from vsodprep.files import sha256
from vsodprep.manifest import ManifestSequence
from vsodprep.models import saved
from vsodprep.models.device import check_device
from vsodprep.models.inference import placed, predict_maps, to_map
from vsodprep.shards import layout
from vsodprep.shards.clips import SplitSource
from vsodprep.shards.read import Shard, ShardSequence
from vsodprep.threads import restores_threads

Frames = Sequence[NDArray[np.uint8]]


class TrainedNetwork:
    """A network that makes a map of a frame, as `vsodprep predict` does.

    Attributes:
        settings: What the record of its maps says: the network, and the SHA-256 of its checkpoint.
    """

    def __init__(self, block: Saliency, device: str, threads: int) -> None:
        path = Path(block.checkpoint or "")
        content = saved.load(path)
        if content["model"] != block.method:
            raise InputError(path, f"a checkpoint of {content['model']}", f"one of {block.method}")
        self._device, self._threads = check_device(device), threads
        self._network, self._run = placed(path, content, self._device)
        if not self._network.options.single_frame:
            reads = f"{', '.join(self._network.inputs)}, {self._network.clip_length} frames at a time"
            raise InputError(path, f"a network that reads {reads}", "a network that reads single frames")
        self.settings: Mapping[str, Any] = {
            "model": block.method,
            "variant": self._run.variant,
            "width": self._run.width,
            "checkpoint_sha256": sha256(path),
        }

    @restores_threads
    def maps(self, frames: Frames) -> list[NDArray[np.float32]]:
        """Return the map of each frame, float32 `(H, W)` in [0, 1]; frames are uint8 `(H, W, 3)` RGB of any size."""
        torch.set_num_threads(self._threads)
        found = predict_maps(self._network, self._run, SplitSource(_Given(frames)), device=self._device)
        return [
            to_map(probability, size, self._run.maps).astype(np.float32) / np.float32(255)
            for _, _, probability, size in found
        ]


class _Given(Shard):
    """Frames in memory as a network reads those of a shard: a split of still images."""

    def __init__(self, frames: Frames) -> None:
        self.path = Path("frames")
        ids = tuple(str(number) for number in range(len(frames)))
        sizes = tuple((frame.shape[0], frame.shape[1]) for frame in frames)
        sequence = ManifestSequence("frames", (), ids, (), None, None, still=True, sizes=sizes)
        self.manifest = own_benchmark("own").manifest(sources=(), sequences=(sequence,))
        self.contents = {layout.FLOW: (), layout.PICTURES: (), layout.PRIOR: ()}
        self._sequences = {sequence.name: _GivenSequence(self, sequence, frames)}


class _GivenSequence(ShardSequence):
    """The one sequence of frames in memory."""

    def __init__(self, shard: _Given, sequence: ManifestSequence, frames: Frames) -> None:
        self.sequence, self._shard, self._frames = sequence, shard, frames

    @property
    def prepared(self) -> tuple[int, ...]:
        """All frames."""
        return tuple(range(len(self)))

    def has(self, name: str, frame: int) -> bool:
        """Return whether a frame has a row in an array: in `frames` alone."""
        return name == layout.FRAMES

    def _read(self, name: str, frame: int) -> NDArray[Any] | None:
        return self._frames[frame] if name == layout.FRAMES else None


def build(block: Saliency, device: str, threads: int) -> TrainedNetwork:
    """Return the network of a block, ready for one frame after another.

    Args:
        block: Names the network and its checkpoint.
        device: `cpu` or `cuda`.
        threads: Threads of torch.

    Raises:
        InputError: The checkpoint is missing, of another network, or of one that reads more than single frames.
    """
    return TrainedNetwork(block, device, threads)
