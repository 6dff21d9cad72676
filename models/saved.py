"""Checkpoints of our own: what they hold, and bytes that depend on nothing else."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.files import atomic_path, sha256
from vsodprep.models import build_model
from vsodprep.models.network import Network
from vsodprep.shards.read import Shard
from vsodprep.weights import read_state

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


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint written by `vsodprep train`, onto the CPU; no code in it is run.

    Raises:
        InputError: It is missing, damaged, or something else.
    """
    others = "predict takes the authors' weights with --official, others with --model and --recipe"
    expected = f"a checkpoint written by vsodprep train; {others}"
    try:
        value = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(path, "no such file", expected) from None
    except Exception as error:  # whatever unpickling a foreign file may raise
        raise InputError(path, f"cannot be read ({type(error).__name__})", expected) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError(path, "a file of torch, but no checkpoint of vsodprep", expected)
    return value


def adopt(path: Path, model: str, run: Run) -> dict[str, Any]:
    """Read weights of any make as `load` reads a checkpoint; how the flow was made that they are for is not known.

    Args:
        path: Whatever `read_state` reads.
        model: The network that they are of.
        run: The recipe: the network's variant, width and options, and what it reads.

    Raises:
        InputError: The file cannot be read.
    """
    return {"model": model, "recipe": run.model_dump(mode="json"), "weights": read_state(path), "flow": {}}


def digest(path: Path) -> str:
    """Return the SHA-256 of a checkpoint.

    Raises:
        InputError: There is none.
    """
    if not path.is_file():
        raise InputError(path, "no such file", "a checkpoint")
    return sha256(path)


def data_record(name: str, shard: Shard) -> dict[str, Any]:
    """Return what a checkpoint says about a shard: hashes of manifest and content, what was packed, and its sizes."""
    sizes = {"video_size": shard.video_size, "still_size": shard.still_size}
    manifest = json.dumps(shard.manifest_json, sort_keys=True, separators=(",", ":")).encode()
    return {
        "benchmark": name,
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "content_sha256": shard.digest(),
        "contents": {kind: list(names) for kind, names in shard.contents.items()},
        **{key: list(size) for key, size in sizes.items() if size is not None},
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
        InputError: They are another network's, or of a version that gave it other channels or layers; names some.
    """
    inherited = _inherited(network, checkpoint["weights"])
    if inherited.left or inherited.unused:
        model, width = checkpoint["model"], checkpoint["recipe"]["width"]
        found = f"not the weights that {model} has at width {width} ({inherited})"
        raise InputError(path, found, "one trained by this version of vsodprep")
    network.load_state_dict(checkpoint["weights"])


class Inherited(NamedTuple):
    """Which of a network's tensors came from a file.

    Attributes:
        found: Those that did.
        left: Those that stay as they were.
        unused: Those of the file that the network has not, or has in another shape.
    """

    found: tuple[str, ...]
    left: tuple[str, ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        words = f"{len(self.found)} of {len(self.found) + len(self.left)} tensors"
        for what, names in (("not in it", self.left), ("not used", self.unused)):
            if names:
                words += f"; {what}: {', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''}"
        return words


def start_from(network: Network, path: Path) -> Inherited:
    """Start a network from the weights of another one, where their names and shapes agree.

    Args:
        network: The network, changed in place.
        path: Whatever `read_state` reads: a checkpoint of ours, or a state dict of any make.

    Returns:
        Which of its tensors were found.

    Raises:
        InputError: The file cannot be read, or nothing fits.
    """
    weights = network.inherit(read_state(path))
    inherited = _inherited(network, weights)
    if not inherited.found:
        raise InputError(path, "none of its weights fits", f"weights of a {type(network).__name__}")
    network.load_state_dict({key: weights[key] for key in inherited.found}, strict=False)
    return inherited


def _inherited(network: Network, weights: Mapping[str, Tensor]) -> Inherited:
    own = network.state_dict()
    found = tuple(key for key in own if key in weights and weights[key].shape == own[key].shape)
    return Inherited(found, *(tuple(key for key in of if key not in found) for of in (own, weights)))
