"""Features of superpixels, max pooled over three regions of each."""

import torch
from torch import Tensor
from torchvision.ops import roi_pool

GRID = 2  # cells of a region to each side
REGIONS = 3


def _scattered(labels: Tensor, values: Tensor, number: int, reduce: str) -> Tensor:
    """Return the least or greatest value of each label, (number,); what no label has is outside all values."""
    start = values.new_full((number,), values.numel() if reduce == "amin" else -1)
    return start.scatter_reduce(0, labels, values, reduce)


def _touching(labels: Tensor, number: int) -> Tensor:
    """Return which labels of (H, W) are neighbours, diagonally too, bool (number, number), the diagonal among them."""
    pairs = (
        (labels[:, :-1], labels[:, 1:]),
        (labels[:-1], labels[1:]),
        (labels[:-1, :-1], labels[1:, 1:]),
        (labels[:-1, 1:], labels[1:, :-1]),
    )
    places = torch.cat([(a * number + b).flatten() for a, b in pairs])
    found = torch.zeros(number * number, device=labels.device).scatter(0, places, 1.0).view(number, number)
    return (found + found.T + torch.eye(number, device=labels.device)) > 0


def pool_regions(features: Tensor, labels: Tensor, number: int) -> Tensor:
    """Describe every superpixel of an image by features of three regions, each max pooled over a grid of 2 x 2 cells.

    The regions are the superpixel itself, in its bounding box; the bounding box of it and its neighbours; and the whole
    image without it. A position of the features is a superpixel's if more than half of its pixels are. Where a cell has
    no position, its features are zero.

    Args:
        features: (C, h, w), not negative.
        labels: (H, W), int64 in 0..number-1; not every label need be used.
        number: How many superpixels are described.

    Returns:
        (number, 3 * C * 4).
    """
    channels, h, w = features.shape
    height, width = labels.shape
    rows = (torch.arange(height, device=labels.device) * h // height)[:, None].expand(height, width)
    columns = (torch.arange(width, device=labels.device) * w // width)[None].expand(height, width)
    cells, flat = (rows * w + columns).flatten(), labels.flatten()

    # which superpixel each position of the features belongs to; `number` stands for none
    counts = features.new_zeros(number * h * w).scatter_add(0, flat * (h * w) + cells, features.new_ones(cells.shape))
    most, owner = counts.view(number, h * w).max(0)
    pixels = features.new_zeros(h * w).scatter_add(0, cells, features.new_ones(cells.shape))
    owner = torch.where(2 * most > pixels, owner, number)

    # bounding boxes, in positions of the features
    top, bottom = (_scattered(flat, rows.flatten(), number, how) for how in ("amin", "amax"))
    left, right = (_scattered(flat, columns.flatten(), number, how) for how in ("amin", "amax"))
    touching = _touching(labels, number)
    first = [torch.where(touching, side, side.new_tensor(height * width)).amin(1) for side in (left, top)]
    last = [torch.where(touching, side, side.new_tensor(-1)).amax(1) for side in (right, bottom)]

    values = features.flatten(1).T  # (h w, C)
    y = torch.arange(h, device=labels.device).repeat_interleave(w)
    x = torch.arange(w, device=labels.device).repeat(h)

    def pooled(lower: Tensor, further: Tensor) -> Tensor:
        """Return the greatest values of each owner's positions in each of four cells, (number + 1, 4, C)."""
        places = (owner * GRID + lower.long()) * GRID + further.long()
        start = values.new_zeros((number + 1) * GRID**2, channels)
        return start.scatter_reduce(0, places[:, None].expand(-1, channels), values, "amax").unflatten(0, (-1, GRID**2))

    known = owner.clamp(max=number - 1)
    own = pooled(2 * y > (top + bottom)[known], 2 * x > (left + right)[known])[:number]
    boxes = torch.stack([*first, *last], dim=1).to(features.dtype)
    near = roi_pool(features[None], [boxes], GRID).flatten(2).transpose(1, 2)  # (number, 4, C)
    quarters = pooled(2 * y > h - 1, 2 * x > w - 1)
    (greatest, second), (leader, _) = quarters.topk(2, dim=0)
    others = torch.arange(number, device=labels.device)[:, None, None]
    far = torch.where(leader == others, second, greatest)
    return torch.stack([own, near, far], dim=1).flatten(1)
