"""The configuration: typed, closed, and the one source of `config/config.yaml` and `config/schema.json`.

Most commands read a block or two; the whole, `vsodprep.config.whole`, is imported when one of its names is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vsodprep.config.whole import INTERMEDIATES, Config, Intermediate, complete, merge, parse, read

__all__ = ["INTERMEDIATES", "Config", "Intermediate", "complete", "merge", "parse", "read"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vsodprep.config import whole  # noqa: PLC0415

    return getattr(whole, name)
