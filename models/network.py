"""What the five networks have in common: the interface, and how a variant becomes a network."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from vsodprep.config.base import Section
from vsodprep.errors import InputError
from vsodprep.models import MODELS

Batch = Mapping[str, Any]
"""A batch of `ClipDataset`: `frames`, `flow`, `prior`, `masks` (B, T, C, H, W), `annotated`, `weight` (B, T), ..."""
Clip = Literal["past", "references"]
Outputs = dict[str, Any]
"""`saliency`, logits (B, 1, H, W), and `aux`, what the loss and the insight need."""


class Options(Section):
    """Options of a network; each network has its own, closed and typed."""


class Network(nn.Module, ABC):
    """A network for video salient object detection.

    Attributes:
        options: The options it was built with.
        inputs: Keys of the batch that its forward pass reads.
        clip_length: Frames of a clip that its forward pass reads at test time; 1 for a single-frame network.
        clip: What a clip holds before its last frame at test time: the frames just before it, or reference frames
            spread evenly over the video; None is what it held in training.
    """

    options: Options
    inputs: tuple[str, ...] = ("frames",)
    clip_length: int = 1
    clip: Clip | None = None

    @abstractmethod
    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame of every clip.

        Args:
            batch: At least the keys in `inputs`; H and W at least 64.

        Returns:
            `saliency`, logits (B, 1, H, W), and `aux`.
        """

    @abstractmethod
    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Compare a prediction with the masks.

        Args:
            outputs: What `forward` returned for this batch.
            batch: The batch, with `masks`, `annotated` and `weight`.
            generator: Source of random numbers, where the loss draws any; torch's own if None.

        Returns:
            Named scalar terms, and their weighted sum under `loss`.
        """

    def inherit(self, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Name the weights of another network as this one starts from them; unchanged unless a network says otherwise.

        Args:
            weights: A state dict; what does not fit by name and shape is left out later.
        """
        return weights

    def insight(self, outputs: Outputs) -> dict[str, Tensor]:
        """Read out, per frame, the quantities that explain a prediction; none unless a network has such.

        Args:
            outputs: What `forward` returned.

        Returns:
            Named tensors with the batch as first dimension.
        """
        return {}


class ClipNetwork(Network):
    """A network that reads several frames and can reuse what it has computed of one."""

    @abstractmethod
    def encode(self, batch: Batch) -> dict[str, Tensor]:
        """Compute the features of every frame by itself.

        Args:
            batch: At least the keys in `inputs`, with any number of frames T.

        Returns:
            Named features, each (B, T, ...), so that clips can be put together along the second dimension.
        """

    @abstractmethod
    def decode(self, features: Mapping[str, Tensor]) -> Outputs:
        """Predict the last frame of clips whose frames have been encoded.

        Args:
            features: What `encode` returned, or frames of it concatenated along T.

        Returns:
            The same as `forward`.
        """

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame of every clip; see `Network.forward`."""
        return self.decode(self.encode(batch))


@dataclass(frozen=True)
class Definition:
    """What the module of a network says about it.

    Attributes:
        network: The class.
        options: The class of its options.
        variants: Variant to the options in which it differs from the full network.
    """

    network: Callable[[Any, float, bool], Network]
    options: type[Options]
    variants: Mapping[str, Mapping[str, Any]]


def definition(name: str) -> Definition:
    """Return the definition of a network.

    Raises:
        InputError: There is no such network.
    """
    if name not in MODELS:
        raise InputError("model", f"unknown name {name!r}", f"one of {', '.join(MODELS)}")
    found: Definition = importlib.import_module(f"vsodprep.models.{name}").DEFINITION
    return found


def build(name: str, variant: str, pretrained: bool, width: float, overrides: Mapping[str, Any]) -> Network:
    """Build a network; see `vsodprep.models.build_model`."""
    known = definition(name)
    if variant not in known.variants:
        raise InputError(f"model {name}", f"unknown variant {variant!r}", f"one of {', '.join(known.variants)}")
    if not 0 < width <= 1:
        raise InputError(f"model {name}", f"width {width}", "a number above 0 and at most 1")
    if pretrained and width != 1:
        raise InputError(f"model {name}", f"pretrained with width {width}", "width 1, which ImageNet weights fit")
    try:
        options = known.options.model_validate({**known.variants[variant], **overrides})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            expected = f"one of {', '.join(known.options.model_fields)}"
            raise InputError(f"model {name}", f"unknown option {key}", expected) from error
        found = f"option {key} is {first['input']!r}" if key else "options that do not go together"
        raise InputError(f"model {name}", found, first["msg"].removeprefix("Value error, ")) from error
    return known.network(options, width, pretrained)


def tensor_of(batch: Batch, key: str) -> Tensor:
    """Return one tensor of a batch.

    Raises:
        InputError: The batch lacks the key.
    """
    if key not in batch:
        raise InputError("batch", f"no {key}", f"a batch with {key}, which this network reads")
    value: Tensor = batch[key]
    return value


def tensors_of(batch: Batch, *keys: str) -> list[Tensor]:
    """Return tensors of a batch that show the same frames.

    Raises:
        InputError: The batch lacks a key, or two of the tensors differ in B, T, H or W.
    """
    found = [tensor_of(batch, key) for key in keys]
    for key, value in zip(keys, found, strict=True):
        if value.dim() != 5:
            raise InputError("batch", f"{key} of shape {tuple(value.shape)}", "(B, T, C, H, W)")
        if (value.shape[:2], value.shape[3:]) != (found[0].shape[:2], found[0].shape[3:]):
            shapes = f"{key} of shape {tuple(value.shape)} beside {keys[0]} of shape {tuple(found[0].shape)}"
            raise InputError("batch", shapes, "the same B, T, H and W")
    return found


def last_frames(clip: Tensor, number: int) -> Tensor:
    """Return the last frames of a clip.

    Args:
        clip: (B, T, ...).
        number: How many.

    Returns:
        (B, number, ...).

    Raises:
        InputError: The clip is shorter.
    """
    if clip.shape[1] < number:
        raise InputError("batch", f"clips of {clip.shape[1]} frames", f"clips of at least {number}")
    return clip[:, -number:]
