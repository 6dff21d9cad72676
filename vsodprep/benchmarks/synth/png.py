"""PNG files whose bytes depend on the pixels alone."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BLOCK = 65535  # the longest stored block that deflate knows


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Encode an image without compressing it.

    Compressors (zlib, zlib-ng, and what OpenCV and Pillow carry) differ in the bytes they choose; stored blocks leave
    no choice. Compressed frames would be half as large.

    Args:
        image: uint8 `(H, W)` or RGB `(H, W, 3)`.

    Returns:
        A PNG file of 8 bits per channel.

    Source: W3C PNG (third edition), sections 5 and 10; RFC 1950 and RFC 1951, section 3.2.4.
    """
    height, width = image.shape[:2]
    colour_type = 2 if image.ndim == 3 else 0
    rows = np.zeros((height, 1 + image[0].size), dtype=np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = image.reshape(height, -1)
    raw = rows.tobytes()
    blocks = [raw[at : at + _BLOCK] for at in range(0, len(raw), _BLOCK)]
    stored = b"".join(
        struct.pack("<BHH", index + 1 == len(blocks), len(block), len(block) ^ 0xFFFF) + block
        for index, block in enumerate(blocks)
    )
    stream = b"\x78\x01" + stored + struct.pack(">I", zlib.adler32(raw))
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", stream) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Write an image as `encode_png` encodes it; its folder is made if it is missing.

    Args:
        path: Where to, below a folder that gets its final name later.
        image: uint8 `(H, W)` or RGB `(H, W, 3)`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(image))
