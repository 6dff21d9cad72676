"""Small pictures as data URIs, so that the page needs no file beside it."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH = 208
QUALITY = 80


@dataclass(frozen=True)
class Thumbnail:
    """A picture inside the page.

    Attributes:
        uri: `data:image/jpeg;base64,...`.
        width: Width in pixels.
        height: Height in pixels.
    """

    uri: str
    width: int
    height: int


def thumbnail(image: NDArray[np.uint8], width: int = WIDTH) -> Thumbnail:
    """Shrink a picture and encode it.

    Args:
        image: uint8 `(H, W)` or RGB `(H, W, 3)`.
        width: Largest width in pixels; smaller pictures are left as they are.
    """
    height = image.shape[0]
    if image.shape[1] > width:
        height = max(1, round(image.shape[0] * width / image.shape[1]))
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1])
    if not ok:
        raise ValueError(f"cannot encode an array of shape {image.shape} and type {image.dtype}")
    text = base64.b64encode(data.tobytes()).decode("ascii")
    return Thumbnail(f"data:image/jpeg;base64,{text}", image.shape[1], height)
