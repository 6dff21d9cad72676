"""Measure the flow stage: medians of interleaved rounds, each against doing the same the plain way.

    python speed/flow.py dis FRAMES_DIR [--frames 40] [--preset medium] [--threads 1]
    python speed/flow.py raft FRAMES_DIR [--frames 6] [--size 256 448] [--variant large] [--threads 1]
    python speed/flow.py flownet2 FRAMES_DIR [--frames 4] [--size 256 448]
    python speed/flow.py gpu FRAMES_DIR [--method raft] [--precision float16]
    python speed/flow.py colour FRAMES_DIR --public FOLDER
    python speed/flow.py storage FRAMES_DIR
    python speed/flow.py pairs FOLDER

`dis`: the whole stage, from files to a stored flow, against the flow calls alone on frames already in memory.
`raft`, `flownet2`: the sequence path against the network called on one pair after another, with the same random
weights, frames in memory for both; the difference of their flows, and lower precision with its error.
`gpu`: pairs per second, and the share of time that the GPU waits, of the whole stage on frames as they are.
`colour`: pictures against public NumPy code; FOLDER holds checkouts of princeton-vl/RAFT (`RAFT`) and
NVIDIA/flownet2-pytorch (`flownet2-pytorch`).
`storage`: HDF5's filters on the int16 flow of DIS.
`pairs`: end-point error of DIS on Middlebury's RubberWhale and a pair of FlyingChairs in FOLDER.
"""

import argparse
import functools
import importlib.util
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from vsodprep.config.flow import Policy
from vsodprep.flow.dis import Dis
from vsodprep.flow.frames import sequence_frames
from vsodprep.flow.sequence import write_sequence
from vsodprep.images import read_frame

PUBLIC = {
    "raft": ("RAFT/core/utils/flow_viz.py", "flow_to_image"),
    "flownet2": ("flownet2-pytorch/utils/flow_utils.py", "flow2img"),
}


class Seconds(NamedTuple):
    """Time of a round: on the clock, and of all cores together, which a busy machine does not lengthen."""

    clock: float
    cpu: float


def interleaved(rounds: int, **ways: Callable[[], object]) -> dict[str, list[Seconds]]:
    """Times of every round; each way runs once before, and the order turns round from one round to the next."""
    seconds: dict[str, list[Seconds]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for number in range(rounds):
        for name in list(ways)[:: 1 if number % 2 else -1]:
            clock, cpu = time.perf_counter(), time.process_time()
            ways[name]()
            seconds[name].append(Seconds(time.perf_counter() - clock, time.process_time() - cpu))
    return seconds


def show(seconds: dict[str, list[Seconds]], base: str, pairs: int) -> None:
    for name, rounds in seconds.items():
        cells = []
        for kind in Seconds._fields:
            mine, theirs = ([getattr(one, kind) for one in times] for times in (rounds, seconds[base]))
            ratio = statistics.median(first / second for first, second in zip(mine, theirs, strict=True))
            cells.append(f"{kind} {1000 * statistics.median(mine) / pairs:8.1f} ms a pair, {ratio:.3f} of {base}")
        print(f"{name:>12}: " + "; ".join(cells))


def measure_dis(arguments: argparse.Namespace) -> None:
    cv2.setNumThreads(1)
    paths = sequence_frames(arguments.folder)[: arguments.frames]
    method = Dis(arguments.preset, arguments.threads)
    grey = method.encode([read_frame(path) for path in paths], [True] * len(paths))
    pairs = list(pairwise(grey))

    def calls() -> None:
        for start in range(0, len(pairs), arguments.threads):
            method.estimate(pairs[start : start + arguments.threads])

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "flow.h5"
        policy = Policy(last_frame="drop")
        ways = {
            "flow calls": calls,
            "whole stage": lambda: write_sequence(paths, out, method, policy),
        }
        show(interleaved(arguments.rounds, **ways), "flow calls", len(pairs))


def measure_raft(arguments: argparse.Namespace) -> None:
    import torch
    from torchvision.models.optical_flow import raft_large, raft_small

    from vsodprep.flow.raft import Raft

    torch.manual_seed(0)
    model = (raft_large if arguments.variant == "large" else raft_small)(weights=None).eval()
    network = Raft(arguments.variant)
    network.model.load_state_dict(model.state_dict())

    def plain(first: "torch.Tensor", second: "torch.Tensor") -> "torch.Tensor":
        return model(first / 127.5 - 1, second / 127.5 - 1)[-1]

    _measure_network(arguments, network, plain)


def measure_flownet2(arguments: argparse.Namespace) -> None:
    import torch

    from vsodprep.flow.flownet2 import FlowNet2

    torch.manual_seed(0)
    network = FlowNet2().eval()
    _measure_network(arguments, network, network)


def _measure_network(arguments: argparse.Namespace, network: object, plain: Callable) -> None:
    import torch

    from vsodprep.flow.fit import Fit
    from vsodprep.flow.network import NetworkEstimator

    torch.set_num_threads(arguments.threads)
    height, width = arguments.size
    paths = sequence_frames(arguments.folder)[: arguments.frames]
    frames = [cv2.resize(read_frame(path), (width, height), interpolation=cv2.INTER_AREA) for path in paths]
    tensors = [torch.from_numpy(frame).permute(2, 0, 1)[None].float() for frame in frames]
    pairs = len(frames) - 1
    flows: dict[str, list[np.ndarray]] = {}

    def loop() -> None:
        with torch.inference_mode():
            flows["plain loop"] = [plain(*pair)[0].permute(1, 2, 0).numpy() for pair in pairwise(tensors)]

    def sequence(precision: str) -> None:
        estimator = NetworkEstimator(network, Fit(1, 1), {}, precision)
        before = estimator.encode(frames[:1], [True])
        found = []
        for index in range(1, len(frames)):
            after = estimator.encode(frames[index : index + 1], [index < pairs])
            found += estimator.estimate([(before[0], after[0])])
            before = after
        flows[precision] = found

    ways = {"plain loop": loop, "float32": lambda: sequence("float32"), "bfloat16": lambda: sequence("bfloat16")}
    show(interleaved(arguments.rounds, **ways), "plain loop", pairs)
    for name in ("float32", "bfloat16"):
        apart = [
            np.linalg.norm(mine - theirs, axis=2) for mine, theirs in zip(flows[name], flows["plain loop"], strict=True)
        ]
        print(f"{name:>22}: {np.mean(apart):.2e} px from the plain loop on average, {np.max(apart):.2e} at most")
    print(f"{'flow':>12}: {np.mean(np.linalg.norm(flows['plain loop'], axis=3)):.1f} px long on average")


def measure_gpu(arguments: argparse.Namespace) -> None:
    import torch
    from torch.profiler import ProfilerActivity, profile

    from vsodprep.flow import flownet2, raft
    from vsodprep.flow.fit import Fit
    from vsodprep.flow.network import NetworkEstimator

    if not torch.cuda.is_available():
        raise SystemExit("no GPU that torch can use")
    torch.manual_seed(0)
    of_raft = arguments.method == "raft"
    network = raft.Raft(arguments.variant) if of_raft else flownet2.FlowNet2()
    module = raft if of_raft else flownet2
    fit = Fit(module.MULTIPLE, module.MINIMUM)
    estimator = NetworkEstimator(network, fit, {"versions": {}}, arguments.precision, "cuda")
    paths = sequence_frames(arguments.folder)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "flow.h5"
        stage = lambda: write_sequence(paths, out, estimator, Policy(), writers=arguments.writers)  # noqa: E731
        (rounds,) = interleaved(arguments.rounds, stage=stage).values()
        with profile(activities=[ProfilerActivity.CUDA]) as profiler:
            start = time.perf_counter()
            stage()
            elapsed = time.perf_counter() - start
    busy = _covered([event.time_range for event in profiler.events() if event.device_type.name == "CUDA"])
    rate = len(paths) / statistics.median(one.clock for one in rounds)
    print(f"{torch.cuda.get_device_name()}: {rate:.1f} pairs a second")
    print(f"GPU waits {1 - busy / (1e6 * elapsed):.1%} of the time (profiled run)")


def _covered(ranges: list) -> float:
    """Microseconds covered by at least one of the ranges."""
    covered, end = 0.0, float("-inf")
    for start, stop in sorted((one.start, one.end) for one in ranges):
        covered += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return covered


def measure_colour(arguments: argparse.Namespace) -> None:
    from vsodprep.flow.picture import colour

    cv2.setNumThreads(1)
    method = Dis()
    frames = [read_frame(path) for path in sequence_frames(arguments.folder)[:2]]
    (flow,) = method.estimate([tuple(method.encode(frames, [True, False]))])
    sys.modules.setdefault("matplotlib.pyplot", types.ModuleType("matplotlib.pyplot"))
    for dialect, (file, function) in PUBLIC.items():
        spec = importlib.util.spec_from_file_location(dialect, arguments.public / file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        public = getattr(module, function)
        assert (public(flow.copy()) == colour(flow, dialect=dialect)).all()
        ways = {"public": lambda: public(flow.copy()), "ours": lambda: colour(flow, dialect=dialect)}  # noqa: B023
        print(f"{dialect}, {flow.shape[0]} x {flow.shape[1]}")
        show(interleaved(arguments.rounds * 5, **ways), "public", 1)


def measure_storage(arguments: argparse.Namespace) -> None:
    import h5py

    from vsodprep.flow.store import quantise

    cv2.setNumThreads(1)
    method = Dis()
    frames = [read_frame(path) for path in sequence_frames(arguments.folder)[: arguments.frames]]
    grey = method.encode(frames, [True] * len(frames))
    flows = [quantise(method.estimate([pair])[0]).values for pair in pairwise(grey)]
    filters = {
        "szip": {"shuffle": True, "compression": "szip", "compression_opts": ("nn", 32)},
        "deflate": {"shuffle": True, "compression": "gzip", "compression_opts": 1},
        "lzf": {"shuffle": True, "compression": "lzf"},
    }
    with tempfile.TemporaryDirectory() as folder:

        def write(name: str) -> None:
            with h5py.File(Path(folder) / f"{name}.h5", "w") as file:
                shape = (len(flows), *flows[0].shape)
                data = file.create_dataset("flow", shape, "<i2", chunks=(1, *shape[1:]), **filters[name])
                for row, flow in enumerate(flows):
                    data[row] = flow

        def read(name: str) -> None:
            with h5py.File(Path(folder) / f"{name}.h5") as file:
                for row in range(len(flows)):
                    file["flow"][row]

        for work in (write, read):
            print(work.__name__)
            ways = {name: functools.partial(work, name) for name in filters}
            show(interleaved(arguments.rounds, **ways), "szip", len(flows))
        for name in filters:
            size = (Path(folder) / f"{name}.h5").stat().st_size / (len(flows) * flows[0].nbytes)
            print(f"{name:>12}: {size:.3f} of the raw int16")


def measure_pairs(arguments: argparse.Namespace) -> None:
    from vsodprep.flow.formats import read_flo

    cv2.setNumThreads(1)
    print("| pair | " + " | ".join(("ultrafast", "fast", "medium")) + " |")
    for truth in sorted(arguments.folder.glob("**/*.flo")):
        first, second = sorted(path for path in truth.parent.iterdir() if path.suffix in (".png", ".ppm"))
        cells = []
        for preset in ("ultrafast", "fast", "medium"):
            method = Dis(preset)
            encoded = method.encode([read_frame(first), read_frame(second)], [True, False])
            (flow,) = method.estimate([tuple(encoded)])
            expected, known = read_flo(truth)
            cells.append(f"{np.linalg.norm(flow - expected, axis=2)[known].mean():.3f}")
        print(f"| {truth.parent.name} | " + " | ".join(cells) + " |")


MEASURES = {
    "dis": measure_dis,
    "raft": measure_raft,
    "flownet2": measure_flownet2,
    "gpu": measure_gpu,
    "colour": measure_colour,
    "storage": measure_storage,
    "pairs": measure_pairs,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", type=int, nargs=2, default=(256, 448), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--preset", default="medium")
    parser.add_argument("--variant", choices=("large", "small"), default="large")
    parser.add_argument("--method", choices=("raft", "flownet2"), default="raft")
    parser.add_argument("--precision", choices=("float32", "float16", "bfloat16"), default="float32")
    parser.add_argument("--writers", type=int, default=1)
    parser.add_argument("--public", type=Path)
    arguments = parser.parse_args()
    MEASURES[arguments.measure](arguments)


if __name__ == "__main__":
    main()
