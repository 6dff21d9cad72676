"""Textured frames that move in a known way."""

from pathlib import Path

import cv2
import numpy as np

from vsodprep.images import write_png


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth random texture, uint8 `(H, W, 3)`."""
    noise = np.random.default_rng(seed).uniform(size=(height, width, 3)).astype(np.float32)
    image = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1.5, 3, 6))
    low, high = np.percentile(image, (1, 99))
    return np.clip(255 * (image - low) / (high - low), 0, 255).astype(np.uint8)


def affine_pair(matrix: np.ndarray, size: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First frame, second frame, and the flow x -> matrix (x, 1) from the first to the second, about the centre."""
    height, width = size
    margin = 40
    large = texture(height + 2 * margin, width + 2 * margin, seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    centre = np.array([(width - 1) / 2, (height - 1) / 2], np.float32)
    rotation, shift = matrix[:, :2].astype(np.float32), matrix[:, 2].astype(np.float32)
    points = np.dstack([x, y]) - centre
    flow = points @ rotation.T + shift - points
    inverse = np.linalg.inv(rotation)
    back = (points - shift) @ inverse.T + centre + margin
    second = cv2.remap(large, back.astype(np.float32), np.empty(0, np.float32), cv2.INTER_CUBIC)
    first = large[margin:-margin, margin:-margin].copy()
    return first, second, flow.astype(np.float32)


def turn(degrees: float) -> np.ndarray:
    """Rotation about the centre."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0]])


MOTIONS = {
    "right": np.array([[1, 0, 3], [0, 1, 0]], float),
    "half a pixel up": np.array([[1, 0, 0], [0, 1, -0.5]], float),
    "left and down": np.array([[1, 0, -6], [0, 1, 4]], float),
    "zoom": np.array([[1.03, 0, 0], [0, 1.03, 0]], float),
    "shrink": np.array([[0.97, 0, 0], [0, 0.97, 0]], float),
    "turn": turn(2.0),
}


def write_frames(folder: Path, frames: int, size: tuple[int, int] = (48, 64), seed: int = 0) -> Path:
    """Frames cut from one texture, one pixel further to the left each: flow (1, 0) from each to the next."""
    large = texture(size[0], size[1] + frames, seed)
    for index in range(frames):
        start = frames - index
        write_png(folder / f"{index:05d}.png", large[:, start : start + size[1]])
    return folder
