"""Frames straight from a shard file: one index look-up, one read, one decompression.

zarr-python reads the index again for every frame and passes through an event loop; one frame a chunk needs neither.
Arrays that are not laid out as `vsodprep.shards.layout` does it are read through zarr-python.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from google_crc32c import value as crc32c
from numcodecs import blosc, zstd
from numpy.typing import NDArray

from vsodprep.errors import InputError, reading

_ABSENT = np.uint64(2**64 - 1)
_ENTRY = 16  # offset and length, each uint64
_CHECKSUM = 4
_OF_SUMMED = 0x48674BC7  # CRC-32C of any bytes that their own CRC-32C follows
EXPECTED = "a whole shard; pack it again"


def damaged(path: Path | str, found: str) -> InputError:
    """Return the error for a file of a shard that is not as it was written."""
    return InputError(path, found, EXPECTED)


class ChunkReader:
    """Random access to an array whose chunks and shards differ along the first axis only.

    Args:
        array: The array, of one chunk per index along the first axis, or of bytes.
    """

    def __init__(self, array: zarr.Array) -> None:
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype[Any] = array.dtype
        self.attributes: dict[str, Any] = dict(array.attrs)
        self._folder = Path(str(array.store.root)) / array.path  # type: ignore[attr-defined]
        self._chunk: int = array.chunks[0]
        shard = array.shards[0] if array.shards else array.chunks[0]
        self._chunks_per_shard: int = shard // self._chunk
        self._codec, self._summed, order = _inner_codec(array)
        self._stored = tuple((self._chunk, *self.shape[1:])[axis] for axis in order)
        self._back = tuple(np.argsort(order))
        self._array = array
        self._indices: dict[int, NDArray[np.uint64]] = {}
        self._paths: dict[int, Path] = {}

    def __len__(self) -> int:
        return self.shape[0]

    def _path(self, shard: int) -> Path:
        known = self._paths.get(shard)
        if known is None:
            known = self._paths[shard] = self._folder.joinpath("c", str(shard), *["0"] * (len(self.shape) - 1))
        return known

    def _index(self, shard: int, handle: int) -> NDArray[np.uint64]:
        known = self._indices.get(shard)
        if known is None:
            length = self._chunks_per_shard * _ENTRY
            size = os.fstat(handle).st_size
            data = os.pread(handle, length + _CHECKSUM, max(0, size - length - _CHECKSUM))
            if len(data) != length + _CHECKSUM:
                raise damaged(self._path(shard), f"only {size} bytes")
            if crc32c(data[:length]) != int.from_bytes(data[length:], "little"):
                raise damaged(self._path(shard), "an index that its checksum does not fit")
            known = np.frombuffer(data[:length], dtype="<u8").reshape(-1, 2)
            self._indices[shard] = known
        return known

    @contextmanager
    def _opened(self, shard: int) -> Iterator[int]:
        path = self._path(shard)
        try:
            handle = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise damaged(path, error.strerror or "unreadable") from error
        try:
            yield handle
        finally:
            os.close(handle)

    def sums(self) -> Iterator[bytes]:
        """Yield what tells the array's content: places and checksums of its chunks, or what lies there without them.

        Raises:
            InputError: A shard file is missing or damaged.
        """
        if not self._summed:
            with reading(self._folder, EXPECTED):
                yield np.ascontiguousarray(self._array[...]).tobytes()
            return
        if self.shape == (1,) and not self._path(0).exists():  # stands for no bytes at all, as of masks of class ids
            return
        for shard in range(-(-self.shape[0] // (self._chunk * self._chunks_per_shard))):
            with self._opened(shard) as handle:
                index = self._index(shard, handle)
                yield index.tobytes()
                for offset, length in index[index[:, 0] != _ABSENT]:
                    yield os.pread(handle, _CHECKSUM, int(offset + length) - _CHECKSUM)

    def chunk(self, number: int) -> NDArray[Any]:
        """Return one chunk's values, an array of the chunk's shape.

        Raises:
            InputError: The shard file is missing or damaged.
        """
        shard, place = divmod(number, self._chunks_per_shard)
        path = self._path(shard)
        with self._opened(shard) as handle:
            offset, length = self._index(shard, handle)[place]
            data = os.pread(handle, int(length), int(offset)) if offset != _ABSENT else b""
            if offset == _ABSENT or len(data) != int(length):
                raise damaged(path, f"chunk {place} is not there")
        chunk = memoryview(data)
        if self._summed:
            if crc32c(data) != _OF_SUMMED:
                raise damaged(path, f"chunk {place} that its checksum does not fit")
            chunk = chunk[:-_CHECKSUM]
        if self._codec == "bytes":
            with reading(path, EXPECTED):
                return np.frombuffer(chunk, self.dtype).reshape(self._stored).transpose(self._back)
        out = np.empty(self._stored, dtype=self.dtype)
        if self._codec == "blosc" and _blosc_sizes(chunk) != (out.nbytes, len(chunk)):  # which Blosc would trust
            raise damaged(path, f"chunk {place} of another size than it says")
        with reading(path, EXPECTED):
            (blosc if self._codec == "blosc" else zstd).decompress(chunk, out)
        return out.transpose(self._back)

    def __getitem__(self, row: int) -> NDArray[Any]:
        """Return one frame of an array whose chunks are frames.

        Raises:
            IndexError: There is no such row.
            InputError: The shard file is missing or damaged.
        """
        if not 0 <= row < self.shape[0]:
            raise IndexError(f"row {row} of {self.shape[0]}")
        if self._codec is None or self._chunk != 1:
            with reading(self._folder, EXPECTED):
                return np.asarray(self._array[row])
        values: NDArray[Any] = self.chunk(row)[0]
        return values

    def range(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Return part of an array of bytes.

        Raises:
            InputError: The shard file is missing or damaged.
        """
        if self._codec != "bytes":
            with reading(self._folder, EXPECTED):
                return np.asarray(self._array[start:stop])
        first, last = start // self._chunk, -(-stop // self._chunk)
        data = np.concatenate([self.chunk(number) for number in range(first, last)])
        return data[start - first * self._chunk : stop - first * self._chunk]


def _blosc_sizes(data: memoryview) -> tuple[int, int]:
    """Return a Blosc chunk's size before and after compression, as its header tells (bytes 4 to 7 and 12 to 15)."""
    return int.from_bytes(data[4:8], "little"), int.from_bytes(data[12:16], "little")


def _inner_codec(array: zarr.Array) -> tuple[str | None, bool, tuple[int, ...]]:
    """Tell how chunks can be read directly.

    Returns:
        `bytes`, `blosc` or `zstd`, None where they cannot; whether checksums follow; the axes in the order stored.
    """
    axes = tuple(range(len(array.shape)))
    regular = all(chunk == length for chunk, length in zip(array.chunks[1:], array.shape[1:], strict=True))
    metadata = array.metadata.to_dict()
    codecs: Any = metadata.get("codecs", ())
    if not regular or len(codecs) != 1 or codecs[0]["name"] != "sharding_indexed":
        return None, False, axes
    settings = codecs[0]["configuration"]
    inner = list(settings["codecs"])
    transposed = inner[0]["name"] == "transpose"
    order = tuple(inner.pop(0)["configuration"]["order"]) if transposed else axes
    names = [codec["name"] for codec in inner]
    index = [codec["name"] for codec in settings["index_codecs"]]
    little = inner[0].get("configuration", {}).get("endian", "little") == "little"
    if settings.get("index_location", "end") != "end" or index != ["bytes", "crc32c"] or not little:
        return None, False, axes
    summed = names[-1] == "crc32c"
    known = {("bytes",): "bytes", ("bytes", "blosc"): "blosc", ("bytes", "zstd"): "zstd"}
    return known.get(tuple(names[:-1] if summed else names)), summed, order
