"""What `vsodprep plan` adds up."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from tests.fakes import davis2016
from vsodprep.cli.plan import command
from vsodprep.config import Config, parse
from vsodprep.config.defaults import default
from vsodprep.config.methods import FLOW
from vsodprep.config.models import MODELS, definition
from vsodprep.config.prior import Prior
from vsodprep.config.saliency import PRESETS
from vsodprep.config.whole import INTERMEDIATES
from vsodprep.errors import VsodprepError
from vsodprep.estimate import rates
from vsodprep.estimate.cost import Cost, Estimate
from vsodprep.estimate.table import as_disk, as_record, as_table, beside, peak, removed, to_come, totals
from vsodprep.report.methods import TITLES
from vsodprep.scores.papers import OWN_METHOD, printed_numbers
from vsodprep.targets.provisions import provisions

ROOT = Path(__file__).parent.parent

RUN = {
    "width": 0.5,
    "stages": [
        {"data": [{"benchmark": "davis2016", "split": "train"}], "size": [512, 512], "batch": 2, "steps": 100},
        {"name": "more", "data": [{"benchmark": "davis2016", "split": "train"}], "size": [512, 512], "epochs": 2},
    ],
    "seeds": [0, 1],
    "test": [{"benchmark": "davis2016", "split": "val", "post": ["raw", "dss"]}],
}


@pytest.fixture(autouse=True)
def _no_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock file in the working directory would tell what these tests take for unknown."""
    monkeypatch.chdir(tmp_path)


def config(**changes: object) -> Config:
    values = {"benchmarks": ["davis2016"], "flow": {"dis": {}, "unused": {"method": "raft"}}, "pack": {"flow": ["dis"]}}
    return parse(values | changes)


def costs(given: Config) -> dict[str, Cost]:
    return {cost.stage: cost for cost in Estimate(given).costs()}


def test_frames_and_pixels_are_what_counts() -> None:
    found = costs(config())
    assert list(found) == ["download", "normalize", "flow dis", "pack", "start-up"]
    of_frames = [cost for stage, cost in found.items() if stage != "start-up"]
    assert all((cost.sequences, cost.frames, cost.guessed) == (50, 3455, False) for cost in of_frames)
    megapixels = 3455 * 480 * 854 / 1e6
    assert found["flow dis"].cpu == pytest.approx(megapixels * 0.15 / 3600)
    assert found["normalize"].disk == pytest.approx(megapixels * 1e6 * rates.DISK_ENCODED)
    assert found["download"].disk == 1.9e9
    full = costs(config(resolution={"davis2016": "1080p"}))
    assert full["flow dis"].cpu / found["flow dis"].cpu == pytest.approx(1080 * 1920 / (480 * 854))


@pytest.mark.parametrize("model", MODELS)
def test_every_network_has_all_that_a_plan_and_a_report_ask(model: str) -> None:
    known = definition(model)
    stage = RUN["stages"][0] | {"clip_length": 8, "batch": 8}
    run = {**RUN, "stages": [stage], "flow": "dis", "prior": "light"}
    blocks = {"flow": {"dis": {}}, "prior": {"light": {"flow": "dis"}}, "pack": {"flow": ["dis"], "prior": ["light"]}}
    found = costs(config(**blocks, runs={model: {"full": run}}))
    assert known.operations > 0
    assert found["train main"].cpu > 0
    assert TITLES[model] == known.title
    assert OWN_METHOD.get(model) == (known.method if known.tables else None)
    printed = any(number.paper == model and number.method == known.method for number in printed_numbers())
    assert printed == known.tables


def test_several_scales_at_test_time_are_several_passes() -> None:
    """In predicting and in making saliency maps, not in training."""
    run = {**RUN, "test": [{"benchmark": "synth", "split": "test"}]}
    found = {}
    for name, scales in (("one", [1.0]), ("three", [0.75, 1.0, 1.25])):
        options = {"scales": scales}
        found[name] = costs(config(device="cuda", runs={"rfcn": {"full": {**run, "options": options}}}))
    assert found["three"]["train main"].gpu == found["one"]["train main"].gpu
    ratio = found["three"]["predict synth"].gpu / found["one"]["predict synth"].gpu
    assert ratio == pytest.approx(0.75**2 + 1 + 1.25**2)


@pytest.mark.parametrize(
    ("model", "options"), [("dsmt", {"refinement": True}), ("rfcn", {"refinement": True, "scales": [1.0]})]
)
def test_the_refinement_of_maps_takes_the_processor(model: str, options: dict[str, object]) -> None:
    plain, refined = (
        costs(config(device="cuda", runs={model: {"full": RUN | {"options": each}}}))["predict davis2016"]
        for each in (options | {"refinement": False}, options)
    )
    seconds = 2 * 1376 * 512 * 512 / 1e6 * definition(model).refinement
    assert (refined.cpu - plain.cpu) * 3600 == pytest.approx(seconds)
    assert refined.gpu == plain.gpu


@pytest.mark.parametrize("preset", PRESETS)
def test_a_network_of_rembg_counts_by_its_own_operations(preset: str) -> None:
    blocks = {
        "saliency": {"x": {"method": "onnx", "preset": preset}},
        "tests": [{"benchmark": "davis2016", "split": "val"}],
    }
    found = costs(config(**blocks, methods={"mine": {"saliency": "x"}}))["saliency x"]
    height, width = PRESETS[preset].settings["size"]
    billions = PRESETS[preset].operations * found.frames * height * width / 1e6
    assert found.cpu == pytest.approx(billions / rates.GIGAFLOPS_CORE / 3600)


@pytest.mark.parametrize("features", get_args(Prior.model_fields["features"].annotation))
def test_every_kind_of_feature_has_a_rate(features: str) -> None:
    blocks = {"flow": {"dis": {}}, "prior": {"p": {"flow": "dis", "features": features}}}
    assert costs(config(**blocks, pack={"flow": ["dis"], "prior": ["p"]}))["prior p"].cpu > 0


@pytest.mark.parametrize("method", [name.replace("NAME", "raft") for name in FLOW])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_method_of_flow_has_a_rate(method: str, device: str) -> None:
    block = {"method": method, **({"folder": "own"} if method == "pictures" else {})}
    found = costs(config(flow={"x": block}, pack={"flow": ["x"], "pictures": ["x"]}, device=device))["flow x"]
    assert found.cpu + found.gpu > 0


def test_unknown_network_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps({"runs": {"unet": {"full": RUN}}}))
    result = CliRunner().invoke(command, ["--config", str(path)])
    assert isinstance(result.exception, VsodprepError)
    assert "runs.unet: no such network; expected one of dsnet, stan" in str(result.exception)


def test_training_counts_samples_seeds_and_width() -> None:
    found = costs(config(runs={"dsnet": {"full": RUN}}))
    assert found["train main"].frames == 2 * 100 * 2
    assert found["train more"].frames == 2 * 2 * 2079
    billions = definition("dsnet").operations * 0.25 * rates.BACKWARD * 400 * 512 * 512 / 1e6
    reading = rates.READ * 400 * 480 * 854 / 1e6
    computing = billions / (rates.GIGAFLOPS_CORE * 0.5**rates.NARROW)
    assert found["train main"].cpu == pytest.approx((computing + reading) / 3600)
    assert found["predict davis2016"].frames == 1376
    assert found["crf dss davis2016"].cpu > 0
    assert all(cost.gpu == 0 for cost in found.values())


def test_the_border_that_dsmt_works_on_counts() -> None:
    """100 px of padding on each side, of which one keeps the size: of 100 x 200 pixels, 298 x 398."""
    stage = {"data": [{"benchmark": "synth", "split": "stills"}], "size": [100, 200], "steps": 1, "batch": 1}
    test = [{"benchmark": "synth", "split": "test"}]
    found = costs(config(device="cuda", runs={"dsmt": {"full": {"stages": [stage], "test": test}}}))
    billions = definition("dsmt").operations * 298 * 398 / 1e6
    for cost, passes in (("train main", rates.BACKWARD), ("predict synth", 120)):
        assert found[cost].gpu == pytest.approx(passes * billions / rates.GIGAFLOPS_CARD / 3600)


@pytest.mark.parametrize(("post", "iterations"), [("dss", 1), ("stan", 5), ("deeplab-context", 10), ("mine", 3)])
def test_a_crf_costs_by_the_engine_and_iterations_of_its_preset(post: str, iterations: int) -> None:
    run = RUN | {"seeds": [0], "test": [{"benchmark": "davis2016", "split": "val", "post": [post]}]}
    found = costs(config(crf={"mine": {"iterations": 3, "engine": "pydensecrf"}}, runs={"dsnet": {"full": run}}))
    frame, iteration = rates.CRF["pydensecrf" if post == "mine" else "compiled"]
    seconds = 1376 * 480 * 854 / 1e6 * (frame + iteration * iterations)
    assert found[f"crf {post} davis2016"].cpu == pytest.approx(seconds / 3600)


@pytest.mark.parametrize(("model", "key"), [("dcl", "segments"), ("rfcn", "contrast")])
def test_what_is_computed_of_a_frame_as_it_is_read_takes_the_processor(model: str, key: str) -> None:
    found = costs(config(device="cuda", runs={model: {"full": RUN}}))
    reading = rates.READ * 400 * 480 * 854 / 1e6
    assert found["train main"].cpu == pytest.approx((400 * 512 * 512 / 1e6 * rates.DERIVED[key] + reading) / 3600)
    assert found["predict davis2016"].cpu > 0


def test_what_a_reader_keeps_is_read_once() -> None:
    stage = {"data": [{"benchmark": "davis2016", "split": "train"}], "batch": 2, "steps": 100_000}
    for size, frames in (([64, 96], 2079), ([512, 512], 200_000)):
        run = RUN | {"stages": [stage | {"size": size}], "seeds": [0]}
        found = costs(config(device="cuda", runs={"dsnet": {"full": run}}))["train main"]
        assert found.cpu == pytest.approx(rates.READ * frames * 480 * 854 / 1e6 / 3600)


def test_on_a_card_networks_take_its_time() -> None:
    found = costs(
        config(device="cuda", flow={"raft": {"method": "raft"}}, pack={"flow": ["raft"]}, runs={"dsnet": {"full": RUN}})
    )
    assert found["train main"].cpu == pytest.approx(rates.READ * 400 * 480 * 854 / 1e6 / 3600)
    assert found["train main"].gpu > 0
    assert found["flow raft"].gpu > found["flow raft"].cpu > 0


def test_unknown_numbers_are_marked() -> None:
    found = costs(config(benchmarks=["vos"]))
    whole = costs(config(benchmarks=["vos"], frames="all"))
    assert found["flow dis"].guessed
    assert found["normalize"].frames == whole["flow dis"].frames == pytest.approx(116103, rel=0.01)
    assert found["flow dis"].frames == found["pack"].frames == pytest.approx(7650, rel=0.01)
    assert "~116,103" in as_table(list(found.values()))
    assert found["flow dis"].sequences == 200  # the one that no list names included
    assert costs(config(benchmarks=["davsod"]))["pack"].sequences == 187
    fbms = costs(config(benchmarks=["fbms"]))["download"]
    assert fbms.unknown_disk
    assert not costs(config(benchmarks=["davsod"]))["download"].unknown_disk


@pytest.mark.parametrize(
    ("form", "bytes_a_pixel"),
    [
        ({}, 0.32 + 0.85),
        ({"pictures": ["dis"]}, 0.32 + 0.85 + 0.4),  # 2.2 GB, as measured
        ({"video_frames": "raw"}, 2.6 + 0.85),
        ({"video_frames": "raw", "video_size": [240, 427], "pictures": ["dis"]}, (2.6 + 0.4) / 4 + 0.85),
    ],
)
def test_disk_of_a_shard_follows_its_form(form: dict[str, object], bytes_a_pixel: float) -> None:
    found = costs(config(pack={"flow": ["dis"], **form}))["pack"]
    assert found.disk == pytest.approx(3455 * 480 * 854 * bytes_a_pixel)


def test_frames_weigh_no_more_than_the_archive_that_holds_them() -> None:
    """VOS's archive has 0.08 bytes for each pixel of its frames: they stay as they were delivered."""
    found = costs(config(benchmarks=["vos"], frames="all"))
    assert found["normalize"].disk == pytest.approx(3.33e9)
    pixels = found["pack"].frames * 448 * 800
    assert found["pack"].disk == pytest.approx(3.33e9 + pixels * rates.DISK_SHARD_FLOW, rel=0.01)
    # Nobody published the size of FBMS's.
    assert costs(config(benchmarks=["fbms"]))["normalize"].disk == pytest.approx(13960 * 480 * 640 * rates.DISK_ENCODED)


@pytest.mark.parametrize("packed", [True, False])
def test_frames_of_a_local_archive_weigh_what_it_weighs(tmp_path: Path, *, packed: bool) -> None:
    here = davis2016.official()
    path = here.zipped(tmp_path / "in")[0] if packed else here.unpacked(tmp_path / "in")[0]
    found = costs(config(sources={"davis2016": {"path": str(path), "partial": True}}))["normalize"]
    expected = path.stat().st_size if packed else 11 * 480 * 854 * rates.DISK_ENCODED
    assert found.disk == pytest.approx(expected)


def test_still_images_have_no_flow() -> None:
    assert list(costs(config(benchmarks=["msra10k"]))) == ["download", "normalize", "pack", "start-up"]


def test_annotated_frames_only() -> None:
    data = {"benchmark": "visal", "split": "test"}
    stage = {"data": [data], "size": [64, 64], "steps": 3, "clip_length": 2}
    run = {"flow": "dis", "stages": [stage], "test": [data]}
    whole, some = (
        costs(config(benchmarks=[], frames=frames, runs={"dsnet": {"full": run}})) for frames in ("all", "annotated")
    )
    # VISAL has 193 masks; each is read with the frame before it, but the first of a video has none.
    for stage in ("flow dis", "pack"):
        assert (whole[stage].frames, whole[stage].guessed) == (963, False)
        assert (some[stage].frames, some[stage].guessed) == (2 * 193 - 17, True)
    assert (whole["predict visal"].frames, some["predict visal"].frames) == (963, 193)
    assert some["normalize"].frames == 963
    flow = some["flow dis"].cpu / whole["flow dis"].cpu
    assert flow == pytest.approx(some["flow dis"].frames / whole["flow dis"].frames)


@pytest.mark.parametrize(
    ("block", "flows"),
    [
        ({"last_frame": "drop"}, 3455 - 50),
        ({"last_frame": "repeat", "stride": 2}, 3455 - 100),
        ({"direction": "both"}, 2 * (3455 - 50)),
    ],
)
def test_the_flow_that_is_planned_is_the_flow_that_is_estimated(block: dict[str, object], flows: int) -> None:
    assert costs(config(flow={"dis": block}))["flow dis"].frames == flows


def test_local_partial_archive_and_own_folder(tmp_path: Path) -> None:
    archive = davis2016.official().zipped(tmp_path / "in")[0]
    frames = tmp_path / "mine" / "cat" / "frames"
    frames.mkdir(parents=True)
    (frames / "0.jpg").write_bytes(b"")
    given = config(
        sources={"davis2016": {"path": str(archive), "partial": True}}, folders={"mine": str(tmp_path / "mine")}
    )
    found = [(cost.stage, cost.what, cost.frames) for cost in Estimate(given).costs()]
    assert ("normalize", "davis2016", 11) in found
    assert ("normalize", "mine", 1) in found
    assert not any(stage == "download" for stage, *_ in found)


def test_what_does_not_stay_is_removed() -> None:
    over = {"prior": {"light": {"flow": "dis"}}, "saliency": {"mbd": {"method": "mbd"}, "ft": {"method": "ft"}}}
    over |= {"coarse": {"mine": {"maps": ["mbd", "ft"]}}, "methods": {"mbd": {"saliency": "mbd"}}}
    over |= {"pack": {"flow": ["dis"], "prior": ["light"], "coarse": ["mine"]}, "runs": {"dsnet": {"full": RUN}}}
    kept, some, none = (
        Estimate(config(**over, keep=keep)).costs() for keep in (INTERMEDIATES, ["archives", "prior"], [])
    )
    disk = {cost.stage: cost.disk for cost in kept}
    assert [removed(costs) for costs in (kept, some, none)] == [
        0,
        disk["flow dis"] + disk["saliency ft"],  # maps of methods stay
        disk["flow dis"] + disk["saliency ft"] + disk["prior light"] + disk["download"],
    ]
    assert peak(kept) == totals(kept)["disk"] + max(cost.working for cost in kept)
    assert peak(none) < peak(some) < peak(kept)


@pytest.mark.parametrize("splits", [None, [{"benchmark": "segtrackv2", "split": "all"}]])
def test_what_another_benchmark_is_fitted_with_may_go_late(splits: object) -> None:
    """Maps where the shard of the fit's benchmark has no labels, and flow where it has no prior."""
    fit = [{"benchmark": "davis2016", "split": "train"}]
    blocks = {"prior": {"p": {"flow": "dis", "fit": fit}}, "saliency": {"mbd": {"method": "mbd"}}}
    blocks |= {"coarse": {"c": {"maps": ["mbd"], "weights": fit, "splits": splits}}, "pack": {"coarse": ["c"]}}
    blocks["coarse"]["c"] |= {"order": ["fuse", "otsu", "substitute"], "substitute": {"support": "prior", "prior": "p"}}
    found = Estimate(config(benchmarks=["davis2016", "segtrackv2"], **blocks)).costs()
    late = {(cost.stage, cost.what) for cost in found if cost.late}
    assert late == ({("flow dis", "davis2016"), ("saliency mbd", "davis2016")} if splits else set())


def test_only_what_was_fetched_goes() -> None:
    """VOS has no address; a tar is unpacked before it is read."""
    found = {name: costs(config(benchmarks=[name], keep=[]))["download"] for name in ("vos", "davis2016", "voc2012")}
    assert {name: cost.passing for name, cost in found.items()} == {"vos": False, "davis2016": True, "voc2012": True}
    assert [found[name].working for name in found] == [0, 0, found["voc2012"].disk]


def _cost(stage: str, what: str, disk: float, **known: object) -> Cost:
    return Cost(stage, what, 1, 1, disk=disk, place=f"{stage}/{what}", **known)  # type: ignore[arg-type]


ONE = [_cost("download", "one", 8, passing=True), _cost("normalize", "one", 2), _cost("flow", "one", 3, passing=True)]
ONE += [_cost("pack", "one", 1)]
TWO = [_cost("normalize", "two", 4), _cost("flow", "two", 5, passing=True), _cost("pack", "two", 2)]


LATE = [_cost("normalize", "two", 4), _cost("saliency", "two", 5, passing=True, late=True), _cost("pack", "two", 2)]


def _later(disk: float, *needs: str, working: float = 0) -> Cost:
    return _cost("train", f"{disk:g}", disk, needs=needs, working=working)


@pytest.mark.parametrize(
    ("costs", "most"),
    [
        (ONE, 8 + 2),  # archives and frames, more than frames, flow and shard
        (TWO, 4 + 5 + 2),
        (ONE + TWO, 10 + 11),
        ([*TWO, _later(4, "two")], 11),  # flow has gone before
        ([*TWO, _later(7, "two")], 4 + 2 + 7),
        ([*LATE, _later(4, "two")], 11 + 4),  # labels of another benchmark wait for those maps
        ([*TWO, _later(3, "two"), _later(3, "two")], 4 + 2 + 6),
        ([*TWO, _later(1, "two", working=6), _later(1, "two", working=4)], 4 + 2 + 2 + 6),  # one is trained at a time
        ([*ONE, *TWO, _later(8, "one", "two")], 10 + 11),  # when both are packed, 7 + 5 has gone
        ([*ONE, *TWO, _later(14, "one", "two")], 3 + 6 + 14),
        ([*ONE, *TWO, _later(14, "one", "two"), _later(1, "two")], 3 + 6 + 15),
    ],
)
def test_the_peak_is_that_of_each_benchmark_at_its_worst(costs: list[Cost], most: float) -> None:
    assert peak(costs) == most


@pytest.mark.parametrize(
    ("there", "left"),
    [
        ({}, 10 + 11),
        ({"normalize/one": 2}, 3 + 1 + 11),  # its archives have gone
        ({"normalize/two": 3, "flow/two": 4}, 10 + 1 + 2),
        ({"pack/two": 2}, 10),
        ({"pack/one": 1, "pack/two": 9}, 0),
    ],
)
def test_what_lies_there_is_not_to_come(there: dict[str, int], left: float, tmp_path: Path) -> None:
    for place, size in there.items():
        (tmp_path / place / "deep").mkdir(parents=True)
        (tmp_path / place / "deep" / "file").write_bytes(bytes(size))
    assert peak(to_come(ONE + TWO, tmp_path)) == left


@pytest.mark.parametrize(("seeds", "left"), [(0, 2 + 5), (1, 1 + 5), (2, 0)])
def test_a_state_is_to_come_until_all_seeds_are_trained(seeds: int, left: float, tmp_path: Path) -> None:
    for seed in range(seeds):
        (tmp_path / f"seed{seed}").write_bytes(bytes(1))
    training = _later(2, "x", working=5)
    costs = [_cost("pack", "x", 0), replace(training, jobs=2, place="seed*")]
    assert peak(to_come(costs, tmp_path)) == left


def test_archives_that_lie_there_are_still_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(bytes(3))
    costs = [replace(_cost("download", "x", 3), working=4, place="x.tar")]
    assert peak(to_come(costs, tmp_path)) == 4


@pytest.mark.parametrize(("seeds", "further"), [((1,), 0), ((2,), 5), ((1, 1), 3), ((1, 2), 3), ((2, 1), 5)])
def test_a_training_beside_another_saves_its_state_too(seeds: tuple[int, ...], further: float, tmp_path: Path) -> None:
    trainings = zip(seeds, (5e9, 3e9), strict=False)
    costs = [replace(_later(0, "x", working=size), jobs=jobs) for jobs, size in trainings]
    costs.append(_cost("pack", "x", 0))
    assert beside(costs) == further * 1e9
    said = f"each other one that runs beside it takes up to {further}.0 GB." in as_disk(costs, int(9e9), tmp_path)
    assert said == (further > 0)


@pytest.mark.parametrize(("free", "here", "warned"), [(3e9, False, True), (5e9, False, False), (1e9, True, False)])
def test_a_peak_that_exceeds_the_free_disk_is_warned_of(free: int, here: bool, warned: bool, tmp_path: Path) -> None:
    costs = [_cost("download", "x", 1e9, unknown_disk=True), _cost("flow", "x", 3e9, passing=True)]
    if here:
        (tmp_path / "flow").mkdir()
        with (tmp_path / "flow" / "x").open("wb") as stream:
            stream.truncate(int(3e9))  # takes no disk
    lines = as_disk(costs, int(free), tmp_path).splitlines()
    come = ", 1.0 GB of it still to come" if here else ""
    assert lines[0] == f"Disk at its peak: at least 4.0 GB{come}; {free / 1e9:.1f} GB are free in {tmp_path}."
    assert lines[1] == "Removed on the way: 3.0 GB of flow, which `keep` does not name."
    assert lines[2:] == (["WARNING: 1.0 GB too little disk is free."] if warned else [])


@pytest.mark.parametrize(("optimizer", "kept", "numbers"), [("adam", False, 1), ("adam", True, 3), ("sgd", True, 2)])
def test_a_checkpoint_holds_what_the_optimiser_keeps_where_it_is_asked_for(
    optimizer: str, kept: bool, numbers: int
) -> None:
    stages = [stage | {"optimizer": {"name": optimizer}} for stage in RUN["stages"]]
    found = costs(config(runs={"dsnet": {"full": RUN | {"stages": stages, "optimizer_state": kept}}}))
    assert found["train main"].disk == 0  # one file for all stages
    assert found["train more"].needs == ("davis2016",)
    assert found["train more"].disk == pytest.approx(2 * 4 * numbers * definition("dsnet").parameters * 1e6 * 0.25)


def test_default_configuration_takes_minutes() -> None:
    total = totals(Estimate(default()).costs())
    assert 1 / 60 < total["cpu"] < 0.5
    assert total["gpu"] == 0


def test_command_lays_files_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("benchmarks: [visal]\ndevice: cpu\n")
    record = json.loads(CliRunner().invoke(command, ["--config", str(file), "--json"]).output)
    stages = {(part["stage"], part["what"]) for part in record["parts"]}
    assert ("flow dis", "visal") in stages
    assert {("train small", "dsnet/full"), ("train full", "dsnet/full")} <= stages
    assert record["total"]["cpu"] == pytest.approx(sum(part["cpu"] for part in record["parts"]))
    cards = json.loads(CliRunner().invoke(command, ["--config", str(file), "--json", "--device", "cuda"]).output)
    assert record["total"]["gpu"] == 0 < cards["total"]["gpu"]
    assert cards["total"]["cpu"] < record["total"]["cpu"]
    lines = CliRunner().invoke(command, []).output.splitlines()
    assert lines[0].split() == ["stage", "of", "sequences", "frames", "disk", "CPU", "GPU"]
    assert lines[-3].startswith("total")
    assert lines[-1].startswith("Disk at its peak: ")
    assert set(record["disk"]) == {"peak", "to_come", "removed", "free", "beside"}


@pytest.mark.parametrize(
    ("text", "message"), [("benchmrks: []", "unknown key benchmrks"), ("benchmarks: [x]", "no such benchmark")]
)
def test_bad_configuration(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    result = CliRunner().invoke(command, ["--config", str(tmp_path / "bad.yaml")])
    assert message in str(result.exception)


def test_a_prior_that_only_labels_need_costs_too() -> None:
    blocks = {"prior": {"light": {}}, "saliency": {"mbd": {"method": "mbd"}}, "pack": {"coarse": ["mine"]}}
    plain = costs(config(**blocks, coarse={"mine": {"maps": ["mbd"]}}))
    erased = costs(config(**blocks, coarse={"mine": {"maps": ["mbd"], "order": ["fuse", "otsu", "substitute"]}}))
    assert "prior light" not in plain
    assert "flow dis" not in plain
    assert erased["prior light"].cpu > 0
    assert erased["flow dis"].frames == 3455


@pytest.mark.parametrize(
    ("support", "seconds"), [("prior", rates.SUBSTITUTE), ("truth", rates.SUBSTITUTE + rates.CARRY)]
)
def test_the_substitute_costs_by_what_supports(support: str, seconds: float) -> None:
    blocks = {"prior": {"light": {}}, "saliency": {"mbd": {"method": "mbd"}}, "pack": {"coarse": ["mine"]}}
    plain, erased = (
        costs(config(**blocks, coarse={"mine": {"maps": ["mbd"], "order": order, "substitute": {"support": support}}}))
        for order in (["fuse", "otsu"], ["fuse", "otsu", "substitute"])
    )
    megapixels = 3455 * 480 * 854 / 1e6
    assert erased["coarse mine"].cpu - plain["coarse mine"].cpu == pytest.approx(megapixels * seconds / 3600)


def test_the_start_of_every_command_counts() -> None:
    """On a small benchmark it is most of the work: one command a sequence for flow, one a seed for a training."""
    found = costs(config())
    sequences = found["flow dis"].sequences
    assert [found[stage].jobs for stage in ("normalize", "flow dis", "pack")] == [1, sequences, 1]
    seconds = sequences * rates.START["flow"] + rates.START["pack"] + 2 * rates.START_OTHER + rates.START["report"]
    assert found["start-up"].cpu == pytest.approx(seconds / 3600)


def test_every_key_of_the_json_is_documented() -> None:
    page = (ROOT / "docs" / "questions.md").read_text()
    record = as_record([_cost("pack", "x", 1)], provisions(Estimate(config()).targets), 1, Path("nowhere"))
    keys = {*record, *record["parts"][0], *record["total"], *record["disk"], *record["files"][0]}
    assert {key for key in keys if f"`{key}`" not in page} == set()
