"""Bytes and time of codecs for flow and its colour pictures, on flow files of real frames.

Every round decodes the same arrays with each codec in turn; what counts is the median of the rounds, in processor time
of one thread. `planes` stores each channel by itself; `delta` stores each row of pixels less the one above it.

    python speed/codecs.py FLOW.h5... [--per-file 2] [--rounds 5]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numcodecs import Blosc, Zstd, blosc
from numpy.typing import NDArray

from vsodprep.flow.store import open_flow, quantise

INTERLEAVED, PLANES = (0, 1, 2), (2, 0, 1)


class Codec(NamedTuple):
    """From an array to bytes and back."""

    encode: Callable[[NDArray], bytes]
    decode: Callable[[bytes], NDArray]


def numeric(codec: Blosc | Zstd, like: NDArray, axes: tuple[int, ...], *, delta: bool = False) -> Codec:
    """Return a codec for arrays `(H, W, C)` of one shape and type."""
    shape = tuple(like.shape[axis] for axis in axes)
    rows, back = axes.index(0), np.argsort(axes)

    def encode(array: NDArray) -> bytes:
        stored = np.ascontiguousarray(array.transpose(axes))
        first = np.zeros_like(stored.take([0], rows))
        return codec.encode(np.diff(stored, axis=rows, prepend=first) if delta else stored)

    def decode(data: bytes) -> NDArray:
        out = np.empty(shape, like.dtype)
        codec.decode(data, out)
        return (np.cumsum(out, axis=rows, dtype=out.dtype) if delta else out).transpose(back)

    return Codec(encode, decode)


def image(ending: str, options: list[int]) -> Codec:
    """Return a codec of OpenCV's."""
    return Codec(
        lambda array: cv2.imencode(ending, array[..., ::-1], options)[1].tobytes(),
        lambda data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1],
    )


def codecs(like: NDArray) -> dict[str, Codec]:
    """Return the codecs that are compared for arrays of one shape and type."""
    found = {}
    for layout, axes in (("interleaved", INTERLEAVED), ("planes", PLANES)):
        for name, level in (("lz4", 5), ("zstd", 1), ("zstd", 3), ("zstd", 5)):
            for filtered, shuffle in (("shuffle", Blosc.SHUFFLE), ("bitshuffle", Blosc.BITSHUFFLE)):
                one = numeric(Blosc(name, level, shuffle, 1 << 18 if name == "zstd" else 0), like, axes)
                found[f"{layout}, {filtered}, Blosc-{name} {level}"] = one
    for shuffle, filtered in ((Blosc.SHUFFLE, "shuffle"), (Blosc.BITSHUFFLE, "bitshuffle")):
        one = numeric(Blosc("zstd", 3, shuffle, 1 << 18), like, PLANES, delta=True)
        found[f"planes, delta, {filtered}, Blosc-zstd 3"] = one
    if like.dtype == np.uint8:
        found["planes, zstd 3"] = numeric(Zstd(3), like, PLANES)
        found["PNG, level 3"] = image(".png", [cv2.IMWRITE_PNG_COMPRESSION, 3])
        found["WebP, lossless"] = image(".webp", [cv2.IMWRITE_WEBP_QUALITY, 101])
    return found


def compare(arrays: list[NDArray], rounds: int) -> None:
    known = codecs(arrays[0])
    coded, encoding = {}, {}
    for name, codec in known.items():
        begun = time.process_time()
        coded[name] = [codec.encode(array) for array in arrays]
        encoding[name] = (time.process_time() - begun) / len(arrays)
        assert all(np.array_equal(codec.decode(data), array) for data, array in zip(coded[name], arrays, strict=True))
    decoding: dict[str, list[float]] = {name: [] for name in known}
    for _ in range(rounds):
        for name, codec in known.items():
            begun = time.process_time()
            for data in coded[name]:
                codec.decode(data)
            decoding[name].append((time.process_time() - begun) / len(arrays))
    pixels = arrays[0].shape[0] * arrays[0].shape[1]
    print(f"{'codec':46} B/pixel  encode   decode")
    for name, datas in coded.items():
        size = sum(map(len, datas)) / len(arrays) / pixels
        print(f"{name:46} {size:7.3f} {1e3 * encoding[name]:5.1f} ms {1e3 * statistics.median(decoding[name]):5.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flow", nargs="+", type=Path, metavar="FLOW.h5")
    parser.add_argument("--per-file", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    blosc.set_nthreads(1)
    cv2.setNumThreads(1)
    flows, pictures = [], []
    for path in arguments.flow:
        with open_flow(path) as flow:
            known = flow.frame_indices
            for place in range(arguments.per_file):
                frame = known[(2 * place + 1) * len(known) // (2 * arguments.per_file)]
                values, picture = flow.of_frame(frame), flow.picture(frame)
                assert values is not None
                assert picture is not None
                flows.append(quantise(values).values)
                pictures.append(picture)
    for what, arrays in (("flow, int16", flows), ("pictures, uint8", pictures)):
        print(f"{what}: {len(arrays)} of {arrays[0].shape[0]} x {arrays[0].shape[1]}")
        compare(arrays, arguments.rounds)


if __name__ == "__main__":
    main()
