"""Loads the checkpoints that the authors of DS-Net and CAG-DDE released.

Their key names and shapes are visible in their public code (TJUMMG/DS-Net, sillymistake/CAG-DDE); a loaded network
behaves as that code does, which is the variant `code`.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from vsodprep.config.train import Run
from vsodprep.errors import InputError, expected_one
from vsodprep.models import build_model, saved
from vsodprep.models.network import Network
from vsodprep.weights import load, read_state

Rule = tuple[str, str | Callable[[re.Match[str]], str]]


def _flat(target: str, last_is_bare: bool = False) -> Callable[[re.Match[str]], str]:
    """Map an index into a flat (convolution, normalisation, ReLU, ...) sequence to block and position in the block."""

    def replace(match: re.Match[str]) -> str:
        block, position = divmod(int(match["index"]), 3)
        name = match.expand(target)
        return f"{name}.{block}." if last_is_bare and block == 2 else f"{name}.{block}.{position}."

    return replace


def _level(match: re.Match[str]) -> str:
    branch = "spatial" if match["branch"] == "i" else "temporal"
    level = 4 if match["level"] == "aspp" else int(match["level"]) - 1
    return f"{branch}_weights.levels.{level}."


def _aggregation(match: re.Match[str]) -> str:
    first = 0 if match["level"] == "aspp" else 5 - int(match["level"])
    block, position = divmod(int(match["index"]), 3)
    return f"aggregation.blocks.{first}.{block}.{position}."


def _refine(match: re.Match[str]) -> str:
    block, position = divmod(int(match["index"]), 3)
    return f"decoder.refine.{4 - int(match['level'])}.{block}.{position}."


_ASPP: list[Rule] = [
    (r"\baspp\.aspp(\d)\.", lambda match: f"aspp.branches.{int(match[1]) - 1}."),
    (r"\.atrous_convolution\.", ".0."),
    (r"\bbranches\.(\d)\.bn\.", r"branches.\1.1."),
    (r"\baspp\.global_avg_pool\.(\d)\.", lambda match: f"aspp.pool.{int(match[1]) - 1}."),
    (r"\baspp\.conv1\.", "aspp.project.0."),
    (r"\baspp\.bn1\.", "aspp.project.1."),
]

# Applied in turn; each pattern meets the key as the rules before it left it.
RULES: Mapping[str, list[Rule]] = {
    "dsnet": [
        (r"^ImageBone\.", "spatial."),
        (r"^FlowBone\.", "temporal."),
        (r"\.backbone_features\.", ".backbone."),
        *_ASPP,
        (r"^(?P<name>spatial|temporal)\.last_conv\.(?P<index>\d)\.", _flat(r"\g<name>.head", last_is_bare=True)),
        (r"^last_conv\.(?P<index>\d)\.", _flat("head", last_is_bare=True)),
        (r"^convp_i\.", "spatial_weights.reduction."),
        (r"^convp_f\.", "temporal_weights.reduction."),
        (r"^conv(?P<level>\d|aspp)_(?P<branch>[if])\.", _level),
        (r"^block(?P<level>\d|aspp)\.(?P<index>\d)\.", _aggregation),
    ],
    "cagdde": [
        (r"^(?=(conv1|bn1|layer\d)\.)", "encoder."),
        (r"^skipblock(\d)\.conv\.", lambda match: f"reductions.{int(match[1]) - 1}.0."),
        (r"^skipblock(\d)\.bn\.", lambda match: f"reductions.{int(match[1]) - 1}.1."),
        (r"^pred(\d)\.seg\.", lambda match: f"gates.{int(match[1]) - 1}.segmentation."),
        (r"^pred(\d)\.fcn\.", lambda match: f"gates.{int(match[1]) - 1}.score."),
        (r"^adp(\d)\.", lambda match: f"fusions.{int(match[1]) - 1}."),
        (r"^(fusions\.\d)\.conv1\.", r"\1.enhance_frame."),
        (r"^(fusions\.\d)\.conv2\.", r"\1.enhance_flow."),
        (r"\.enhance_(frame|flow)\.0\.", r".enhance_\1.conv."),
        (r"\.enhance_(frame|flow)\.1\.", r".enhance_\1.activation."),
        *_ASPP,
        (r"^aspp\.", "decoder.aspp."),
        (r"^refine(?P<level>\d)\.conv\.(?P<index>\d)\.", _refine),
        (r"^last_conv\.6\.", "decoder.predict."),
        (r"^last_conv\.(?P<index>\d)\.", _flat("decoder.refine.4")),
    ],
}

# How a layer is called in one release and in no other.
_SIGNS = {"dsnet": "ImageBone.", "cagdde": "skipblock1."}


def rename(model: str, key: str) -> str:
    """Return our name of a parameter or buffer from the authors' name."""
    key = key.removeprefix("module.")
    for pattern, replacement in RULES[model]:
        key = re.sub(pattern, replacement, key, count=1)
    return key


def recognise(path: Path) -> str:
    """Return the name of the network that released weights are of, told by how its authors call the layers.

    Raises:
        InputError: The file is not a state dict, or of no network whose release is known.
    """
    keys = read_state(path)
    for model, sign in _SIGNS.items():
        if any(key.startswith(sign) for key in keys):
            return model
    raise InputError(
        path,
        "weights of a network whose release vsodprep does not know",
        f"the weights released for {' or '.join(_SIGNS)}",
    )


def load_official(model: str, path: Path, variant: str = "code", **overrides: Any) -> Network:
    """Build a network with the weights and the behaviour of the authors' release.

    Args:
        model: `dsnet` or `cagdde`.
        path: The authors' file, a state dict as their code saves it; a `module.` prefix is allowed.
        variant: Another variant, if it has the same layers.
        **overrides: Options of the network, over those of the variant.

    Returns:
        The network in evaluation mode.

    Raises:
        InputError: No release is known for this network, or the file is not a state dict.
        VsodprepError: It is one of another network.
    """
    if model not in RULES:
        raise InputError("model", f"no released checkpoint is known of {model!r}", expected_one(model, RULES))
    state = {rename(model, key): value for key, value in read_state(path).items()}
    with torch.device("meta"):
        network = build_model(model, variant, **overrides)
    for key in network.state_dict():
        if key.endswith("num_batches_tracked"):  # files of torch before 0.4.1 have none
            state.setdefault(key, torch.tensor(0))
    load(network, state, f"{path}, read as {model}")
    return network.eval()


def adopt(path: Path, model: str, run: Run, flow: Mapping[str, Any]) -> dict[str, Any]:
    """Read released weights as a checkpoint of ours.

    Args:
        path: The authors' file.
        model: The network that it is of.
        run: How the network is used.
        flow: Settings of the flow that it has learned to read.

    Returns:
        The same as `saved.load`.

    Raises:
        InputError: See `load_official`.
    """
    network = load_official(model, path, run.variant, **run.options)
    origin = {"format": saved.FORMAT, "model": model, "recipe": run.model_dump(mode="json"), "seed": 0, "data": []}
    return {**origin, "flow": {**flow, "policy": {}}, "weights": network.state_dict()}
