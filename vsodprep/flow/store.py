"""The HDF5 file that holds a sequence's flow."""

import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from vsodprep import __version__
from vsodprep.errors import InputError, VsodprepError, reading
from vsodprep.flow.pairs import FramePair
from vsodprep.flow.picture import picture_of
from vsodprep.hdf5 import Output, attributes_of, opened, set_attributes, writing
from vsodprep.workers import mapped

STEPS_PER_PIXEL = 64
SCALE = 1 / STEPS_PER_PIXEL
LARGEST = np.iinfo(np.int16).max  # -32768 is left unused, so that a flow and its opposite clip alike
DATASETS = ("forward", "backward")
PICTURES = "pictures"  # in place of them, where vectors are not known
_EXPECTED = "a flow file written by vsodprep flow"
VERSIONS = {"vsodprep": __version__, "h5py": h5py.__version__, "numpy": np.__version__}

_SZIP_BLOCK = 32  # values; a chunk must not be smaller


def _filters(size: tuple[int, int]) -> dict[str, Any]:
    """Return the filters of a flow dataset, all of HDF5's own kind, so that any tool can read it.

    Szip over shuffled bytes takes a third of deflate's time and a sixth more space (docs/flow.md). LZF would be no
    slower, but h5py's leaves its hash table as it finds it, so that equal flows give unequal bytes.
    """
    if 2 * size[0] * size[1] < _SZIP_BLOCK:
        return {}
    config = h5py.h5z.get_filter_info(h5py.h5z.FILTER_SZIP) if h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP) else 0
    if config & h5py.h5z.FILTER_CONFIG_ENCODE_ENABLED:
        return {"shuffle": True, "compression": "szip", "compression_opts": ("nn", _SZIP_BLOCK)}
    return {"shuffle": True, "compression": "gzip", "compression_opts": 1}


class Stored(NamedTuple):
    """A flow as it lies on disk."""

    values: NDArray[np.int16]
    clipped: int


def quantise(flow: NDArray[np.float32]) -> Stored:
    """Round a flow to steps of 1/64 px.

    Args:
        flow: float32 `(H, W, 2)` in pixels.

    Returns:
        int16 `(H, W, 2)`, and how many of its values lay beyond ±511.98 px and were clipped.

    Raises:
        VsodprepError: A value is NaN or infinite.
    """
    steps = flow * np.float32(STEPS_PER_PIXEL)
    np.rint(steps, out=steps)
    largest = max(float(steps.max(initial=0)), -float(steps.min(initial=0)))
    if not math.isfinite(largest):
        raise VsodprepError(
            "the flow method gave values that are not finite; its weights may be those of another network"
        )
    clipped = 0
    if largest > LARGEST:
        clipped = int(np.count_nonzero(np.abs(steps) > LARGEST))
        np.clip(steps, -LARGEST, LARGEST, out=steps)
    return Stored(steps.astype(np.int16), clipped)


def write_flow(
    path: Path,
    pairs: Sequence[FramePair],
    flows: Iterable[Mapping[str, NDArray[Any]]],
    size: tuple[int, int],
    attributes: Mapping[str, Any],
    *,
    datasets: Sequence[str] = ("forward",),
    frames: Sequence[str] = (),
    writers: int = 1,
) -> None:
    """Write a sequence's flow while it is made; the same flows give the same bytes.

    HDF5 does one thing at a time in a process, compression included, and keeps Python's other threads from running. So
    other processes may compress, and what comes from them is stored as it is.

    Args:
        path: HDF5 file to write, atomically.
        pairs: Pairs in the order of `flows`.
        flows: For each pair, float32 `(H, W, 2)` in pixels by dataset name; or `pictures`, uint8 `(H, W, 3)` RGB.
            Numbers under the other names of the mapping (`photometric`, `still`, `inconsistent`) become float32
            datasets with a value per pair.
        size: Height and width.
        attributes: What made it; mappings are stored as JSON, None as an empty string.
        datasets: `forward`, `backward`, or both; or `pictures`.
        frames: Frame ids of the sequence, which the indices in `pairs` count.
        writers: Processes that compress; one is this process.

    Raises:
        VsodprepError: A flow is not finite, or a process was killed.
        ValueError: A flow has another size, or their number is not that of `pairs`.
    """
    kinds = {name: _kind(name, size) for name in datasets}
    with (
        writing(path) as (file, output),
        mapped(partial(_packed, kinds), flows, min(writers, len(pairs))) as rows,
    ):
        file["pairs"] = np.array([pair[:2] for pair in pairs], dtype=np.int32).reshape(-1, 2)
        file["frame_of_pair"] = np.array([pair.shown for pair in pairs], dtype=np.int32)
        file["frames"] = np.array([frame.encode() for frame in frames], dtype=np.bytes_)
        for name, kind in kinds.items():
            kind.create(file, name, len(pairs))
        clipped, numbers = _write_rows(file, output, rows, len(pairs))
        for name, values in sorted(numbers.items()):
            file[name] = np.array(values, dtype=np.float32)
        for name, count in clipped.items():
            file[name].attrs.update({"scale": SCALE, "clipped": count})
        file.attrs.update({"scale": SCALE, "clipped": sum(clipped.values())})
        set_attributes(file, attributes)


class _Kind(NamedTuple):
    """How a dataset is stored: shape and type of a row, which is a chunk, and its filters."""

    shape: tuple[int, ...]
    dtype: str
    filters: tuple[tuple[str, Any], ...]

    def create(self, file: h5py.File, name: str, rows: int) -> h5py.Dataset:
        # A chunk may be larger than an empty dataset only if that can grow.
        room = {"maxshape": (None, *self.shape), "chunks": (1, *self.shape)}
        return file.create_dataset(name, (rows, *self.shape), self.dtype, **room, **dict(self.filters))


def _kind(name: str, size: tuple[int, int]) -> _Kind:
    if name == PICTURES:
        return _Kind((*size, 3), "u1", (("compression", "gzip"), ("compression_opts", 1)))
    return _Kind((*size, 2), "<i2", tuple(_filters(size).items()))


class _Packed(NamedTuple):
    """A pair's flows as they lie in the file: mask of filters and bytes by dataset, clipped values, and its numbers."""

    chunks: dict[str, tuple[int, bytes]]
    clipped: dict[str, int]
    numbers: dict[str, float]


def _packed(kinds: Mapping[str, _Kind], flow: Mapping[str, Any]) -> _Packed:
    chunks: dict[str, tuple[int, bytes]] = {}
    clipped: dict[str, int] = {}
    for name, kind in kinds.items():
        values = flow[name]
        if values.shape != kind.shape:
            raise ValueError(f"a flow has shape {values.shape}, expected {kind.shape}")
        if name != PICTURES:
            values, clipped[name] = quantise(values)
        scratch = _scratch(kind)
        scratch[0] = values
        chunks[name] = scratch.id.read_direct_chunk((0, 0, 0, 0))
    return _Packed(chunks, clipped, {name: float(flow[name]) for name in flow.keys() - {*DATASETS, PICTURES}})


@cache
def _scratch(kind: _Kind) -> h5py.Dataset:
    """Return a dataset of one row in memory, whose chunk HDF5 filters as it does the file's."""
    # Without a cache, which would keep a small chunk from being filtered before the file is closed.
    return kind.create(h5py.File(io.BytesIO(), "w", rdcc_nbytes=0), "row", 1)


def _write_rows(
    file: h5py.File, output: Output, flows: Iterable[_Packed], pairs: int
) -> tuple[dict[str, int], dict[str, list[float]]]:
    """Write the flows; return how many values were clipped in each dataset, and the numbers that came with them."""
    clipped = {name: 0 for name in DATASETS if name in file}
    numbers: dict[str, list[float]] = {}
    rows = 0
    for row, flow in enumerate(flows):
        if row == pairs:
            raise ValueError(f"more than {pairs} flows for {pairs} pairs")
        for name, (mask, chunk) in flow.chunks.items():
            file[name].id.write_direct_chunk((row, 0, 0, 0), chunk, mask)
        for name, count in flow.clipped.items():
            clipped[name] += count
        for name, number in flow.numbers.items():
            numbers.setdefault(name, []).append(number)
        output.check()
        rows = row + 1
    if rows != pairs:
        raise ValueError(f"{rows} flows for {pairs} pairs")
    return clipped, numbers


class FlowFile:
    """A stored flow, open for reading.

    Attributes:
        attributes: The file's attributes; JSON values as dicts.
        pairs: int32 `(pairs, 2)`, frame indices from and to.
        frame_of_pair: int32 `(pairs,)`, the frame that each pair's flow is shown to.
        frame_indices: Frames that have a flow, ascending.
        frames: Frame ids of the sequence, empty if the file does not tell.
        datasets: `forward`, `backward`, or both; none where there are pictures alone.
    """

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self.datasets = tuple(name for name in DATASETS if name in file)
        self.attributes = {key: _parsed(value) for key, value in attributes_of(file).items()}
        self.pairs: NDArray[np.int32] = file["pairs"][:]
        self.frame_of_pair: NDArray[np.int32] = file["frame_of_pair"][:]
        self.frames = tuple(frame.decode() for frame in file["frames"]) if "frames" in file else ()
        self._row = {int(frame): row for row, frame in enumerate(self.frame_of_pair)}
        listed = not self.frames or all(0 <= frame < len(self.frames) for frame in self._row)
        if not listed or (not self.datasets and PICTURES not in file):
            raise ValueError("no flow, or one of a frame that it does not list")

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self._file.filename)

    @property
    def frame_indices(self) -> tuple[int, ...]:
        """Frames that have a flow, ascending."""
        return tuple(sorted(self._row))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        with reading(self._file.filename, _EXPECTED):
            _, height, width, _ = self._file[(*self.datasets, PICTURES)[0]].shape
            return height, width

    def frame_id(self, index: int) -> str:
        """Return a frame's id, or its index in five digits if the file does not tell."""
        return self.frames[index] if self.frames else f"{index:05d}"

    def row(self, row: int, dataset: str | None = None) -> NDArray[np.float32]:
        """Return a pair's flow, float32 `(H, W, 2)` in pixels; of the first dataset unless another is named."""
        with reading(self._file.filename, _EXPECTED):
            source = self._file[dataset or self.datasets[0]]
            return source[row].astype(np.float32) * np.float32(source.attrs.get("scale", SCALE))

    def of_frame(self, frame: int) -> NDArray[np.float32] | None:
        """Return the flow that is shown to a frame, float32 `(H, W, 2)` in pixels, or None if it has none."""
        row = self._row.get(frame)
        return None if row is None else self.row(row)

    def picture(self, frame: int) -> NDArray[np.uint8] | None:
        """Return a frame's colour picture, uint8 `(H, W, 3)` RGB: the stored one, or drawn as its block says."""
        if self.datasets:
            flow = self.of_frame(frame)
            return None if flow is None else picture_of(flow, self.attributes)
        row = self._row.get(frame)
        with reading(self._file.filename, _EXPECTED):
            return None if row is None else self._file[PICTURES][row]

    def numbers(self, name: str) -> NDArray[np.float32] | None:
        """Return one number per pair (`photometric`, `still`, `inconsistent`), or None if they are not stored."""
        with reading(self._file.filename, _EXPECTED):
            return self._file[name][:] if name in self._file else None


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value


@contextmanager
def open_flow(path: Path, *, pictures: bool = False) -> Iterator[FlowFile]:
    """Open a sequence's flow for reading.

    Args:
        path: The file.
        pictures: Take one that has pictures alone, whose vectors nobody knows.

    Raises:
        InputError: The file is missing, no flow file, or one without vectors.
    """
    with opened(path, FlowFile, ("pairs", "frame_of_pair"), _EXPECTED) as flow:
        if not flow.datasets and not pictures:
            raise InputError(path, "pictures of flow, without vectors", "flow that is estimated, or read from .flo")
        yield flow
