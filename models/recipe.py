"""What a stage of a recipe means: its data, its length, its optimiser and the learning rate of every step."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vsodprep.config.network import DERIVED, check_classes
from vsodprep.config.train import Optimizer, Reading, Run, Schedule, Stage
from vsodprep.errors import InputError
from vsodprep.models import options_of
from vsodprep.shards.clips import ClipDataset, SampleIndex, SplitSource
from vsodprep.shards.layout import CLASSES
from vsodprep.shards.sampling import batches_per_epoch


def stage_dataset(
    model: str, run: Run, stage: Stage, shards: Mapping[str, Path], seed: int, cache_bytes: int
) -> ClipDataset:
    """Open the data of a stage.

    Args:
        model: Name of the network.
        run: The recipe.
        stage: One of its stages.
        shards: Benchmark name to shard.
        seed: Seed of the random changes.
        cache_bytes: Resized images that may stay in memory.

    Raises:
        InputError: A benchmark has no shard, or a shard lacks what the stage reads.
    """
    for data in stage.data:
        if data.benchmark not in shards:
            given = ", ".join(shards) or "none"
            raise InputError(f"stage {stage.name}", f"no shard of {data.benchmark} (given: {given})", "--shard for it")
    parts = [
        SplitSource(shards[data.benchmark], data.split, data.labels, data.repeat, data.weight) for data in stage.data
    ]
    options = options_of(model, run.variant, run.options)
    if any(data.labels == CLASSES for data in stage.data):
        check_classes(options, f"stage {stage.name}")
    return dataset_of(
        options.inputs, run, stage.reading, parts, augment=stage.augment, seed=seed, cache_bytes=cache_bytes
    )


def dataset_of(
    inputs: Sequence[str], run: Run, reading: Reading, parts: SplitSource | Sequence[SplitSource], **otherwise: Any
) -> ClipDataset:
    """Open data as a network reads them.

    Args:
        inputs: What the network reads.
        run: The recipe.
        reading: How clips are read: as in one of its stages, or at inference.
        parts: What to read.
        otherwise: Other arguments of `ClipDataset`.
    """
    said: dict[str, Any] = {**reading._asdict(), "flow": run.flow, "prior": run.prior, "resize_with": run.resize}
    return ClipDataset(parts, derived=tuple(key for key in inputs if key in DERIVED), **said, **otherwise)


def videos_of(dataset: ClipDataset) -> list[int]:
    """Return for each sample the video that it is from.

    Where data enter a pass several times, each time counts as a video of its own: clips that stand together in a batch
    are then different ones.
    """
    seen: Counter[SampleIndex] = Counter()
    videos = []
    for place in dataset.places:
        videos.append(place.video + seen[place] * len(dataset.videos))
        seen[place] += 1
    return videos


def turns_of(stage: Stage, dataset: ClipDataset) -> list[int] | None:
    """Return for each sample the data that it is from, where they take turns; None where they are mixed."""
    return [place.part for place in dataset.places] if stage.order == "alternate" else None


def steps_of(stage: Stage, dataset: ClipDataset) -> int:
    """Return the number of batches of a stage."""
    if stage.steps is not None:
        return stage.steps
    if stage.epochs is None:
        raise InputError(f"stage {stage.name}", "neither epochs nor steps", "one of them")
    sizes = stage.batch, stage.clips_per_video, turns_of(stage, dataset)
    return max(1, round(stage.epochs * batches_per_epoch(videos_of(dataset), *sizes)))


def rate_factor(schedule: Schedule, step: int, steps: int) -> float:
    """Return the learning rate of a batch as a share of the first one's.

    Args:
        schedule: The schedule.
        step: The batch, from 0.
        steps: Batches of the stage.
    """
    rising = min(1.0, (step + 1) / max(1, round(schedule.warmup * steps)))
    if schedule.name == "poly":
        return float(rising * (1 - step / steps) ** schedule.power)
    if schedule.name == "step":
        return float(rising * schedule.factor ** drops(schedule, step, steps))
    return rising


def drops(schedule: Schedule, step: int, steps: int) -> int:
    """Return how many milestones of a `step` schedule a batch has behind it."""
    return sum(step >= round(milestone * steps) for milestone in schedule.milestones)


def resets(schedule: Schedule, step: int, steps: int) -> bool:
    """Return whether the optimiser forgets its state before a batch."""
    if schedule.name != "step" or not schedule.reset or step == 0:
        return False
    return drops(schedule, step, steps) > drops(schedule, step - 1, steps)


def build_optimizer(
    settings: Optimizer, parameters: Iterable[nn.Parameter], *, fused: bool = True
) -> torch.optim.Optimizer:
    """Return the optimiser of a stage, over the parameters that learn.

    Args:
        settings: What it is.
        parameters: Those of the network.
        fused: Take torch's fused one, which needs a third of the time: on the CPU, a tenth of a small network's step.
            With momentum it fails where a parameter gets its first gradient in a later step than the others.
    """
    learning = [parameter for parameter in parameters if parameter.requires_grad]
    common: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay, "fused": fused}
    if settings.name == "sgd":
        return torch.optim.SGD(learning, momentum=settings.momentum, **common)
    kind = torch.optim.AdamW if settings.name == "adamw" else torch.optim.Adam
    return kind(learning, **common)
