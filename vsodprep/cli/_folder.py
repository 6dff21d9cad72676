"""Folders on the command line, which rules name by the marker in them."""

from pathlib import Path
from typing import Any

import click

PATH = click.Path(path_type=Path)
lock_option = click.option(
    "--lock",
    type=PATH,
    default=Path("vsodprep.lock.json"),
    show_default=True,
    help="File that pins what nobody published.",
)


class Folder(click.Path):
    """The type of an option or argument that is a folder; a marker in it stands for it.

    Attributes:
        markers: Names of files that may be given in place of their folder.
    """

    def __init__(self, *markers: str) -> None:
        super().__init__(path_type=Path)
        self.markers = markers

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the folder."""
        return self.of(Path(super().convert(value, param, ctx)))  # type: ignore[arg-type]

    def of(self, path: Path) -> Path:
        """Return the folder that a path stands for."""
        return path.parent if path.name in self.markers else path

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what help shows, such as `DIR|manifest.json`."""
        name = (param.name or "").upper() if isinstance(param, click.Argument) else "DIR"
        return "|".join((name, *self.markers))
