"""Gaussian filtering of one channel on the permutohedral lattice, by torch: on a graphics card, or on the CPU."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vsodprep.crf.lattice import scales, strides


@dataclass(frozen=True)
class TorchLattice:
    """What `vsodprep.crf.lattice.Lattice` is, as tensors of one device; sums have a fixed order there too.

    Attributes:
        points: int64 `(d + 1, n)`, corners of the simplex that each pixel lies in; point 0 is none.
        weights: float32 `(d + 1, n)`, barycentric.
        neighbours: int64 `(d + 1, 2, m)`, points before and after each along each axis, 0 where there is none.
        given: int64 `((d + 1) * n,)`, places in `weights` by the point that they give to.
        lengths: int64 `(m,)`, how many give to each point.
    """

    points: Tensor
    weights: Tensor
    neighbours: Tensor
    given: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, features: Tensor) -> "TorchLattice":
        """Lay a lattice over pixels.

        Args:
            features: float32 `(d, n)`, in standard deviations of the kernel.

        Raises:
            InputError: The kernel is too narrow.
        """
        d, corners, device = len(features), len(features) + 1, features.device
        low, high = (end.cpu().double().numpy() for end in (features.amin(dim=1), features.amax(dim=1)))
        factors = torch.from_numpy(strides(low, high)).to(device)
        scaled = features * torch.tensor(scales(d), device=device)[:, None]
        rest = torch.cat([scaled, torch.zeros_like(scaled[:1])]).flip(0).cumsum(0).flip(0)
        rest[1:] -= torch.arange(1, corners, device=device)[:, None] * scaled
        # The nearest point of remainder 0, and how far each coordinate is from it.
        whole = torch.floor(rest / corners + 0.5)
        rest -= whole * corners
        axes = torch.argsort(rest, dim=0, descending=True, stable=True)
        place = torch.argsort(axes, dim=0) + whole.sum(dim=0).long()
        moved = corners * ((place < 0).long() - (place > d).long())
        place += moved
        rest = torch.empty_like(rest).scatter_(0, place, rest - moved)
        factor = torch.empty_like(place).scatter_(0, place, factors[:, None].expand_as(place))
        key = (factors[:, None] * (whole.long() * corners + moved)).sum(dim=0)
        keys = key + torch.cat([torch.zeros_like(place[:1]), factors.sum() - corners * factor.flip(0)[:d]]).cumsum(0)
        weights = torch.cat([1 + (rest[d:] - rest[:1]) / corners, (rest[:d] - rest[1:]).flip(0) / corners])
        found, points = torch.unique(keys, return_inverse=True)
        return cls(
            points + 1,
            weights,
            torch.stack([_shifted(found, corners * factor - factors.sum()) for factor in factors]),
            torch.argsort(points.flatten(), stable=True),
            torch.bincount(points.flatten()),
        )

    def filter(self, values: Tensor) -> Tensor:
        """Filter float32 `(n,)` by the kernel, up to a constant factor."""
        given = (self.weights * values).flatten()[self.given]
        blurred = torch.segment_reduce(given, "sum", lengths=self.lengths, unsafe=True)
        for axis in self.neighbours:
            before = torch.cat([torch.zeros_like(blurred[:1]), blurred])
            blurred = blurred + 0.5 * before[axis].sum(dim=0)
        return (self.weights * torch.cat([torch.zeros_like(blurred[:1]), blurred])[self.points]).sum(dim=0)


def _shifted(keys: Tensor, step: Tensor) -> Tensor:
    """Return the points a step before and after each, int64 `(2, m)`, 0 where there is none."""
    wanted = torch.stack([keys - step, keys + step])
    place = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
    return torch.where(keys[place] == wanted, place + 1, 0)
