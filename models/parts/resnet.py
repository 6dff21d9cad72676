"""ResNet as an encoder: torchvision's blocks and key names, any width, an exact stride and dilation per block."""

from collections.abc import Sequence

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from vsodprep.models.parts.layers import scaled
from vsodprep.weights import imagenet

BLOCKS = {"resnet34": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}
PLANES = (64, 128, 256, 512)

# Output stride 16 as DS-Net's and CAG-DDE's code has it: stage 4 does not stride, and only its first block is dilated.
STRIDE_16 = ((1, 1), (2, 1), (2, 1), (1, (2, 1, 1)))
# Output stride 8 as torchvision's DeepLabv3 has it: a dilated stage's first block has the dilation of the stage before.
STRIDE_8 = ((1, 1), (2, 1), (1, (1, *(2,) * 22)), (1, (2, 4, 4)))

Pattern = Sequence[tuple[int, int | Sequence[int]]]
"""Per stage its stride and the dilation of its blocks: one number, or one per block."""


class ResNet(nn.Module):
    """The stem and the four stages of a ResNet.

    He et al., Deep residual learning for image recognition, CVPR 2016; with the stride in the 3x3 convolution of a
    bottleneck, as torchvision has it.

    Args:
        name: A key of `BLOCKS`.
        pattern: Strides and dilations; the dilation belongs to a bottleneck's 3x3 convolution, and to the first of a
            basic block's two.
        width: Factor on all channel numbers.
        pretrained: Load the ImageNet weights.
        zero_init_residual: Start every block as its shortcut alone, by a zero scale of its last batch normalisation
            (Goyal et al., Accurate, large minibatch SGD, 2017; torchvision's argument of that name).
    """

    def __init__(
        self,
        name: str,
        pattern: Pattern,
        width: float = 1.0,
        pretrained: bool = False,
        zero_init_residual: bool = False,
    ) -> None:
        super().__init__()
        self._block = BasicBlock if name == "resnet34" else Bottleneck
        self._channels = stem = scaled(64, width)
        self.conv1 = nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        planes = [scaled(number, width) for number in PLANES]
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            self._stage(*arguments) for arguments in zip(planes, BLOCKS[name], pattern, strict=True)
        )
        self.channels = (stem, *(number * self._block.expansion for number in planes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if zero_init_residual:
            for block in self.modules():
                if isinstance(block, BasicBlock | Bottleneck):
                    nn.init.zeros_((block.bn2 if isinstance(block, BasicBlock) else block.bn3).weight)
        if pretrained:
            self.load_imagenet(name)

    def load_imagenet(self, name: str) -> None:
        """Load torchvision's ImageNet weights of `name`; only at width 1."""
        state = imagenet(name)
        self.load_state_dict({key: value for key, value in state.items() if not key.startswith("fc.")})

    def _stage(self, planes: int, blocks: int, pattern: tuple[int, int | Sequence[int]]) -> nn.Sequential:
        stride, dilation = pattern
        dilations = [dilation] * blocks if isinstance(dilation, int) else list(dilation)
        layers = []
        for index in range(blocks):
            layers.append(self._make_block(planes, stride if index == 0 else 1, dilations[index]))
        return nn.Sequential(*layers)

    def _make_block(self, planes: int, stride: int, dilation: int) -> nn.Module:
        channels = planes * self._block.expansion
        downsample = None
        if stride != 1 or self._channels != channels:
            downsample = nn.Sequential(
                nn.Conv2d(self._channels, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels)
            )
        # torchvision's basic block refuses a dilation, so it is set on the block's convolution.
        block = self._block(self._channels, planes, stride, downsample)
        dilated = block.conv1 if self._block is BasicBlock else block.conv2
        dilated.dilation = dilated.padding = (dilation, dilation)
        self._channels = channels
        return block

    def forward(self, x: Tensor) -> list[Tensor]:
        """Encode an image.

        Args:
            x: (B, 3, H, W).

        Returns:
            The stem's output at 1/2, then that of stages 1 to 4; `channels` tells how many channels each has.
        """
        stem = self.relu(self.bn1(self.conv1(x)))
        features = [stem]
        x = self.maxpool(stem)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            features.append(x)
        return features
