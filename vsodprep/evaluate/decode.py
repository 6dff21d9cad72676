"""Maps and masks as people deliver them, brought to 8 bits."""

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodprep.errors import InputError
from vsodprep.images import PNG_PALETTE, png_header


def _decode(data: bytes, where: Path | str) -> NDArray[np.uint8]:
    """Decode to uint8 `(H, W)` or RGB `(H, W, 3)`; alpha is dropped, 16 bits are rounded to 8."""
    if (png_header(data) or (0, 0))[1] == PNG_PALETTE:
        try:
            return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        except (OSError, SyntaxError) as error:
            raise InputError(where, f"unreadable image ({len(data)} bytes)", "a whole image file") from error
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise InputError(where, f"unreadable image ({len(data)} bytes)", "a whole image file")
    if image.dtype == np.uint16:
        image = ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if image.dtype != np.uint8:
        raise InputError(where, f"an image of {image.dtype}", "8 or 16 bits")
    if image.ndim == 3:
        return np.asarray(cv2.cvtColor(image[:, :, :3], cv2.COLOR_BGR2RGB), dtype=np.uint8)
    return np.asarray(image, dtype=np.uint8)


def _luma(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def decode_map(data: bytes, where: Path | str, channel: str = "gray") -> NDArray[np.uint8]:
    """Decode a saliency map.

    Args:
        data: The file's bytes.
        where: What to name in an error.
        channel: What to take of an RGB map, `first` or `gray`.

    Returns:
        uint8 `(H, W)`.

    Raises:
        InputError: The bytes are no image of 8 or 16 bits that can be read whole.
    """
    image = _decode(data, where)
    return np.ascontiguousarray(image[:, :, 0]) if image.ndim == 3 and channel == "first" else _luma(image)


def decode_mask(data: bytes, where: Path | str, foreground_above: int = 128) -> NDArray[np.bool_]:
    """Decode a mask.

    Args:
        data: The file's bytes.
        where: What to name in an error.
        foreground_above: A luma above this is foreground; in a coloured palette image, whose colours number objects,
            every colour but black is.

    Returns:
        bool `(H, W)`.

    Raises:
        InputError: The bytes are no image of 8 or 16 bits that can be read whole.
    """
    image = _decode(data, where)
    if (png_header(data) or (0, 0))[1] == PNG_PALETTE and (image.min(axis=2) != image.max(axis=2)).any():
        return np.asarray(image.any(axis=2))
    return np.asarray(_luma(image) > foreground_above)
