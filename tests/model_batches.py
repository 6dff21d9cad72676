"""Generated batches for the networks' tests."""

from typing import Any

import torch


def make_batch(
    batch: int = 2, frames: int = 1, size: tuple[int, int] = (64, 64), seed: int = 0, videos: int = 1
) -> dict[str, Any]:
    """Return noise with bright ellipses, and their masks, in the form that `ClipDataset` gives.

    The flow picture, the superpixels and the priors show the same ellipses; every frame is annotated.
    """
    generator = torch.Generator().manual_seed(seed)
    H, W = size
    y = torch.arange(H).view(H, 1) / H
    x = torch.arange(W).view(1, W) / W
    centre = torch.rand(batch, 1, 2, generator=generator) * 0.4 + 0.3
    radius = torch.rand(batch, 1, 2, generator=generator) * 0.1 + 0.15
    step = (torch.rand(batch, 1, 2, generator=generator) - 0.5) * 0.05
    centre = centre + step * (torch.arange(frames).view(1, frames, 1) - frames + 1)
    distance = ((y - centre[..., 0, None, None]) / radius[..., 0, None, None]) ** 2
    distance = distance + ((x - centre[..., 1, None, None]) / radius[..., 1, None, None]) ** 2
    masks = (distance < 1).float()[:, :, None]
    noise = torch.randn(3, batch, frames, 3, H, W, generator=generator) * 0.3
    colour = torch.tensor([1.5, -0.5, 1.0]).view(3, 1, 1)
    tiles = (y * 12).long() * 12 + (x * 12).long()  # cut by the ellipses
    return {
        "frames": noise[0] + masks * colour,
        "flow": noise[1] + 1 - masks * colour,
        "prior": (masks * 0.8 + noise[2, :, :, :1] * 0.2).clamp(0, 1),
        "segments": (tiles + 144 * masks).long(),
        "contrast": (masks * 0.6 + noise[2, :, :, 1:2] * 0.3).clamp(0, 1),
        "masks": masks,
        "annotated": torch.ones(batch, frames, dtype=torch.bool),
        "weight": torch.ones(batch, frames),
        "video": torch.arange(batch) % videos,
        "still": torch.zeros(batch, dtype=torch.bool),
        "sequence": ["seq"] * batch,
        "frame_ids": [[f"{index:05d}" for index in range(frames)]] * batch,
        "size": [size] * batch,
    }


def with_classes(batch: dict[str, Any]) -> dict[str, Any]:
    """Return a batch that shows the ellipses as class 3 too, and of which the first row does not count."""
    classes = 3 * batch["masks"][:, :, 0].long()
    classes[..., 0, :] = 255
    return batch | {"classes": classes}
