"""`tools/attention.py`: what STAN's maps and their weights are inside and outside of the masks."""

import re
import runpy
from pathlib import Path

import pytest
import torch
from shard_tree import make_everything

from vsodprep.config.networks.stan import STANOptions
from vsodprep.config.pack import Pack
from vsodprep.config.train import Data, Run, Stage
from vsodprep.models import saved
from vsodprep.models.training import Execution, train
from vsodprep.shards import pack_benchmark
from vsodprep.threads import restores_threads

SCRIPT = runpy.run_path(str(Path(__file__).parent.parent / "tools" / "attention.py"))
MASK = torch.tensor([[True, True], [False, False]])


def test_a_frame_by_hand() -> None:
    maps = torch.tensor([[[2.0, 4.0], [-1.0, -3.0]], [[0.5, 0.5], [0.25, 0.75]]])
    weights = torch.tensor([[[0.25, 0.75], [1.0, 0.5]], [[0.75, 0.25], [0.0, 0.5]]])
    joined = (maps * weights).sum(0, keepdim=True)  # 0.875, 3.125; -1, -1.125
    outputs = {"saliency": joined[None], "aux": {"maps": maps[None], "weights": weights[None]}}
    told = SCRIPT["of_frame"](outputs, MASK, ["O_st", "O_m"])
    assert told == {
        "joined": [2.0, -1.0625, 3.125],
        "O_st": [3.0, -2.0, 4.0, 0.5, 0.75],
        "O_m": [0.5, 0.5, 0.75, 0.5, 0.25],
    }
    other = {name: [value - 1 for value in values] for name, values in told.items()}
    table = list(SCRIPT["rows"]({name: [told[name], other[name]] for name in told}))
    assert table[2:] == [
        "| joined | 1.50 | -1.56 | 3.12 |  |  |",
        "| O_st | 2.50 | -2.50 | 4.00 | 0.00 | 0.25 |",
        "| O_m | 0.00 | 0.00 | 0.75 | 0.00 | -0.25 |",
    ]


@pytest.mark.parametrize(
    ("options", "names"),
    [({}, ["O_st", "O_m", "O_c"]), ({"conv3d": False}, ["O_st", "O_m"]), ({"convlstm": False}, ["O_st", "O_c"])],
)
def test_maps_have_the_papers_names(options: dict[str, bool], names: list[str]) -> None:
    assert SCRIPT["names"](STANOptions.model_validate(options)) == names


@restores_threads
def test_of_a_trained_network(tmp_path, monkeypatch, capsys) -> None:
    make_everything(tmp_path)
    shard = tmp_path / "mini.zarr"
    pack_benchmark(
        tmp_path / "normalized",
        shard,
        Pack(pictures=("dis",)),
        flow={"dis": tmp_path / "flow"},
        prior={"light": tmp_path / "prior"},
    )
    stage = Stage(data=(Data(benchmark="mini", split="train"),), size=(48, 64), batch=2, steps=1, clip_length=4)
    for model, more in (("stan", {"prior": "light"}), ("dsnet", {"flow": "dis"})):
        one = stage if model == "stan" else stage.model_copy(update={"clip_length": 1})
        run = Run(width=0.05, pretrained=False, stages=(one,), **more)
        train(model, run, {"mini": shard}, seed=0, out=tmp_path / model / "last.ckpt", settings=Execution(threads=1))

    def say(model: str) -> str:
        arguments = [tmp_path / model / "last.ckpt", shard, "--split", "train", "--every", 1]
        monkeypatch.setattr("sys.argv", ["attention.py", *map(str, arguments)])
        SCRIPT["main"]()
        return capsys.readouterr().out

    said = say("stan")
    assert re.match(r"[1-9]\d* frames of train\n", said)
    rows = [[cell.strip() for cell in line.split("|")[2:-1]] for line in said.splitlines()[3:]]
    assert len(rows) == 4
    for side in (3, 4):
        assert sum(float(row[side]) for row in rows[1:]) == pytest.approx(1, abs=0.011)
    content = saved.load(tmp_path / "stan" / "last.ckpt")
    for part, row in (("project.", 2), ("conv3d.", 3)):  # which map is whose: without its last weights it is flat
        weights = {
            name: torch.zeros_like(values) if name.startswith(part) else values
            for name, values in content["weights"].items()
        }
        saved.save(tmp_path / part / "last.ckpt", {**content, "weights": weights})
        flat = [[cell.strip() for cell in line.split("|")[2:5]] for line in say(part).splitlines()[3:]]
        assert [place for place, cells in enumerate(flat) if {cell.lstrip("-") for cell in cells} == {"0.00"}] == [row]
    with pytest.raises(SystemExit):
        say("dsnet")
    assert "without attention over maps" in capsys.readouterr().err
