"""Key names and shapes of the released checkpoints of DS-Net and CAG-DDE, and weights to fill them with."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
import torch
import torchvision

Shapes = dict[str, tuple[int, ...]]


def _norm(name: str, channels: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for key in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{key}", (channels,)
    yield f"{name}.num_batches_tracked", ()


def _conv(name: str, shape: tuple[int, ...], bias: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", shape
    if bias:
        yield f"{name}.bias", shape[:1]


def _conv_norm(
    conv: str, norm: str, shape: tuple[int, ...], bias: bool = False
) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _conv(conv, shape, bias)
    yield from _norm(norm, shape[0])


def _resnet(name: str, prefix: str = "") -> Iterator[tuple[str, tuple[int, ...]]]:
    with torch.device("meta"):
        state = torchvision.models.get_model(name).state_dict()
    yield from ((f"{prefix}{key}", tuple(value.shape)) for key, value in state.items() if not key.startswith("fc."))


def _aspp(prefix: str, channels: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for index, kernel in enumerate((1, 3, 3, 3), start=1):
        name = f"{prefix}.aspp{index}"
        yield from _conv_norm(f"{name}.atrous_convolution", f"{name}.bn", (256, channels, kernel, kernel))
    yield from _conv_norm(f"{prefix}.global_avg_pool.1", f"{prefix}.global_avg_pool.2", (256, channels, 1, 1))
    yield from _conv_norm(f"{prefix}.conv1", f"{prefix}.bn1", (256, 1280, 1, 1))


def dsnet() -> Shapes:
    keys: list[tuple[str, tuple[int, ...]]] = []
    for bone in ("ImageBone", "FlowBone"):
        keys += _resnet("resnet34", f"{bone}.backbone_features.")
        keys += _aspp(f"{bone}.aspp", 512)
        for index in (0, 3):
            keys += _conv_norm(f"{bone}.last_conv.{index}", f"{bone}.last_conv.{index + 1}", (256, 256, 3, 3))
        keys += _conv(f"{bone}.last_conv.6", (1, 256, 1, 1), bias=True)
    for branch in "if":
        for level, channels, kernel in (("1", 64, 3), ("2", 128, 3), ("3", 256, 5), ("4", 512, 7), ("aspp", 256, 3)):
            name = f"conv{level}_{branch}"
            keys += _conv_norm(f"{name}.0", f"{name}.1", (64, channels, kernel, kernel), bias=True)
        keys += _conv_norm(f"convp_{branch}.0", f"convp_{branch}.1", (5, 320, 3, 3), bias=True)
    for level, channels, out, kernel in (
        ("1", 64, 64, 3),
        ("2", 128, 64, 3),
        ("3", 256, 128, 5),
        ("4", 512, 256, 7),
        ("aspp", 256, 512, 3),
    ):
        for index, outer in ((0, channels), (3, channels), (6, out)):
            shape = (outer, channels, kernel, kernel)
            keys += _conv_norm(f"block{level}.{index}", f"block{level}.{index + 1}", shape, bias=True)
    for index in (0, 3):
        keys += _conv_norm(f"last_conv.{index}", f"last_conv.{index + 1}", (64, 64, 3, 3), bias=True)
    keys += _conv("last_conv.6", (1, 64, 3, 3), bias=True)
    return dict(keys)


def cagdde() -> Shapes:
    keys = [*_resnet("resnet101"), *_aspp("aspp", 256)]
    for level, (wide, narrow) in enumerate(((64, 48), (256, 48), (512, 48), (1024, 48), (2048, 256)), start=1):
        half = narrow // 2
        keys += _conv_norm(f"skipblock{level}.conv", f"skipblock{level}.bn", (narrow, wide, 1, 1))
        keys += _conv(f"pred{level}.seg.0", (half, narrow, 3, 3), bias=False)
        keys += _conv(f"pred{level}.seg.2", (half, half, 3, 3), bias=False)
        keys += _conv(f"pred{level}.seg.4", (1, half, 1, 1), bias=True)
        keys += _conv(f"pred{level}.fcn.0", (narrow, narrow + 1, 3, 3), bias=False)
        keys += _conv(f"pred{level}.fcn.2", (half, narrow, 3, 3), bias=False)
        keys += _conv(f"pred{level}.fcn.4", (1, half, 3, 3), bias=False)
        for side in (1, 2):
            keys += _conv(f"adp{level}.conv{side}.0", (narrow, narrow, 3, 3), bias=False)
            keys += [(f"adp{level}.conv{side}.1.weight", (1,))]
        keys += _conv(f"adp{level}.fusion", (narrow, 2 * narrow, 1, 1), bias=True)
    for name, channels in (
        ("refine4.conv", 512),
        ("refine3.conv", 304),
        ("refine2.conv", 304),
        ("refine1.conv", 304),
        ("last_conv", 304),
    ):
        keys += _conv_norm(f"{name}.0", f"{name}.1", (256, channels, 3, 3))
        keys += _conv_norm(f"{name}.3", f"{name}.4", (256, 256, 3, 3))
    keys += _conv("last_conv.6", (1, 256, 1, 1), bias=True)
    return dict(keys)


SHAPES = {"dsnet": dsnet, "cagdde": cagdde}


def digest(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """SHA-256 of the sorted lines `key shape`, so that the list need not be kept."""
    lines = sorted(f"{key} {tuple(shape)}" for key, shape in shapes.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fill(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Give every tensor values that depend on its name alone, and keep the activations' size from layer to layer."""
    state = {}
    for key, shape in shapes.items():
        generator = np.random.default_rng(zlib.crc32(key.encode()))
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(0)
            continue
        values = torch.from_numpy(generator.standard_normal(shape, dtype=np.float32))
        if len(shape) == 4:
            values *= (1 / np.prod(shape[1:])) ** 0.5
        elif key.endswith("running_var"):
            values = 1 + values.abs() / 2
        elif key.endswith("weight"):
            values = 1 + values * 0.2
        else:
            values *= 0.3
        state[key] = values
    return state


def pictures(size: tuple[int, int] = (64, 96)) -> tuple[torch.Tensor, torch.Tensor]:
    """A frame and a flow picture, (2, 3, H, W) each."""
    values = np.random.default_rng(0).standard_normal((2, 2, 3, *size), dtype=np.float32)
    frame, flow = torch.from_numpy(values)
    return frame, flow


def probe(logits: torch.Tensor) -> list[float]:
    """The mean, the deviation and four pixels of each sample of logits (2, 1, H, W)."""
    flat = logits.flatten(1)
    places = torch.linspace(0, flat.shape[1] - 1, 4).long()
    return torch.cat([flat.mean(1), flat.std(1), flat[:, places].flatten()]).tolist()
