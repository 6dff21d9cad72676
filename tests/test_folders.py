"""Whatever a command writes into a folder, nobody else's file in it is lost."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from flow_cases import write_frames
from shard_tree import make_everything

from vsodprep.cli import main
from vsodprep.images import write_png
from vsodprep.shards import pack_benchmark

Run = Callable[..., tuple[int, str]]


@dataclass(frozen=True)
class Command:
    """A command that writes a folder.

    Attributes:
        words: Its arguments, with `{}` for the folder of its inputs.
        strangers: Where a file of somebody else may lie in its output.
        marker: What Snakemake removes before it runs the command again.
    """

    words: str
    strangers: tuple[str, ...]
    marker: str = ""


REPLACING = {
    "normalize": Command(
        "normalize own {}/videos --folder",
        (
            ".notes",
            "ball/thesis.tex",
            "ball/frames/.1.png",
            "ball/masks/a/1.png",
            "mine/frames/1.txt",
            "ball/masks.png",
        ),
        "manifest.json",
    ),
    "pack": Command(
        "pack {}/normalized --flow dis {}/flow --coarse c {}/coarse",
        (
            ".notes",
            "ball/thesis.tex",
            "ball/frames/c/1",
            "ball/frames/c/0/0/0/9",
            "ball/mine/zarr.json",
            "ball/flow/dis/c/x",
        ),
        "zarr.json",
    ),
}
NEW = {
    "export": Command("export {}/mini.zarr --layout davsod --split test", ("thesis.tex", "moon/Imgs/00000.jpg")),
    "export to tar": Command("export {}/mini.zarr --layout webdataset --split test", ("mini-000000.tar",)),
    "flow export": Command("flow export {}/flow/ball.h5", ("thesis.tex", "00000.flo", "a/b")),
}


def each(commands: dict[str, Command]) -> pytest.MarkDecorator:
    """Every command with every stranger."""
    cases = [(command, name) for command in commands.values() for name in command.strangers]
    ids = [f"{key}-{name}" for key, command in commands.items() for name in command.strangers]
    return pytest.mark.parametrize(("command", "stranger"), cases, ids=ids)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    make_everything(root)
    pack_benchmark(root / "normalized", root / "mini.zarr", flow={"dis": root / "flow"})
    write_frames(root / "videos" / "ball" / "frames", 4)
    write_png(root / "videos" / "ball" / "masks" / "00000.png", np.full((48, 64), 255, np.uint8))
    return root


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tree: Path) -> Run:
    """Run a command into a folder; gives the exit code and what it said last."""

    def run(command: Command, out: Path) -> tuple[int, str]:
        words = [word.replace("{}", str(tree)) for word in command.words.split()]
        monkeypatch.setattr(sys, "argv", ["vsodprep", *words, "--out", str(out)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, capsys.readouterr().err

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("precious")


def refused(run: Run, command: Command, out: Path, stranger: str) -> None:
    """The command says in one line which file is in its way, and leaves everything as it was."""
    before = contents(out.parent)
    code, said = run(command, out)
    assert (code, said) == (
        1,
        f"vsodprep: {out / stranger}: would be lost with its folder; expected a new or empty folder for the output\n",
    )
    assert contents(out.parent) == before


@each(REPLACING | NEW)
def test_a_folder_of_somebody_else_is_not_replaced(run: Run, tmp_path: Path, command: Command, stranger: str) -> None:
    put(tmp_path / "out" / stranger)
    refused(run, command, tmp_path / "out", stranger)


@each(REPLACING)
@pytest.mark.parametrize("marker", [True, False], ids=["whole", "its marker removed by Snakemake"])
def test_an_output_is_not_replaced_with_a_stranger_in_it(
    run: Run, tmp_path: Path, command: Command, stranger: str, *, marker: bool
) -> None:
    out = tmp_path / "out"
    assert run(command, out)[0] == 0
    if not marker:
        (out / command.marker).unlink()
    put(out / stranger)
    refused(run, command, out, stranger)
    (out / stranger).unlink()
    assert run(command, out)[0] == 0


@pytest.mark.parametrize(
    ("command", "stranger"),
    [
        (REPLACING["normalize"], "ball/frames/00009.png"),
        (REPLACING["normalize"], "ball/masks/00001.png"),
        (REPLACING["normalize"], "mine/frames/00000.png"),
        (REPLACING["pack"], "ball/coarse/mine/zarr.json"),
    ],
)
def test_what_only_looks_like_ours_is_told_by_the_marker(
    run: Run, tmp_path: Path, command: Command, stranger: str
) -> None:
    assert run(command, tmp_path / "out")[0] == 0
    put(tmp_path / "out" / stranger)
    refused(run, command, tmp_path / "out", stranger)


@pytest.mark.parametrize("other", ["normalize", "pack"])
@pytest.mark.parametrize("command", (REPLACING | NEW).values(), ids=REPLACING | NEW)
def test_the_output_of_another_command_is_not_replaced(run: Run, tmp_path: Path, command: Command, other: str) -> None:
    if command is REPLACING[other]:
        pytest.skip("its own")
    assert run(REPLACING[other], tmp_path / "out")[0] == 0
    before = contents(tmp_path)
    code, said = run(command, tmp_path / "out")
    assert (code, said.count("\n")) == (1, 1)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("marker", [True, False], ids=["whole", "its marker removed by Snakemake"])
@pytest.mark.parametrize("key", REPLACING)
def test_an_output_is_replaced_and_nothing_stale_stays(
    run: Run, tree: Path, tmp_path: Path, key: str, *, marker: bool
) -> None:
    command, out = REPLACING[key], tmp_path / "out"
    assert run(command, tmp_path / "new")[0] == 0
    shutil.copytree(tree / "videos" / "ball", tmp_path / "videos" / "moon")
    before = {
        "normalize": f"normalize own {tmp_path}/videos --folder",
        "pack": "pack {}/normalized --flow old {}/flow --prior p {}/prior",
    }
    assert run(Command(before[key], ()), out)[0] == 0
    assert not contents(out).keys() <= contents(tmp_path / "new").keys()
    if not marker:
        (out / command.marker).unlink()
    (out / ".snakemake_timestamp").touch()
    assert run(command, out)[0] == 0
    assert contents(out) == contents(tmp_path / "new")
