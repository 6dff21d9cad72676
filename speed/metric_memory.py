"""Peak memory of `vsodprep evaluate` over the length of a sequence; reads /proc, so Linux only."""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

HEIGHT, WIDTH = 480, 854
KINDS = 8  # different frames, repeated


def write_sequence(folder: Path, frames: int) -> None:
    """Write `gt/long` and `pred/long`: ellipses, and the same blurred with noise."""
    generator = np.random.default_rng(0)
    pairs = []
    for kind in range(KINDS):
        mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
        cv2.ellipse(mask, (300 + 20 * kind, 240), (120, 80 + 5 * kind), 0, 0, 360, 255, -1)
        noisy = cv2.GaussianBlur(mask, (31, 31), 0) + generator.normal(0, 6, mask.shape)
        saliency = np.clip(noisy, 0, 255).astype(np.uint8)
        pairs.append([cv2.imencode(".png", image)[1].tobytes() for image in (mask, saliency)])
    for place, side in enumerate(("gt", "pred")):
        (folder / side / "long").mkdir(parents=True)
        for frame in range(frames):
            (folder / side / "long" / f"{frame:05d}.png").write_bytes(pairs[frame % KINDS][place])


def descendants(process: int) -> list[int]:
    """Return a process and all that it started, directly or not."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [process]
    for known in found:
        found += children.get(known, [])
    return found


def peaks(folder: Path, jobs: int) -> list[float]:
    """Return the peak memory of every process of an evaluation in MiB, largest first."""
    arguments = ["--pred", str(folder / "pred"), "--gt", str(folder / "gt"), "--jobs", str(jobs)]
    command = [sys.executable, "-m", "vsodprep", "evaluate", *arguments]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found: dict[int, float] = {}
    while running.poll() is None:
        for process in descendants(running.pid):
            try:
                status = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM"):
                    found[process] = int(line.split()[1]) / 1024
        time.sleep(0.2)
    if running.returncode:
        raise SystemExit(f"evaluate ended with {running.returncode}")
    return sorted(found.values(), reverse=True)


def main() -> None:
    """Print the peaks for short and long sequences, with one process and with several."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs="+", default=[300, 2000])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    for frames in options.frames:
        with tempfile.TemporaryDirectory() as temporary:
            write_sequence(Path(temporary), frames)
            for jobs in options.jobs:
                shown = ", ".join(f"{peak:.0f}" for peak in peaks(Path(temporary), jobs))
                print(f"{frames} frames of {WIDTH} x {HEIGHT}, {jobs} jobs: {shown} MiB")


if __name__ == "__main__":
    main()
