"""VGG-16 as a fully convolutional network after DeepLab-LargeFOV, DCL or FCN."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from vsodprep.models.parts.layers import scaled
from vsodprep.shards.transform import IMAGENET_MEAN, IMAGENET_STD
from vsodprep.weights import imagenet

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
CAFFE_MEAN = (122.67892, 116.66877, 104.00699)  # of red, green and blue from 0 to 255


class LastBlock(NamedTuple):
    """fc6 and fc7 as convolutions.

    Attributes:
        channels: Of both.
        kernel: Side of fc6.
        dilation: Of fc6.
        neurons: ImageNet weights take one neuron in so many.
        positions: And of fc6 one position in so many, of seven.
        dilated: Whether it stands after DeepLab's pools of 3x3 and a dilated conv5, or after VGG's own of 2x2.
    """

    channels: int
    kernel: int
    dilation: int
    neurons: int
    positions: int
    dilated: bool = True


LAST_BLOCKS = {
    "largefov": LastBlock(1024, 3, 12, 4, 3),
    "dcl": LastBlock(4096, 4, 4, 1, 2),
    "fcn": LastBlock(4096, 7, 1, 1, 1, dilated=False),
}


class VGG16(nn.Module):
    """The convolutions of VGG-16, and its first two fully connected layers as convolutions.

    Simonyan and Zisserman, Very deep convolutional networks, ICLR 2015; DeepLab-LargeFOV: Chen et al., Semantic image
    segmentation with deep convolutional nets and fully connected CRFs, ICLR 2015; DCL: Li and Yu, Deep contrast
    learning for salient object detection, CVPR 2016. In both the output stride is 8: pools are 3x3 with padding 1, and
    conv5 has dilation 2. FCN: Long et al., Fully convolutional networks for semantic segmentation, CVPR 2015; its pools
    are 2x2 and round up.

    Args:
        channels_in: 3, or more where further channels stand beside the frame.
        pools: Stride of the pool after each stage; None leaves it out.
        last: Key of `LAST_BLOCKS`.
        padding: Of the first convolution.
        fc6_dilation: Dilation of fc6; the last block's own if None.
        fc6_padding: Padding of fc6; None keeps the size.
        first: Of four channels, the first convolution starts from a Gaussian where all others start from ImageNet
            (`gaussian`), or only its weights of what stands `beside` the frame do.
        first_deviation: Of that Gaussian.
        dropout: Probability after fc6 and fc7.
        width: Factor on all channel numbers.
        pretrained: Load the ImageNet weights; fc6 and fc7 take regularly spaced neurons and positions of theirs.
    """

    def __init__(
        self,
        channels_in: int,
        pools: Sequence[int | None],
        *,
        last: str = "largefov",
        padding: int = 1,
        fc6_dilation: int | None = None,
        fc6_padding: int | None = None,
        first: Literal["gaussian", "beside"] = "gaussian",
        first_deviation: float = 0.01,
        dropout: float,
        width: float = 1.0,
        pretrained: bool = False,
    ) -> None:
        super().__init__()
        block = LAST_BLOCKS[last]
        stages = []
        channels = channels_in
        for index, numbers in enumerate(STAGES):
            layers: list[nn.Module] = []
            dilation = 2 if index == 4 and block.dilated else 1
            for number in (scaled(number, width) for number in numbers):
                layers += [
                    nn.Conv2d(channels, number, 3, padding=dilation, dilation=dilation),
                    nn.ReLU(inplace=True),
                ]
                channels = number
            stages.append(nn.Sequential(*layers))
        self.stages = nn.ModuleList(stages)
        self.convolutions()[0].padding = (padding, padding)
        pool = partial(nn.MaxPool2d, 3, padding=1) if block.dilated else partial(nn.MaxPool2d, 2, ceil_mode=True)
        self.pools = nn.ModuleList(nn.Identity() if stride is None else pool(stride=stride) for stride in pools)
        hidden, dilation = scaled(block.channels, width), fc6_dilation or block.dilation
        self.channels = (channels, hidden)
        # The size is kept: a kernel of 3 covers 2 d + 1 positions, one of 4 covers 3 d + 1, which d even splits evenly.
        keeps = dilation * (block.kernel - 1) // 2
        self.fc6 = nn.Conv2d(
            channels, hidden, block.kernel, padding=keeps if fc6_padding is None else fc6_padding, dilation=dilation
        )
        self.fc7 = nn.Conv2d(hidden, hidden, 1)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(dropout)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(_bias(module))
        if pretrained:
            self._load_imagenet(block, first, first_deviation)

    def convolutions(self) -> list[nn.Conv2d]:
        """Return the thirteen convolutions in order."""
        return [layer for layer in self.stages.modules() if isinstance(layer, nn.Conv2d)]

    def _load_imagenet(self, block: LastBlock, first: str, deviation: float) -> None:
        state = imagenet("vgg16")
        weights = [key for key in state if key.startswith("features.") and key.endswith(".weight")]
        pairs = dict(zip(self.convolutions(), (key.removesuffix("weight") for key in weights), strict=True))
        begin = self.convolutions()[0]
        if begin.in_channels > 3:
            nn.init.normal_(begin.weight, 0, deviation)
            if first == "gaussian":
                del pairs[begin]
        neurons, positions = slice(None, None, block.neurons), slice(None, None, block.positions)
        with torch.no_grad():
            for layer, key in pairs.items():
                layer.weight[:, : state[f"{key}weight"].shape[1]] = state[f"{key}weight"]
                _bias(layer).copy_(state[f"{key}bias"])
            fc6 = state["classifier.0.weight"].reshape(4096, 512, 7, 7)
            self.fc6.weight.copy_(fc6[neurons, :, positions, positions])
            _bias(self.fc6).copy_(state["classifier.0.bias"][neurons])
            self.fc7.weight.copy_(state["classifier.3.weight"][neurons, neurons, None, None])
            _bias(self.fc7).copy_(state["classifier.3.bias"][neurons])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Encode an image.

        Args:
            x: (B, channels_in, H, W).

        Returns:
            What leaves the fourth pool, and what leaves fc7; `channels` tells how many channels each has.
        """
        *_, pooled, _, last = self.levels(x)
        return pooled, last

    def levels(self, x: Tensor) -> list[Tensor]:
        """Encode an image.

        Args:
            x: (B, channels_in, H, W).

        Returns:
            What leaves the first four pools, conv5, and fc7.
        """
        found = []
        for stage, pool in zip(self.stages[:4], self.pools[:4], strict=True):
            x = pool(stage(x))
            found.append(x)
        found.append(self.stages[4](x))
        x = self.pools[4](found[-1])
        for layer in (self.fc6, self.fc7):
            x = self.dropout(self.relu(layer(x)))
        return [*found, x]


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None  # every convolution of VGG has one
    return layer.bias


def from_caffe(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Name weights of Caffe's VGG-16, such as DCL's, as `VGG16` does, and make them read frames as ours are normalised.

    Caffe's network reads blue, green and red from 0 to 255 less their mean. The first convolution takes over the
    change, exactly but for the border, where its padding is another mean.

    Args:
        weights: `conv1_1.weight` to `conv5_3.bias`, and those of `fc6` and `fc7`; others keep their names.

    Returns:
        The weights; unchanged where `conv1_1.weight` is none of three channels.
    """
    renamed = {
        re.sub(r"^conv([1-5])_([1-3])\.", lambda at: f"stages.{int(at[1]) - 1}.{2 * int(at[2]) - 2}.", key): value
        for key, value in weights.items()
    }
    first = weights.get("conv1_1.weight")
    if first is not None and first.shape[1] == 3:
        scale = 255 * first.new_tensor(IMAGENET_STD)
        shift = 255 * first.new_tensor(IMAGENET_MEAN) - first.new_tensor(CAFFE_MEAN)
        rgb = first.flip(1)
        renamed["stages.0.0.weight"] = rgb * scale[:, None, None]
        if "conv1_1.bias" in weights:
            renamed["stages.0.0.bias"] = weights["conv1_1.bias"] + (rgb.sum(dim=(2, 3)) * shift).sum(1)
    return renamed
