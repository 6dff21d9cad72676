"""Show what scores look like: masks as their own predictions, spoilt in known ways.

    python speed/metric_scales.py NORMALIZED_BENCHMARK... [--protocol davsod]

Prints a Markdown table per benchmark; docs/evaluation.md quotes it.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from vsodprep.evaluate import evaluate_folders
from vsodprep.images import read_mask, write_png
from vsodprep.manifest import mask_path, read_manifest

COLUMNS = {
    "max_f": "max F",
    "mean_f": "mean F",
    "adaptive_f": "adp F",
    "s_measure": "S",
    "mae": "MAE",
    "max_e": "max E",
    "weighted_f": "wF",
    "j_mean": "J",
    "boundary_mean": "bdry F",
}
Spoil = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def shifted(pixels: int) -> Spoil:
    return lambda mask, _: np.roll(mask, pixels, axis=1) * 255


def noisy(deviation: float) -> Spoil:
    return lambda mask, generator: mask * 255 + generator.normal(0, deviation, mask.shape)


def grown(pixels: int) -> Spoil:
    size = 2 * abs(pixels) + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    change = cv2.dilate if pixels > 0 else cv2.erode
    return lambda mask, _: change(mask, disk) * 255


def centre(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[-1 : 1 : mask.shape[0] * 1j, -1 : 1 : mask.shape[1] * 1j]
    return 255 * np.exp(-(rows**2 + columns**2) / 0.5)


SPOILT: dict[str, Spoil] = {
    "the masks themselves": lambda mask, _: mask * 255,
    "masks at half contrast, 0 and 128": lambda mask, _: mask * 128,
    "blurred, sigma 4": lambda mask, _: cv2.GaussianBlur(mask * 255, (0, 0), 4),
    "grown by 3 pixels": grown(3),
    "shrunk by 3 pixels": grown(-3),
    "shifted by 2 pixels": shifted(2),
    "shifted by 8 pixels": shifted(8),
    "shifted by 32 pixels": shifted(32),
    "Gaussian noise, deviation 26 of 255": noisy(26),
    "Gaussian noise, deviation 128 of 255": noisy(128),
    "uniform noise, no mask": lambda mask, generator: generator.integers(0, 256, mask.shape),
    "centre prior": lambda mask, _: centre(mask),
    "all 255": lambda mask, _: np.full(mask.shape, 255),
    "all 0": lambda mask, _: np.zeros(mask.shape),
    "the inverse": lambda mask, _: (1 - mask) * 255,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+", type=Path)
    parser.add_argument("--protocol", default="davsod")
    options = parser.parse_args()
    for benchmark in options.benchmarks:
        manifest = read_manifest(benchmark)
        print(f"\n{manifest.name}, protocol {options.protocol}\n")
        print(f"| maps | {' | '.join(COLUMNS.values())} |\n| --- |{' ---: |' * len(COLUMNS)}")
        for name, spoil in SPOILT.items():
            generator = np.random.default_rng(0)
            with tempfile.TemporaryDirectory() as temporary:
                for sequence in manifest.sequences:
                    for frame in sequence.annotated:
                        mask = read_mask(mask_path(benchmark, sequence.name, frame)).astype(np.uint8)
                        made = np.clip(np.rint(spoil(mask, generator)), 0, 255).astype(np.uint8)
                        write_png(Path(temporary, sequence.name, f"{frame}.png"), made)
                scores = evaluate_folders(temporary, benchmark, protocol=options.protocol)
            print(f"| {name} | {' | '.join(f'{scores[key]:.3f}' for key in COLUMNS)} |", flush=True)


if __name__ == "__main__":
    main()
