"""Maps and masks on which newer measures are compared with their tool, made by NumPy alone."""

import numpy as np
from numpy.typing import NDArray

Case = tuple[NDArray[np.uint8], NDArray[np.bool_]]


def _disk(shape: tuple[int, int], row: float, column: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def _objects(seed: int, shape: tuple[int, int], count: int) -> NDArray[np.bool_]:
    generator = np.random.default_rng(seed)
    mask = np.zeros(shape, dtype=bool)
    for _ in range(count):
        row, column = generator.integers(0, shape[0]), generator.integers(0, shape[1])
        mask |= _disk(shape, row, column, generator.integers(2, shape[0] // 4))
    return mask


def _soft(mask: NDArray[np.bool_], seed: int, shift: int) -> NDArray[np.uint8]:
    """Return a moved, blurred and noisy copy of a mask."""
    generator = np.random.default_rng(seed)
    moved = np.roll(mask, (shift, -shift), (0, 1)).astype(np.int64) * 160
    for axis in (0, 1):
        moved = (np.roll(moved, 1, axis) + 2 * moved + np.roll(moved, -1, axis)) // 4
    coarse = generator.integers(0, 70, (mask.shape[0] // 8 + 1, mask.shape[1] // 8 + 1))
    noise = np.kron(coarse, np.ones((8, 8), dtype=np.int64))[: mask.shape[0], : mask.shape[1]]
    return (moved + noise).astype(np.uint8)


def cases() -> dict[str, Case]:
    """Return named maps and masks, uint8 and bool `(H, W)`; every mask has foreground and background."""
    shape = (96, 131)
    one, several, small = _objects(1, shape, 1), _objects(2, shape, 5), np.zeros(shape, dtype=bool)
    small[10:14, 20:24] = small[60:64, 100:104] = small[80:82, 3:5] = True
    thin = np.zeros(shape, dtype=bool)
    thin[8:90:12, 5:120] = thin[8:90, 60:63] = True
    pixel = np.zeros(shape, dtype=bool)
    pixel[50, 70] = True
    row = np.zeros(shape, dtype=bool)
    row[40, 10:110] = True
    large = _objects(3, (300, 401), 9)
    border = np.zeros(shape, dtype=bool)
    border[60:, 90:] = True
    return {
        "one": (_soft(one, 1, 3), one),
        "several": (_soft(several, 2, 4), several),
        "several-far": (_soft(several, 3, 15), several),
        "small": (_soft(small, 4, 1), small),
        "thin": (_soft(thin, 5, 2), thin),
        "thin-missed": ((thin * 40).astype(np.uint8) + (_objects(6, shape, 2) * 200).astype(np.uint8), thin),
        "pixel": (_soft(one, 7, 0), pixel),
        "row": (_soft(row, 8, 2), row),
        "border": (_soft(border, 9, 6), border),
        "large": (_soft(large, 10, 9), large),
        "perfect": (several.astype(np.uint8) * 255, several),
        "inverted": ((~several).astype(np.uint8) * 255, several),
        "black": (np.zeros(shape, dtype=np.uint8), several),
        "grey": (np.full(shape, 128, dtype=np.uint8), several),
        "two-levels": (np.where(one, 180, 60).astype(np.uint8), several),
    }
