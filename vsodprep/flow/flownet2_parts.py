"""The sub-networks of FlowNet2 (Ilg et al., CVPR 2017), and in plain torch the operations that are CUDA in public code.

Module names are those of NVIDIA's checkpoints.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SLOPE = 0.1


def correlation(first: Tensor, second: Tensor, displacement: int = 20, stride: int = 2) -> Tensor:
    """Correlate each position of a feature map with its neighbourhood in another (FlowNet, equation 1, patch of one).

    Args:
        first: `(N, C, h, w)`.
        second: `(N, C, h, w)`.
        displacement: Largest shift in either direction.
        stride: Step between shifts.

    Returns:
        `(N, D * D, h, w)` with D = 2 * (displacement // stride) + 1; channel `i * D + j` is the mean over C of the
        product with `second` shifted by row i and column j; zero outside.
    """
    count, channels, height, width = first.shape
    reach = displacement // stride * stride
    steps = 2 * reach // stride + 1
    wide = width + 2 * reach
    near = first.permute(0, 2, 3, 1)
    far = F.pad(second, (reach, reach, reach, reach)).permute(0, 2, 1, 3).contiguous()
    planes = []
    for top in range(0, 2 * reach + 1, stride):
        # All products of two rows, `(N, h, w, w + 2 reach)`; the shifts that are wanted lie along its diagonals.
        products = torch.matmul(near, far[:, top : top + height]).contiguous()
        strides = (height * width * wide, width * wide, stride, wide + 1)
        planes.append(products.as_strided((count, height, steps, width), strides).transpose(1, 2))
    return torch.cat(planes, dim=1) / channels


def resample(image: Tensor, flow: Tensor) -> Tensor:
    """Sample an image bilinearly where a flow leads to; positions outside take the nearest edge.

    Args:
        image: `(N, C, H, W)`.
        flow: `(N, 2, H, W)` in pixels.

    Returns:
        `(N, C, H, W)`: `image` at x + u, y + v.
    """
    height, width = image.shape[2:]
    x = torch.arange(width, device=flow.device, dtype=flow.dtype) + flow[:, 0]
    y = torch.arange(height, device=flow.device, dtype=flow.dtype)[:, None] + flow[:, 1]
    grid = torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=3)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=True)


def channel_norm(values: Tensor) -> Tensor:
    """Return the Euclidean length over channels, `(N, C, H, W)` to `(N, 1, H, W)`."""
    return torch.linalg.vector_norm(values, dim=1, keepdim=True)


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Return a convolution with "same" padding and a leaky ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2), nn.LeakyReLU(_SLOPE))


def plain_conv(inputs: int, outputs: int) -> nn.Sequential:
    """Return a 3x3 convolution alone, in a sequence of its own as checkpoints have it."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1))


def deconv(inputs: int, outputs: int) -> nn.Sequential:
    """Return a convolution that doubles the size, and a leaky ReLU."""
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(_SLOPE))


def predict(inputs: int) -> nn.Conv2d:
    """Return the convolution that predicts a flow."""
    return nn.Conv2d(inputs, 2, 3, padding=1)


def enlarge(bias: bool = True) -> nn.ConvTranspose2d:
    """Return the learned doubling of a flow."""
    return nn.ConvTranspose2d(2, 2, 4, 2, 1, bias=bias)


class Pyramid(nn.Module):
    """What FlowNetC, FlowNetS and FlowNetSD share: levels 4 to 6 and the way back to level 2.

    Args:
        bias: Whether the doubling of flows has a bias.
        between: Whether a plain convolution stands before each prediction (FlowNetSD).
    """

    def __init__(self, *, bias: bool = True, between: bool = False) -> None:
        super().__init__()
        self.conv4, self.conv4_1 = conv(256, 512, stride=2), conv(512, 512)
        self.conv5, self.conv5_1 = conv(512, 512, stride=2), conv(512, 512)
        self.conv6, self.conv6_1 = conv(512, 1024, stride=2), conv(1024, 1024)
        self.deconv5, self.deconv4 = deconv(1024, 512), deconv(1026, 256)
        self.deconv3, self.deconv2 = deconv(770, 128), deconv(386, 64)
        joined = {5: 1026, 4: 770, 3: 386, 2: 194}
        reduced = {5: 512, 4: 256, 3: 128, 2: 64}
        self.predict_flow6 = predict(1024)
        for level, channels in joined.items():
            if between:
                self.add_module(f"inter_conv{level}", plain_conv(channels, reduced[level]))
            self.add_module(f"predict_flow{level}", predict(reduced[level] if between else channels))
            self.add_module(f"upsampled_flow{level + 1}_to_{level}", enlarge(bias))
        self.between = between

    def decode(self, level2: Tensor, level3: Tensor) -> Tensor:
        """Return the flow at a quarter of the size from features of levels 2 and 3."""
        level4 = self.conv4_1(self.conv4(level3))
        level5 = self.conv5_1(self.conv5(level4))
        features = self.conv6_1(self.conv6(level5))
        flow: Tensor = self.predict_flow6(features)
        for level, skip in ((5, level5), (4, level4), (3, level3), (2, level2)):
            larger = self.get_submodule(f"upsampled_flow{level + 1}_to_{level}")(flow)
            features = torch.cat([skip, self.get_submodule(f"deconv{level}")(features), larger], dim=1)
            before = self.get_submodule(f"inter_conv{level}")(features) if self.between else features
            flow = self.get_submodule(f"predict_flow{level}")(before)
        return flow


class FlowNetC(Pyramid):
    """Features of both frames, correlated at level 3."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = conv(3, 64, 7, 2), conv(64, 128, 5, 2), conv(128, 256, 5, 2)
        self.conv_redir = conv(256, 32, 1)
        self.conv3_1 = conv(473, 256)

    def forward(self, frames: Tensor) -> Tensor:
        """Return the flow, `(N, 2, H / 4, W / 4)`, of stacked frames, `(N, 6, H, W)`."""
        level2 = self.conv2(self.conv1(frames[:, :3]))
        first = self.conv3(level2)
        second = self.conv3(self.conv2(self.conv1(frames[:, 3:])))
        with torch.autocast(frames.device.type, enabled=False):
            matched = F.leaky_relu(correlation(first.float(), second.float()), _SLOPE)
        return self.decode(level2, self.conv3_1(torch.cat([self.conv_redir(first), matched], dim=1)))


class FlowNetS(Pyramid):
    """Frames, warped frame, flow and error stacked."""

    def __init__(self) -> None:
        super().__init__(bias=False)
        self.conv1, self.conv2, self.conv3 = conv(12, 64, 7, 2), conv(64, 128, 5, 2), conv(128, 256, 5, 2)
        self.conv3_1 = conv(256, 256)

    def forward(self, stacked: Tensor) -> Tensor:
        """Return the flow, `(N, 2, H / 4, W / 4)`, of `(N, 12, H, W)`."""
        level2 = self.conv2(self.conv1(stacked))
        return self.decode(level2, self.conv3_1(self.conv3(level2)))


class FlowNetSD(Pyramid):
    """Stacked frames, small kernels, for small displacements."""

    def __init__(self) -> None:
        super().__init__(between=True)
        self.conv0 = conv(6, 64)
        self.conv1, self.conv1_1 = conv(64, 64, stride=2), conv(64, 128)
        self.conv2, self.conv2_1 = conv(128, 128, stride=2), conv(128, 128)
        self.conv3, self.conv3_1 = conv(128, 256, stride=2), conv(256, 256)

    def forward(self, frames: Tensor) -> Tensor:
        """Return the flow, `(N, 2, H / 4, W / 4)`, of stacked frames, `(N, 6, H, W)`."""
        level2 = self.conv2_1(self.conv2(self.conv1_1(self.conv1(self.conv0(frames)))))
        return self.decode(level2, self.conv3_1(self.conv3(level2)))


class FlowNetFusion(nn.Module):
    """Joins the flows for large and small displacements at full size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = conv(11, 64)
        self.conv1, self.conv1_1 = conv(64, 64, stride=2), conv(64, 128)
        self.conv2, self.conv2_1 = conv(128, 128, stride=2), conv(128, 128)
        self.deconv1, self.deconv0 = deconv(128, 32), deconv(162, 16)
        self.inter_conv1, self.inter_conv0 = plain_conv(162, 32), plain_conv(82, 16)
        self.predict_flow2, self.predict_flow1, self.predict_flow0 = predict(128), predict(32), predict(16)
        self.upsampled_flow2_to_1, self.upsampled_flow1_to_0 = enlarge(), enlarge()

    def forward(self, stacked: Tensor) -> Tensor:
        """Return the flow, `(N, 2, H, W)`, of `(N, 11, H, W)`."""
        level0 = self.conv0(stacked)
        level1 = self.conv1_1(self.conv1(level0))
        level2 = self.conv2_1(self.conv2(level1))
        coarse = self.upsampled_flow2_to_1(self.predict_flow2(level2))
        joined1 = torch.cat([level1, self.deconv1(level2), coarse], dim=1)
        finer = self.upsampled_flow1_to_0(self.predict_flow1(self.inter_conv1(joined1)))
        joined0 = torch.cat([level0, self.deconv0(joined1), finer], dim=1)
        flow: Tensor = self.predict_flow0(self.inter_conv0(joined0))
        return flow
