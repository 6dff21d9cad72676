"""What a training tells while it runs, to each logger, and what it does not change."""

import csv
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from shard_tree import make_everything

from vsodprep.config.pack import Pack
from vsodprep.config.train import Augment, Data, Resources, Run, Stage
from vsodprep.errors import InputError
from vsodprep.models import logs
from vsodprep.models.logs import Pace, sheet
from vsodprep.models.training import Execution, train
from vsodprep.shards import pack_benchmark
from vsodprep.shards.transform import IMAGENET_MEAN, IMAGENET_STD

MODEL = "rank_networks:Tiny"
TERMS = ("loss/frame0", "loss/frame1")
VALUES = {"loss", "lr", "samples_per_second", "waiting", *TERMS}


class Wandb(SimpleNamespace):
    """What of the package is used."""

    def __init__(self) -> None:
        super().__init__(told={}, Image=lambda pixels: pixels)

    def init(self, **settings: Any) -> "Wandb":
        self.settings, self.finished = settings, False
        return self

    def log(self, values: dict[str, Any], step: int) -> None:
        self.told.setdefault(step, {}).update(values)

    def finish(self) -> None:
        self.finished = True


def test_every_logger_is_told_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    make_everything(tmp_path)
    shard = tmp_path / "mini.zarr"
    pack_benchmark(tmp_path / "normalized", shard, Pack(), flow={})
    monkeypatch.setitem(sys.modules, "wandb", wandb := Wandb())
    monkeypatch.setattr(logs, "check_installed", lambda *_: None)
    data = (Data(benchmark="mini", split="train"),)
    stage = Stage(data=data, size=(32, 32), batch=2, clip_length=2, steps=3, augment=Augment(flip=0.5))
    run = Run(model=MODEL, pretrained=False, stages=(stage,))
    told = run.model_copy(update={"resources": Resources(logger=("csv", "tensorboard", "wandb"))})
    for name, each in (("plain", run), ("told", told)):
        out = tmp_path / name / "last.ckpt"
        train(MODEL, each, {"mini": shard}, seed=0, out=out, settings=Execution(threads=1))
    for name in ("last.ckpt", "metrics.csv"):
        assert (tmp_path / "plain" / name).read_bytes() == (tmp_path / "told" / name).read_bytes()

    losses = [float(row["loss"]) for row in csv.DictReader((tmp_path / "told" / "metrics.csv").open())]
    folder = tmp_path / "told" / "logs"
    rows = list(csv.DictReader((folder / "csv" / "version_0" / "metrics.csv").open()))
    assert [float(row["loss"]) for row in rows] == pytest.approx(losses)
    assert all(float(row["loss"]) == pytest.approx(sum(float(row[term]) for term in TERMS)) for row in rows)
    assert set(rows[0]) == VALUES | {"step"}
    assert all(float(row["samples_per_second"]) > 0 and 0 <= float(row["waiting"]) <= 1 for row in rows)

    board = EventAccumulator(str(folder / "tensorboard")).Reload()
    assert set(board.Tags()["scalars"]) == VALUES
    assert [event.value for event in board.Scalars("loss")] == pytest.approx(losses)
    assert [event.step for event in board.Images("maps")] == [1, 2, 3]

    assert [values["loss"] for values in wandb.told.values()] == pytest.approx(losses)
    assert set(wandb.told[2]) == VALUES | {"maps"}
    assert wandb.told[2]["maps"].shape == (2 * 32, 3 * 32, 3)
    assert (wandb.settings["name"].endswith("/told"), wandb.finished) == (True, True)
    assert wandb.settings["config"]["recipe"]["stages"][0]["batch"] == 2


def test_a_sheet_shows_frame_mask_and_map() -> None:
    mean, deviation = (torch.tensor(each)[:, None, None] for each in (IMAGENET_MEAN, IMAGENET_STD))
    gray = (torch.full((2, 1, 3, 4, 5), 0.5) - mean) / deviation
    masks = torch.zeros(2, 1, 1, 4, 5)
    masks[1] = 1
    drawn = sheet(
        {"frames": gray, "masks": masks}, torch.tensor([-100.0, 100.0])[:, None, None, None].expand(2, 1, 4, 5)
    )
    assert (drawn.shape, drawn.dtype) == ((8, 15, 3), np.uint8)
    assert set(np.unique(drawn[:, :5])) <= {127, 128}
    for columns in (slice(5, 10), slice(10, 15)):
        assert (drawn[:4, columns] == 0).all()
        assert (drawn[4:, columns] == 255).all()


def test_pace_tells_samples_and_waiting_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 3.0, 4.0, 7.0, 8.0, 11.0, 12.0, 12.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    pace = Pace()
    pace.begin_step()
    pace.end_step(8)
    pace.begin_wait()
    pace.begin_step()
    pace.end_step(8)
    assert pace.take() == {"samples_per_second": 2.0, "waiting": 0.75}
    pace.begin_wait()  # after a state that took three seconds to save
    pace.begin_step()
    pace.end_step(8)
    assert pace.take() == {"samples_per_second": 2.0, "waiting": 0.25}


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_logger_that_is_not_installed_is_named_with_its_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vsodprep.extras.find_spec", lambda _: None)
    with pytest.raises(InputError) as caught:
        logs.check_installed(name, "logger")
    assert (
        str(caught.value)
        == f"logger: {name}: the package {name} is not installed; expected pip install 'vsodprep[{name}]' first"
    )
    logs.check_installed("csv", "logger")
