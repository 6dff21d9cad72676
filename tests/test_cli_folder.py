"""Commands take the marker of a folder where they take the folder."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from vsodprep.cli import COMMANDS, cli
from vsodprep.cli._folder import Folder

EXPECTED = {
    "coarse label --maps": "maps.json",
    "coarse label --out": "record.json",
    "crf --out": "predictions.json",
    "crf frames_dir": "manifest.json",
    "crf maps_dir": "predictions.json",
    "download --to": "sources.json",
    "evaluate --gt": "manifest.json zarr.json",
    "evaluate --pred": "predictions.json",
    "export shard": "zarr.json",
    "figure grid normalized": "manifest.json",
    "figure level-features shard": "zarr.json",
    "figure level-weights shard": "zarr.json",
    "figure timeline --normalized": "manifest.json",
    "fuse --out": "maps.json",
    "fuse maps_dirs": "maps.json",
    "fuse-fit --gt": "manifest.json",
    "normalize --out": "manifest.json",
    "normalize sources": "sources.json",
    "pack --coarse": "provenance.json",
    "pack --out": "zarr.json",
    "pack normalized_dir": "manifest.json",
    "predict --out": "predictions.json",
    "predict source": "zarr.json",
    "prior fit --train": "manifest.json",
    "report --out": "index.html",
    "review --frames": "manifest.json",
    "review labels_dir": "provenance.json",
    "saliency --out": "maps.json",
    "train --shard": "zarr.json",
    "trivial --out": "predictions.json",
    "trivial shard": "zarr.json",
}


def folders(command: click.Command, name: str) -> Iterator[tuple[str, Folder, str]]:
    """Yield the folders that a command and its subcommands take, by name, each with the command's help."""
    context = click.Context(command, info_name=name)
    for parameter in command.params:
        kinds = parameter.type.types if isinstance(parameter.type, click.Tuple) else [parameter.type]
        for kind in kinds:
            if isinstance(kind, Folder):
                yield f"{name} {parameter.opts[0]}", kind, command.get_help(context)
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            found = command.get_command(context, sub)
            if found is not None:
                yield from folders(found, f"{name} {sub}")


TAKEN = {
    name: (kind, text)
    for command in COMMANDS
    for name, kind, text in folders(cli.get_command(click.Context(cli), command), command)  # type: ignore[arg-type]
}


def test_every_folder_with_a_marker_takes_it() -> None:
    assert {name: " ".join(kind.markers) for name, (kind, _) in TAKEN.items()} == EXPECTED


@pytest.mark.parametrize("name", EXPECTED)
def test_the_marker_stands_for_its_folder_and_help_says_so(name: str, tmp_path: Path) -> None:
    kind, text = TAKEN[name]
    assert kind.convert(str(tmp_path), None, None) == tmp_path
    assert kind.convert(str(tmp_path / "other.json"), None, None) == tmp_path / "other.json"
    for marker in kind.markers:
        assert kind.convert(str(tmp_path / marker), None, None) == tmp_path
        assert marker in text
