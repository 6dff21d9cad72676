"""Saliency maps of one sequence, from its frames to the written maps."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.device import TOGETHER
from vsodprep.config.frames import Prepared
from vsodprep.config.methods import saliency_method, saliency_module
from vsodprep.config.saliency import Saliency
from vsodprep.files import enter_folder, write_json
from vsodprep.flow.frames import chosen_frames, sequence_frames, sequence_name
from vsodprep.images import read_frame, write_png
from vsodprep.markers import MAPS
from vsodprep.progress import track
from vsodprep.saliency.folders import to_bytes

_AT_ONCE = 16  # frames; more gain nothing

Item = TypeVar("Item")
Maps = Sequence[NDArray[np.float32]]


class Method(Protocol):
    """What makes maps."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the record of its maps says."""

    def maps(self, frames: Sequence[NDArray[np.uint8]]) -> Maps:
        """Return a map of each frame, float32 `(H, W)` in [0, 1]; frames are uint8 `(H, W, 3)` RGB."""


class _Plain:
    """A method without weights, which is a module."""

    def __init__(self, module: Any) -> None:
        self.settings: Mapping[str, Any] = module.SETTINGS
        self.maps = module.maps


def method_of(block: Saliency, device: str = "cpu", threads: int = 1) -> Method:
    """Return what makes the maps of a block.

    Args:
        block: Names a method.
        device: Where a network runs.
        threads: Threads of a network.

    Raises:
        InputError: Weights are missing or no network's.
    """
    name = block.method or ""
    module: Any = import_module(f"vsodprep.saliency.{saliency_module(name)}")
    method: Method = module.build(block, device, threads) if saliency_method(name).network else _Plain(module)
    return method


def grouped(frames: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield frames in groups that are no smaller than a network's batch, unless all together are.

    The last bits of a map depend on how many are made together: a smaller rest would be a batch of its own size, where
    `vsodprep predict` fills up the last one.
    """
    starts = range(0, max(len(frames) - TOGETHER + 1, min(len(frames), 1)), _AT_ONCE)
    for start in starts:
        yield frames[start:] if start == starts[-1] else frames[start : start + _AT_ONCE]


def _made(method: Method, frames: Sequence[Path]) -> Iterator[tuple[Path, NDArray[np.float32]]]:
    for paths in grouped(frames):
        yield from zip(paths, method.maps([read_frame(path) for path in paths]), strict=True)


def with_first(made: Iterator[Item]) -> Iterator[Item]:
    """Return what is made with the first of it made: a network that cannot be run is refused before a folder is."""
    return chain([*islice(made, 1)], made)


def write_maps(
    block: Saliency,
    frames_folder: Path,
    out: Path,
    device: str = "cpu",
    threads: int = 1,
    *,
    prepared: Prepared = Prepared(),
) -> None:
    """Make a sequence's saliency maps.

    Args:
        block: The method and its settings.
        frames_folder: The sequence's frames.
        out: Folder that gets `{frame}.png` and, last, `maps.json`.
        device: Where a network runs.
        threads: Threads of a network.
        prepared: Which frames get a map.

    Raises:
        InputError: Weights are missing or no network's, a frame is missing or unreadable, or a file of somebody else
            or of another sequence would be overwritten.
    """
    frames = sequence_frames(frames_folder, allow_gaps=True)
    chosen = chosen_frames(frames_folder, len(frames), prepared)
    frames = frames if chosen is None else tuple(frames[index] for index in chosen)
    method = method_of(block, device, threads)
    made = with_first(_made(method, frames))
    names = (f"{path.stem}.png" for path in frames)
    enter_folder(out, names, MAPS, sources=frames, sequence=sequence_name(frames_folder))
    for path, saliency in track(made, f"{block.method} maps", len(frames)):
        write_png(out / f"{path.stem}.png", to_bytes(saliency))
    record = {"method": block.method, "settings": method.settings, "frames": [path.stem for path in frames]}
    write_json(out / MAPS, record)
