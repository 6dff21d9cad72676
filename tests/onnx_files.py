"""Small ONNX networks, whose maps anybody can tell."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_channels(
    path: Path,
    size: Sequence[int | str] = ("H", "W"),
    channels: Sequence[int] = (0,),
    element: int = TensorProto.FLOAT,
    apart: str | None = None,
    batch: int | str = 1,
) -> Path:
    """Write a network whose outputs are single channels of its input.

    Args:
        path: The file.
        size: Height and width of the input; names where they are free.
        channels: The channel that each output is: 0, 1 or 2.
        element: The type of its numbers.
        apart: Name of a file beside it that holds its constants.
        batch: How many frames it reads together, or a name where that is free.
    """
    nodes, outputs, constants = [], [], []
    for number, channel in enumerate(channels):
        constants.append(numpy_helper.from_array(np.array([channel], np.int64), f"channel{number}"))
        nodes.append(helper.make_node("Gather", ["input", f"channel{number}"], [f"map{number}"], axis=1))
        outputs.append(helper.make_tensor_value_info(f"map{number}", element, [batch, 1, *size]))
    given = [helper.make_tensor_value_info("input", element, [batch, 3, *size])]
    graph = helper.make_graph(nodes, "channels", given, outputs, constants)
    # the oldest format that has all of it, which every onnxruntime reads
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(model, path, save_as_external_data=apart is not None, location=apart, size_threshold=0)
    return path
