"""Every long command, ended at random moments: exit code, processes, files, and what a rerun makes of it."""

import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from pipeline import TINY, digests, snakemake
from signalled import Running

from tests.fakes.server import Request, serving
from vsodprep.images import read_frame

pytestmark = pytest.mark.faults

MOMENTS = 2
BODY = np.random.default_rng(0).bytes(3 << 20)

# As the pipeline calls them, by how they begin.
OF_THE_PIPELINE = (
    *("normalize synth", "flow dis", "prior fit", "prior apply", "saliency rbd", "coarse label", "pack", "train"),
    *("predict", "trivial flow-magnitude", "crf", "evaluate", "figure grid", "report"),
)
MAPS = "results/saliency/mbd/synth/plain-fish results/saliency/rbd/synth/plain-fish"
SCORES = "results/scores/dsnet/full/seed0/raw/synth.davsod.json"
FURTHER = {
    "train with readers": "train dsnet --recipe results/configuration/runs/dsnet/full.json --workers 2 --threads 1"
    " --save-seconds 0 --shard results/shards/synth.zarr --out own/last.ckpt",
    "predict a video": "predict results/models/dsnet/full/seed0/last.ckpt own/clip.avi --out own/maps --threads 1"
    " --overlay own/tinted.mp4 --cutout own/cut.webm",
    "normalize videos": "normalize mine own/clip.avi --folder --out own/normalized",
    "export": "export results/shards/synth.zarr --layout davsod --out own/exported",
    "flow export": "flow export results/flow/dis/synth/plain-fish.h5 --as flo --out own/flo",
    "fuse": f"fuse {MAPS} --out own/fused",
    "fuse-fit": "fuse-fit results/saliency/mbd/synth results/saliency/rbd/synth --gt results/normalized/synth"
    " --split train --out own/weights.json",
    "compare": f"compare {SCORES} results/scores/dsnet/full/seed0/stan/synth.davsod.json --json own/compared.json",
    "figure ranking": f"figure ranking {SCORES} --out own/ranking.pdf",
}
NEW_FOLDERS = ("own/exported", "own/flo")
DOWNLOAD = f"""
import sys
from dataclasses import replace
from vsodprep import benchmarks, cli
from vsodprep.benchmarks.benchmark import SourceFile
visal = benchmarks.get("visal")
checksum = "sha256:{sha256(BODY).hexdigest()}"
file = SourceFile("a.zip", (sys.argv.pop(),), page="none", bytes={len(BODY)}, checksum=checksum)
benchmarks.get = lambda *_: replace(visal, files=(file,))
cli.main()
"""


class Prepared(NamedTuple):
    """A command in a folder in which it has run once, the seconds that took, and all files since, torch's cache too."""

    words: list[str]
    folder: Path
    seconds: float
    files: dict[str, str]
    temporary: set[str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The whole pipeline's folder, and what it has printed."""
    folder = tmp_path_factory.mktemp("finished")
    done = snakemake(folder, "all", "--configfile", str(TINY), "--printshellcmds")
    assert done.returncode == 0, done.stdout
    write_video(folder)
    return folder, done.stdout


def write_video(folder: Path) -> None:
    frames = [read_frame(path) for path in sorted((folder / "results/normalized/synth/plain-fish/frames").iterdir())]
    (folder / "own").mkdir()
    size = (frames[0].shape[1], frames[0].shape[0])
    video = cv2.VideoWriter(str(folder / "own/clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, size)
    for frame in frames:
        video.write(frame[..., ::-1])
    video.release()


def words_of(name: str, folder: Path, printed: str) -> list[str]:
    """Return a command's words as the shell gives them."""
    if name in FURTHER:
        text = FURTHER[name]
    else:
        found = re.search(rf"vsodprep ({name} .*?)(?: > \S+ 2>&1| 2>&1 \| .*)$", printed, flags=re.MULTILINE)
        assert found, f"the pipeline calls no vsodprep {name}"
        text = f"{found[1]} --save-seconds 0" if name == "train" else found[1]
    split = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {text}"], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    )
    return ["-m", "vsodprep", *split.stdout.split("\0")[:-1]]


def prepared(words: list[str], folder: Path) -> Prepared:
    begin = time.monotonic()
    temporary = folder.with_name("temporary")
    end = Running(words, temporary, folder=folder).end()
    assert end.code == 0, end.err
    left = {path.name for path in temporary.iterdir()}
    return Prepared(words, folder, time.monotonic() - begin, digests(folder, skip=()), left)


@pytest.fixture(scope="module")
def prepare(
    finished: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Prepared]]:
    """Prepare a command once for all signals."""
    known: dict[str, Prepared] = {}

    def once(name: str) -> Prepared:
        if name not in known:
            known.clear()
            folder = tmp_path_factory.mktemp("command") / "folder"
            shutil.copytree(finished[0], folder, ignore=shutil.ignore_patterns("logs", "timings", ".snakemake"))
            known[name] = prepared(words_of(name, folder, finished[1]), folder)
        return known[name]

    return once


def begin(command: Prepared, temporary: Path) -> Running:
    """Begin a command; what writes into new folders only gets one."""
    for name in NEW_FOLDERS:
        shutil.rmtree(command.folder / name, ignore_errors=True)
    return Running(command.words, temporary, folder=command.folder)


def interrupted_and_repeated(command: Prepared, how: signal.Signals, seed: int) -> None:
    """End a command at random moments, then let it finish: all is as if nothing had happened."""
    temporary = command.folder.with_name("temporary")
    for moment in random.Random(seed).choices(range(1000), k=MOMENTS):
        running = begin(command, temporary)
        time.sleep(moment / 1000 * command.seconds)
        # The interpreter's own start-up has the signal's default, and a handler of its own for SIGINT.
        starting = how in (signal.SIGINT, signal.SIGKILL) or not running.handles(how)
        running.send(how)
        end = running.end()
        assert end.left == []
        assert end.code in (128 + how, 0, *([-how] if starting else [])), end  # 0: the work was done already
        if end.code == 128 + how:
            assert end.err.splitlines()[-1:] in ([f"vsodprep: ended by {how.name}"], []), end.err
            assert "Traceback" not in end.err, end.err
        if end.code == 0:
            assert digests(command.folder, skip=()) == command.files
        if how is not signal.SIGKILL:
            assert {path.name for path in temporary.iterdir()} == command.temporary
    end = begin(command, temporary).end()
    assert end.code == 0, end.err
    assert digests(command.folder, skip=()) == command.files


SIGNALS = pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda how: how.name
)


@SIGNALS
@pytest.mark.parametrize("name", [*OF_THE_PIPELINE, *FURTHER])
def test_a_command_that_is_ended_is_repeated(
    name: str, how: signal.Signals, prepare: Callable[[str], Prepared]
) -> None:
    interrupted_and_repeated(prepare(name), how, seed=len(name) + how)


def slowly(request: Request) -> None:
    """Send the file in some seconds."""
    request.file(request.start)
    for at in range(request.start, len(BODY), 1 << 18):
        request.handler.wfile.write(BODY[at : at + (1 << 18)])
        request.handler.wfile.flush()
        time.sleep(0.1)


@SIGNALS
def test_a_download_that_is_ended_is_repeated(how: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with serving(BODY) as server:
        server.answers["/slow"] = slowly
        words = ["-c", DOWNLOAD, "download", "visal", "--to", "to", f"{server.url}/slow"]
        whole = prepared(words, folder)
        for path in (folder / "to").iterdir():
            path.unlink()
        interrupted_and_repeated(whole, how, seed=int(how))
