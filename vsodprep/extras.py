"""Packages that pip installs only with an extra of this one."""

from importlib.util import find_spec

from vsodprep.errors import InputError

_MODULES = {
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "onnx": "onnxruntime",
}  # what they are for, and their module; the extra is called so


def check_installed(name: str, where: str) -> None:
    """Check that what a setting needs is installed.

    Args:
        name: Value of the setting; one that needs nothing more passes.
        where: The setting.

    Raises:
        InputError: It is not; names the extra.
    """
    if name in _MODULES and find_spec(_MODULES[name]) is None:
        raise InputError(
            f"{where}: {name}",
            f"the package {_MODULES[name]} is not installed",
            f"pip install 'vsodprep[{name}]' first",
        )
