"""The colour picture of a stored flow."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.flow.picture import colour


def flow_picture(flow: NDArray[np.float32], attributes: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Colour a flow as the tool that made it does.

    Args:
        flow: float32 `(H, W, 2)` in pixels.
        attributes: The stored flow's attributes; `method` chooses FlowNet2's dialect.

    Returns:
        uint8 `(H, W, 3)` RGB, each frame with its own maximum.
    """
    return colour(flow, dialect="flownet2" if attributes.get("method") == "flownet2" else "raft")
