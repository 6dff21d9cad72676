"""Training in several processes, on the CPU: the same as in one, and plain words where one of them is lost."""

import csv
import os
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from shard_tree import make_everything

from vsodprep.cli.train import command
from vsodprep.config.pack import Pack
from vsodprep.config.train import Augment, Data, Optimizer, Resources, Run, Stage
from vsodprep.errors import InputError, VsodprepError
from vsodprep.models import build_model, saved, training
from vsodprep.models.history import History
from vsodprep.models.ranks import Ranks
from vsodprep.models.resume import Progress
from vsodprep.models.training import Execution, train
from vsodprep.shards import pack_benchmark
from vsodprep.shards.sampling import BatchSampler

MODEL = "rank_networks:Tiny"
SETTINGS = Execution(threads=1, save_seconds=0)


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ranks")
    make_everything(root)
    pack_benchmark(root / "normalized", root / "mini.zarr", Pack(), flow={})
    return root / "mini.zarr"


def recipe(reduction: str = "mean", *, steps: int = 6, **changes: object) -> Run:
    """Stills, then stills and videos in one stream, some frames of which have no mask."""
    stills, videos = Data(benchmark="mini", split="stills"), Data(benchmark="mini", split="train", weight=0.5)
    sgd = Optimizer(name="sgd", lr=1e-3 if reduction == "mean" else 1e-6, clip_norm=50.0)
    common = {"size": (32, 32), "batch": 4, "clip_length": 2, "optimizer": sgd}
    mixed = {"accumulate": 2, "augment": Augment(flip=0.5, scales=(1.0, 1.5))}
    stages = (
        Stage(name="stills", data=(stills,), steps=2, **common),
        Stage(name="mixed", data=(stills, videos), steps=steps, **common, **mixed),
    )
    options = {"reduction": reduction, "contrast": reduction == "sum"}
    return Run(**{"model": MODEL, "options": options, "pretrained": False, "stages": stages} | changes)


def on(devices: int, run: Run) -> Run:
    return run.model_copy(update={"resources": Resources(devices=devices)})


def fit(shard: Path, out: Path, run: Run) -> None:
    train(MODEL, run, {"mini": shard}, seed=0, out=out, settings=SETTINGS)


def assert_same(one: Path, other: Path) -> None:
    first, second = saved.load(one), saved.load(other)
    assert first["recipe"] == second["recipe"]
    torch.manual_seed(0)
    start = build_model(MODEL).state_dict()
    for key in ("features.0.weight", "head.weight"):
        moved = first["weights"][key] - start[key]
        assert (second["weights"][key] - first["weights"][key]).norm() < 1e-4 * moved.norm(), key
    rows, others = (list(csv.DictReader(path.with_name("metrics.csv").open())) for path in (one, other))
    assert len(rows) == len(others)
    for row, theirs in zip(rows, others, strict=True):
        for key in row.keys() - {"stage"}:
            assert float(theirs[key] or 0) == pytest.approx(float(row[key] or 0), rel=1e-4)


@pytest.mark.parametrize("reduction", [pytest.param("mean", marks=pytest.mark.slow), "sum"])
def test_two_processes_equal_one(reduction: str, shard: Path, tmp_path: Path) -> None:
    run = recipe(reduction)
    fit(shard, tmp_path / "one" / "last.ckpt", run)
    fit(shard, tmp_path / "two" / "last.ckpt", on(2, run))
    assert_same(tmp_path / "one" / "last.ckpt", tmp_path / "two" / "last.ckpt")
    assert [saved.load(tmp_path / name / "last.ckpt").get("devices") for name in ("one", "two")] == [None, 2]
    assert {path.name for path in (tmp_path / "two").iterdir()} == {"last.ckpt", "metrics.csv"}


@pytest.mark.parametrize(
    ("devices", "frozen", "sync", "named"),
    [(1, False, False, None), (2, True, False, None), (2, False, True, None), (2, False, False, 2)],
)
def test_devices_are_part_of_the_identity_where_batch_normalisation_sees_a_share(
    devices: int,
    frozen: bool,
    sync: bool,
    named: int | None,
    shard: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class ReachedError(Exception):
        pass

    def reached(path: Path, identity: dict[str, object]) -> None:
        assert identity.get("devices") == named
        raise ReachedError

    monkeypatch.setattr(training, "Progress", reached)
    run = recipe(options={"frozen": frozen}, sync_batchnorm=sync)
    with pytest.raises(ReachedError):
        training._train(
            *(MODEL, run, {"mini": shard}, Ranks(devices)),
            **{"seed": 0, "out": tmp_path / "last.ckpt", "settings": SETTINGS, "continued": None},
        )


@pytest.mark.parametrize("now", [{}, {"devices": 2}, {"devices": 4}])
@pytest.mark.parametrize("before", [{}, {"devices": 2}])
def test_a_state_of_other_devices_is_passed_over_where_they_are_named(
    before: dict[str, int], now: dict[str, int], tmp_path: Path
) -> None:
    path, identity = tmp_path / "state.ckpt", {"format": saved.FORMAT}
    Progress(path, identity | before).write(0, 1, {})
    assert (Progress(path, identity | now).read() is not None) == (before == now)


def test_shares_of_a_batch_are_the_batch() -> None:
    common = {"batch": 6, "steps": 7, "seed": 3, "stage": 1, "clips_per_video": 2, "size": (8, 8), "scales": (1.0, 2.0)}
    whole = list(BatchSampler([0] * 9 + [1] * 5, **common))
    shares = [list(BatchSampler([0] * 9 + [1] * 5, **common, rank=rank, ranks=3)) for rank in range(3)]
    assert [list(chain(*parts)) for parts in zip(*shares, strict=True)] == whole
    with pytest.raises(ValueError, match="batch of 6 cannot be cut into 4 equal shares"):
        BatchSampler([0], batch=6, steps=1, seed=0, ranks=4)


def words_for(shard: Path, out: Path, run: Run, *options: str) -> list[str]:
    text = run.model_dump_json(exclude={"resources"})
    words = [
        sys.executable,
        "-m",
        "vsodprep",
        "train",
        MODEL,
        "--recipe",
        text,
        "--shard",
        str(shard),
        "--out",
        str(out),
    ]
    return [*words, "--threads", "1", "--save-seconds", "0", *options]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--devices", "3"], "stages.stills: a batch of 4 cannot be shared by 3 devices"),
        (["--devices", "2", "--nodes", "2", "--device", "cpu"], "nodes: 2: no address of the other machines"),
    ],
)
def test_what_cannot_be_shared_is_refused(options: list[str], expected: str, shard: Path, tmp_path: Path) -> None:
    words = words_for(shard, tmp_path / "last.ckpt", recipe(), *options)[3:]
    result = CliRunner().invoke(command, words[1:])
    assert isinstance(result.exception, VsodprepError)
    assert expected in str(result.exception)
    assert "\n" not in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_batch_normalisation_is_not_shared_on_the_cpu(shard: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sync_batchnorm: several devices on the CPU, .*; expected device: cuda"):
        fit(shard, tmp_path / "last.ckpt", on(2, recipe(sync_batchnorm=True)))


def _children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.slow
def test_a_killed_process_ends_all_and_the_run_goes_on(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun on one device, gone on with two of which one is killed, and ended on two: the same as on one."""
    run = recipe(steps=120)
    fit(shard, tmp_path / "whole" / "last.ckpt", run)
    out = tmp_path / "broken" / "last.ckpt"
    add, calls = History.add, []

    def failing(self: History, terms: dict[str, torch.Tensor]) -> None:
        calls.append(1)
        if len(calls) > 8:
            raise KeyboardInterrupt
        add(self, terms)

    monkeypatch.setattr(History, "add", failing)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        fit(shard, out, run)
    state = out.parent / ".last.ckpt.progress" / "state.ckpt"
    begun = state.stat().st_mtime_ns

    words = words_for(shard, out, run, "--devices", "2")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["tests", os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment)
    while state.stat().st_mtime_ns == begun:
        assert process.poll() is None
        time.sleep(0.01)
    # the last of them; the first ones follow what processes share, and train
    os.kill(_children(process.pid)[-1], signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = [each for each in said.splitlines() if each.startswith("vsodprep:")]
    assert line.startswith("vsodprep: process 2 of 2 was ended (SIGKILL); the same command goes on")
    assert state.is_file()
    assert not out.exists()

    goes_on = subprocess.run(words, capture_output=True, text=True, env=environment, check=True, timeout=900)
    assert "goes on after step" in goes_on.stderr
    assert saved.load(out)["devices"] == 2
    assert_same(tmp_path / "whole" / "last.ckpt", out)
    assert not state.exists()
