"""Print how long the gradient of each loss term is in each part of a network, as its training begins.

Run: python tools/gradients.py MODEL --recipe RECIPE --shard SHARD [--batches 1 100 101] [--depth 3] [--decay 5e-4]

The training is that of `vsodprep train` with the same recipe, shards and seed, on the CPU and in its first stage. It
ends with the last of the batches. A part is what shares the first names of its parameters. The last column is the share
of weights whose decay would be longer than their gradient.
"""

import argparse
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vsodprep.config.recipe import read_recipe
from vsodprep.models import build_model
from vsodprep.models.device import place
from vsodprep.models.network import Network
from vsodprep.models.ranks import Ranks
from vsodprep.models.recipe import stage_dataset, steps_of
from vsodprep.models.stage import StageModule, StepRange, fit


class DoneError(Exception):
    """The last batch that was asked for is done."""


def part_of(parameter: str, depth: int) -> str:
    """Return the first names of a parameter's path, without its own."""
    return ".".join(parameter.split(".")[:-1][:depth])


def gradients(network: nn.Module, term: Tensor) -> dict[str, Tensor]:
    """Return the gradient of one loss term for each parameter that has one."""
    named = {name: each for name, each in network.named_parameters() if each.requires_grad}
    found = torch.autograd.grad(term, list(named.values()), retain_graph=True, allow_unused=True)
    return {name: gradient for name, gradient in zip(named, found, strict=True) if gradient is not None}


def lengths(found: Mapping[str, Tensor], depth: int) -> dict[str, float]:
    """Return the Euclidean length of the gradient in each part."""
    squares: dict[str, float] = {}
    for name, gradient in found.items():
        part = part_of(name, depth)
        squares[part] = squares.get(part, 0.0) + float(gradient.double().square().sum())
    return {part: value**0.5 for part, value in squares.items()}


def decayed(network: nn.Module, found: Mapping[str, Tensor], depth: int, decay: float) -> dict[str, tuple[int, int]]:
    """Return, for each part, how many weights have a decay longer than their gradient, and how many there are."""
    counts: dict[str, tuple[int, int]] = {}
    weights = dict(network.named_parameters())
    for name, gradient in found.items():
        part = part_of(name, depth)
        longer, of = counts.get(part, (0, 0))
        weight = weights[name].detach()
        counts[part] = longer + int((decay * weight.abs() > gradient.abs()).sum()), of + weight.numel()
    return counts


def rows(network: nn.Module, terms: Mapping[str, Tensor], depth: int, decay: float) -> Iterator[str]:
    """Yield a table in Markdown: a row for each part, a column for each term."""
    names = [name for name in terms if name != "loss"]
    whole = gradients(network, terms["loss"])
    columns = [lengths(gradients(network, terms[name]), depth) for name in names]
    yield f"| part | {' | '.join(names)} | decay is longer |"
    yield f"| --- |{' ---: |' * (len(names) + 1)}"
    counts = decayed(network, whole, depth, decay)
    for part, (longer, of) in counts.items():
        cells = (f"{column.get(part, 0):.3g}" for column in columns)
        yield f"| `{part}` | {' | '.join(cells)} | {longer / of:.1%} |"
    longer, of = (sum(each) for each in zip(*counts.values(), strict=True))
    cells = (f"{sum(value**2 for value in column.values()) ** 0.5:.3g}" for column in columns)
    yield f"| all | {' | '.join(cells)} | {longer / of:.1%} |"


def watch(network: Network, batches: set[int], depth: int, decay: float) -> None:
    """Make a network print its gradients whenever it computes the loss of one of some batches, counted from 1."""
    compute, numbers = network.loss, count(1)

    def loss(outputs: Any, batch: Any, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        terms, number = compute(outputs, batch, generator), next(numbers)
        if number in batches:
            print(f"\nbatch {number}: " + ", ".join(f"{name} {value.item():.4g}" for name, value in terms.items()))
            print("\n".join(rows(network, terms, depth, decay)), flush=True)
        if number == max(batches):
            raise DoneError
        return terms

    network.loss = loss  # type: ignore[method-assign]


def main() -> None:
    """Train, and print a table for each of the batches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--recipe", required=True, help="the run, as `vsodprep train` takes it")
    parser.add_argument("--shard", required=True, action="append", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 100, 101], help="from 1")
    parser.add_argument("--depth", type=int, default=3, help="names that tell one part from another")
    parser.add_argument("--decay", type=float, default=5e-4)
    given = parser.parse_args()
    run = read_recipe(given.recipe, given.model)
    shards = {path.stem: path for path in given.shard}
    stage = run.stages[0]
    dataset = stage_dataset(given.model, run, stage, shards, given.seed, 1 << 29)
    steps = steps_of(stage, dataset)
    if not all(1 <= each <= steps for each in given.batches):
        parser.error(f"--batches {given.batches}: from 1 to {steps}, which is all that the stage has")
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    network = build_model(given.model, run.variant, pretrained=run.pretrained, width=run.width, **run.options)
    place(network, "cpu")
    watch(network, set(given.batches), given.depth, given.decay)
    module = StageModule(
        network, stage, number=0, span=StepRange(0, 0, steps), seed=given.seed, ranks=Ranks(), sinks=None
    )
    try:
        fit(module, dataset, device="cpu", precision=run.precision, sync_batchnorm=False, workers=0)
    except DoneError:
        return


if __name__ == "__main__":
    main()
