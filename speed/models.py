"""Time and memory of the networks, at their papers' sizes, beside the authors' code where that runs.

    python speed/models.py [--models dsnet cagdde] [--official dsnet=CHECKOUT --official cagdde=CHECKOUT]
    python speed/models.py --counts --models dsnet stan/ST

Every round runs each network once, so that a busy moment hits all of them; the medians over the rounds are shown. A
training step is forward, loss, backward and Adam. The authors' networks run under the same loss, so that a ratio
compares networks only. Memory is the peak of a process that does nothing else. `--clock cpu` counts processor seconds,
which another process on the machine disturbs less.
"""

import argparse
import importlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vsodprep.config.models import MODELS
from vsodprep.models import build_model
from vsodprep.models.size import clip, count

DEPTH = 2  # names in the path of a part whose counts are listed
SIZES = {
    "dsnet": 512,
    "cagdde": 448,
    "contrastive": 473,
    "stan": 512,
    "msst": 512,
    "dcl": 321,
    "rfcn": 500,
    "dsmt": 500,
}
MIB = 1024**2

Batch = dict[str, Any]


def make_batch(frames: int, size: int, batch: int, device: str) -> Batch:
    generator = torch.Generator().manual_seed(0)
    shape = (batch, frames)
    return {
        "frames": torch.randn(*shape, 3, size, size, generator=generator).to(device),
        "flow": torch.randn(*shape, 3, size, size, generator=generator).to(device),
        "prior": torch.rand(*shape, 1, size, size, generator=generator).to(device),
        "segments": torch.randint(250, (*shape, 1, size, size), generator=generator).to(device),
        "contrast": torch.rand(*shape, 1, size, size, generator=generator).to(device),
        "masks": (torch.rand(*shape, 1, size, size, generator=generator) > 0.5).float().to(device),
        "annotated": torch.ones(shape, dtype=torch.bool, device=device),
        "weight": torch.ones(shape, device=device),
        "video": torch.zeros(batch, dtype=torch.long, device=device),
        "still": torch.zeros(batch, dtype=torch.bool, device=device),
    }


class Official(nn.Module):
    """The authors' network behind our interface, with our loss."""

    def __init__(self, name: str, checkout: Path) -> None:
        super().__init__()
        sys.path.insert(0, str(checkout))
        if name == "dsnet":
            self.network = importlib.import_module("model.Model").Model(3, "test")
        else:
            self.network = importlib.import_module("model.ours_pair").MyNet(1)
        sys.path.pop(0)
        for module in [key for key in sys.modules if key == "model" or key.startswith("model.")]:
            del sys.modules[module]  # both releases call their package `model`
        self.name = name
        with torch.device("meta"):
            self.loss = build_model(name, "code").loss  # reads nothing of the network but its options

    def forward(self, batch: Batch) -> dict[str, Any]:
        """Return the authors' outputs under our names."""
        found = self.network(batch["frames"][:, -1], batch["flow"][:, -1])
        if self.name == "dsnet":
            return {"saliency": found[0], "aux": dict(zip(("coarse", "spatial", "temporal"), found[1:], strict=True))}
        levels = [found[f"layer{level}"] for level in range(1, 6)]
        scores = torch.stack([torch.cat([level[2 + side] for level in levels], 1) for side in (0, 1)], 1)
        aux = {"frame_maps": [level[0] for level in levels], "flow_maps": [level[1] for level in levels]}
        return {"saliency": found["final"], "aux": {**aux, "scores": scores}}


class Subject:
    """A network, its batches, and how its forward pass and its training step are run."""

    def __init__(self, label: str, arguments: argparse.Namespace) -> None:
        name, _, kind = label.partition("/")
        self.device = arguments.device
        torch.manual_seed(0)
        if kind == "official":
            self.network: Any = Official(name, arguments.official[name])
            frames = 1
        else:
            self.network = build_model(name, kind or "full", width=arguments.width)
            frames = self.network.clip_length
        self.network.to(self.device, memory_format=torch.channels_last if arguments.channels_last else None)
        size = arguments.size or SIZES.get(name, 512)
        self.autocast = torch.autocast(self.device, torch.bfloat16, enabled=arguments.autocast)
        self.single = make_batch(frames, size, 1, self.device)
        self.batch = make_batch(frames, size, arguments.batch, self.device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-5)

    def forward(self) -> None:
        """Predict one map."""
        self.network.eval()
        with torch.no_grad(), self.autocast:
            self.network(self.single)
        self.wait()

    def step(self) -> None:
        """Train on one batch."""
        self.network.train()
        self.optimizer.zero_grad()
        with self.autocast:
            loss = self.network.loss(self.network(self.batch), self.batch)["loss"]
        loss.backward()
        self.optimizer.step()
        self.wait()

    def wait(self) -> None:
        """Let a GPU finish what was asked of it."""
        if self.device != "cpu":
            torch.cuda.synchronize()


def rounds(actions: dict[str, Callable[[], None]], number: int, clock: Callable[[], float]) -> dict[str, float]:
    """Run all actions in turn, `number` times after one round of warming up, and return the median seconds of each."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for index in range(number + 1):
        for name, action in actions.items():
            start = clock()
            action()
            if index:
                seconds[name].append(clock() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def multiply_adds(label: str, arguments: argparse.Namespace) -> dict[str, tuple[int, float]]:
    """Return parameters and multiply-adds of one map, by part, counted by torch without computing anything."""
    name, _, kind = label.partition("/")
    with torch.device("meta"):
        network = build_model(name, kind or "full", width=arguments.width).eval()
    size = arguments.size or SIZES.get(name, 512)
    counter = count(network, clip(network, (size, size)))
    counts = counter.get_flop_counts()
    root = type(network).__name__
    found = {"": (sum(each.numel() for each in network.parameters()), counter.get_total_flops() / 2)}
    for part, module in network.named_modules():
        parent, _, last = part.rpartition(".")
        named = [word for word in part.split(".") if not word.isdigit()]
        inner = last.isdigit() and not isinstance(network.get_submodule(parent), nn.ModuleList)
        if not part or inner or len(named) > DEPTH or isinstance(module, nn.ModuleList):
            continue
        number = sum(each.numel() for each in module.parameters())
        if number:
            found[part] = (number, sum(counts.get(f"{root}.{part}", {}).values()) / 2)
    return found


def peak(device: str) -> float:
    """Return the most memory in MiB that this process has held: on the GPU, or in all on the CPU (Linux)."""
    if device != "cpu":
        return torch.cuda.max_memory_allocated() / MIB
    # Not ru_maxrss, which a child takes over from its parent.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def memory_of(label: str, action: str) -> float:
    """Return the peak memory of one action, measured in a process of its own."""
    command = [sys.executable, __file__, *sys.argv[1:], "--peak", label, action]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=list(MODELS), metavar="NAME", help="NAME or NAME/VARIANT")
    parser.add_argument("--official", action="append", default=[], metavar="NAME=CHECKOUT")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=2, help="of the training step")
    parser.add_argument("--size", type=int, help="instead of the papers' sizes")
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--autocast", action="store_true", help="bfloat16 where it is safe, as `precision: bf16-mixed`")
    parser.add_argument("--no-step", action="store_true", help="forward passes only")
    parser.add_argument("--counts", action="store_true", help="only parameters and multiply-adds of every part")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.official = {name: Path(path) for name, _, path in (item.partition("=") for item in arguments.official)}
    return arguments


def main() -> None:
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    if arguments.peak:
        label, action = arguments.peak
        subject = Subject(label, arguments)
        getattr(subject, action)()
        print(peak(arguments.device))
        return
    if arguments.counts:
        for label in arguments.models:
            for part, (parameters, products) in multiply_adds(label, arguments).items():
                print(f"{label:24}{part:28}{parameters:14,}{products / 1e9:10.2f} G")
        return
    labels = []
    for name in arguments.models:
        labels.append(name)
        if name in arguments.official:
            labels += [f"{name}/code", f"{name}/official"]
    actions = ["forward"] if arguments.no_step else ["forward", "step"]
    subjects = {label: Subject(label, arguments) for label in labels}
    clock = time.perf_counter if arguments.clock == "wall" else time.process_time
    where = f"{arguments.threads} threads" if arguments.device == "cpu" else torch.cuda.get_device_name()
    print(f"torch {torch.__version__}, {platform.machine()}, {arguments.device}, {where}")
    print(
        f"{arguments.rounds} rounds, {arguments.clock} time, width {arguments.width}, step with batch {arguments.batch}"
        + (", bfloat16 by autocast" if arguments.autocast else "")
        + (", channels last" if arguments.channels_last else "")
    )
    medians = {
        action: rounds(
            {label: getattr(subject, action) for label, subject in subjects.items()}, arguments.rounds, clock
        )
        for action in actions
    }
    subjects.clear()
    print(f"{'network':24}{'G mult-adds':>12}" + "".join(f"{f'{action} s':>12}{'MiB':>9}" for action in actions))
    for label in labels:
        counted = label if not label.endswith("/official") else label.replace("official", "code")
        row = f"{label:24}{multiply_adds(counted, arguments)[''][1] / 1e9:12.1f}"
        for action in actions:
            memory = "-" if arguments.no_memory else f"{memory_of(label, action):.0f}"
            row += f"{medians[action][label]:12.3f}{memory:>9}"
        print(row, flush=True)
    for label in labels:
        if label.endswith("/official"):
            ours = label.replace("official", "code")
            ratios = ", ".join(f"{action} {medians[action][ours] / medians[action][label]:.3f}" for action in actions)
            print(f"{ours} : {label} = {ratios}")


if __name__ == "__main__":
    main()
