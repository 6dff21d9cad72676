"""Folders of frames, maps and masks in miniature."""

import numpy as np

from vsodprep.images import write_mask, write_png

FRAMES = ("8", "9", "10")
SIZE = (32, 40)


def truth(index):
    mask = np.zeros(SIZE, dtype=bool)
    mask[8:20, 6 + 4 * index : 18 + 4 * index] = True
    return mask


def saliency(index, method):
    """`good` sees the object, `bad` its surroundings; both have a false blob in a corner."""
    mask = truth(index)
    values = np.where(mask if method == "good" else ~mask, 220, 30)
    values[26:30, 32:38] = 220
    return values.astype(np.uint8)


def write_sequence(root, name="bear"):
    """Write frames, masks and two methods' maps of one sequence."""
    for index, frame in enumerate(FRAMES):
        picture = np.full((*SIZE, 3), (60, 110, 60), dtype=np.uint8)
        picture[truth(index)] = (200, 60, 50)
        write_png(root / "frames" / name / f"{frame}.png", picture)
        write_mask(root / "masks" / name / f"{frame}.png", truth(index))
        for method in ("good", "bad"):
            write_png(root / method / name / f"{frame}.png", saliency(index, method))
    return root
