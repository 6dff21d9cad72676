"""Files of published weights: fetched once into torch's cache, and checked by hash each time."""

import re
from pathlib import Path

import torch

from vsodprep.errors import InputError
from vsodprep.files import sha256


def cache() -> Path:
    """Return the folder where torch keeps weights."""
    return Path(torch.hub.get_dir()) / "checkpoints"


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
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(url, str(path), hash_prefix=digits, progress=False)
        except (OSError, RuntimeError) as error:  # RuntimeError: what arrived has another hash
            expected = f"{path.name} from {url} in {path.parent}{otherwise}"
            raise InputError(path, f"not there, and its download failed ({error})", expected) from error
    found = sha256(path)
    if not found.startswith(digits):
        raise InputError(path, f"sha256 {found[: len(digits)]}...", f"{digits}..., as in its name; delete the file")
    return path
