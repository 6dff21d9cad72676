"""Compare the evaluation's speed with PySODMetrics and davis2017-evaluation on the same maps.

    python speed/metrics.py --davis DAVIS --pysod PYSOD_PYTHON --davis2017 CHECKOUT

DAVIS is an unpacked DAVIS-2016 (`Annotations/480p/...`); maps are made from its masks. PYSOD_PYTHON is the interpreter
of an environment with `pysodmetrics`, which must not be ours, because it installs another OpenCV. CHECKOUT is a copy of
github.com/davisvideochallenge/davis2017-evaluation; its metrics run in the same environment. Each tool has a process of
its own on one core, holds the same arrays, and takes its turn in every round; medians over rounds of the processor's
time are compared, for one map of each mask and for those of several methods.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy loads; one core is one thread, as on the command line

import cv2
import numpy as np

FIVE = ("mae", "s", "f", "e", "weighted_f")
THREE = ("mae", "s", "f")
DAVIS = ("j", "boundary")
NEWER = (("size-invariant F, MAE", "si"), ("Context-measure", "context"), ("multiscale IoU", "msiou"), ("HCE", "hce"))


def make_pairs(davis: Path, count: int, methods: int) -> tuple[np.ndarray, np.ndarray]:
    """Return maps and masks, uint8 `(count, methods, H, W)` and `(count, H, W)`.

    A map is its mask blurred, moved a little and covered with noise.
    """
    paths = sorted(davis.glob("**/Annotations/480p/*/*.png"))
    if not paths:
        raise SystemExit(f"{davis}: no Annotations/480p/SEQUENCE/FRAME.png below it")
    generator = np.random.default_rng(0)
    maps, masks = [], []
    for place in np.linspace(0, len(paths) - 1, count).astype(int):
        mask = cv2.imread(str(paths[place]), cv2.IMREAD_GRAYSCALE)
        for _ in range(methods):
            soft = cv2.GaussianBlur(np.roll(mask, generator.integers(-6, 7, 2), (0, 1)), (0, 0), 3).astype(np.int64)
            noise = cv2.GaussianBlur(generator.integers(0, 256, mask.shape).astype(np.uint8), (0, 0), 8)
            maps.append(np.clip(soft + 4 * (noise.astype(np.int64) - 128), 0, 255).astype(np.uint8))
        masks.append(mask)
    return np.stack(maps).reshape(count, methods, *maps[0].shape), np.stack(masks)


def ours(names: tuple[str, ...]) -> Callable[[Any, Any], dict[str, Any]]:
    from vsodprep.evaluate import PROTOCOLS, engine
    from vsodprep.evaluate.frame import FAMILIES, score_frame
    from vsodprep.evaluate.measures.masks import SharedMask

    chosen = tuple(measure for measure in FAMILIES if measure in names)

    engine._keep_freed_memory()  # as an evaluation does
    shared: dict[int, SharedMask] = {}  # of the mask that was scored against last

    def score(saliency: Any, mask: Any) -> dict[str, Any]:
        if id(mask) not in shared:
            shared.clear()
            shared[id(mask)] = SharedMask(mask > 128)
        # Compiled, as in an evaluation of many frames.
        return score_frame(saliency, shared[id(mask)], PROTOCOLS["pysod"], chosen, compiled=True).scalars

    return score


def pysod(names: tuple[str, ...]) -> Callable[[Any, Any], dict[str, Any]]:
    import py_sod_metrics as tool

    warnings.simplefilter("ignore")
    curve = {"with_dynamic": True, "with_adaptive": True}
    classes: dict[str, Callable[[], Any]] = {
        "mae": tool.MAE,
        "s": tool.Smeasure,
        "f": tool.Fmeasure,
        "e": tool.Emeasure,
        "weighted_f": tool.WeightedFmeasure,
        "si": lambda: tool.SizeInvarianceFmeasureV2({"f": tool.FmeasureHandler(**curve, beta=0.3)}),
        "si_mae": tool.SizeInvarianceMAE,
        "context": tool.ContextMeasure,
        "msiou": lambda: tool.MSIoU(**curve, with_binary=True),
        "hce": tool.HumanCorrectionEffortMeasure,
    }
    wanted = (*names, *(["si_mae"] if "si" in names else []))

    def score(saliency: Any, mask: Any) -> dict[str, Any]:
        measures = {name: classes[name]() for name in wanted}
        for measure in measures.values():
            measure.step(saliency, mask)
        found = {name: measure.get_results() for name, measure in measures.items()}
        keys = {"mae": ("mae", "mae"), "s": ("s_measure", "sm"), "weighted_f": ("weighted_f", "wfm")}
        keys |= {"si_mae": ("si_mae", "si_mae"), "context": ("context", "cm"), "hce": ("hce", "hce")}
        keys |= {"msiou": ("msiou", "binary")}
        scores = {ours: float(found[name][theirs]) for name, (ours, theirs) in keys.items() if name in found}
        for name, key in (("f", "fm"), ("e", "em")):
            if name in found:
                scores[f"max_{name}"] = float(found[name][key]["curve"].max())
        return scores

    return score


def davis2017(checkout: Path) -> Callable[[Any, Any], dict[str, Any]]:
    spec = importlib.util.spec_from_file_location("davis_metrics", checkout / "davis2017" / "metrics.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def score(saliency: Any, mask: Any) -> dict[str, Any]:
        predicted, wanted = saliency >= 128, mask > 128
        return {
            "j": float(tool.db_eval_iou(wanted, predicted)),
            "boundary_f": float(tool.db_eval_boundary(wanted, predicted)),
        }

    return score


def serve(tool: str, names: tuple[str, ...], arrays: Path, checkout: str) -> None:
    """Score all pairs each time a line comes in; answer with seconds and scores."""
    cv2.setNumThreads(1)
    score = ours(names) if tool == "ours" else pysod(names) if tool == "pysod" else davis2017(Path(checkout))
    with np.load(arrays) as stored:
        pairs = list(zip(stored["maps"], stored["masks"], strict=True))
    for _ in sys.stdin:
        start = time.process_time()
        scores = [score(saliency, mask) for maps, mask in pairs for saliency in maps]
        seconds = time.process_time() - start
        print(json.dumps({"seconds": seconds, "scores": scores}), flush=True)


class Tool:
    """A process that serves one tool."""

    def __init__(self, python: str, tool: str, names: tuple[str, ...], arrays: Path, checkout: Path) -> None:
        command = [python, __file__, "--serve", tool, "--measures", ",".join(names), "--arrays", str(arrays)]
        self._process = subprocess.Popen(
            [*command, "--davis2017", str(checkout)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def run(self) -> tuple[float, list[dict[str, float]]]:
        """Score all pairs once; return seconds and scores."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["seconds"], answer["scores"]

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def compare(ours: Tool, theirs: Tool, rounds: int) -> tuple[float, float, float]:
    """Return both medians in seconds and the largest difference of a score."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        results = [tool.run() for tool in (ours, theirs)]
        if turn:  # the first round warms up
            for spent, (second, _) in zip(seconds, results, strict=True):
                spent.append(second)
    difference = max(
        abs(mine[name] - value)
        for mine, other in zip(results[0][1], results[1][1], strict=True)
        for name, value in other.items()
    )
    for tool in (ours, theirs):
        tool.stop()
    return statistics.median(seconds[0]), statistics.median(seconds[1]), difference


def cores(maps: np.ndarray, masks: np.ndarray, folder: Path, frames: int, rounds: int) -> tuple[float, float]:
    """Return the median seconds of scoring a folder with one process and with two."""
    from vsodprep.evaluate import evaluate_folders

    for frame in range(frames):
        for name, images in (("maps", maps), ("masks", masks)):
            path = folder / name / f"s{frame // 50}" / f"{frame:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), images[frame % len(images)])
    cv2.setNumThreads(1)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(rounds + 1):
        for jobs in (1, 2):
            start = time.perf_counter()
            evaluate_folders(folder / "maps", folder / "masks", jobs=jobs)
            if turn:
                seconds[jobs].append(time.perf_counter() - start)
    return statistics.median(seconds[1]), statistics.median(seconds[2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--davis", type=Path, help="an unpacked DAVIS-2016")
    parser.add_argument("--pysod", help="interpreter of an environment with pysodmetrics")
    parser.add_argument("--davis2017", type=Path, default=Path(), help="a copy of davis2017-evaluation")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--methods", type=int, default=4, help="maps of each mask in the second comparison")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--frames", type=int, default=1376, help="frames of the folder scored on one and on two cores")
    parser.add_argument("--newer", action="store_true", help="the measures that are not computed by default, alone")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--measures", default="", help=argparse.SUPPRESS)
    parser.add_argument("--arrays", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, tuple(options.measures.split(",")), options.arrays, str(options.davis2017))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        maps, masks = make_pairs(options.davis, options.pairs, options.methods)
        size = f"{maps.shape[3]} x {maps.shape[2]}"
        print(f"{len(maps)} masks of {size} pixels, median of {options.rounds} rounds, milliseconds a map")
        usual = (
            ("MAE, S, F, E, weighted F", FIVE, "pysod"),
            ("MAE, S, F", THREE, "pysod"),
            ("J, boundary F", DAVIS, "davis2017"),
        )
        newer = tuple((label, (name,), "pysod") for label, name in NEWER)
        for methods in {1: None, options.methods: None}:
            np.savez(folder / "pairs.npz", maps=maps[:, :methods], masks=masks)
            for label, names, tool in newer if options.newer else usual:
                both = [
                    Tool(python, each, names, folder / "pairs.npz", options.davis2017)
                    for python, each in ((sys.executable, "ours"), (options.pysod, tool))
                ]
                mine, other, difference = compare(*both, options.rounds)
                each_map = [1000 * seconds / len(maps) / methods for seconds in (mine, other)]
                print(
                    f"{label:26} {methods} methods: ours {each_map[0]:6.2f}  {tool} {each_map[1]:6.2f}  "
                    f"ratio {other / mine:5.1f}  largest difference {difference:.1e}",
                    flush=True,
                )
        if options.newer:
            return
        one, two = cores(maps[:, 0], masks, folder, options.frames, max(options.rounds // 3, 3))
        print(f"{options.frames} frames from disk: one core {one:.2f} s, two {two:.2f} s, ratio {one / two:.2f}")


if __name__ == "__main__":
    main()
