"""Loads the checkpoints that the authors of DS-Net and CAG-DDE released.

Their key names and shapes are visible in their public code (TJUMMG/DS-Net, sillymistake/CAG-DDE); a loaded network
behaves as that code does, which is the variant `code`.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from vsodprep.errors import InputError
from vsodprep.models import build_model
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


def rename(model: str, key: str) -> str:
    """Return our name of a parameter or buffer from the authors' name."""
    key = key.removeprefix("module.")
    for pattern, replacement in RULES[model]:
        key = re.sub(pattern, replacement, key, count=1)
    return key


def load_official(model: str, path: Path) -> Network:
    """Build a network with the weights and the behaviour of the authors' release.

    Args:
        model: `dsnet` or `cagdde`.
        path: The authors' file, a state dict as their code saves it; a `module.` prefix is allowed.

    Returns:
        The network in evaluation mode.

    Raises:
        InputError: No release is known for this network, or the file is not a state dict.
        VsodprepError: It is one of another network.
    """
    if model not in RULES:
        raise InputError("model", f"no released checkpoint is known of {model!r}", f"one of {', '.join(RULES)}")
    state = {rename(model, key): value for key, value in read_state(path).items()}
    with torch.device("meta"):
        network = build_model(model, "code")
    for key in network.state_dict():
        if key.endswith("num_batches_tracked"):  # files of torch before 0.4.1 have none
            state.setdefault(key, torch.tensor(0))
    load(network, state, f"{path}, read as {model}")
    return network.eval()
