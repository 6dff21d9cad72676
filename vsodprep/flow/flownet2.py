"""FlowNet 2.0 (Ilg et al., CVPR 2017), whole and in plain torch; reads NVIDIA's converted checkpoint."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsodprep.config.flow import Method
from vsodprep.files import sha256
from vsodprep.flow.fit import Fit
from vsodprep.flow.flownet2_parts import FlowNetC, FlowNetFusion, FlowNetS, FlowNetSD, channel_norm, resample
from vsodprep.flow.network import NetworkEstimator
from vsodprep.weights import PUBLISHED, find_weights, load, read_state

MULTIPLE = 64
MINIMUM = 64
SCALE = 20.0  # networks are trained on flow divided by this


class FlowNet2(nn.Module):
    """FlowNetC, two FlowNetS that refine it, FlowNetSD beside them, and their fusion; 162,518,834 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.flownetc = FlowNetC()
        self.flownets_1 = FlowNetS()
        self.flownets_2 = FlowNetS()
        self.flownets_d = FlowNetSD()
        self.flownetfusion = FlowNetFusion()

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Estimate flow.

        Args:
            first: float32 `(N, 3, H, W)` RGB in 0..255, sides multiples of 64.
            second: Like `first`.

        Returns:
            `(N, 2, H, W)`, flow from `first` to `second` in pixels.
        """
        mean = torch.stack([first, second], dim=2).mean(dim=(2, 3, 4))[:, :, None, None]
        first, second = (first - mean) / 255, (second - mean) / 255
        frames = torch.cat([first, second], dim=1)
        large = _enlarge(self.flownetc(frames) * SCALE, "bilinear")
        large = _enlarge(self.flownets_1(_stack(first, second, large)) * SCALE, "bilinear")
        large = _enlarge(self.flownets_2(_stack(first, second, large)) * SCALE, "nearest")
        # The public code divides here where it multiplies above; the fusion network is trained on that.
        small = _enlarge(self.flownets_d(frames) / SCALE, "nearest")
        lengths = [channel_norm(flow) for flow in (small, large)]
        errors = [channel_norm(first - _warp(second, flow)) for flow in (small, large)]
        flow: Tensor = self.flownetfusion(torch.cat([first, small, large, *lengths, *errors], dim=1))
        return flow

    def encode(self, frames: Tensor, sources: Sequence[bool]) -> list[Tensor]:
        """See `FlowNetwork`; nothing is shared, because the mean colour of each pair is taken off first."""
        return list(frames.split(1))

    def flow(self, pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """See `FlowNetwork`."""
        first, second = (torch.cat(frames) for frames in zip(*pairs, strict=True))
        result: Tensor = self(first, second)
        return result

    def memory(self, size: tuple[int, int]) -> int:
        """See `FlowNetwork`: several 64-channel maps at full size."""
        return size[0] * size[1] * 4 * 64 * 8


def _enlarge(flow: Tensor, mode: str) -> Tensor:
    return F.interpolate(flow.float(), scale_factor=4, mode=mode)


def _warp(image: Tensor, flow: Tensor) -> Tensor:
    with torch.autocast(image.device.type, enabled=False):
        return resample(image, flow)


def _stack(first: Tensor, second: Tensor, flow: Tensor) -> Tensor:
    warped = _warp(second, flow)
    return torch.cat([first, second, warped, flow / SCALE, channel_norm(first - warped)], dim=1)


def load_flownet2(weights: str | None = None) -> tuple[FlowNet2, dict[str, Any]]:
    """Return FlowNet2 with weights, and a record of them.

    Args:
        weights: One of `vsodprep.weights.PUBLISHED`, or a file in NVIDIA's layout, plain or wrapped; `nvidia` if None.

    Raises:
        InputError: The weights are missing or unreadable.
        VsodprepError: They are another network's.
    """
    known = {name: each.url for name, each in PUBLISHED["flownet2"].items()}
    path = find_weights(weights or "nvidia", known)
    with torch.device("meta"):  # drawing 162 million random numbers takes longer than reading the weights
        network = FlowNet2()
    load(network, read_state(path), str(path))
    versions = {"torch": torch.__version__}
    return network, {"method": "flownet2", "weights": path.name, "weights_sha256": sha256(path), "versions": versions}


def build(method: Method, device: str, threads: int) -> NetworkEstimator:
    """See `build_estimator`."""
    network, record = load_flownet2(method.weights)
    fit = Fit(MULTIPLE, MINIMUM, method.fit, method.border)
    return NetworkEstimator(network, fit, record, method.precision, device, threads)
