"""What a trained network says about its own predictions: weights of branches, scores of levels, attention."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.models import saved
from vsodprep.models.device import place
from vsodprep.models.inference import batches, split_of
from vsodprep.progress import track
from vsodprep.shards.clips import SplitSource
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
    torch.set_num_threads(threads)
    content = saved.load(checkpoint)
    run = Run.model_validate(content["recipe"])
    network = saved.network_of(content, checkpoint)
    label = network.options.insight
    if label is None:
        raise InputError(checkpoint, "a network without weights or scores to show", "DS-Net, CAG-DDE or STAN")
    place(network, device)
    rows: dict[str, list[NDArray[np.float64]]] = {}
    with torch.inference_mode():
        dataset = split_of(run, SplitSource(shard, split), network.clip_length, network.clip)
        given = batches(dataset, device=device, batch=batch)
        for clips in track(given, f"insight of {checkpoint.stem}", unit="chunk"):
            for name, values in network.insight(network(clips)).items():
                rows.setdefault(name, []).append(values.double().cpu().numpy())
    quantities = {name: np.concatenate(values) for name, values in rows.items()}
    return Insight(quantities, label, getattr(network.options, "tau", None))
