"""ImageNet weights of the backbones, from torchvision, checked by hash."""

import hashlib
from pathlib import Path

import torch
from torch import Tensor
from torchvision.models import get_weight

from vsodprep.errors import InputError

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
    url: str = get_weight(IMAGENET[backbone]).url
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]
    prefix = path.stem.rsplit("-", 1)[1]
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(url, str(path), hash_prefix=prefix, progress=False)
        except (OSError, RuntimeError) as error:  # RuntimeError: what arrived has another hash
            expected = f"{path.name} from {url} in {path.parent}"
            raise InputError(path, f"not there, and its download failed ({error})", expected) from error
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if not digest.startswith(prefix):
        raise InputError(path, f"sha256 {digest[: len(prefix)]}...", f"{prefix}..., as in its name; delete it")
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state
