"""MDF's region features: a network on three windows (Li and Yu, CVPR 2015), each by itself or pooled from one map."""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray

from vsodprep.prior.frame import Picture, Windows
from vsodprep.prior.regions import boxes, outline
from vsodprep.prior.segmentation import Segmentation
from vsodprep.weights import find_weights, load, read_state

SIDE = 224  # px; torchvision's AlexNet, whose first layer is padded, gives 6 x 6 at 224 as Caffe's does at 227
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_WINDOWS_AT_ONCE = 48
POOLED_SIDE = 448  # px of the shorter side of the picture whose feature map is pooled
_RANDOM_SEED = 0

Box = tuple[int, int, int, int]


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


class Window(NamedTuple):
    """What a network sees of a picture for a region; equal windows look the same.

    Attributes:
        box: First row, row after the last, first column, column after the last.
        region: The region's box and its pixels there, or None where nothing is masked.
        rest: Whether the region is masked; all else is, if not.
    """

    box: Box
    region: tuple[Box, bytes] | None = None
    rest: bool = False


def windows(labels: NDArray[np.int32], count: int) -> list[tuple[Window, Window, Window]]:
    """Return the three windows of each region.

    The region's bounding box with all else masked; the bounding box of the region and the regions that touch it; the
    whole picture with the region masked.

    Args:
        labels: int32 `(H, W)`, 0..count-1, all of them used.
        count: Number of regions.
    """
    box, around, found = boxes(labels, count), surroundings(labels, count), []
    whole = (0, labels.shape[0], 0, labels.shape[1])
    for region in range(count):
        top, bottom, left, right = own = _box(box[region])
        shape = (own, (labels[top:bottom, left:right] == region).tobytes())
        found.append((Window(own, shape), Window(_box(around[region])), Window(whole, shape, rest=True)))
    return found


def _box(sides: NDArray[np.int64]) -> Box:
    top, bottom, left, right = sides.tolist()
    return top, bottom, left, right


def surroundings(labels: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Return the bounding boxes of each region and those that touch it, int64 `(count, 4)` as `boxes` gives them."""
    box, near = boxes(labels, count), (outline(labels, count).shared > 0) | np.eye(count, dtype=np.bool_)
    first = np.where(near[..., None], box[:, ::2], max(labels.shape)).min(axis=1)
    last = np.where(near[..., None], box[:, 1::2], 0).max(axis=1)
    return np.stack([first[:, 0], last[:, 0], first[:, 1], last[:, 1]], axis=1)


def normalised(picture: NDArray[np.uint8]) -> torch.Tensor:
    """Return a picture as ImageNet's networks read it, float32 `(3, H, W)`; the mean colour is 0."""
    mean, deviation = (torch.tensor(one).view(3, 1, 1) for one in (_MEAN, _DEVIATION))
    return (torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float() / 255 - mean) / deviation


def cut(image: torch.Tensor, window: Window) -> torch.Tensor:
    """Cut a window out of a picture; masked pixels get the mean colour.

    Args:
        image: float32 `(3, H, W)`, what `normalised` returned.
        window: The window.

    Returns:
        float32 `(3, 224, 224)`.
    """
    top, bottom, left, right = window.box
    part = image[:, top:bottom, left:right]
    if window.region is not None:
        (first, last, start, end), shape = window.region
        inside = torch.frombuffer(bytearray(shape), dtype=torch.bool).view(last - first, end - start)
        part = part.clone()  # all of the region is in the window's box
        part[:, first - top : last - top, start - left : end - left] *= inside != window.rest
    return torch.nn.functional.interpolate(part[None], (SIDE, SIDE), mode="bilinear", antialias=True)[0]


def extractor(network: torch.nn.Module, device: str = "cpu") -> Windows:
    """Return a function that describes regions by one forward pass for each window.

    Args:
        network: What `backbone` returned.
        device: Where it runs.

    Returns:
        Function of pictures, each with its segmentations, to float32 `(count, 12288)` of each of these, windows one
        after another. Levels share many regions, and regions their surroundings: each window of a picture is seen once.
    """
    layout: dict[str, Any] = {"device": device, "memory_format": torch.channels_last}
    network = network.to(**layout)

    def describe(pictures: Sequence[Picture]) -> list[tuple[NDArray[np.float32], ...]]:
        images = [normalised(picture) for picture, _ in pictures]
        wanted = [[windows(level.labels, level.regions) for level in levels] for _, levels in pictures]
        different = dict.fromkeys(
            (number, window) for number, levels in enumerate(wanted) for window in chain(*chain(*levels))
        )
        place = {key: index for index, key in enumerate(different)}
        with torch.inference_mode():
            parts = [
                network(torch.stack([cut(images[number], window) for number, window in batch]).to(**layout)).cpu()
                for batch in _batches(list(different))
            ]
        seen = torch.cat(parts).numpy()

        def rows(number: int, level: Sequence[tuple[Window, ...]]) -> NDArray[np.float32]:
            return seen[[[place[number, window] for window in three] for three in level]].reshape(len(level), -1)

        return [tuple(rows(number, level) for level in levels) for number, levels in enumerate(wanted)]

    return describe


def _batches(different: Sequence[tuple[int, Window]]) -> Iterator[Sequence[tuple[int, Window]]]:
    return (different[start : start + _WINDOWS_AT_ONCE] for start in range(0, len(different), _WINDOWS_AT_ONCE))


def pooler(network: torch.nn.Module, device: str = "cpu") -> Windows:
    """Return a function that describes regions by means over the picture's one feature map.

    The three windows are those of `windows`; each is cut in four, as in the segment stream of DCL (Li and Yu, CVPR
    2016), and what is masked does not count. A network's last convolution sees beyond a window, which a pass of its own
    would not.

    Args:
        network: What `backbone` returned; only its convolutions are used.
        device: Where it runs.

    Returns:
        Function of pictures, each with its segmentations, to float32 `(count, 12 * channels)` of each of these:
        windows, quarters of each, channels.
    """
    convolutions = network.get_submodule("features")[:-1].to(device)  # type: ignore[index]  # without the last pooling

    def pooled(picture: NDArray[np.uint8], levels: Sequence[Segmentation]) -> Iterator[NDArray[np.float32]]:
        height, width = picture.shape[:2]
        factor = POOLED_SIDE / min(height, width)
        size = (round(height * factor), round(width * factor))
        image = torch.nn.functional.interpolate(normalised(picture)[None], size, mode="bilinear", antialias=True)
        with torch.inference_mode():
            seen = convolutions(image.to(device))[0]
            cells = seen.flatten(1).T
            for level in levels:
                covered = torch.from_numpy(coverage(level.labels, level.regions, seen.shape[1:])).to(device)
                means = (covered @ cells) / covered.sum(dim=2, keepdim=True).clamp(min=1)
                yield means.flatten(1).cpu().numpy()

    return lambda pictures: [tuple(pooled(*each)) for each in pictures]


def coverage(labels: NDArray[np.int32], count: int, size: Sequence[int]) -> NDArray[np.float32]:
    """Count the pixels of each cell of a grid that belong to the quarters of the three windows of each region.

    Args:
        labels: int32 `(H, W)`, 0..count-1, all of them used.
        count: Number of regions.
        size: Rows and columns of the grid.

    Returns:
        float32 `(count, 12, rows * columns)`: windows, quarters (upper left, upper right, lower left, lower right).
    """
    rows, columns = (np.arange(side) * cells // side for side, cells in zip(labels.shape, size, strict=True))
    cell = rows[:, None] * size[1] + columns
    y, x = np.ogrid[: labels.shape[0], : labels.shape[1]]

    def counted(box: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count each region's pixels, by the quarters of a box of each."""
        middle_y, middle_x = (box[:, 0] + box[:, 1]) // 2, (box[:, 2] + box[:, 3]) // 2
        quarter = 2 * (y >= middle_y[labels]) + (x >= middle_x[labels])
        at = (labels.astype(np.int64) * 4 + quarter) * math.prod(size) + cell
        return np.bincount(at.ravel(), minlength=count * 4 * math.prod(size)).reshape(count, 4, -1)

    around, whole = surroundings(labels, count), np.array([[0, labels.shape[0], 0, labels.shape[1]]])
    halves = []
    for of_cell, cells, (first, last) in ((rows, size[0], (0, 1)), (columns, size[1], (2, 3))):
        # Pixels of each cell before a row or column.
        before = np.concatenate(
            [np.zeros((1, cells), np.int64), np.cumsum(np.eye(cells, dtype=np.int64)[of_cell], axis=0)]
        )
        start, end = around[:, first], around[:, last]
        middle = (start + end) // 2
        halves.append(np.stack([before[middle] - before[start], before[end] - before[middle]], axis=1))
    boxed = np.einsum("nir,njc->nijrc", *halves).reshape(count, 4, -1)
    own = counted(np.repeat(whole, count, axis=0))
    found = [counted(boxes(labels, count)), boxed, own.sum(axis=0) - own]
    return np.concatenate(found, axis=1).astype(np.float32)


DESCRIBED: dict[str, Callable[[torch.nn.Module, str], Windows]] = {"mdf": extractor, "roi": pooler}
