"""Checkpoints of our own: what they hold, and bytes that depend on nothing else."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.files import atomic_path, sha256
from vsodprep.models import build_model
from vsodprep.models.network import Network
from vsodprep.shards.read import Shard

FORMAT = "vsodprep checkpoint 1"


def canonical(value: Any) -> Any:
    """Rebuild a value from parts of its own.

    Pickle writes an object that occurs twice by reference, and a tensor with its whole storage and its strides; what
    has been saved and loaded shares less than what has just been computed. Rebuilt, both give the same bytes.
    """
    if isinstance(value, Tensor):
        return value.detach().cpu().clone(memory_format=torch.contiguous_format)
    if isinstance(value, Mapping):
        return {canonical(key): canonical(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [canonical(item) for item in value]
    if isinstance(value, str):
        return "".join(list(value))
    return value


def save(path: Path, checkpoint: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically; the same content gives the same bytes under any name."""
    buffer = io.BytesIO()  # saved to a path, torch would put the file's name into it
    torch.save(canonical(checkpoint), buffer)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def read(path: Path, expected: str) -> Any:
    """Read what torch has saved, onto the CPU; no code in it is run.

    Args:
        path: The file.
        expected: What the file should be, for the error.

    Raises:
        InputError: It is missing or damaged.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(path, "no such file", expected) from None
    except Exception as error:  # whatever unpickling a foreign file may raise
        raise InputError(path, f"cannot be read ({type(error).__name__})", expected) from error


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint written by `vsodprep train`, onto the CPU.

    Raises:
        InputError: It is missing, damaged, or something else.
    """
    expected = "a checkpoint written by vsodprep train"
    value = read(path, expected)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError(path, "something else", expected)
    return value


def digest(path: Path) -> str:
    """Return the SHA-256 of a checkpoint.

    Raises:
        InputError: There is none.
    """
    if not path.is_file():
        raise InputError(path, "no such file", "a checkpoint")
    return sha256(path)


def data_record(name: str, shard: Shard) -> dict[str, Any]:
    """Return what a checkpoint says about a shard: the manifest's hash, and what was packed beside it."""
    manifest = json.dumps(shard.manifest_json, sort_keys=True, separators=(",", ":")).encode()
    return {
        "benchmark": name,
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "contents": {kind: list(names) for kind, names in shard.contents.items()},
    }


def network_of(checkpoint: Mapping[str, Any], path: Path) -> Network:
    """Build the network of a checkpoint, with its weights, in evaluation mode.

    Args:
        checkpoint: What `load` has read.
        path: Its file, to name if it does not fit.

    Raises:
        InputError: See `restore`.
    """
    run = Run.model_validate(checkpoint["recipe"])
    network = build_model(checkpoint["model"], run.variant, width=run.width, **run.options)
    restore(network, checkpoint, path)
    return network.eval()


def restore(network: Network, checkpoint: Mapping[str, Any], path: Path) -> None:
    """Give a network the weights of a checkpoint.

    Args:
        network: The network, changed in place.
        checkpoint: What `load` has read.
        path: Its file, to name if it does not fit.

    Raises:
        InputError: They are of a version that gave the network other channels or layers.
    """
    try:
        network.load_state_dict(checkpoint["weights"])
    except RuntimeError as error:
        model, width = checkpoint["model"], checkpoint["recipe"]["width"]
        found = f"not the weights that {model} has at width {width}"
        raise InputError(path, found, "one trained by this version of vsodprep") from error


def start_from(network: Network, path: Path) -> tuple[int, int]:
    """Start a network from the weights of another one, where their names and shapes agree.

    Args:
        network: The network, changed in place.
        path: A checkpoint of ours, or a plain state dict.

    Returns:
        How many of its tensors were found, and how many it has.

    Raises:
        InputError: The file cannot be read, or nothing fits.
    """
    value = read(path, "a checkpoint")
    weights = value.get("weights", value) if isinstance(value, dict) else {}
    weights = network.inherit(weights)
    own = network.state_dict()
    found = {key: weights[key] for key in own if key in weights and weights[key].shape == own[key].shape}
    if not found:
        raise InputError(path, "no weight that fits", f"weights of a {type(network).__name__}")
    network.load_state_dict(found, strict=False)
    return len(found), len(own)
