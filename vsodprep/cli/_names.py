"""Names that a shell completes on the command line."""

from importlib import import_module
from typing import Any

import click


def _starting(names: Any, incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def benchmark_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the benchmarks whose names begin with what is typed."""
    return _starting(import_module("vsodprep.benchmarks").known(), incomplete)


def model_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the networks whose names begin with what is typed."""
    return _starting(import_module("vsodprep.config.models").MODELS, incomplete)


def protocol_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the built-in protocols whose names begin with what is typed."""
    return _starting(import_module("vsodprep.config.protocol").PROTOCOLS, incomplete)


def preset_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the built-in CRF presets whose names begin with what is typed."""
    return _starting(import_module("vsodprep.config.crf").PRESETS, incomplete)
