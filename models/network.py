"""What all networks have in common, the user's own too: the interface."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from inspect import get_annotations
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodprep.config.network import Definition, NetworkOptions
from vsodprep.errors import InputError

Batch = Mapping[str, Any]
"""A batch of `ClipDataset`: `frames`, `flow`, `prior`, `segments`, `contrast`, `masks` (B, T, C, H, W), `annotated`,
`weight` (B, T), ..."""
Outputs = dict[str, Any]
"""`saliency`, logits (B, 1, H, W), and `aux`, what the loss and the insight need."""


class Network(nn.Module, ABC):
    """A network for video salient object detection.

    It is built as `NETWORK(options, width, pretrained)`. What the plan asks of the built-in ones stands in
    `vsodprep/config/networks/`; one of the user's own says it by the annotation of `options` and by class attributes.

    Attributes:
        variants: Variant to the options in which it differs from the full network.
        backbones: torchvision's names of the networks whose ImageNet weights it starts from.
        operations: Billions of floating point operations of a forward pass per megapixel and frame; counted on torch's
            `meta` device if None.
        options: The options it was built with.
        inputs: Keys of the batch that its forward pass reads.
        clip_length: Frames of a clip that its forward pass reads at test time; 1 for a single-frame network.
        clip: What a clip holds before its last frame at test time; see `NetworkOptions.clip`.
    """

    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {"full": {}}
    backbones: ClassVar[tuple[str, ...]] = ()
    operations: ClassVar[float | None] = None
    options: NetworkOptions

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.options = options
        self.inputs, self.clip_length, self.clip = options.inputs, options.clip_length, options.clip

    @classmethod
    def definition(cls, name: str) -> Definition:
        """Return what a plan asks of a network of the user's own.

        Args:
            name: How it is called, as `module:Class`.

        Raises:
            InputError: Its options are no `NetworkOptions`.
        """
        annotated = next(base for base in cls.__mro__ if "options" in get_annotations(base))
        options = get_annotations(annotated, eval_str=True)["options"]
        if not (isinstance(options, type) and issubclass(options, NetworkOptions)):
            expected = "a subclass of vsodprep.config.network.NetworkOptions"
            raise InputError(f"model {name}", f"options: {options}", expected)
        return Definition(name, cls.__name__, "", options, cls.variants, cls.backbones, None, cls.operations)

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

    def refine(self, probability: NDArray[np.float32], frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Refine a predicted map by its frame, where the options say `refines`; unchanged unless a network does.

        Args:
            probability: float32 `(h, w)` in [0, 1], at the network's size.
            frame: uint8 `(h, w, 3)` RGB, of that size.

        Returns:
            float32 `(h, w)` in [0, 1].
        """
        return probability

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
