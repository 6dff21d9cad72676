"""`tools/gradients.py`: lengths of gradients by part and loss term, of the training that `vsodprep train` does."""

import csv
import re
import runpy
from pathlib import Path

import pytest
import torch
from shard_tree import make_everything
from torch import nn

from vsodprep.config.pack import Pack
from vsodprep.config.train import Data, Run, Stage
from vsodprep.models.training import Execution, train
from vsodprep.shards import pack_benchmark
from vsodprep.threads import restores_threads

SCRIPT = runpy.run_path(str(Path(__file__).parent.parent / "tools" / "gradients.py"))


class Two(nn.Module):
    """f = b a·x, of a and b in parts of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(2, 1, bias=False))
        self.second = nn.Sequential(nn.Linear(1, 1, bias=False))
        self.first[0].weight.data = torch.tensor([[1.0, 200.0]])
        self.second[0].weight.data = torch.tensor([[10.0]])


def test_lengths_and_decay_by_hand() -> None:
    network, x = Two(), torch.tensor([[3.0, 4.0]])
    inner = network.first(x).sum()
    outer = network.second(network.first(x)).sum()
    table = list(SCRIPT["rows"](network, {"loss": inner + outer, "inner": inner, "outer": outer}, 1, 0.5))
    assert table == [
        "| part | inner | outer | decay is longer |",
        "| --- | ---: | ---: | ---: |",
        # d inner/da = x, of length 5; d outer/da = 10 x; decay 0.5 and 100 beside 33 and 44
        "| `first` | 5 | 50 | 50.0% |",
        # d outer/db = a·x = 803, beside a decay of 5
        "| `second` | 0 | 803 | 0.0% |",
        f"| all | 5 | {(50**2 + 803**2) ** 0.5:.3g} | 33.3% |",
    ]


@pytest.mark.parametrize(
    ("name", "depth", "part"),
    [
        ("encoder.backbone.layer1.0.conv1.weight", 3, "encoder.backbone.layer1"),
        ("encoder.backbone.layer1.0.conv1.weight", 1, "encoder"),
        ("head.weight", 3, "head"),
    ],
)
def test_a_part_is_what_shares_first_names(name: str, depth: int, part: str) -> None:
    assert SCRIPT["part_of"](name, depth) == part


@restores_threads
def test_the_training_is_that_of_the_command(tmp_path, monkeypatch, capsys) -> None:
    make_everything(tmp_path)
    shard = tmp_path / "mini.zarr"
    pack_benchmark(tmp_path / "normalized", shard, Pack(pictures=("dis",)), flow={"dis": tmp_path / "flow"})
    data = (Data(benchmark="mini", split="train"),)
    run = Run(width=0.05, pretrained=False, flow="dis", stages=(Stage(data=data, size=(64, 64), batch=2, steps=3),))
    recipe = tmp_path / "recipe.json"
    recipe.write_text(run.model_dump_json(), encoding="utf-8")
    train("dsnet", run, {"mini": shard}, seed=5, out=tmp_path / "last.ckpt", settings=Execution(threads=1))
    with (tmp_path / "metrics.csv").open(encoding="utf-8") as stream:
        trained = {row["step"]: float(row["loss"]) for row in csv.DictReader(stream)}
    arguments = ["dsnet", "--recipe", recipe, "--shard", shard, "--seed", 5, "--batches", 1, 3, "--depth", 1]
    monkeypatch.setattr("sys.argv", ["gradients.py", *map(str, arguments)])
    SCRIPT["main"]()
    said = re.findall(r"batch (\d): loss ([\d.e+]+)", capsys.readouterr().out)
    assert [step for step, _ in said] == ["1", "3"]
    assert [float(loss) for _, loss in said] == pytest.approx([trained[step] for step, _ in said], rel=1e-3)
