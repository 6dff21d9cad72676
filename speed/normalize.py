"""Frames per second and peak memory of normalising 480p frames whose JPEGs are kept.

    python speed/normalize.py [--archive DAVIS-data.zip] [--frames 1200] [--repeats 5]

Without an archive, one in DAVIS-2016's layout is made: 854x480 frames of about the size of DAVIS's (75 kB). Each
measurement is a process of its own, number of threads turn by turn; figures are medians.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import cv2
import numpy as np

HEIGHT, WIDTH = 480, 854


def make_archive(path: Path, frames: int) -> Path:
    """Write a DAVIS-2016 archive of one long sequence; sixteen pictures take turns."""
    rng = np.random.default_rng(0)
    pictures, masks = [], []
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    for number in range(16):
        noise = cv2.GaussianBlur(rng.normal(128, 80, (HEIGHT, WIDTH, 3)), (0, 0), 1.2)
        picture = np.clip(noise + 40 * np.sin(columns / 60 + number)[..., None], 0, 255).astype(np.uint8)
        pictures.append(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes())
        mask = (rows - 240) ** 2 + (columns - 200 - 20 * number) ** 2 < 90**2
        masks.append(cv2.imencode(".png", mask.astype(np.uint8) * 255)[1].tobytes())
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(frames):
            stem = f"DAVIS/{{}}/480p/bear/{number:05d}"
            archive.writestr(f"{stem.format('JPEGImages')}.jpg", pictures[number % 16])
            archive.writestr(f"{stem.format('Annotations')}.png", masks[number % 16])
    print(f"made {frames} frames, JPEG {len(pictures[0]) / 1000:.0f} kB, mask {len(masks[0]) / 1000:.1f} kB")
    return path


def measure(archive: Path, jobs: int) -> None:
    """Normalise once and print frames, seconds and peak memory."""
    from vsodprep.benchmarks import get
    from vsodprep.config.normalize import Choice
    from vsodprep.normalize.run import normalize

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        options = Choice(partial=True, allow=("frame-count", "mask-count"))
        manifest = normalize(get("davis2016", Path("no.lock")), [archive], Path(folder) / "out", options, jobs)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(manifest.counts["frames"], seconds, peak, usage.ru_utime + usage.ru_stime)


def run(archive: Path, jobs: int) -> tuple[float, ...]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(jobs), "--archive", str(archive)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(map(float, text.split()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--frames", type=int, default=1200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--measure", type=int, metavar="JOBS", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.archive, given.measure)
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = given.archive or make_archive(Path(folder) / "DAVIS-data.zip", given.frames)
        results: dict[int, list[tuple[float, ...]]] = {1: [], 2: []}
        for _ in range(given.repeats):
            for jobs, list_of in results.items():
                list_of.append(run(archive, jobs))
        for jobs, list_of in results.items():
            rate = statistics.median(frames / seconds for frames, seconds, *_ in list_of)
            peak = statistics.median(peak for _, _, peak, _ in list_of)
            busy = statistics.median(cpu / frames for frames, _, _, cpu in list_of)
            print(
                f"{jobs} threads: {rate:.0f} frames/s, peak memory {peak:.0f} MiB, "
                f"{1000 * busy:.1f} ms of processor time a frame (start-up included)"
            )
        if not given.archive:
            longer = make_archive(Path(folder) / "longer.zip", 4 * given.frames)
            print(f"2 threads, four times as many frames: peak memory {run(longer, 2)[2]:.0f} MiB")


if __name__ == "__main__":
    main()
