"""Every block of code and every command of the pages is right: read by the plain suite, run by the slow one.

A line of shell is run unless it shows a usage (`[--option]`, `…`) or `CANNOT` says why it is only read. `snakemake`
makes its plan. A block that begins with a file's name as a comment is that file. What the blocks of a page name lies in
the folder that they share.
"""

import ast
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner
from markdown_it import MarkdownIt
from model_batches import make_batch
from onnx_files import write_channels
from pipeline import ROOT, ask
from video_files import disc, write

from vsodprep.cli import cli
from vsodprep.config import Config, complete
from vsodprep.config.defaults import default
from vsodprep.evaluate.protocols import find_protocol
from vsodprep.images import write_png
from vsodprep.targets.paths import Paths

PAGES = {
    str(path.relative_to(ROOT)): path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("config/*.md"), *ROOT.glob("docs/**/*.md")])
    if path.name not in ("CHANGELOG.md", "configuration.md")
}
SHELL = ("bash", "sh", "console")
BASE: dict[str, Any] = default().model_dump(mode="json")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        kind: Its language.
        text: What it says.
    """

    kind: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return a page's blocks in order; one that is only indented is of shell."""
    return [
        Block(token.info.strip() if token.type == "fence" else "sh", token.content)
        for token in MarkdownIt().enable("table").parse(PAGES[page].read_text(encoding="utf-8"))
        if token.type in ("fence", "code_block")
    ]


def spans(page: str) -> Iterator[str]:
    """Yield the commands that stand in a page's sentences and tables."""
    for token in MarkdownIt().enable("table").parse(PAGES[page].read_text(encoding="utf-8")):
        for child in token.children or ():
            if child.type == "code_inline" and child.content.startswith(("vsodprep ", "snakemake ")):
                yield child.content


def is_usage(line: str) -> bool:
    """Whether a line says how a command is used, and is none itself."""
    return bool(re.search(r"\[--|\.\.\.|…| \||\b[A-Z]{3,}\|", line))


def lines(text: str) -> list[str]:
    """Return the commands of a shell block, each as one line, without comments and answers."""
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    if "$ " in joined:
        joined = "\n".join(re.findall(r"^\$ (.*)", joined, re.MULTILINE)) or joined
    kept = [re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines()]
    return [line for line in kept if line]


def commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each of our commands and of Snakemake in a line."""
    for part in re.split(r" && |; | \| ", line):
        words = shlex.split(part.replace("[", " ").replace("]", " ").replace("|", " ") if is_usage(line) else part)
        if words and words[0] in ("vsodprep", "snakemake"):
            yield words


def check_ours(words: list[str], usage: bool) -> None:
    """Check that a command and its options exist, and, where it is no usage, that click reads it."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
        context = click.Context(command, parent=context)
    kinds = [command]
    if isinstance(command, click.Group):  # `figure KIND --out FILE`
        kinds += [each for name in command.list_commands(context) if (each := command.get_command(context, name))]
    known = {name for kind in kinds for each in kind.params for name in (*each.opts, *each.secondary_opts)}
    used = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--", "--help", "--version"}
    assert used <= known, f"{command.name}: {used - known}"
    if words and not usage and not isinstance(command, click.Group):
        command.make_parser(context).parse_args(list(words))


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page: str) -> None:
    told = [line for block in blocks(page) if block.kind in SHELL for line in lines(block.text)]
    for line, usage in [(line, is_usage(line)) for line in told] + [(span, True) for span in spans(page)]:
        for words in commands(line):
            if words[0] == "vsodprep" and words[1:] and re.fullmatch(r"[a-z-]+", words[1]):
                check_ours(words[1:], usage)


@pytest.mark.parametrize("page", PAGES)
def test_no_block_goes_unread(page: str) -> None:
    """What is of no language, as a picture in letters, holds no command."""
    unread = [block for block in blocks(page) if block.kind not in (*SHELL, "python", "yaml")]
    assert {block.kind for block in unread if not block.kind.startswith("{")} <= {"", "text"}
    assert not [
        block for block in unread if re.search(r"^(vsodprep|snakemake|python3?|pip) ", block.text, re.MULTILINE)
    ]


def test_what_cannot_run_stands_on_a_page() -> None:
    told = [line for page in PAGES for block in blocks(page) if block.kind in SHELL for line in lines(block.text)]
    assert [start for start in CANNOT if not any(line.startswith(start) for line in told)] == []


def test_a_page_lists_every_file_that_the_workflow_makes() -> None:
    paths = Paths("results")
    places = [place() for name in vars(Paths) if callable(place := getattr(paths, name)) and not name.startswith("_")]
    places = [each.removeprefix("results/") for each in places]
    folders = [each for each in places if any(other.startswith(f"{each}/") for other in places)]
    text = PAGES["docs/workflow.md"].read_text(encoding="utf-8")
    assert [each for each in places if each not in folders and f"`{each}`" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_configurations_are_accepted(page: str) -> None:
    for block in blocks(page):
        if block.kind != "yaml":
            continue
        said = yaml.safe_load(block.text)
        said = said.get("vsodprep", said)
        if "base" in said:
            find_protocol(json.dumps(said))
        elif is_usage(block.text):
            assert set(said) <= set(Config.model_fields)
        else:
            complete(said, BASE)


@pytest.mark.parametrize("page", PAGES)
def test_python_is_read_and_finds_what_it_imports(page: str) -> None:
    for block in blocks(page):
        if block.kind == "python" and "module vsodprep:" not in block.text:  # a Snakefile
            for node in ast.walk(ast.parse(block.text)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("vsodprep", "models"):
                    module = importlib.import_module(node.module or "")
                    assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


# What pages say, and what is run in its place: smaller networks, fewer steps, and the benchmark's part that is there.
INSTEAD = {
    "pretrained=True": "pretrained=False, width=0.125",
    "steps=300": "steps=2",
    '{"flow": "dis", "stages"': '{"width": 0.125, "pretrained": false, "flow": "dis", "stages"',
    '"steps": 60': '"steps": 1',
    "vsodprep predict u2net beach.mp4": "vsodprep predict isnet-general-use beach.mp4",
    "SEQUENCE/FRAME": "plain-turtle/00002",
    "--sequence SEQUENCE": "--sequence plain-turtle",
    "mkdir davis && cd davis": "mkdir davis && cp -rl results davis && cd davis",  # as if the whole run were over
    "normalize fbms FBMS_Trainingset.zip FBMS_Testset.zip": "normalize davis2016 DAVIS-data.zip --partial",
    "results/normalized/synth --jobs 2": "results/normalized/synth --sequence plain-turtle",
    "maps/ours/davis": "maps/ours",
    "maps/ours/visal": "maps/ours",
    "MGA.zip": "maps/theirs.zip",
    "DAVIS-data.zip --out": "DAVIS-data.zip --partial --out",
    "results/normalized/davis2016 --split test": "results/normalized/davis2016 --split val",
    "archives/davis2016 --out": "archives/davis2016 --partial --out",
    "results/normalized/fbms --split test": "results/normalized/davis2016 --split val",
    "dis/synth train --out classifier.npz": "dis/synth train --epochs 2 --out classifier.npz",
    "--windows roi": "--windows roi --weights random --level 0.8 100 150 --frames-per-sequence 1",
    '{"size": [1024, 1024]}': '{"size": [1024, 1024], "stretch": true}',
    "DAVIS-results.zip/fseg": "DAVIS-results.zip/ours",
    "tools/gradients.py contrastive --recipe results-recipes/configuration/runs/contrastive/paper.json"
    " --shard results-recipes/shards/davis2016.zarr": f"{ROOT}/tools/gradients.py dsnet --batches 1"
    " --recipe results/configuration/runs/dsnet/full.json --shard results/shards/synth.zarr",
    "results-recipes/scores/contrastive/recipe/seed0/raw/davis2016.davsod.json": "a.json",
    "results-recipes/scores/contrastive/weight/seed0/raw/davis2016.davsod.json": "b.json",
    "results-recipes/models/dsnet/steady/seed0/last.ckpt DAVIS/JPEGImages/480p/cows": "last.ckpt FRAMES",
    "maps/cows --gt DAVIS/Annotations/480p/cows": "maps/FRAMES --gt results/normalized/davis2016/dog/masks",
    "results-{recipes,second,third}/predictions/dsnet/steady/seed0/raw/davis2016/*/": "maps/theirs/*/",
    "camera.json steady.json": "a.json b.json",
    "augmented.json": "m1.json",
    "results-recipes/": "results/",
    "results-chain/coarse/refined/davis2016": "results/coarse/weightfree/davis2016",
    "results-chain/normalized/davis2016 --split rest": "results/normalized/davis2016 --split val",
    "results-chain/scores --interval": "results/scores --interval",
    "results-chain/scores/dsnet/half/seed0/raw/davis2016.davsod.json": "a.json",
    "results-chain/scores/dsnet/labels/seed0/raw/davis2016.davsod.json": "b.json",
    "results/shards/visal.zarr": "results/shards/davis2016.zarr",
    "python speed/": f"python {ROOT}/speed/",
    "labels-cpu.yaml davis2016 four --every 10": "labels-cpu.yaml davis2016 four --every 4",
    "sources.py config/examples/": f"sources.py {ROOT}/config/examples/",
    " trained=dcl,rfcn,dsmt isnet=isnet": "",
    "CLONE/": f"{ROOT}/",
    "snakedeploy deploy-workflow URL my-project --tag TAG": "mkdir my-project",
}
# Lines that are only read, by their beginning, and why they cannot run here.
CANNOT = {
    "python3 -m venv": "installs packages",
    "pip install": "installs packages",
    "docker ": "needs the service of Docker",
    "pytest": "is the suite that runs this",
    "ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 OMP_NUM_THREADS=1 pytest": "is the suite that runs this",
    "ruff ": "changes the checkout; the suite runs it without",
    "vsodprep download": "fetches from the web",
    "vsodprep trivial motion-prior": "needs a shard with a prior, as test_trivial.py has",
    "python tools/attention.py": "needs a trained STAN, as test_attention_tool.py has",
    "vsodprep review": "answers a browser until a signal ends it, as test_review_browser.py does",
    "vsodprep train dsnet --recipe recipe.json --shard synth.zarr --out last.ckpt &&": "waits for Ctrl-C",
    "vsodprep predict final_bone.pth": "needs the weights that DS-Net's authors released",
    "vsodprep evaluate --pred TMO/YTOBJ": "needs YouTube-Objects and TMO's maps",
    "snakemake --workflow-profile profiles/slurm": "needs Slurm's plugin; test_pipeline_slurm.py has it",
    "snakemake all --workflow-profile profiles/slurm": "needs Slurm's plugin; test_pipeline_slurm.py has it",
}
FILE = re.compile(r"# (\S+\.(?:yaml|py)|Snakefile)\n")
# Pages with something to run.
RUN = [page for page in PAGES if any(block.kind in (*SHELL, "python") for block in blocks(page))]
DAVIS, SYNTH = ("bear", "blackswan", "car-shadow", "dog", "libby"), ("plain-fish", "pan-bird", "plain-turtle")
RECIPE = {
    "width": 0.125,
    "pretrained": False,
    "flow": "dis",
    "stages": [{"data": [{"benchmark": "synth", "split": "train"}], "size": [64, 96], "batch": 2, "steps": 1}],
}
# Our commands and Snakemake are noted, with a line behind each, and run afterwards.
SHIM = "".join(
    f'{name}() {{ printf "%s\\0" {name} "$@" $\'\\n\' >> "$CALLS"; }}\n' for name in ("vsodprep", "snakemake")
)


def ours(*words: object) -> None:
    """Run a command in this process."""
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == 0, f"vsodprep {shlex.join(map(str, words))}\n{done.output[-2000:]}{done.exception!r}"


def run_page(page: str, folder: Path) -> None:
    """Run a page's blocks in order, the first one in `folder`, where the working directory is."""
    calls, set_up, names = folder / ".calls", SHIM, arrays()
    env = {"CALLS": str(calls), "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for block in blocks(page):
        text = block.text
        for said, run in INSTEAD.items():
            text = text.replace(said, run)
        if named := FILE.match(text):
            Path(named[1]).parent.mkdir(parents=True, exist_ok=True)
            Path(named[1]).write_text(text, encoding="utf-8")
        elif block.kind == "python":
            exec(compile(text, page, "exec"), names)
        for line in lines(text) if block.kind in SHELL else ():
            if is_usage(line) or line.startswith(tuple(CANNOT)):
                continue
            calls.write_bytes(b"")
            words = ["bash", "-euc", f'{set_up}{line}\npwd > "$CALLS.folder"']
            done = subprocess.run(words, env=os.environ | env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            set_up += f"{line}\n" if re.fullmatch(r"\w+=\S*", line) else ""
            os.chdir(Path(f"{calls}.folder").read_text(encoding="utf-8").strip())
            for call in calls.read_text(encoding="utf-8").split("\0\n\0")[:-1]:
                program, *given = call.split("\0")
                placed = [found_in_clone(word) for word in given]
                if program == "vsodprep":
                    ours(*placed)
                else:
                    plan(placed)


def found_in_clone(word: str) -> str:
    """Return a word, or the path of the clone's own file where it names one that does not lie here."""
    if word.endswith("/Snakefile"):
        return str(ROOT / "Snakefile")
    here = Path(word) if word.endswith(".yaml") else None
    return word if here is None else str(here.resolve() if here.exists() else ROOT / word)


def plan(words: list[str]) -> None:
    """Let Snakemake plan a command in the working directory, by the rules there or the clone's."""
    here = Path("Snakefile").resolve()
    done = ask(Path.cwd(), "-n", *words, snakefile=str(here) if here.exists() else "Snakefile")
    assert done.returncode == 0, f"snakemake {shlex.join(words)}\n{done.stdout[-2000:]}"


def arrays() -> dict[str, Any]:
    """Return what blocks of Python name without making it."""
    batch = make_batch(2, 4, (64, 64))
    read = {key: batch[key] for key in ("frames", "prior", "contrast", "segments")}
    frame = {"probability": np.zeros((64, 64), np.float32), "frame": np.zeros((64, 64, 3), np.uint8)}
    others = {"pictures": batch["flow"], "batch": batch, "generator": None, "torch": torch, "__name__": "__main__"}
    return read | frame | others


def write_inputs() -> None:
    """Write what pages name into the working directory: archives, benchmarks, maps, a network and its scores."""
    Path("home/Downloads").mkdir(parents=True)
    with zipfile.ZipFile("home/Downloads/DAVIS-data.zip", "w") as archive:
        for sequence in DAVIS:
            for number in range(4):
                picture, place = disc(number, (96, 128)), f"480p/{sequence}/{number:05d}"
                mask = np.where(picture[..., 0] > 100, 255, 0).astype(np.uint8)
                for name, image in (("JPEGImages", picture[..., ::-1]), ("Annotations", mask)):
                    ending = ".png" if image is mask else ".jpg"
                    archive.writestr(f"DAVIS/{name}/{place}{ending}", cv2.imencode(ending, image)[1].tobytes())
    shutil.copy("home/Downloads/DAVIS-data.zip", "DAVIS-data.zip")
    normalized, results = Path("results/normalized"), Path("results")
    ours("normalize", "davis2016", "DAVIS-data.zip", "--partial", "--out", normalized / "davis2016")
    ours("normalize", "synth", "--out", normalized / "synth", *(f"--sequence={name}" for name in SYNTH))
    for benchmark, sequences in (("davis2016", DAVIS), ("synth", SYNTH)):
        for name in sequences:
            frames, flow = normalized / benchmark / name / "frames", results / f"flow/dis/{benchmark}/{name}.h5"
            ours("flow", "dis", frames, "--out", flow)
            shutil.copytree(normalized / benchmark / name / "masks", results / f"coarse/weightfree/{benchmark}/{name}")
        blocks_of = ("--flow", "dis", results / "flow/dis" / benchmark, "--pictures", "dis")
        labels = ("--coarse", "weightfree", results / "coarse/weightfree" / benchmark)
        ours("pack", normalized / benchmark, "--out", results / f"shards/{benchmark}.zarr", *blocks_of, *labels)
    network = results / "models/dsnet/full/seed0/last.ckpt"
    shard = results / "shards/synth.zarr"
    recipe = results / "configuration/runs/dsnet/full.json"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(json.dumps(RECIPE), encoding="utf-8")
    ours("train", "dsnet", "--recipe", recipe, "--shard", shard, "--seed", 0, "--out", network)
    for benchmark, split, protocols in (("davis2016", "val", ("davsod", "davis2016")), ("synth", "test", ("davsod",))):
        maps, scores = results / "predictions/dsnet/full/seed0/raw" / benchmark, results / "scores/dsnet/full/seed0/raw"
        ours("predict", network, results / f"shards/{benchmark}.zarr", "--split", split, "--out", maps)
        by = [
            word for each in protocols for word in ("--protocol", each, "--json", scores / f"{benchmark}.{each}.json")
        ]
        ours("evaluate", "--pred", maps, "--gt", normalized / benchmark, "--split", split, *by)
    write_maps_and_scores(normalized / "davis2016", scores, network)
    write_maps_of_single_frames(normalized)


def write_maps_and_scores(benchmark: Path, scores: Path, network: Path) -> None:
    """Write what pages name without a place: maps of methods, score files, frames, videos, a network and a shard."""
    others = ("trivial/centre-prior", "methods/MGA")
    for folder in (*(f"results/scores/{other}/seed0/raw" for other in others), "theirs/MGA"):
        shutil.copytree(scores, folder)
    for name in ("a", "b", "tau02", "tau04", "tau06", "m1", "m2", "full", "scores"):
        shutil.copy(scores / "davis2016.davsod.json", f"{name}.json")
    for name in ("FRAMES", "videos/beach/frames"):
        shutil.copytree(benchmark / "dog/frames", name)
    for number, name in enumerate(("MASKS", "MAPS", "MAPS_A", "MAPS_B", "maps/ours", "maps/theirs")):
        for path in benchmark.glob("*/masks/*.png"):
            mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            write_png(Path(name, path.parts[-3], path.name), cv2.GaussianBlur(mask, (0, 0), number) if number else mask)
    shutil.make_archive("maps/theirs", "zip", "maps/theirs")
    shutil.copy(network, "last.ckpt")
    for name in ("beach.mp4", "clip.mp4"):
        write(Path(name), [disc(number) for number in range(4)])
    Path("vsodprep").symlink_to(ROOT)
    Path("synth.zarr").symlink_to("results/shards/synth.zarr")
    Path("SOURCE").symlink_to("FRAMES")
    Path("VIDEO.mp4").symlink_to("clip.mp4")


def write_maps_of_single_frames(normalized: Path) -> None:
    """Write what pages name of maps, labels and networks that read single frames, and a configuration."""
    for number, path in enumerate(sorted(normalized.glob("synth/*/masks/*.png"))):
        mask, name = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), f"{path.parts[-3]}/{path.name}"
        for method in ("mbd", "rbd"):
            write_png(Path("results/saliency", method, "synth", name), cv2.blur(mask, (3 + number % 3, 3)))
        write_png(Path("THEIRS", name), mask // 255)
        write_png(Path("OTHERS", name), cv2.blur(mask, (5, 5)))
        own = Path("VIDEOS", path.parts[-3], "masks", path.name)
        own.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(own), cv2.merge([mask, mask, mask, mask]))
    for name in SYNTH:
        shutil.copytree(normalized / "synth" / name / "frames", Path("VIDEOS", name, "frames"))
    flow = Path("results/flow/dis/synth")
    ours("prior", "fit", "--train", normalized / "synth", flow, "train", "--epochs", 1, "--out", "classifier.npz")
    frames, prior = normalized / "synth/pan-bird/frames", Path("results/prior/light/synth/pan-bird.h5")
    ours("prior", "apply", frames, flow / "pan-bird.h5", "classifier.npz", "--out", prior)
    write_channels(Path("home/.u2net/isnet-general-use.onnx"), (1024, 1024))
    write_channels(Path("mine.onnx"), (384, 384))
    shutil.copy("home/.u2net/isnet-general-use.onnx", "isnet.onnx")
    whole = Path("results/configuration/whole.json")
    whole.write_text(json.dumps(BASE), encoding="utf-8")
    Path("archives/davis2016").mkdir(parents=True)
    shutil.copy("DAVIS-data.zip", "archives/davis2016")
    shutil.unpack_archive("DAVIS-data.zip", ".")
    for archive, folder in (("3dcseg/bmvc_fbms.zip", "maps/ours"), ("davis2016/DAVIS-results.zip", "maps")):
        path = Path("archives/maps", archive)
        path.parent.mkdir(parents=True)
        shutil.make_archive(str(path.with_suffix("")), "zip", folder)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("HOME", str(folder / "home"))
        write_inputs()
        yield folder


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_blocks_run(page: str, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    shutil.copytree(inputs, folder, copy_function=os.link, symlinks=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["shrink.py", "DAVIS", "small"])
    (tmp_path / "vsodprep").symlink_to(ROOT)  # beside the folder that a page makes, and beside this one
    run_page(page, folder)
