"""The networks: their parts, losses, variants, training and inference.

The folder installs as `vsodprep.models`; in a clone it can be imported as `models` too, and is then the same module,
submodules included.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vsodprep.config.network import NetworkOptions
    from vsodprep.models.network import Network


def build_model(
    name: str, variant: str = "full", pretrained: bool = False, width: float = 1.0, **overrides: Any
) -> "Network":
    """Build a network.

    Args:
        name: One of `vsodprep.config.models.MODELS`, of which `vsodprep/config/networks/NAME.py` lists variants and
            options; or `module:Class` of a network of your own.
        variant: `full`, `code` where the authors' code behaves differently, or a row of the paper's ablation tables.
        pretrained: Start the backbones from torchvision's ImageNet weights.
        width: Factor on all channel numbers, in (0, 1]; below 1 they become multiples of 8. Every layer is kept.
        **overrides: Options of the network, over those of the variant.

    Returns:
        The network on the CPU, in training mode.

    Raises:
        InputError: Unknown name, variant or option, or a value that an option cannot take.
    """
    # what follows imports torch, only when a network is wanted
    from vsodprep.config.models import definition, own_network  # noqa: PLC0415

    options = definition(name).choose(variant, overrides, width=width, pretrained=pretrained)
    build = own_network(name) if ":" in name else importlib.import_module(f"vsodprep.models.{name}").NETWORK
    network: Network = build(options, width, pretrained)
    return network


def options_of(name: str, variant: str, options: Mapping[str, Any]) -> "NetworkOptions":
    """Return a network's options.

    Args:
        name: The network, as of `build_model`.
        variant: Its variant.
        options: Its options over those of the variant.
    """
    from vsodprep.config.models import definition  # noqa: PLC0415

    return definition(name).choose(variant, dict(options))


class _SameModule(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `models.x` as `vsodprep.models.x`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith("models."):
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        # What stands in sys.modules after this call is what the import statement gets.
        sys.modules[module.__name__] = importlib.import_module(f"vsodprep.{module.__name__}")


if __name__ == "models":
    # A second copy under another name would have classes of its own, and checkpoints would not fit them.
    sys.modules["models"] = importlib.import_module("vsodprep.models")
    sys.meta_path.insert(0, _SameModule())
