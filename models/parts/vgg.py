"""VGG-16 as a fully convolutional network after DeepLab-LargeFOV."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vsodprep.models.parts.layers import scaled
from vsodprep.weights import imagenet

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
HIDDEN = 1024  # fc6 and fc7 of DeepLab-LargeFOV


class VGG16(nn.Module):
    """The convolutions of VGG-16, and its first two fully connected layers as dilated convolutions.

    Simonyan and Zisserman, Very deep convolutional networks, ICLR 2015; DeepLab-LargeFOV: Chen et al., Semantic image
    segmentation with deep convolutional nets and fully connected CRFs, ICLR 2015. Output stride 8: pools are 3x3 with
    padding 1, conv5 has dilation 2.

    Args:
        channels_in: 3, or more where further channels stand beside the frame; the first convolution then starts from a
            Gaussian of deviation 0.01 where the others start from ImageNet.
        pools: Stride of the pool after each stage; None leaves it out.
        fc6_dilation: Dilation of the 3x3 convolution in fc6's place.
        dropout: Probability after fc6 and fc7.
        width: Factor on all channel numbers.
        pretrained: Load the ImageNet weights; fc6 and fc7 take every fourth neuron and every third position of theirs.
    """

    def __init__(
        self,
        channels_in: int,
        pools: Sequence[int | None],
        *,
        fc6_dilation: int,
        dropout: float,
        width: float = 1.0,
        pretrained: bool = False,
    ) -> None:
        super().__init__()
        stages = []
        channels = channels_in
        for index, numbers in enumerate(STAGES):
            layers: list[nn.Module] = []
            dilation = 2 if index == 4 else 1
            for number in (scaled(number, width) for number in numbers):
                layers += [
                    nn.Conv2d(channels, number, 3, padding=dilation, dilation=dilation),
                    nn.ReLU(inplace=True),
                ]
                channels = number
            stages.append(nn.Sequential(*layers))
        self.stages = nn.ModuleList(stages)
        self.pools = nn.ModuleList(
            nn.Identity() if stride is None else nn.MaxPool2d(3, stride, padding=1) for stride in pools
        )
        hidden = scaled(HIDDEN, width)
        self.channels = (channels, hidden)
        self.fc6 = nn.Conv2d(channels, hidden, 3, padding=fc6_dilation, dilation=fc6_dilation)
        self.fc7 = nn.Conv2d(hidden, hidden, 1)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(dropout)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(_bias(module))
        if pretrained:
            self._load_imagenet(fresh_first=channels_in != 3)

    def convolutions(self) -> list[nn.Conv2d]:
        """Return the thirteen convolutions in order."""
        return [layer for layer in self.stages.modules() if isinstance(layer, nn.Conv2d)]

    def _load_imagenet(self, fresh_first: bool) -> None:
        state = imagenet("vgg16")
        weights = [key for key in state if key.startswith("features.") and key.endswith(".weight")]
        pairs = dict(zip(self.convolutions(), (key.removesuffix("weight") for key in weights), strict=True))
        if fresh_first:
            first = self.convolutions()[0]
            nn.init.normal_(first.weight, 0, 0.01)
            del pairs[first]
        with torch.no_grad():
            for layer, key in pairs.items():
                layer.weight.copy_(state[f"{key}weight"])
                _bias(layer).copy_(state[f"{key}bias"])
            fc6 = state["classifier.0.weight"].reshape(4096, 512, 7, 7)
            self.fc6.weight.copy_(fc6[::4, :, ::3, ::3])
            _bias(self.fc6).copy_(state["classifier.0.bias"][::4])
            self.fc7.weight.copy_(state["classifier.3.weight"][::4, ::4, None, None])
            _bias(self.fc7).copy_(state["classifier.3.bias"][::4])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Encode an image.

        Args:
            x: (B, channels_in, H, W).

        Returns:
            What leaves the fourth pool, and what leaves fc7; `channels` tells how many channels each has.
        """
        for stage, pool in zip(self.stages[:4], self.pools[:4], strict=True):
            x = pool(stage(x))
        pooled = x
        x = self.pools[4](self.stages[4](x))
        for layer in (self.fc6, self.fc7):
            x = self.dropout(self.relu(layer(x)))
        return pooled, x


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None  # every convolution of VGG has one
    return layer.bias
