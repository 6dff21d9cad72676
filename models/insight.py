"""What a trained network says about its own predictions: weights of branches, scores of levels, attention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.models import saved
from vsodprep.models.device import place
from vsodprep.models.inference import batches, moved, pictured, split_of
from vsodprep.models.network import Network
from vsodprep.progress import track
from vsodprep.shards.clips import ClipDataset, SplitSource, collate
from vsodprep.shards.read import open_shard
from vsodprep.threads import restores_threads


@dataclass(frozen=True)
class Insight:
    """What a network tells over the frames of a split.

    Attributes:
        quantities: Per name, float64 `(frames, n)`, frames in the shard's order.
        label: What the quantities are.
        tau: DS-Net's threshold on the difference of two weights; None for other networks.
    """

    quantities: dict[str, NDArray[np.float64]]
    label: str
    tau: float | None


@dataclass(frozen=True)
class BranchFeatures:
    """What one branch of a network makes of a frame.

    Attributes:
        name: Name of the branch.
        picture: What it reads, uint8 `(H, W, 3)` or `(H, W)`.
        levels: Per level, the mean over its channels of their magnitude, float32 `(h, w)`.
        weights: Weight of each level, float64 `(levels,)`; empty where the network gives none.
    """

    name: str
    picture: NDArray[np.uint8]
    levels: list[NDArray[np.float32]]
    weights: NDArray[np.float64]


def _opened(checkpoint: Path, source: SplitSource, device: str, threads: int) -> tuple[Network, ClipDataset]:
    """Return a trained network on its device, and every frame of a split as it reads them."""
    torch.set_num_threads(threads)
    content = saved.load(checkpoint)
    network = saved.network_of(content, checkpoint)
    dataset = split_of(network, Run.model_validate(content["recipe"]), source, network.clip_length, network.clip)
    place(network, device)
    return network, dataset


@restores_threads
def read_features(
    checkpoint: Path,
    shard: Path,
    frames: Sequence[str],
    *,
    split: str | None = None,
    device: str = "cpu",
    threads: int = 2,
) -> dict[str, list[BranchFeatures]]:
    """Apply a network to chosen frames and read out the features of its branches.

    Args:
        checkpoint: The trained network.
        shard: What it is applied to.
        frames: `SEQUENCE/FRAME` of each.
        split: Split of the shard; everything if None.
        device: `cpu` or `cuda`.
        threads: Threads of torch.

    Returns:
        Per frame, the branches.

    Raises:
        InputError: A file cannot be read, there is no such frame, or the network has no branches of several levels.
    """
    network, dataset = _opened(checkpoint, SplitSource(shard, split), device, threads)
    branches = network.options.branches
    if not branches:
        raise InputError(checkpoint, "a network without branches of several levels", "DS-Net, STAN or MSST")
    manifest = open_shard(shard).manifest
    names = [
        (sequence, manifest.sequence(sequence).frames[place.frame])
        for place in dataset.places
        for _, sequence in [dataset.videos[place.video]]
    ]
    seen: dict[str, Any] = {}

    def keep(name: str, _module: nn.Module, _inputs: object, output: Any) -> None:
        seen[name] = output

    for name in branches:
        network.get_submodule(name).register_forward_hook(partial(keep, name))
    found: dict[str, list[BranchFeatures]] = {}
    for frame in frames:
        sequence, _, stem = frame.partition("/")
        if (sequence, stem) not in names:
            raise InputError(f"{shard}: {split or 'all'}", f"no frame {frame!r}", "SEQUENCE/FRAME of the split")
        batch = moved(collate([dataset[names.index((sequence, stem))]]), device)
        with torch.inference_mode():
            told = network.insight(network(batch))
        found[frame] = [_branch(name, batch[key], seen[name], told) for name, key in branches.items()]
    return found


def _branch(path: str, read: Tensor, made: Any, told: Mapping[str, Tensor]) -> BranchFeatures:
    """Return what is shown of a branch: of the last frame of the only clip."""
    name = next(part for part in path.split(".") if part not in ("streams", "fcn"))
    features = made[0] if isinstance(made, tuple) else made
    levels = [feature[-1].abs().mean(dim=0).float().cpu().numpy() for feature in features]
    weights = told.get(f"weight_{name}")
    last = read[0, -1]
    if last.shape[0] == 3:
        shown = pictured(last)
    else:
        shown = np.rint(np.clip(last.float().cpu().permute(1, 2, 0).numpy(), 0, 1) * 255).astype(np.uint8)
    return BranchFeatures(
        name,
        shown if shown.shape[2] == 3 else shown[..., 0],
        levels,
        np.empty(0) if weights is None else weights[0].double().cpu().numpy(),
    )


@restores_threads
def read_insight(
    checkpoint: Path, shard: Path, *, split: str | None = None, device: str = "cpu", threads: int = 2, batch: int = 8
) -> Insight:
    """Apply a network to every frame of a shard's split and read out `Network.insight`.

    Args:
        checkpoint: The trained network.
        shard: What it is applied to.
        split: Split of the shard; everything if None.
        device: `cpu` or `cuda`.
        threads: Threads of torch.
        batch: Frames that go through the network together.

    Raises:
        InputError: A file cannot be read, or the network has nothing to tell.
    """
    network, dataset = _opened(checkpoint, SplitSource(shard, split), device, threads)
    label = network.options.insight
    if label is None:
        raise InputError(checkpoint, "a network without weights or scores to show", "DS-Net, CAG-DDE or STAN")
    rows: dict[str, list[NDArray[np.float64]]] = {}
    with torch.inference_mode():
        given = batches(dataset, device=device, batch=batch)
        for clips in track(given, f"insight of {checkpoint.stem}", unit="chunk"):
            for name, values in network.insight(network(clips)).items():
                rows.setdefault(name, []).append(values.double().cpu().numpy())
    quantities = {name: np.concatenate(values) for name, values in rows.items()}
    return Insight(quantities, label, getattr(network.options, "tau", None))
