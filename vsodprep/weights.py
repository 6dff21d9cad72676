"""Weights of networks: by name from torch's cache, fetched once and checked by hash each time, or from a file.

Which ones are published can be told without torch.
"""

import argparse
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vsodprep.errors import InputError, VsodprepError, expected_one
from vsodprep.files import sha256

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Weights:
    """A file of published weights.

    Attributes:
        file: Its name.
        mebibytes: Its size.
        address: Where it is; empty where torchvision knows.
    """

    file: str
    mebibytes: float
    address: str = ""

    @property
    def url(self) -> str:
        """The address as `fetch` and errors have it: with the name behind a `#` where it does not end in it."""
        return self.address if self.address.endswith(self.file) else f"{self.address}#{self.file}"

    @property
    def by_hand(self) -> bool:
        """Whether only a person can fetch it: nothing is fetched unattended that no hash in its name verifies."""
        return hash_in(self.file) is None


_RAFT = {
    **{
        f"Raft_Large_Weights.{name}": Weights(f"raft_large_{name}-{digits}.pth", 20.129)
        for name, digits in (
            ("C_T_V1", "22a6c225"),
            ("C_T_V2", "1bb1363a"),
            ("C_T_SKHT_V1", "0b8c9e55"),
            ("C_T_SKHT_V2", "ff5fadd5"),
            ("C_T_SKHT_K_V1", "4a6a5039"),
            ("C_T_SKHT_K_V2", "b5c70766"),
        )
    },
    "Raft_Small_Weights.C_T_V1": Weights("raft_small_C_T_V1-ad48884c.pth", 3.821),
    "Raft_Small_Weights.C_T_V2": Weights("raft_small_C_T_V2-01064c6d.pth", 3.821),
}
_ALEXNET = Weights("alexnet-owt-7be5be79.pth", 233.087)
_VGG16 = Weights("vgg16-397923af.pth", 527.796)

# By network and name; the first of a network is its default. A plan reads it, which must not import torchvision.
PUBLISHED: Mapping[str, Mapping[str, Weights]] = {
    "raft": {
        "large": _RAFT["Raft_Large_Weights.C_T_SKHT_V2"],
        "small": _RAFT["Raft_Small_Weights.C_T_V2"],
        **_RAFT,
    },
    # Neither host publishes a SHA-256; the second address has its first digits in the file name. Sizes by parameters.
    "flownet2": {
        "nvidia": Weights(
            "FlowNet2_checkpoint.pth.tar",
            620.0,
            "https://drive.google.com/file/d/1LLYdnObBYzs7rDYYUCGscuC2nwO7y85I/view",
        ),
        "ptlflow": Weights(
            "flownet2-things-d63b53a7.ckpt",
            620.0,
            "https://github.com/hmorimitsu/ptlflow/releases/download/weights1/flownet2-things-d63b53a7.ckpt",
        ),
    },
    "resnet34": {"IMAGENET1K_V1": Weights("resnet34-b627a593.pth", 83.275)},
    "resnet101": {"IMAGENET1K_V1": Weights("resnet101-63fe2227.pth", 170.511)},
    "alexnet": {"IMAGENET1K_V1": _ALEXNET, "DEFAULT": _ALEXNET},
    "vgg16": {
        "IMAGENET1K_V1": _VGG16,
        "IMAGENET1K_FEATURES": Weights("vgg16_features-amdegroot-88682ab5.pth", 527.802),
        "DEFAULT": _VGG16,
    },
}


def cache() -> Path:
    """Return the folder where torch keeps weights."""
    usual = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    return Path(os.environ.get("TORCH_HOME", usual)).expanduser() / "hub" / "checkpoints"


def hash_in(name: str) -> str | None:
    """Return the first digits of the SHA-256 that a file name such as `resnet34-b627a593.pth` ends in, if it does."""
    found = re.search(r"-([0-9a-f]{8,})\.", name)
    return found[1] if found else None


def fetch(url: str, otherwise: str = "") -> Path:
    """Return the file of some weights; fetch it if it is not there.

    Args:
        url: Its address; the file name ends in `-` and the first digits of its SHA-256.
        otherwise: What else the user could do, for the error.

    Raises:
        InputError: The file is not there and cannot be fetched, or is damaged; says which file goes where.
        ValueError: The file name has no hash.
    """
    path = cache() / url.rsplit("/", 1)[-1]
    digits = hash_in(path.name)
    if digits is None:
        raise ValueError(f"no hash in the file name of {url}")
    if not path.is_file():
        import torch  # noqa: PLC0415  a plan asks for names and places only

        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(url, str(path), hash_prefix=digits, progress=False)
        except (OSError, RuntimeError) as error:  # RuntimeError: what arrived has another hash
            expected = f"{path.name} from {url} in {path.parent}{otherwise}"
            raise InputError(path, f"this file is missing, and its download failed ({error})", expected) from error
    found = sha256(path)
    if not found.startswith(digits):
        raise InputError(path, f"sha256 {found[: len(digits)]}...", f"{digits}..., as its name says; delete the file")
    return path


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
        raise InputError(f"weights {name!r}", "no such file or name", f"a file, or {expected_one(name, known)}")
    url = known[name]
    other = ", or its path given as weights"
    path = cache() / _file_name(url)
    if hash_in(path.name):
        return fetch(url, other)
    if not path.is_file():
        expected = f"{path.name} from {url.split('#')[0]}{other}"
        raise InputError(path, "this file is missing, and cannot be downloaded automatically", expected)
    return path


def _file_name(url: str) -> str:
    address, _, name = url.partition("#")
    return name or address.rsplit("/", 1)[-1]


def read_state(path: Path) -> "dict[str, Tensor]":
    """Read the parameters in a checkpoint, onto the CPU; no code in it is run.

    Args:
        path: A file of torch or safetensors. The tensors may be wrapped in `state_dict`, `model_state_dict`, `model` or
            `weights` (as in a checkpoint of ours), and their names may begin with `module.`.

    Raises:
        InputError: The file holds no parameters, or something that only running its code could restore.
    """
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from safetensors.torch import load_file  # noqa: PLC0415

    # What published checkpoints hold beside tensors: their command line, and scores as NumPy numbers.
    scalar = np.float64(0).__reduce__()[0]
    harmless: list[Any] = [argparse.Namespace, np.dtype, np.float64, type(np.dtype(np.float64)), scalar]
    try:
        with path.open("rb") as stream:
            header = stream.read(9)
        with torch.serialization.safe_globals(harmless):
            tensors = header[8:] == b"{"  # safetensors: the length of a JSON header, and the header
            value = load_file(path) if tensors else torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        found = "unreadable as weights" if path.is_file() else "no such file"
        raise InputError(path, found, "a checkpoint of tensors saved by torch or safetensors") from error
    for wrapper in ("state_dict", "model_state_dict", "model", "weights"):
        if isinstance(value, Mapping) and isinstance(value.get(wrapper), Mapping):
            value = value[wrapper]
    named = isinstance(value, Mapping) and all(isinstance(tensor, torch.Tensor) for tensor in value.values())
    if not named or not value:
        raise InputError(path, "no named tensors in it", "a checkpoint saved by torch")
    return {key.removeprefix("module."): tensor for key, tensor in value.items()}


def load(network: "nn.Module", state: "Mapping[str, Tensor]", what: str) -> None:
    """Give parameters to a network, which may be on the `meta` device until then.

    Raises:
        VsodprepError: They are not this network's; names the first one that is missing, unknown or of another shape.
    """
    own = network.state_dict()
    fits = {key for key in own if key in state and state[key].shape == own[key].shape}
    for key in (*own, *state):
        if key not in fits:
            found, expected = (tuple(of[key].shape) if key in of else None for of in (state, own))
            odd = f"{key} has shape {found}, expected {expected}"
            odd = f"no parameter {key}" if found is None else f"unknown parameter {key}" if expected is None else odd
            raise VsodprepError(
                f"{what}: {odd}; {len(fits)} of {len(own)} tensors fit: these may be the weights of another network"
            )
    network.load_state_dict({key: tensor.to(own[key].dtype) for key, tensor in state.items()}, assign=True)


def imagenet(backbone: str) -> "dict[str, Tensor]":
    """Load a backbone's ImageNet weights; they are fetched once into torch's cache.

    Args:
        backbone: torchvision's name of it, such as `resnet34`.

    Returns:
        The state dict, with torchvision's key names.

    Raises:
        InputError: The file is not there and cannot be fetched, or is damaged; says which file goes where.
    """
    from torchvision.models import get_model_weights  # noqa: PLC0415

    return read_state(fetch(get_model_weights(backbone)["IMAGENET1K_V1"].url))
