"""Training by a recipe: what a step does, what a checkpoint holds, and that it goes on exactly."""

import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import cv2
import h5py
import pytest
import torch
from click.testing import CliRunner
from shard_tree import make_everything

from vsodprep.cli.train import command
from vsodprep.config.networks.dsnet import DSNetOptions
from vsodprep.config.pack import Pack
from vsodprep.config.train import Augment, Data, Optimizer, Run, Schedule, Stage
from vsodprep.errors import InputError, VsodprepError
from vsodprep.models import build_model, saved
from vsodprep.models.device import place
from vsodprep.models.history import History
from vsodprep.models.recipe import build_optimizer, rate_factor, resets, steps_of, videos_of
from vsodprep.models.training import Execution, train
from vsodprep.shards import ClipDataset, SplitSource, open_shard, pack_benchmark
from vsodprep.shards.sampling import BatchSampler
from vsodprep.threads import restores_threads

SIZE = (64, 64)
SETTINGS = Execution(threads=1, save_seconds=0)


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    root = tmp_path_factory.mktemp("train")
    make_everything(root)
    out = root / "mini.zarr"
    pack_benchmark(root / "normalized", out, Pack(pictures=("dis",)), flow={"dis": root / "flow"})
    return out


def stage(**options) -> Stage:
    data = (Data(benchmark="mini", split="train"), Data(benchmark="mini", split="stills"))
    return Stage(**({"data": data, "size": SIZE, "batch": 2, "steps": 3} | options))


def recipe(*stages: Stage, **options) -> Run:
    return Run(**({"width": 0.05, "pretrained": False, "flow": "dis", "stages": stages or (stage(),)} | options))


def fit(shard, out: Path, run: Run, **options) -> dict:
    train("dsnet", run, {"mini": shard}, out=out, **({"seed": 0, "settings": SETTINGS} | options))
    return saved.load(out)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


TWO_STAGES = recipe(
    stage(name="images", data=(Data(benchmark="mini", split="stills"),), steps=2),
    stage(
        name="videos",
        steps=5,
        accumulate=2,
        optimizer=Optimizer(lr=1e-3, weight_decay=5e-4, clip_norm=100.0),
        schedule=Schedule(name="step", milestones=(0.5,), factor=0.2, reset=True),
        augment=Augment(flip=0.5, scales=(1.0, 1.25)),
    ),
)


def test_checkpoint_says_where_it_is_from(shard, tmp_path):
    content = fit(shard, tmp_path / "last.ckpt", recipe())
    assert (content["model"], content["seed"], content["threads"], content["device"]) == ("dsnet", 0, 1, "cpu")
    assert Run.model_validate(content["recipe"]) == recipe()
    assert [data["benchmark"] for data in content["data"]] == ["mini"]
    assert content["flow"]["method"] == "dis"
    assert "video_size" not in content["data"][0]
    assert "optimizer" not in content
    network = saved.network_of(content, tmp_path / "last.ckpt")
    fresh = build_model("dsnet", width=0.05).state_dict()
    assert {key: value.shape for key, value in network.state_dict().items()} == {
        key: value.shape for key, value in fresh.items()
    }
    assert {path.name for path in tmp_path.iterdir()} == {"last.ckpt", "metrics.csv"}  # and nothing hidden


def test_weights_of_other_channels_are_refused():
    weights = build_model("dsnet", width=0.25).state_dict()
    content = {"model": "dsnet", "recipe": recipe().model_dump(mode="json"), "weights": weights}
    with pytest.raises(InputError, match=r"old/last\.ckpt: not the weights that dsnet has at width 0\.05"):
        saved.network_of(content, Path("old/last.ckpt"))


def test_metrics_have_a_row_a_step_and_the_learning_rate(shard, tmp_path):
    fit(shard, tmp_path / "last.ckpt", TWO_STAGES)
    rows = list(csv.DictReader((tmp_path / "metrics.csv").open()))
    assert [int(row["step"]) for row in rows] == list(range(1, 8))
    assert [row["stage"] for row in rows] == ["images"] * 2 + ["videos"] * 5
    assert [float(row["lr"]) for row in rows[2:]] == pytest.approx([1e-3, 1e-3, 2e-4, 2e-4, 2e-4])
    terms = sum(float(rows[3][name]) for name in ("final", "coarse", "spatial", "temporal"))
    assert float(rows[3]["loss"]) == pytest.approx(terms, rel=1e-5)


@restores_threads
def test_one_step_is_that_of_the_optimiser(shard, tmp_path):
    """One SGD step of the trainer against the same step by hand, with the trainer's layout and threads.

    In another order of summation a ReLU of a two-frame batch may open or close, which alone moves the step by percents.
    """
    from vsodprep.models.recipe import stage_dataset
    from vsodprep.shards.clips import collate

    run = recipe(stage(steps=1, optimizer=Optimizer(name="sgd", lr=1e-6, momentum=0.0)))
    got = fit(shard, tmp_path / "last.ckpt", run, seed=4)["weights"]

    torch.manual_seed(4)
    network = build_model("dsnet", width=0.05)
    place(network, "cpu")
    torch.set_num_threads(SETTINGS.threads)
    data = stage_dataset("dsnet", run, run.stages[0], {"mini": shard}, 4, 0)
    batch = collate([data[pick] for pick in next(iter(BatchSampler(videos_of(data), batch=2, steps=1, seed=4)))])
    network.loss(network(batch), batch)["loss"].backward()
    parameters = dict(network.named_parameters())
    expected = torch.cat([-1e-6 * parameter.grad.flatten() for parameter in parameters.values()])
    moved = torch.cat([(got[name] - parameter.detach()).flatten() for name, parameter in parameters.items()])
    assert expected.norm() > 1e-3
    assert (moved - expected).norm() < 1e-3 * expected.norm()


def build_model_at(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return build_model("dsnet", width=0.05)


def test_accumulated_batches_are_averaged(shard, tmp_path):
    sgd = Optimizer(name="sgd", lr=1e-6, momentum=0.0)
    twice = fit(shard, tmp_path / "a.ckpt", recipe(stage(steps=2, accumulate=2, optimizer=sgd)))["weights"]
    first = fit(shard, tmp_path / "b.ckpt", recipe(stage(steps=1, optimizer=sgd)))["weights"]
    start = build_model_at(0).state_dict()
    key = "head.2.weight"
    assert not torch.equal(twice[key], start[key])
    assert not torch.equal(twice[key], first[key])


def moved(weights: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Return how far the learned weights of a network of seed 0 have moved."""
    start = dict(build_model_at(0).named_parameters())
    return torch.cat([(weights[name] - parameter.detach()).flatten().double() for name, parameter in start.items()])


@pytest.mark.parametrize("accumulate", [1, 2])
def test_gradients_are_shortened_to_the_norm_and_no_shorter(shard, tmp_path, accumulate):
    def after_a_step(clip_norm: float | None) -> torch.Tensor:
        sgd = Optimizer(name="sgd", lr=1e-6, momentum=0.0, clip_norm=clip_norm)
        out = tmp_path / f"{clip_norm}.ckpt"
        return moved(fit(shard, out, recipe(stage(steps=accumulate, accumulate=accumulate, optimizer=sgd)))["weights"])

    whole = after_a_step(None)
    norm = whole.norm().item() / 1e-6
    assert norm > 1000  # cross entropy is summed over pixels
    shortened, untouched = after_a_step(norm / 2), after_a_step(2 * norm)
    assert shortened.norm().item() == pytest.approx(1e-6 * norm / 2, rel=1e-2)
    assert torch.equal(untouched, whole)
    assert (shortened - whole / 2).norm() < 1e-2 * whole.norm()


def test_same_recipe_gives_the_same_bytes_whatever_the_name(shard, whole, tmp_path):
    torch.manual_seed(99)
    fit(shard, tmp_path / "two" / "other.ckpt", TWO_STAGES)
    assert digest(whole) == digest(tmp_path / "two" / "other.ckpt")
    assert digest(whole.with_name("metrics.csv")) == digest(tmp_path / "two" / "metrics.csv")
    fit(shard, tmp_path / "three" / "last.ckpt", TWO_STAGES, seed=1)
    assert digest(whole.with_name("metrics.csv")) != digest(tmp_path / "three" / "metrics.csv")


class StopError(Exception):
    pass


@pytest.fixture(scope="module")
def whole(shard, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "last.ckpt"
    fit(shard, out, TWO_STAGES)
    return out


@pytest.mark.parametrize("after", [1, 2, 3, 5, 6])
def test_an_interrupted_run_goes_on_exactly(shard, whole, tmp_path, monkeypatch, after):
    add, calls = History.add, []

    def failing(self, terms):
        calls.append(1)
        if len(calls) > after:
            raise StopError
        add(self, terms)

    out = tmp_path / "broken" / "last.ckpt"
    monkeypatch.setattr(History, "add", failing)
    with pytest.raises(StopError):
        fit(shard, out, TWO_STAGES)
    assert not out.exists()
    monkeypatch.setattr(History, "add", add)
    fit(shard, out, TWO_STAGES)
    assert digest(out) == digest(whole)
    assert digest(out.with_name("metrics.csv")) == digest(whole.with_name("metrics.csv"))


def test_a_state_of_another_recipe_is_not_gone_on_from(shard, tmp_path, monkeypatch):
    add = History.add
    out = tmp_path / "last.ckpt"
    monkeypatch.setattr(History, "end_step", lambda *_, **__: (_ for _ in ()).throw(StopError))
    with pytest.raises(StopError):
        fit(shard, out, TWO_STAGES)
    monkeypatch.undo()
    assert History.add is add
    run = recipe(stage(optimizer=Optimizer(lr=1e-4)))
    fit(shard, out, run)
    fit(shard, tmp_path / "clean.ckpt", run)
    assert digest(out) == digest(tmp_path / "clean.ckpt")


@pytest.mark.parametrize(
    "sizes", [{"still_size": (32, 48)}, {"video_frames": "raw", "video_size": (32, 48)}], ids=lambda each: [*each][-1]
)
def test_data_packed_at_another_size_are_other_data(shard, tmp_path, sizes):
    root = shard.parent
    pack_benchmark(root / "normalized", tmp_path / "mini.zarr", Pack(**sizes), flow={"dis": root / "flow"})
    before, after = (saved.data_record("mini", open_shard(path)) for path in (shard, tmp_path / "mini.zarr"))
    assert before != after | {"contents": before["contents"]}


@pytest.mark.parametrize("changed", ["frame", "flow", "raw frame"])
def test_data_of_other_content_are_other_data(shard, tmp_path, changed):
    """A frame of which a byte is another one, or flow that was estimated anew."""
    root = shard.parent
    for part in ("normalized", "flow"):
        shutil.copytree(root / part, tmp_path / part)
    first = next((tmp_path / "normalized").glob("*/frames/00000.png"))
    block = Pack(video_frames="raw") if changed == "raw frame" else Pack()

    def packed() -> dict:
        flow = {"dis": tmp_path / "flow"}
        pack_benchmark(tmp_path / "normalized", tmp_path / "mini.zarr", block, flow=flow)
        return saved.data_record("mini", open_shard(tmp_path / "mini.zarr"))

    before = packed()
    assert packed() == before
    if changed == "flow":
        with h5py.File(next((tmp_path / "flow").glob("*.h5")), "r+") as file:
            file["forward"][0, 0, 0] += 1
    else:
        image = cv2.imread(str(first))
        image[0, 0] ^= 1
        cv2.imwrite(str(first), image)
    after = packed()
    assert after != before
    assert after | {"content_sha256": before["content_sha256"]} == before


@pytest.mark.slow
def test_a_killed_process_goes_on_exactly(shard, tmp_path):
    """SIGKILL somewhere in the middle, as a cluster does it."""
    run = tmp_path / "recipe.json"
    run.write_text(recipe(stage(steps=60, augment=Augment(flip=0.5))).model_dump_json())

    def words(out: Path) -> list[str]:
        first = [sys.executable, "-m", "vsodprep", "train", "dsnet", "--recipe", str(run), "--shard", str(shard)]
        return [*first, "--out", str(out), "--threads", "1", "--save-seconds", "0"]

    whole, broken = tmp_path / "whole" / "last.ckpt", tmp_path / "broken" / "last.ckpt"
    subprocess.run(words(whole), check=True)
    process = subprocess.Popen(words(broken))
    state = broken.parent / ".last.ckpt.progress" / "state.ckpt"
    while not state.exists():
        time.sleep(0.02)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not broken.exists()
    subprocess.run(words(broken), check=True)
    assert digest(broken) == digest(whole)
    assert sorted(path.name for path in broken.parent.iterdir()) == ["last.ckpt", "metrics.csv"]


def test_workers_change_nothing(shard, tmp_path):
    run = recipe(stage(steps=2, augment=Augment(flip=0.5)))
    fit(shard, tmp_path / "none.ckpt", run)
    fit(shard, tmp_path / "one.ckpt", run, settings=Execution(threads=1, workers=1))
    assert digest(tmp_path / "none.ckpt") == digest(tmp_path / "one.ckpt")


def test_two_samples_are_learned_by_heart(shard, tmp_path):
    run = recipe(
        stage(
            data=(Data(benchmark="mini", split="test"),), steps=40, batch=4, optimizer=Optimizer(name="adam", lr=3e-3)
        ),
        width=0.1,
    )
    fit(shard, tmp_path / "last.ckpt", run)
    losses = [float(row["loss"]) for row in csv.DictReader((tmp_path / "metrics.csv").open())]
    assert losses[-1] < 0.5 * losses[0]


def test_a_stage_starts_from_another_checkpoint(shard, tmp_path):
    first = fit(shard, tmp_path / "first.ckpt", recipe())
    still = Optimizer(name="sgd", lr=1e-30, momentum=0.0)
    run = recipe(stage(steps=1, init=str(tmp_path / "first.ckpt"), optimizer=still))
    second = fit(shard, tmp_path / "second.ckpt", run, seed=5)
    assert torch.equal(first["weights"]["head.2.weight"], second["weights"]["head.2.weight"])


def test_a_stage_starts_from_the_checkpoint_of_its_seed(shard, tmp_path):
    for seed in (3, 4):
        fit(shard, tmp_path / f"seed{seed}" / "last.ckpt", recipe(), seed=seed)
    still = Optimizer(name="sgd", lr=1e-30, momentum=0.0)
    run = recipe(stage(steps=1, init=str(tmp_path / "seed{seed}" / "last.ckpt"), optimizer=still))
    got = fit(shard, tmp_path / "second.ckpt", run, seed=4)
    first = saved.load(tmp_path / "seed4" / "last.ckpt")
    assert torch.equal(got["weights"]["head.2.weight"], first["weights"]["head.2.weight"])
    assert got["init_sha256"] == [digest(tmp_path / "seed4" / "last.ckpt")]
    with pytest.raises(InputError, match="seed5"):
        fit(shard, tmp_path / "third.ckpt", run, seed=5)


@pytest.mark.parametrize("extended", ["stage", "steps"])
def test_a_finished_run_is_continued(shard, tmp_path, extended):
    """Two stages at once, or the first and then the second from its checkpoint, come to the same weights."""
    adam = Optimizer(lr=1e-4)
    first = stage(name="a", steps=2, optimizer=adam)
    longer = (first, stage(name="b", steps=2)) if extended == "stage" else (stage(name="a", steps=4, optimizer=adam),)
    start = fit(shard, tmp_path / "first.ckpt", recipe(first, optimizer_state=extended == "steps"))
    assert ("optimizer" in start) == (extended == "steps")
    rest = fit(shard, tmp_path / "rest.ckpt", recipe(*longer), continued=tmp_path / "first.ckpt")
    whole = fit(shard, tmp_path / "whole.ckpt", recipe(*longer))
    assert rest["continued_sha256"] == digest(tmp_path / "first.ckpt")
    assert rest["history"]["rows"] == whole["history"]["rows"]
    assert all(torch.equal(rest["weights"][key], whole["weights"][key]) for key in whole["weights"])


def test_only_the_same_recipe_is_continued(shard, tmp_path):
    fit(shard, tmp_path / "first.ckpt", recipe(stage(steps=2)))
    for run, found in (
        (recipe(stage(batch=3, steps=4)), "another recipe"),
        (recipe(stage(steps=1)), r"its stages have \[2\] batches"),
        (recipe(stage(steps=4), width=0.1), "another recipe"),
        (recipe(stage(steps=4)), "without the optimiser's state; expected one of a recipe with `opt"),
    ):
        with pytest.raises(InputError, match=rf"first\.ckpt: .*{found}"):
            fit(shard, tmp_path / "rest.ckpt", run, continued=tmp_path / "first.ckpt")
    longer = recipe(stage(steps=2), stage(name="more", steps=1), precision="bf16-mixed")
    with pytest.raises(InputError, match=r"first\.ckpt: .*with another seed, precision; expected .* and seed 5, "):
        fit(shard, tmp_path / "rest.ckpt", longer, seed=5, continued=tmp_path / "first.ckpt")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(), [1, 1, 1, 1]),
        (Schedule(name="poly", power=1.0), [1, 0.75, 0.5, 0.25]),
        (Schedule(name="step", milestones=(0.25, 0.75), factor=0.1), [1, 0.1, 0.1, 0.01]),
        (Schedule(warmup=0.5), [0.5, 1, 1, 1]),
        (Schedule(name="poly", power=1.0, warmup=0.75), [1 / 3, 0.5, 0.5, 0.25]),
    ],
)
def test_learning_rates(schedule, expected):
    assert [rate_factor(schedule, step, 4) for step in range(4)] == pytest.approx(expected)


def test_dsnet_s_schedule_in_batches():
    """25 epochs, x 0.2 after 10 and 21 of them, and Adam forgets at each drop."""
    schedule = Schedule(name="step", milestones=(10 / 25, 21 / 25), factor=0.2, reset=True)
    factors = [rate_factor(schedule, step, 250) for step in (0, 99, 100, 209, 210, 249)]
    assert factors == pytest.approx([1, 1, 0.2, 0.2, 0.04, 0.04])
    assert [step for step in range(250) if resets(schedule, step, 250)] == [100, 210]


def test_epochs_become_batches(shard):
    data = ClipDataset(SplitSource(shard, "train"), size=SIZE)
    assert len(data) == 9
    assert steps_of(stage(steps=None, epochs=2.5, batch=4), data) == 5


def test_data_that_enter_twice_count_as_videos_of_their_own(shard):
    once, twice = (ClipDataset(SplitSource(shard, "train", repeat=repeat), size=SIZE) for repeat in (1, 2))
    videos = videos_of(twice)
    assert videos[: len(once)] == videos_of(once)
    assert len(set(videos)) == 2 * len(set(videos_of(once)))
    sampler = BatchSampler(videos, batch=3, steps=5, seed=0, clips_per_video=3)
    for batch in sampler:
        assert len({twice.places[pick.sample] for pick in batch}) == 3


def test_rounds_go_through_the_stages_again(shard, tmp_path):
    """As if they were written so often; what the run or its first stage starts from counts in the first round alone."""
    start = str(tmp_path / "start" / "last.ckpt")
    fit(shard, Path(start), recipe(stage(steps=1)), seed=3)
    first, second = stage(name="one", steps=1), stage(name="two", steps=2)
    twice = fit(shard, tmp_path / "twice" / "last.ckpt", recipe(first, second, rounds=2, init=start))
    begun = first.model_copy(update={"init": start})
    written = fit(shard, tmp_path / "written" / "last.ckpt", recipe(begun, second, first, second))
    assert saved.canonical(twice["weights"]).keys() == written["weights"].keys()
    assert all(torch.equal(each, written["weights"][name]) for name, each in twice["weights"].items())
    rows = list(csv.DictReader((tmp_path / "twice" / "metrics.csv").open()))
    assert [row["stage"] for row in rows] == ["one", "two", "two"] * 2


def test_a_recipe_without_rounds_is_written_as_before():
    dumped = recipe().model_dump(mode="json")
    assert "rounds" not in dumped
    assert {"order", "learn"} & dumped["stages"][0].keys() == set()


def test_only_the_parts_that_are_named_learn(shard, tmp_path, monkeypatch):
    monkeypatch.setattr(DSNetOptions, "parts", property(lambda _: {"motion": ("temporal", "temporal_weights")}))
    before = build_model_at(0).state_dict()
    after = fit(shard, tmp_path / "last.ckpt", recipe(stage(steps=1, learn=("motion",))))["weights"]
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    parameters = {name for name, _ in build_model_at(0).named_parameters()}
    learned = {name.split(".")[0] for name in parameters if not torch.equal(before[name], after[name])}
    assert learned == {"temporal", "temporal_weights"}
    assert moved >= learned  # the statistics of the others' normalisation go on
    with pytest.raises(InputError, match="learn: colour, which is no part of this network; expected one of motion"):
        fit(shard, tmp_path / "no.ckpt", recipe(stage(steps=1, learn=("colour",))))


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)]
)
def test_optimisers(name, kind):
    frozen = torch.nn.Parameter(torch.zeros(1), requires_grad=False)
    optimizer = build_optimizer(
        Optimizer(name=name, lr=0.1, weight_decay=0.3), [torch.nn.Parameter(torch.ones(2)), frozen]
    )
    assert isinstance(optimizer, kind)
    assert len(optimizer.param_groups[0]["params"]) == 1
    assert optimizer.param_groups[0]["weight_decay"] == 0.3


def test_history_averages_and_restores():
    history = History(steps=1000)
    assert history.every == 2
    history.add({"loss": torch.tensor(1.0)})
    assert history.end_step(1, "main", 0.1, last=False) is None
    again = History(steps=1000)
    again.restore(saved.canonical(history.state()))
    for each in (history, again):
        each.add({"loss": torch.tensor(4.0)})
        assert each.end_step(2, "main", 0.1, last=False) == {"step": 2, "stage": "main", "lr": 0.1, "loss": 2.5}


def test_a_loss_that_is_not_finite_stops_the_run():
    history = History(steps=10)
    history.add({"loss": torch.tensor(float("nan"))})
    with pytest.raises(VsodprepError, match="stage main, step 1: the loss is nan"):
        history.end_step(1, "main", 0.1, last=False)


@pytest.mark.parametrize("content", [None, b"no checkpoint", "foreign"])
def test_something_else_is_no_checkpoint(tmp_path, content):
    path = tmp_path / "x.ckpt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        torch.save({"a": 1}, path)
    with pytest.raises(InputError, match=r"x\.ckpt"):
        saved.load(path)


def test_a_benchmark_without_shard_is_named(shard, tmp_path):
    run = recipe(stage(data=(Data(benchmark="davis2016", split="train"),)))
    with pytest.raises(InputError, match="no shard of davis2016"):
        fit(shard, tmp_path / "last.ckpt", run)


def test_command_trains_and_speaks_plainly(shard, tmp_path):
    text = json.dumps(recipe(stage(steps=2)).model_dump(mode="json"))
    out = tmp_path / "last.ckpt"
    words = ["train", "dsnet", "--recipe", text, "--shard", str(shard), "--out", str(out), "--threads", "1"]
    done = subprocess.run([sys.executable, "-m", "vsodprep", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"train dsnet: 2/2 steps, done in [\d.]+ s on \S.*\n", done.stderr)
    assert done.stdout == ""
    assert out.is_file()


UNEVEN = {"data": [{"benchmark": "mini", "split": "train"}], "size": [64, 64], "batch": 4, "clips_per_video": 3}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"widht": 0.5}, "unknown key widht"),
        ({"width": 2}, "width: Input should be less than or equal to 1, found 2"),
        ({"flow": "raft"}, "no flow 'raft'"),
        ({"variant": "half"}, "unknown variant 'half'"),
        ({"flow": None}, "reads flow, and the recipe names none"),
        ({"rounds": 0}, "rounds: Input should be greater than or equal to 1"),
        ({"stages": [UNEVEN]}, "cannot hold 3 clips"),
        (
            {"stages": [UNEVEN | {"batch": 3, "order": "alternate"}]},
            "alternate needs two or more entries in data",
        ),
        ({"stages": [UNEVEN | {"data": []}]}, "data: Tuple should have at least 1 item"),
    ],
)
def test_command_names_what_is_wrong(shard, tmp_path, change, expected):
    text = json.dumps(recipe().model_dump(mode="json") | change)
    words = ["dsnet", "--recipe", text, "--shard", str(shard), "--out", str(tmp_path / "x.ckpt"), "--threads", "1"]
    result = CliRunner().invoke(command, words)
    assert isinstance(result.exception, VsodprepError)
    assert expected in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_second_training_in_a_folder_is_refused(shard, tmp_path):
    """Both would write metrics.csv."""
    run = tmp_path / "recipe.json"
    run.write_text(recipe(stage(steps=100_000)).model_dump_json())
    words = [sys.executable, "-m", "vsodprep", "train", "dsnet", "--recipe", str(run), "--shard", str(shard)]
    words += ["--out", str(tmp_path / "runs" / "first.ckpt"), "--threads", "1", "--save-seconds", "0"]
    process = subprocess.Popen(words)
    try:
        while not (tmp_path / "runs" / ".first.ckpt.progress" / "state.ckpt").exists():
            assert process.poll() is None
            time.sleep(0.05)
        with pytest.raises(InputError, match="runs: another training is at work in it"):
            fit(shard, tmp_path / "runs" / "second.ckpt", recipe(stage(steps=1)))
        assert not (tmp_path / "runs" / "second.ckpt").exists()
    finally:
        process.kill()
        process.wait()
    fit(shard, tmp_path / "runs" / "second.ckpt", recipe(stage(steps=1)))
