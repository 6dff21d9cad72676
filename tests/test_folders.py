"""Whatever a command writes into a folder, nobody else's file in it is lost."""

import re
import resource
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from flow_cases import write_frames
from shard_tree import make_everything, make_flow

from vsodprep.cli import main
from vsodprep.config.train import Data, Stage
from vsodprep.config.train import Run as Recipe
from vsodprep.files import write_json
from vsodprep.images import write_png
from vsodprep.manifest import ManifestSequence, write_manifest
from vsodprep.models import build_model, saved
from vsodprep.shards import pack_benchmark

Run = Callable[..., tuple[int, str]]


@dataclass(frozen=True)
class Command:
    """A command that writes a folder.

    Attributes:
        words: Its arguments, with `{}` for the folder of its inputs and `{out}` for that of its outputs.
        strangers: Where a file of somebody else may lie in its output.
        marker: What Snakemake removes before it runs the command again.
    """

    words: str
    strangers: tuple[str, ...]
    marker: str = ""


REPLACING = {
    "normalize": Command(
        "normalize own {}/videos --folder --out {out}",
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
        "pack {}/normalized --flow dis {}/flow --coarse c {}/coarse --out {out}",
        (
            ".notes",
            "ball/thesis.tex",
            "ball/frames/c/1",
            "ball/frames/c/0/0/0/9",
            "ball/mine/zarr.json",
            "ball/flow/dis/c/x",
            "ball/coarse/mine/zarr.json",
        ),
        "zarr.json",
    ),
}
NEW = {
    "export": Command(
        "export {}/mini.zarr --layout davsod --split test --out {out}", ("thesis.tex", "moon/Imgs/00000.jpg")
    ),
    "export to tar": Command("export {}/mini.zarr --layout webdataset --split test --out {out}", ("mini-000000.tar",)),
    "flow export": Command("flow export {}/flow/ball.h5 --out {out}", ("thesis.tex", "00000.flo", "a/b")),
}
# (first file that it writes, one that it does not write of the shorter videos)
BESIDE = {
    "saliency": Command(
        "saliency ft {}/normalized/ball/frames --out {out}", ("00000.png", "00005.png", "maps.json"), "maps.json"
    ),
    "coarse label": Command(
        "coarse label {}/normalized/ball/frames --maps {}/coarse/ball --order otsu --sequence ball --out {out}",
        ("00000.png", "00005.png", "record.json"),
        "record.json",
    ),
    "fuse": Command("fuse {}/coarse {}/coarse --out {out}", ("ball/00000.png", "ball/00005.png"), "maps.json"),
    "crf": Command("crf {}/normalized {}/coarse --out {out}", ("ball/00000.png", "ball/00005.png"), "predictions.json"),
    "trivial": Command(
        "trivial centre-prior {}/mini.zarr --split test --out {out}",
        ("moon/00000.png", "moon/00003.png", "predictions.json"),
        "predictions.json",
    ),
    "predict": Command(
        "predict {}/net.ckpt {}/mini.zarr --split test --threads 1 --out {out}",
        ("moon/00000.png", "moon/00003.png"),
        "predictions.json",
    ),
}
# What has a fixed name and no folder of its own.
FIXED = {
    "report": Command("report --config {}/config.json --results {}/results --out {out}", ("index.html", "results.csv")),
    "download": Command("download davis2016 --to {out}", ("sources.json",)),
    "train": Command("train dsnet --recipe {}/recipe.json --shard {}/mini.zarr --out {out}/a.ckpt", ("metrics.csv",)),
}


def each(commands: dict[str, Command]) -> pytest.MarkDecorator:
    """Every command with every stranger."""
    cases = [(command, name) for command in commands.values() for name in command.strangers]
    ids = [f"{key}-{name}" for key, command in commands.items() for name in command.strangers]
    return pytest.mark.parametrize(("command", "stranger"), cases, ids=ids)


def build(root: Path, *, shorter: bool = False) -> Path:
    """Everything that the commands read; `shorter` leaves out each video's last frame."""
    manifest = make_everything(root)
    if shorter:
        sequences = tuple(one if one.still else without_last(root, one) for one in manifest.sequences)
        write_manifest(root / "normalized", replace(manifest, sequences=sequences))
    pack_benchmark(root / "normalized", root / "mini.zarr", flow={"dis": root / "flow"})
    write_frames(root / "videos" / "ball" / "frames", 4)
    write_png(root / "videos" / "ball" / "masks" / "00000.png", np.full((48, 64), 255, np.uint8))
    stage = Stage(steps=1, data=(Data(benchmark="mini", split="train"),), size=(64, 80))
    recipe = Recipe(width=0.05, pretrained=False, flow="dis", stages=(stage,)).model_dump(mode="json")
    weights = build_model("dsnet", pretrained=False, width=0.05).state_dict()
    content = {"format": saved.FORMAT, "model": "dsnet", "recipe": recipe, "weights": weights}
    saved.save(root / "net.ckpt", content)
    write_json(root / "recipe.json", recipe)
    write_json(root / "config.json", {"benchmarks": ["synth"]})
    (root / "results").mkdir()
    (root / "losses.csv").write_text("step,stage,lr,loss\n1,main,0.1,0.5\n2,main,0.1,0.4\n")
    return root


def without_last(root: Path, video: ManifestSequence) -> ManifestSequence:
    *frames, last = video.frames
    for path in root.glob(f"*/**/{video.name}/**/{last}.png"):
        path.unlink()
    short = replace(video, frames=tuple(frames), annotated=tuple(one for one in video.annotated if one != last))
    make_flow(root / "flow", short)
    return short


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def shorter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("shorter"), shorter=True)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tree: Path) -> Run:
    """Run a command on a tree of inputs into a folder; gives the exit code and what it said."""

    def run(command: Command, out: Path, root: Path = tree) -> tuple[int, str]:
        words = [word.replace("{}", str(root)).replace("{out}", str(out)) for word in command.words.split()]
        monkeypatch.setattr(sys, "argv", ["vsodprep", *words])
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


REMOVED = "deleted with its folder, and vsodprep did not write it"


def refused(run: Run, command: Command, out: Path, stranger: str, why: str = REMOVED) -> None:
    """The command says in one line which file is in its way, and leaves everything as it was."""
    before = contents(out.parent)
    code, said = run(command, out)
    remedy = "a new or empty folder for the output; move or remove what is there"
    assert (code, said.splitlines()[-1]) == (1, f"vsodprep: {out / stranger}: would be {why}; expected {remedy}")
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
@pytest.mark.parametrize("marker", [True, False], ids=["whole", "its marker removed by Snakemake"])
def test_what_only_looks_like_ours_is_told_by_a_list(
    run: Run, tmp_path: Path, command: Command, stranger: str, *, marker: bool
) -> None:
    assert run(command, tmp_path / "out")[0] == 0
    if not marker:
        (tmp_path / "out" / command.marker).unlink()
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
        "normalize": f"normalize own {tmp_path}/videos --folder --out {{out}}",
        "pack": "pack {}/normalized --flow old {}/flow --prior p {}/prior --out {out}",
    }
    assert run(Command(before[key], ()), out)[0] == 0
    assert not contents(out).keys() <= contents(tmp_path / "new").keys()
    if not marker:
        (out / command.marker).unlink()
    (out / ".snakemake_timestamp").touch()
    assert run(command, out)[0] == 0
    assert contents(out) == contents(tmp_path / "new")


@each(BESIDE | FIXED)
def test_a_file_of_somebody_else_is_not_overwritten(run: Run, tmp_path: Path, command: Command, stranger: str) -> None:
    put(tmp_path / "out" / stranger)
    refused(run, command, tmp_path / "out", stranger, "overwritten, and vsodprep did not write it")


@pytest.mark.parametrize("key", BESIDE)
def test_files_of_somebody_else_stay_beside_maps(run: Run, tmp_path: Path, key: str) -> None:
    out = tmp_path / "out"
    folder = (out / BESIDE[key].strangers[0]).parent
    mine = [out / "thesis.tex", out / ".hidden", out / "mine" / "00000.png", folder / "mine.png", folder / "a" / "b"]
    for path in mine:
        put(path)
    for _ in range(2):
        assert run(BESIDE[key], out)[0] == 0
        assert {path.read_text() for path in mine} == {"precious"}


@pytest.mark.parametrize("marker", [True, False], ids=["whole", "its marker removed by Snakemake"])
@pytest.mark.parametrize("key", BESIDE)
def test_maps_are_made_again_and_those_of_frames_that_are_no_more_go(
    run: Run, shorter: Path, tmp_path: Path, key: str, *, marker: bool
) -> None:
    command, out = BESIDE[key], tmp_path / "out"
    assert run(command, out)[0] == 0
    assert (out / command.strangers[1]).is_file()
    put(out / "mine" / "00000.png")
    if not marker:
        (out / command.marker).unlink()
    assert run(command, out, shorter)[0] == 0
    assert run(command, tmp_path / "new", shorter)[0] == 0
    assert contents(out) == contents(tmp_path / "new") | {"mine/00000.png": b"precious"}


def test_predictions_of_two_splits_share_a_folder(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = "trivial centre-prior {}/mini.zarr --out {out} --split "
    for split in ("test", "train"):
        assert run(Command(words + split, ()), out)[0] == 0
    assert sorted(path.name for path in out.glob("[!.]*/")) == ["ball", "coin", "moon"]
    assert run(Command(words + "test", ()), out)[0] == 0


@pytest.mark.parametrize("marker", [True, False], ids=["whole", "its marker removed by Snakemake"])
@pytest.mark.parametrize("key", ["saliency", "coarse label"])
def test_files_of_one_sequence_are_not_replaced_by_those_of_another(
    run: Run, tmp_path: Path, key: str, *, marker: bool
) -> None:
    command, out = BESIDE[key], tmp_path / "out"
    assert run(command, out)[0] == 0
    if not marker:
        (out / command.marker).unlink()
    before = contents(out)
    code, said = run(Command(command.words.replace("ball", "coin"), ()), out)
    found = "files of the same names, of sequence ball"
    why = f"{found}; expected a folder of its own for sequence coin, such as {out}/coin"
    assert (code, said.splitlines()[-1]) == (1, f"vsodprep: {out}: {why}")
    assert contents(out) == before


def test_flat_maps_of_two_sequences_share_a_folder(run: Run, tree: Path, tmp_path: Path) -> None:
    for name in ("ball", "coin"):
        for frame in (tree / "normalized" / name / "frames").iterdir():
            (tmp_path / name).mkdir(exist_ok=True)
            shutil.copyfile(frame, tmp_path / name / f"{name}_{frame.name}")
        assert run(Command(f"saliency ft {tmp_path / name} --out {{out}}", ()), tmp_path / "out")[0] == 0
    assert len(list((tmp_path / "out").glob("*_*.png"))) == 11


@pytest.mark.parametrize(
    "words",
    [
        "saliency ft {out}/normalized/ball/frames --out {out}/normalized/ball/frames",
        "coarse label {out}/normalized/ball/frames --maps {out}/coarse/ball --out {out}/coarse/ball",
        "fuse {out}/coarse {out}/coarse --out {out}/coarse",
        "crf {out}/normalized {out}/coarse --out {out}/coarse/ball/..",
    ],
)
def test_what_is_read_is_not_written_to(run: Run, tree: Path, tmp_path: Path, words: str) -> None:
    shutil.copytree(tree, tmp_path / "tree")
    before = contents(tmp_path)
    code, said = run(Command(words, ()), tmp_path / "tree")
    assert (code, said.count("\n")) == (1, 1)
    assert "the output would be written to the folder that is read" in said
    assert contents(tmp_path) == before


def test_files_of_somebody_else_stay_beside_a_report_and_a_figure(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "thesis.tex")
    for _ in range(2):
        assert run(FIXED["report"], tmp_path)[0] == 0
        assert run(Command("figure losses {}/losses.csv --out {out}/losses.svg", ()), tmp_path)[0] == 0
    assert contents(tmp_path).keys() == {"thesis.tex", "index.html", "results.csv", "losses.svg"}
    assert (tmp_path / "thesis.tex").read_text() == "precious"


WRITING = (
    REPLACING
    | NEW
    | BESIDE
    | {name: FIXED[name] for name in ("report", "train")}
    | {
        "flow": Command("flow dis {}/normalized/ball/frames --out {out}/ball.h5", ()),
        "figure": Command("figure losses a={}/losses.csv --out {out}/losses.svg", ()),
        "scores": Command("evaluate --pred {}/coarse --gt {}/coarse --measure mae --json {out}/scores.json", ()),
    }
)


@pytest.mark.parametrize("command", WRITING.values(), ids=WRITING)
def test_a_disk_without_room_is_named_by_what_has_no_room_on_it(run: Run, tmp_path: Path, command: Command) -> None:
    """A limit on the size of files stands in for a full disk: both come from `write`, which tells no name."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        code, said = run(command, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    line = said.splitlines()[-1]
    assert code == 1
    assert re.fullmatch(rf"vsodprep: {tmp_path}/out.*: File too large, [0-9.]+ MB are free; expected room .*", line)
    assert ".partial-" not in line
    assert not [path for path in tmp_path.rglob("*") if ".partial-" in path.name]
