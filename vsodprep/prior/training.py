"""Training of the region classifier (MDF's recipe)."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vsodprep.errors import VsodprepError
from vsodprep.prior.classifier import layer_sizes

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
LEARNING_RATE = 0.01
BATCH = 1000
_FEWEST_BATCHES = 10  # of an epoch: few regions would otherwise make too few steps
_PATIENCE = 3  # epochs without a lower loss before the learning rate is halved
_LEAST_DEVIATION = 1e-3


class HalfDropout(nn.Module):
    """Dropout with probability one half: one random bit per value, several times faster than torch's on a CPU."""

    def __init__(self, seed: Sequence[int]) -> None:
        super().__init__()
        self._random = np.random.default_rng(seed)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Keep each value with probability 1/2, doubled, in training; pass all of them otherwise."""
        if not self.training:
            return values
        bits = np.frombuffer(self._random.bytes((values.numel() + 7) // 8), dtype=np.uint8)
        keep = torch.from_numpy(np.unpackbits(bits, count=values.numel())).view_as(values)
        return values * (keep * 2).to(values.dtype)


def network(inputs: int, hidden: Sequence[int], seed: int) -> nn.Sequential:
    """Return the layers of `vsodprep.prior.classifier.Classifier`, with dropout on the hidden ones."""
    layers: list[nn.Module] = []
    sizes = layer_sizes(inputs, hidden)
    for index, (before, after) in enumerate(sizes[:-1]):
        layers += [nn.Linear(before, after), nn.ReLU(), HalfDropout((seed, index))]
    return nn.Sequential(*layers, nn.Linear(*sizes[-1]))


def standardisation(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation of each feature; one that hardly varies is not blown up."""
    mean = features.mean(axis=0, dtype=np.float64)
    deviation = np.maximum(features.std(axis=0, dtype=np.float64), _LEAST_DEVIATION)
    return mean.astype(np.float32), deviation.astype(np.float32)


def train(
    features: NDArray[np.float32],
    foreground: NDArray[np.bool_],
    hidden: Sequence[int],
    *,
    epochs: int,
    seed: int,
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]], list[float]]:
    """Train the classifier with SGD: momentum 0.9, weight decay 5e-4, rate 0.01 halved when the loss stops falling.

    Both classes weigh the same in the loss, however many regions they have.

    Args:
        features: float32 `(n, d)`, standardised.
        foreground: bool `(n,)`.
        hidden: Neurons of the hidden layers.
        epochs: Passes over the regions.
        seed: Of the initial weights, the dropout and the order of the regions.

    Returns:
        Weights and biases of the layers, and the mean loss of each epoch.

    Raises:
        VsodprepError: All regions are of one class, or the loss does not stay finite.
    """
    positive = int(foreground.sum())
    if positive in (0, len(foreground)):
        raise VsodprepError(
            f"{positive} of {len(foreground)} training regions are foreground; both kinds of regions are needed"
        )
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = network(features.shape[1], hidden, seed)
        optimiser = torch.optim.SGD(model.parameters(), LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
        halving = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=_PATIENCE)
        count = len(foreground)
        balance = torch.tensor([count / (2 * (count - positive)), count / (2 * positive)], dtype=torch.float32)
        x, y = torch.from_numpy(features), torch.from_numpy(foreground.astype(np.int64))
        batch = max(16, min(BATCH, count // _FEWEST_BATCHES))
        losses: list[float] = []
        for epoch in range(epochs):
            total = 0.0
            for chosen in torch.randperm(count, generator=generator).split(batch):
                loss = nn.functional.cross_entropy(model(x[chosen]), y[chosen], weight=balance, reduction="none").mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.item() * len(chosen)
            if not all(math.isfinite(each) for each in (total, *(float(w.detach().sum()) for w in model.parameters()))):
                raise VsodprepError(
                    f"the classifier of the motion prior diverged in epoch {epoch + 1}, on {count} regions of "
                    f"{features.shape[1]} features; expected more regions, from more frames or segmentations"
                )
            losses.append(total / count)
            halving.step(losses[-1])
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    weights, biases = ([getattr(layer, name).detach().numpy() for layer in linear] for name in ("weight", "bias"))
    return weights, biases, losses
