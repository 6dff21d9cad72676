"""ImageNet weights of the backbones, from torchvision, checked by hash."""

import torch
from torch import Tensor
from torchvision.models import get_model_weights

from vsodprep.weights import fetch


def imagenet(backbone: str) -> dict[str, Tensor]:
    """Load a backbone's ImageNet weights; they are fetched once into torch's cache.

    Args:
        backbone: torchvision's name of it, such as `resnet34`.

    Returns:
        The state dict, with torchvision's key names.

    Raises:
        InputError: The file is not there and cannot be fetched, or is damaged; says which file goes where.
    """
    path = fetch(get_model_weights(backbone)["IMAGENET1K_V1"].url)
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state
