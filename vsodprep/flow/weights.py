"""Weights of flow networks: by name from torch's cache, fetched once and checked, or from a file."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vsodprep.errors import InputError, VsodprepError
from vsodprep.weights import cache, fetch, hash_in


def find_weights(name: str, known: Mapping[str, str]) -> Path:
    """Return the file of some weights; fetch it if it is not there.

    Args:
        name: A file, or a key of `known`.
        known: Addresses by name. Where the file name ends in `-` and hexadecimal digits, they begin its SHA-256; an
            address without them is one from which nothing can be fetched unattended, and has the name after a `#`.

    Raises:
        InputError: There is no such file or name, or the file is not there and cannot be fetched: says what to fetch
            and where to put it.
    """
    if Path(name).is_file():
        return Path(name)
    names = {_file_name(url): key for key, url in known.items()}
    name = names.get(name, name)  # as the record of a stored flow has it
    if name not in known:
        raise InputError(f"weights {name!r}", "no such file or name", f"a file, or one of {', '.join(known)}")
    url = known[name]
    other = ", or its path given as weights"
    path = cache() / _file_name(url)
    if hash_in(path.name):
        return fetch(url, other)
    if not path.is_file():
        expected = f"{path.name} from {url.split('#')[0]}{other}"
        raise InputError(path, "not there, and its host offers no direct download", expected)
    return path


def _file_name(url: str) -> str:
    address, _, name = url.partition("#")
    return name or address.rsplit("/", 1)[-1]


def read_state(path: Path) -> dict[str, Tensor]:
    """Read the parameters in a checkpoint, plain or wrapped in `state_dict` or `model`; no code in it is run.

    Raises:
        InputError: The file holds no parameters, or something that only running its code could restore.
    """
    # What published checkpoints hold beside tensors: their command line, and scores as NumPy numbers.
    scalar = np.float64(0).__reduce__()[0]
    harmless: list[Any] = [argparse.Namespace, np.dtype, np.float64, type(np.dtype(np.float64)), scalar]
    try:
        with torch.serialization.safe_globals(harmless):
            value = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(path, "unreadable as weights", "a checkpoint of tensors saved by torch") from error
    for wrapper in ("state_dict", "model_state_dict", "model"):
        if isinstance(value, Mapping) and isinstance(value.get(wrapper), Mapping):
            value = value[wrapper]
    if not isinstance(value, Mapping) or not all(isinstance(tensor, Tensor) for tensor in value.values()) or not value:
        raise InputError(path, "no named tensors in it", "a checkpoint saved by torch")
    return {key.removeprefix("module."): tensor for key, tensor in value.items()}


def load(network: nn.Module, state: Mapping[str, Tensor], what: str) -> None:
    """Give parameters to a network, which may be on the `meta` device until then.

    Raises:
        VsodprepError: They are not this network's; names the first one that is missing, unknown or of another shape.
    """
    own = network.state_dict()
    for key, tensor in own.items():
        if key not in state:
            raise VsodprepError(f"{what}: no parameter {key}; these are another network's weights")
        if state[key].shape != tensor.shape:
            found, expected = (tuple(value.shape) for value in (state[key], tensor))
            raise VsodprepError(f"{what}: {key} has shape {found}, expected {expected}; another network's weights?")
    for key in state:
        if key not in own:
            raise VsodprepError(f"{what}: unknown parameter {key}; these are another network's weights")
    network.load_state_dict({key: tensor.to(own[key].dtype) for key, tensor in state.items()}, assign=True)
