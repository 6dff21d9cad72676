"""RAFT (Teed and Deng, ECCV 2020) as torchvision has it, split so that a frame's features serve both its pairs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn
from torchvision.models.optical_flow import Raft_Large_Weights, Raft_Small_Weights, raft_large, raft_small

from vsodprep.config.flow import Method
from vsodprep.files import sha256
from vsodprep.flow.fit import Fit
from vsodprep.flow.network import NetworkEstimator
from vsodprep.flow.raft_update import units
from vsodprep.weights import find_weights, load, read_state

Variant = Literal["large", "small"]

MULTIPLE = 8
MINIMUM = 128  # smaller inputs leave the coarsest correlation level with less than two values
ITERATIONS = 12  # torchvision's default; the authors' demonstration uses 20


class Encoded(NamedTuple):
    """A frame's features.

    Attributes:
        features: `(1, C, h / 8, w / 8)`.
        context: Output of the context encoder, like `features`; None for a frame that starts no flow.
    """

    features: Tensor
    context: Tensor | None


class Raft(nn.Module):
    """RAFT for a sequence of frames.

    Args:
        variant: `large` (5,257,536 parameters) or `small` (990,162).
        iterations: Updates of the flow.
    """

    def __init__(self, variant: Variant = "large", iterations: int = ITERATIONS) -> None:
        super().__init__()
        self.model = raft_large(weights=None) if variant == "large" else raft_small(weights=None)
        self.variant = variant
        self.iterations = iterations

    def encode(self, frames: Tensor, sources: Sequence[bool]) -> list[Encoded]:
        """See `FlowNetwork`."""
        images = frames / 127.5 - 1
        features = self.model.feature_encoder(images).float()
        starts = [index for index, source in enumerate(sources) if source]
        contexts = dict(zip(starts, self.model.context_encoder(images[starts]), strict=True)) if starts else {}
        return [
            Encoded(features[index : index + 1], contexts[index][None] if index in contexts else None)
            for index in range(len(frames))
        ]

    def flow(self, pairs: Sequence[tuple[Encoded, Encoded]]) -> Tensor:
        """See `FlowNetwork`.

        The steps are torchvision's, except that only the last flow is brought to full size, and that what the context
        adds to the recurrent unit is computed once.
        """
        first = torch.cat([source.features for source, _ in pairs])
        second = torch.cat([target.features for _, target in pairs])
        context = torch.cat([source.context for source, _ in pairs if source.context is not None])
        correlation, update = self.model.corr_block, self.model.update_block
        with torch.autocast(first.device.type, enabled=False):
            correlation.build_pyramid(first, second)
        hidden, context = torch.split(
            context, [update.hidden_state_size, context.shape[1] - update.hidden_state_size], 1
        )
        hidden, context = torch.tanh(hidden), F.relu(context)
        recurrent = units(update.recurrent_block, context)
        start = _grid(first)
        place = start
        for _ in range(self.iterations):
            with torch.autocast(first.device.type, enabled=False):
                found = correlation.index_pyramid(centroids_coords=place)
            motion = update.motion_encoder(place - start, found)
            for unit in recurrent:
                hidden = unit(hidden, motion)
            place = place + update.flow_head(hidden).float()
        correlation.corr_pyramid = []
        mask = None if self.model.mask_predictor is None else self.model.mask_predictor(hidden).float()
        return _enlarge(place - start, mask)

    def memory(self, size: tuple[int, int]) -> int:
        """See `FlowNetwork`: the pyramid of all pairs of positions, and what its sampling needs."""
        positions = size[0] * size[1] // MULTIPLE**2
        return 4 * positions * (2 * positions + 8 * self.model.corr_block.out_channels + 4096)


def _grid(features: Tensor) -> Tensor:
    count, _, height, width = features.shape
    y, x = torch.meshgrid(
        torch.arange(height, device=features.device), torch.arange(width, device=features.device), indexing="ij"
    )
    return torch.stack([x, y]).float().expand(count, 2, height, width)


def _enlarge(flow: Tensor, mask: Tensor | None) -> Tensor:
    """Enlarge a flow eightfold: a learned convex combination of its nine neighbours (section 3.3), else bilinear."""
    count, _, height, width = flow.shape
    if mask is None:
        return 8 * F.interpolate(flow, (8 * height, 8 * width), mode="bilinear", align_corners=True)
    weights = torch.softmax(mask.view(count, 1, 9, 8, 8, height, width), dim=2)
    neighbours = F.unfold(8 * flow, kernel_size=3, padding=1).view(count, 2, 9, 1, 1, height, width)
    fine = (weights * neighbours).sum(dim=2)
    return fine.permute(0, 1, 4, 2, 5, 3).reshape(count, 2, 8 * height, 8 * width)


_PRINCETON = (
    (r"^module\.", ""),
    (r"^(?:fnet|cnet)\..*\.norm[34]\..*$", ""),  # an alias of the norm inside `downsample`
    (r"^fnet\.", "feature_encoder."),
    (r"^cnet\.", "context_encoder."),
    (r"^(\w+_encoder)\.conv1\.", r"\1.convnormrelu.0."),
    (r"^(\w+_encoder)\.norm1\.", r"\1.convnormrelu.1."),
    (r"^(\w+_encoder)\.conv2\.", r"\1.conv."),
    (r"(layer\d\.\d)\.conv(\d)\.", r"\1.convnormrelu\2.0."),
    (r"(layer\d\.\d)\.norm(\d)\.", r"\1.convnormrelu\2.1."),
    (r"^update_block\.encoder\.conv\.", "update_block.motion_encoder.conv.0."),
    (r"^update_block\.encoder\.convc(\d)\.", r"update_block.motion_encoder.convcorr\1.0."),
    (r"^update_block\.encoder\.convf(\d)\.", r"update_block.motion_encoder.convflow\1.0."),
    (r"^update_block\.gru\.conv([zrq])(\d)\.", r"update_block.recurrent_block.convgru\2.conv\1."),
    (r"^update_block\.gru\.conv([zrq])\.", r"update_block.recurrent_block.convgru1.conv\1."),
    (r"^update_block\.mask\.0\.", "mask_predictor.convrelu.0."),
    (r"^update_block\.mask\.2\.", "mask_predictor.conv."),
)


def from_princeton(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the parameters of a princeton-vl/RAFT checkpoint to torchvision's names.

    Args:
        state: Its state dict, with or without the `module.` of DataParallel.

    Returns:
        A state dict for `raft_large` or `raft_small`.
    """
    renamed = {}
    for key, value in state.items():
        name = key
        for pattern, replacement in _PRINCETON:
            name = re.sub(pattern, replacement, name)
        if name:
            renamed[name] = value
    return renamed


def known_weights() -> dict[str, str]:
    """Return the addresses of torchvision's weights by its own names, and of its defaults as `large` and `small`."""
    enums = (("large", Raft_Large_Weights), ("small", Raft_Small_Weights))
    urls = {f"{enum.__name__}.{weights.name}": weights.url for _, enum in enums for weights in enum}
    return {variant: enum.DEFAULT.url for variant, enum in enums} | urls


def load_raft(weights: str | None = None, iterations: int | None = None) -> tuple[Raft, dict[str, Any]]:
    """Return RAFT with weights, and a record of them.

    Args:
        weights: One of `known_weights`, or a file in torchvision's or princeton-vl's layout, of the large or the small
            network; `large` if None.
        iterations: Updates of the flow; 12 if None.

    Raises:
        InputError: The weights are missing or unreadable.
        VsodprepError: They are another network's.
    """
    path = find_weights(weights or "large", known_weights())
    state = read_state(path)
    if any(key.startswith("fnet.") for key in state):
        state = from_princeton(state)
    network = Raft(
        "large" if any(key.startswith("mask_predictor.") for key in state) else "small", iterations or ITERATIONS
    )
    load(network.model, state, str(path))
    return network, {
        "method": "raft",
        "variant": network.variant,
        "iterations": network.iterations,
        "weights": path.name,
        "weights_sha256": sha256(path),
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
    }


def build(method: Method, device: str, threads: int) -> NetworkEstimator:
    """See `build_estimator`."""
    network, record = load_raft(method.weights, method.iterations)
    fit = Fit(MULTIPLE, MINIMUM, method.fit, method.border)
    return NetworkEstimator(network, fit, record, method.precision, device, threads)
