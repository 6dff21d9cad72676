"""MDF's region features: a network's last hidden layer on three windows (Li and Yu, CVPR 2015)."""

import hashlib

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray

from vsodprep.prior.frame import Windows
from vsodprep.prior.regions import boxes, outline
from vsodprep.weights import find_weights, load, read_state

SIDE = 224  # px; torchvision's AlexNet, whose first layer is padded, gives 6 x 6 at 224 as Caffe's does at 227
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_REGIONS_AT_ONCE = 16
_RANDOM_SEED = 0


def backbone(name: str, weights: str) -> torch.nn.Module:
    """Return a network up to its last hidden layer (fc7, after ReLU), 4,096 numbers, for inference.

    Args:
        name: `alexnet` or `vgg16`.
        weights: `random` (seeded, for tests), the name of torchvision's weights (fetched once and checked against the
            hash in their name), or a file with a state dict.

    Raises:
        InputError: There are no such weights.
        VsodprepError: The weights are another network's.
    """
    if weights == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_RANDOM_SEED)
            network = getattr(torchvision.models, name)(weights=None)
    else:
        published = torchvision.models.get_model_weights(name).__members__.items()
        state = read_state(find_weights(weights, {key: each.url for key, each in published}))
        with torch.device("meta"):  # nothing is drawn at random only to be overwritten
            network = getattr(torchvision.models, name)(weights=None)
        load(network, state, weights)
    network.classifier = network.classifier[:6]
    return network.eval().requires_grad_(False)


def parameters_sha256(network: torch.nn.Module) -> str:
    """Hash a network's parameters, whatever file they came from."""
    digest = hashlib.sha256()
    for key, value in sorted(network.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def windows(picture: NDArray[np.uint8], labels: NDArray[np.int32], count: int) -> torch.Tensor:
    """Cut out the three windows of each region.

    The region's bounding box with all else masked; the bounding box of the region and the regions that touch it; the
    whole picture with the region masked. Masked pixels get the mean colour, which is 0 here.

    Args:
        picture: uint8 `(H, W, 3)` RGB.
        labels: int32 `(H, W)`, 0..count-1, all of them used.
        count: Number of regions.

    Returns:
        float32 `(count, 3, 3, 224, 224)`: regions, windows, channels, rows, columns.
    """
    mean, deviation = (torch.tensor(one).view(3, 1, 1) for one in (_MEAN, _DEVIATION))
    image = (torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float() / 255 - mean) / deviation
    regions = torch.from_numpy(labels.astype(np.int64))
    box = boxes(labels, count)
    touching = outline(labels, count).shared > 0
    cut = torch.empty(count, 3, 3, SIDE, SIDE)
    for region in range(count):
        inside = regions == region
        near = box[np.append(np.flatnonzero(touching[region]), region)]
        around = (near[:, 0].min(), near[:, 1].max(), near[:, 2].min(), near[:, 3].max())
        cut[region, 0] = _resized(image * inside, box[region])
        cut[region, 1] = _resized(image, around)
        cut[region, 2] = _resized(image * ~inside, (0, labels.shape[0], 0, labels.shape[1]))
    return cut


def _resized(image: torch.Tensor, box: NDArray[np.int64] | tuple[int, int, int, int]) -> torch.Tensor:
    top, bottom, left, right = (int(side) for side in box)
    window = image[:, top:bottom, left:right]
    return torch.nn.functional.interpolate(window[None], (SIDE, SIDE), mode="bilinear", antialias=True)[0]


def extractor(network: torch.nn.Module, device: str = "cpu") -> Windows:
    """Return a function that describes regions by a network.

    Args:
        network: What `backbone` returned.
        device: Where it runs.

    Returns:
        Function of picture, labels and number of regions to float32 `(count, 12288)`, windows one after another.
    """
    network = network.to(device)

    def describe(picture: NDArray[np.uint8], labels: NDArray[np.int32], count: int) -> NDArray[np.float32]:
        cut = windows(picture, labels, count)
        with torch.inference_mode():
            parts = [network(part.flatten(0, 1).to(device)).cpu() for part in cut.split(_REGIONS_AT_ONCE)]
        return np.asarray(torch.cat(parts).view(count, -1).numpy(), dtype=np.float32)

    return describe
