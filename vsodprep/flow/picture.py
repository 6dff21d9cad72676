"""A flow as a colour picture: the wheel of Baker et al. (ICCV 2007), as two public tools draw it.

`raft` agrees bit by bit with `flow_viz` of princeton-vl/RAFT, `flownet2` with `flow_utils` of NVIDIA/flownet2-pytorch.
They differ in what they add to avoid a division by zero: a pixel at rest is white in the first and (255, 254, 254) in
the second, a picture without any motion white in the first and black in the second.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.flow import Camera, Flow
from vsodprep.config.methods import FLOW, Dialect, name_of
from vsodprep.flow.camera import background_motion

# Colours between two of the wheel's corners: red, yellow, green, cyan, blue, magenta.
_STEPS = (15, 6, 4, 11, 13, 6)
_CORNERS = ((255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255))
_UNKNOWN = 1e7  # FlowNet2's tools paint larger values black
_BLOCK = 1 << 14  # pixels worked on at a time, so that every intermediate stays in the cache


def colour_wheel() -> NDArray[np.uint8]:
    """Return the wheel's 55 colours, uint8 `(55, 3)` RGB."""
    colours = []
    for corner, steps in enumerate(_STEPS):
        start, end = (np.array(_CORNERS[(corner + k) % len(_CORNERS)]) for k in (0, 1))
        ramp = np.floor(255 * np.arange(steps) / steps)[:, None] * np.sign(end - start)
        colours.append(start + ramp)
    return np.concatenate(colours).astype(np.uint8)


_FROM = np.ascontiguousarray((colour_wheel() / 255.0).T)
_TO = np.roll(_FROM, -1, axis=1)
_COLOURS = _FROM.shape[1]


def colour(
    flow: NDArray[Any], maximum: float | None = None, dialect: Dialect = "raft", least_maximum: float = 0.0
) -> NDArray[np.uint8]:
    """Draw a flow with the Middlebury colour wheel.

    Args:
        flow: float32 or float64 `(H, W, 2)`, (u, v) in pixels.
        maximum: Length in pixels that gets a full colour, longer ones a darker one; the flow's own largest if None.
        dialect: `raft` or `flownet2`, whose picture it is bit by bit; in the second, values beyond 1e7 are black.
        least_maximum: Length in pixels; where the flow's own largest is shorter, this one gets the full colour.

    Returns:
        uint8 `(H, W, 3)` RGB.

    Raises:
        ValueError: The flow has another shape, or is NaN or infinite where the dialect does not allow it; the maximum
            is not above zero.
    """
    if flow.ndim != 3 or flow.shape[2] != 2:
        raise ValueError(f"flow of shape {flow.shape}, expected (H, W, 2)")
    if maximum is not None and not 0 < maximum < math.inf:
        raise ValueError(f"maximum of {maximum} pixels, expected a number above zero")
    kind = flow.dtype if flow.dtype in (np.float32, np.float64) else np.dtype(np.float32)
    u = np.array(flow[..., 0], dtype=kind, order="C").ravel()
    v = np.array(flow[..., 1], dtype=kind, order="C").ravel()
    unknown = None
    if dialect == "flownet2":
        unknown = (np.abs(u) > _UNKNOWN) | (np.abs(v) > _UNKNOWN)
        u[unknown] = v[unknown] = 0
    longest = np.sqrt(np.max(u * u + v * v, initial=0))
    if not math.isfinite(longest):
        raise ValueError("flow with NaN or infinite values")
    longest = max(longest, kind.type(least_maximum)) if maximum is None else kind.type(maximum)
    picture = np.empty((u.size, 3), np.uint8)
    if dialect == "flownet2" and longest == 0:
        picture[:] = 0
    else:
        for start in range(0, u.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            _draw(u[block], v[block], longest, dialect, picture[block])
    if unknown is not None:
        picture[unknown] = 0
    return picture.reshape(*flow.shape[:2], 3)


@dataclass(frozen=True)
class Picture:
    """How a block's flow is drawn.

    Attributes:
        dialect: Whose picture it is.
        maximum: Length in pixels that gets a full colour; each frame's own largest if None.
        least_maximum: The least length in pixels that then gets it.
        camera: Whether the camera's motion is drawn, or subtracted first.
    """

    dialect: Dialect = "raft"
    maximum: float | None = None
    least_maximum: float = 0.0
    camera: Camera = "kept"

    @property
    def record(self) -> dict[str, Any]:
        """What a file says of it; of the camera where its motion is subtracted."""
        return {key: value for key, value in asdict(self).items() if (key, value) != ("camera", "kept")}

    def shown(self, flow: NDArray[Any]) -> NDArray[Any]:
        """Return what is drawn of a flow, `(H, W, 2)` in pixels: all, or what is left without the camera's motion."""
        return flow - background_motion(flow) if self.camera == "subtracted" else flow

    def draw(self, flow: NDArray[Any]) -> NDArray[np.uint8]:
        """Draw a flow, `(H, W, 2)` in pixels, as uint8 `(H, W, 3)` RGB."""
        return colour(self.shown(flow), self.maximum, self.dialect, self.least_maximum)


def dialect_of(method: str) -> Dialect:
    """Return the dialect in which a method's own tools draw."""
    return next((known.dialect for name, known in FLOW.items() if name_of(name) == name_of(method)), "raft")


def drawing_of(block: Flow) -> Picture:
    """Return how a block's pictures are drawn; as the method's own tools do where it does not say."""
    return Picture(block.dialect or dialect_of(block.method), block.maximum, block.least_maximum, block.camera)


def recorded(attributes: Mapping[str, Any]) -> Picture:
    """Return how a stored flow is drawn, by the attributes of the file that it is from."""
    return Picture(**attributes.get("picture", {"dialect": dialect_of(attributes.get("method", ""))}))


def picture_of(flow: NDArray[Any], attributes: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Draw a stored flow as its block of the configuration says.

    Args:
        flow: float32 `(H, W, 2)` in pixels.
        attributes: The attributes of the file that it is from.

    Returns:
        uint8 `(H, W, 3)` RGB.
    """
    return recorded(attributes).draw(flow)


def _draw(u: NDArray[Any], v: NDArray[Any], longest: Any, dialect: Dialect, picture: NDArray[np.uint8]) -> None:
    """Draw a block of pixels; types and order of operations are the tools' own, because the result is rounded down."""
    if dialect == "raft":
        u, v = u / (longest + 1e-5), v / (longest + 1e-5)
    else:
        u, v = u / longest + np.finfo(float).eps, v / longest + np.finfo(float).eps
    radius = np.sqrt(u * u + v * v)
    place = np.arctan2(-v, -u)
    place /= np.pi
    place += 1
    place /= 2
    place *= _COLOURS - 1
    if dialect == "flownet2":
        place += 1
    whole = np.floor(place)
    index = whole.astype(np.intp)
    share = place.astype(np.float64)
    share -= whole
    if dialect == "flownet2":
        index -= 1
    rest = 1 - share
    radius = radius.astype(np.float64)
    beyond = np.flatnonzero(radius > 1)
    for channel in range(3):
        level = _FROM[channel].take(index)
        level *= rest
        following = _TO[channel].take(index)
        following *= share
        level += following
        dark = level[beyond] * 0.75
        np.subtract(1, level, out=level)
        level *= radius
        np.subtract(1, level, out=level)
        level[beyond] = dark
        level *= 255
        picture[:, channel] = level  # a cast to uint8 rounds down
