"""ImageNet weights of the backbones, from torchvision, checked by hash."""

import torch
from torch import Tensor
from torchvision.models import get_weight

from vsodprep.weights import fetch

IMAGENET = {
    "resnet34": "ResNet34_Weights.IMAGENET1K_V1",
    "resnet101": "ResNet101_Weights.IMAGENET1K_V1",
    "vgg16": "VGG16_Weights.IMAGENET1K_V1",
}


def imagenet(backbone: str) -> dict[str, Tensor]:
    """Load a backbone's ImageNet weights; they are fetched once into torch's cache.

    Args:
        backbone: A key of `IMAGENET`.

    Returns:
        The state dict, with torchvision's key names.

    Raises:
        InputError: The file is not there and cannot be fetched, or is damaged; says which file goes where.
    """
    path = fetch(get_weight(IMAGENET[backbone]).url)
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state
