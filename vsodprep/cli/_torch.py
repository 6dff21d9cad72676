"""Options of commands that run torch, and what has to stand before it is imported."""

import os
import sys
from functools import partial
from typing import get_args

import click

from vsodprep.cards import take_cards
from vsodprep.config.device import DEVICE, THREADS, Device


def _with_card(_context: click.Context, _parameter: click.Parameter, device: str) -> str:
    if device == "cuda":
        take_cards()
    return device


# of a command that may take several cards, and does so itself
some_device_option = partial(
    click.option,
    "--device",
    type=click.Choice(get_args(Device)),
    default=DEVICE,
    show_default=True,
    help="Where networks run.",
)
device_option = some_device_option(callback=_with_card)
threads_option = click.option(
    "--threads", type=click.IntRange(1), default=THREADS, show_default=True, help="Threads of torch."
)


def wait_passively() -> None:
    """Let OpenMP's threads sleep while they wait for one another.

    Spinning gains nothing on an idle machine, and where other jobs share the cores a step takes many times as long.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def say_loading() -> None:
    """Tell a person at a terminal that torch is being imported, which takes seconds; logs and scripts get no line."""
    if sys.stderr.isatty() and "torch" not in sys.modules:
        click.echo("loading torch ...", err=True)
