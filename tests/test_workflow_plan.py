"""What a configuration makes, before anything exists."""

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pipeline import ROOT

from vsodprep import benchmarks
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.errors import InputError, VsodprepError
from vsodprep.workflow.fingerprint import closure, fingerprint
from vsodprep.workflow.plan import Plan
from vsodprep.workflow.rule_inputs import state_of

BASE: dict[str, Any] = default().model_dump(mode="json")
STILLS = {"stills"}


def plan_of(over: dict[str, Any]) -> Plan:
    config = complete(over, BASE)
    plan = Plan.of(config)
    plan.check()
    return plan


def wildcards(**values: str) -> SimpleNamespace:
    return SimpleNamespace(**({"benchmark": "synth"} | values))


def test_default_makes_the_shard_the_checkpoint_and_the_report() -> None:
    assert plan_of({}).report.all_files(None) == [
        "results/shards/synth.zarr/zarr.json",
        "results/models/dsnet/full/seed0/last.ckpt",
        "results/report/index.html",
    ]


def test_scores_hold_the_run_and_both_trivial_maps() -> None:
    assert plan_of({}).evaluate.scores() == [
        "results/scores/dsnet/full/seed0/raw/synth.davsod.json",
        "results/scores/trivial/centre-prior/seed0/raw/synth.davsod.json",
        "results/scores/trivial/flow-magnitude/seed0/raw/synth.davsod.json",
    ]


def test_every_seed_post_and_protocol_is_scored() -> None:
    run = BASE["runs"]["dsnet"]["full"] | {
        "seeds": [0, 1],
        "test": [{"benchmark": "synth", "split": "test", "post": ["raw", "stan"], "protocols": ["davsod", "pysod"]}],
    }
    plan = plan_of({"runs": {"dsnet": {"full": run}}, "report": {"trivial": False}})
    assert len(plan.evaluate.scores()) == 2 * 2 * 2
    assert len(set(plan.evaluate.scores())) == 8


def test_flow_is_made_of_videos_only() -> None:
    names = {Path(path).stem for path in plan_of({}).pack.flow(wildcards())}
    registered = {sequence.name for sequence in benchmarks.get("synth").sequences}
    assert names == registered - STILLS


@pytest.mark.parametrize(("name", "module"), [("synth", "generated"), ("davis2016", "run"), ("mine", "own")])
def test_normalising_has_the_fingerprint_of_what_it_runs(tmp_path: Path, name: str, module: str) -> None:
    (tmp_path / "clip" / "frames").mkdir(parents=True)
    (tmp_path / "clip" / "frames" / "0.png").touch()
    plan = plan_of({"folders": {"mine": str(tmp_path)}})
    expected = fingerprint(f"vsodprep.normalize.{module}", *benchmarks.modules(name))
    assert plan.normalize.code(wildcards(benchmark=name)).split()[0] == expected


@pytest.mark.parametrize(
    ("file", "name", "line", "changed"),
    [
        ("davis2016_val.txt", "davis2016", "blackswan", {"davis2016"}),
        ("davis2016_attributes.tsv", "davis2016", "", {"davis2016"}),
        ("duts_tr_stems.txt", "duts", "", {"duts"}),
        ("frame_counts.tsv", "davis2016", "bear", {"davis2016"}),
        ("frame_counts.tsv", "segtrackv2", "", {"segtrackv2"}),
    ],
)
def test_a_changed_list_normalises_its_benchmark_again(
    monkeypatch: pytest.MonkeyPatch, file: str, name: str, line: str, changed: set[str]
) -> None:
    names = [name for name in benchmarks.known() if not benchmarks.get(name).generated]
    code = plan_of({}).normalize.code
    before = {name: code(wildcards(benchmark=name)) for name in names}
    read = Path.read_text

    def mended(path: Path, *arguments: Any, **options: Any) -> str:
        lines = read(path, *arguments, **options).splitlines()
        if path.name == file:
            number = max(at for at, each in enumerate(lines) if line in each and (name in each or name in file))
            lines[number] += "x"
        return "\n".join(lines)

    monkeypatch.setattr(Path, "read_text", mended)
    assert {each for each in names if code(wildcards(benchmark=each)) != before[each]} == changed


def test_a_new_benchmark_or_network_in_its_registry_plans_nothing() -> None:
    everything = closure(
        *(
            "vsodprep.normalize.run",
            "vsodprep.normalize.generated",
            "vsodprep.models.training",
            "vsodprep.models.dsnet",
        ),
        *("vsodprep.models.inference", "vsodprep.cli.flow", "vsodprep.cli.pack", "vsodprep.cli.evaluate"),
    )
    assert not everything & {"vsodprep.benchmarks", "vsodprep.models", "vsodprep.config.models"}


def test_a_prior_fitted_on_its_own_split_needs_one(tmp_path: Path) -> None:
    validation = {"sources": {"davis2016": str(archive_of(tmp_path, "blackswan"))}, "partial": True}
    assert plan_of({}).targets.packed_priors("davis2016") == ["light"]
    assert plan_of(validation).targets.packed_priors("davis2016") == []
    joint = {"prior": {"light": {"fit": [{"benchmark": "synth", "split": "train"}]}}}
    assert plan_of(validation | joint).targets.packed_priors("davis2016") == ["light"]


def test_labels_of_some_splits_only() -> None:
    coarse = {"weightfree": {"splits": [{"benchmark": "synth", "split": "test"}]}}
    plan = plan_of({"coarse": coarse})
    labelled = plan.targets.catalogue.videos("synth", "test")
    records = plan.coarse.records(wildcards(coarse="weightfree"))
    assert records == [f"results/coarse/weightfree/synth/{name}/record.json" for name in labelled]
    assert plan.pack.coarse(wildcards()) == ["results/coarse/weightfree/synth/provenance.json"]
    assert plan.pack.coarse(wildcards(benchmark="davis2016")) == []
    assert "--coarse" not in plan.pack.arguments(wildcards(benchmark="davis2016"))
    with pytest.raises(InputError, match="no split 'validation'"):
        plan_of({"coarse": {"weightfree": {"splits": [{"benchmark": "synth", "split": "validation"}]}}})


@pytest.mark.parametrize(
    ("block", "support", "options"),
    [
        ({"substitute": {"support": "truth"}}, [], ""),
        (
            {"order": ["fuse", "otsu", "substitute"], "substitute": {"share": 0.75}},
            ["results/prior/light/synth/pan-bird.h5"],
            "--substitute-prior results/prior/light/synth/pan-bird.h5",
        ),
        (
            {"order": ["fuse", "otsu", "substitute"], "substitute": {"support": "truth"}},
            ["results/flow/dis/synth/pan-bird.h5"],
            "--substitute-flow results/flow/dis/synth/pan-bird.h5"
            " --substitute-masks results/normalized/synth/pan-bird/masks",
        ),
    ],
)
def test_the_substitute_alone_needs_prior_or_flow(block: dict[str, Any], support: list[str], options: str) -> None:
    coarse = plan_of({"coarse": {"weightfree": block}}).coarse
    asked = wildcards(coarse="weightfree", seq="pan-bird")
    assert coarse.support(asked) == support
    share = block["substitute"].get("share", 0.25)
    assert coarse.options(asked).partition(f"--substitute-share {share}")[2].strip() == options


def test_a_prior_that_only_the_substitute_reads_is_planned() -> None:
    prior = {"joint": {"fit": [{"benchmark": "synth", "split": "nowhere"}]}}
    coarse = {"weightfree": {"order": ["fuse", "otsu", "substitute"], "substitute": {"prior": "joint"}}}
    assert plan_of({"prior": prior})
    with pytest.raises(InputError, match="no split 'nowhere'"):
        plan_of({"prior": prior, "coarse": coarse})


def test_labels_that_cannot_be_supported_are_named(tmp_path: Path) -> None:
    for name, parts in (("seen", ("frames", "masks")), ("unseen", ("frames",))):
        for part in parts:
            (tmp_path / name / part).mkdir(parents=True)
            (tmp_path / name / part / "0.png").touch()
    own = {"folders": {"mine": str(tmp_path)}}
    for support, culprit in (
        ("prior", "prior: light, .*mine has no such split"),
        ("truth", "support: truth, but mine/unseen"),
    ):
        block = {"order": ["fuse", "otsu", "substitute"], "substitute": {"support": support}}
        with pytest.raises(InputError, match=rf"coarse\.weightfree\.substitute\.{culprit}"):
            plan_of(own | {"coarse": {"weightfree": block}})
        some = block | {"splits": [{"benchmark": "synth", "split": "train"}]}
        assert plan_of(own | {"coarse": {"weightfree": some}})


@pytest.mark.parametrize(("method", "device", "writers"), [("dis", "cuda", 1), ("raft", "cpu", 1), ("raft", "cuda", 3)])
def test_flow_from_a_card_is_compressed_by_several_processes(method: str, device: str, writers: int) -> None:
    plan = plan_of({"flow": {"own": {"method": method}}, "device": device})
    assert plan.flow.threads(wildcards(flow="own")) == writers


@pytest.mark.parametrize(
    ("block", "device", "applied", "gpus"),
    [
        ({}, "cuda", "", 0),
        ({"features": "alexnet"}, "cpu", "--device cpu", 0),
        ({"features": "alexnet", "weights": "random"}, "cuda", "--weights random --device cuda", 1),
    ],
)
def test_a_network_s_features_are_computed_on_the_device(
    block: dict[str, Any], device: str, applied: str, gpus: int
) -> None:
    prior = plan_of({"prior": {"light": block}, "device": device}).prior
    asked = wildcards(prior="light")
    assert prior.apply_options(asked) == applied
    assert prior.gpu(asked) == gpus
    assert ("--device" in prior.options(asked)) == (block != {})


def test_a_classifier_is_a_benchmarks_own_or_shared() -> None:
    asked = wildcards(prior="light", benchmark="davis2016")
    assert plan_of({}).prior.classifier(asked) == "results/prior/light/davis2016/classifier.npz"
    joint = plan_of({"prior": {"light": {"fit": [{"benchmark": "synth", "split": "train"}]}}})
    assert joint.prior.classifier(asked) == "results/prior/light/classifier.npz"
    assert joint.prior.fit_manifests(asked) == ["results/normalized/synth/manifest.json"]


def test_building_one_benchmark_reads_no_other() -> None:
    plan = plan_of({})
    inputs = [
        *plan.pack.flow(wildcards(benchmark="davis2016")),
        *plan.pack.prior(wildcards(benchmark="davis2016")),
        *plan.pack.coarse(wildcards(benchmark="davis2016")),
        *plan.prior.fit_flow(wildcards(benchmark="davis2016", prior="light")),
    ]
    assert inputs
    assert not [path for path in inputs if "synth" in path]


def test_own_splits_replace_the_registered_one() -> None:
    plan = plan_of({"splits": {"synth": {"train": ["plain-fish"]}}})
    assert plan.targets.catalogue.videos("synth", "train") == ["plain-fish"]
    assert plan.prior.fit_flow(wildcards(prior="light")) == ["results/flow/dis/synth/plain-fish.h5"]


def test_chosen_sequences_leave_the_others_out() -> None:
    plan = plan_of({"sequences": {"synth": ["plain-fish", "plain-turtle", "stills"]}})
    assert plan.targets.catalogue.videos("synth") == ["plain-fish", "plain-turtle"]
    words = shlex.split(plan.normalize.options(wildcards()))
    chosen = [word for option, word in pairwise(words) if option == "--sequences"]
    assert chosen == ["plain-fish", "plain-turtle", "stills"]


def two_runs(start: str | None, **full: Any) -> dict[str, Any]:
    run = BASE["runs"]["dsnet"]["full"]
    second = run | {"stages": [run["stages"][0] | {"init": start}]} | full
    return {"results": "out", "runs": {"dsnet": {"first": run | {"test": []}, "full": second}}}


START = "{results}/models/dsnet/first/seed{seed}/last.ckpt"


@pytest.mark.parametrize("of_run", [False, True], ids=["stage", "run"])
def test_a_run_starts_from_another_one_s_checkpoint(of_run: bool) -> None:
    plan = plan_of(two_runs(None, init=START) if of_run else two_runs(START))
    full = wildcards(model="dsnet", run="full", seed="0")
    assert plan.train.starts(full) == [plan.paths.checkpoint("dsnet", "first", 0)]
    assert plan.train.starts(wildcards(model="dsnet", run="first", seed="0")) == []
    recipe = json.loads(plan.configuration.parts["runs/dsnet/full"])  # one for all seeds
    assert (recipe if of_run else recipe["stages"][0])["init"] == "out/models/dsnet/first/seed{seed}/last.ckpt"


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"report": {"title": "another"}}, {"whole"}),
        ({"runs": two_runs("a.pt", paper=True)["runs"]}, {"whole"}),
        ({"runs": two_runs("a.pt", width=0.5)["runs"]}, {"whole", "runs/dsnet/full"}),
        ({"runs": two_runs("b.pt")["runs"]}, {"whole", "runs/dsnet/full"}),
        ({"crf": {"mine": {"iterations": 2}}}, {"whole", "crf/mine"}),
        ({"protocols": {"mine": {"skip_first": 3}}}, {"whole", "protocols/mine"}),
        ({"splits": {"synth": {"mine": ["plain-turtle"]}}}, {"whole", "splits/synth"}),
    ],
)
def test_a_change_is_seen_by_what_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], parts: set[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        Path(f"{name}.pt").touch()
    own = {"crf": {"mine": {}}, "protocols": {"mine": {}}, "splits": {"synth": {"mine": ["plain-fish"]}}}
    first, second = (plan_of(two_runs("a.pt") | own | more).configuration for more in ({}, change))
    assert set(first.parts) == {
        "whole",
        "runs/dsnet/first",
        "runs/dsnet/full",
        "crf/mine",
        "protocols/mine",
        "splits/synth",
    }
    staged = {part: (first.staged(wildcards(part=part)), second.staged(wildcards(part=part))) for part in first.parts}
    assert {part for part, (before, after) in staged.items() if before != after} == parts
    second.stage()
    assert {part: Path(path).read_text() for part, (_, path) in staged.items()} == second.parts


def test_a_run_starts_from_a_file_of_the_users(tmp_path: Path) -> None:
    path = tmp_path / "mine.pt"
    path.touch()
    assert plan_of(two_runs(str(path))).train.starts(wildcards(model="dsnet", run="full", seed="0")) == [str(path)]


def test_a_start_that_nobody_makes_is_named() -> None:
    init = "{results}/models/dsnet/first/seed{seed}/last.ckpt"
    with pytest.raises(InputError, match=r"first/seed1/last\.ckpt, which is no file, and no run makes it"):
        plan_of(two_runs(init, seeds=[0, 1]))


def test_a_run_on_an_unknown_split_is_named() -> None:
    run = BASE["runs"]["dsnet"]["full"] | {"test": [{"benchmark": "synth", "split": "validation"}]}
    with pytest.raises(InputError, match="no split 'validation'; expected one of stills, test, train"):
        plan_of({"runs": {"dsnet": {"full": run}}})


def archive_of(folder: Path, sequence: str) -> Path:
    """Write an archive in DAVIS's layout whose files are empty: only their names are looked at."""
    archive = folder / f"{sequence}.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for kind, suffix in (("JPEGImages", "jpg"), ("Annotations", "png")):
            zipped.writestr(f"DAVIS/{kind}/480p/{sequence}/00000.{suffix}", b"")
    return archive


def test_a_partial_delivery_is_looked_into(tmp_path: Path) -> None:
    source = {"sources": {"davis2016": str(archive_of(tmp_path, "bear"))}}
    assert plan_of(source | {"partial": True}).targets.catalogue.videos("davis2016") == ["bear"]
    assert len(plan_of(source).targets.catalogue.videos("davis2016")) == 50


def test_sources_are_local_downloaded_or_none(tmp_path: Path) -> None:
    (tmp_path / "davis").mkdir()
    local = plan_of({"sources": {"davis2016": str(tmp_path / "davis")}})
    assert local.normalize.sources(wildcards(benchmark="davis2016")) == [str(tmp_path / "davis")]
    fetched = plan_of({})
    assert fetched.normalize.sources(wildcards(benchmark="davis2016")) == ["results/downloads/davis2016/sources.json"]
    assert fetched.normalize.sources(wildcards(benchmark="synth")) == []


def test_a_source_in_the_folder_of_a_download_is_none_that_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither Snakemake nor `--remove-archives` may remove what the configuration names."""
    monkeypatch.chdir(tmp_path)
    place = Path("results/downloads/davis2016")
    place.mkdir(parents=True)
    (place / "sources.json").write_text('{"files": []}')
    for source in (place, place / "sources.json"):
        plan = plan_of({"sources": {"davis2016": str(source)}, "keep": []})
        assert plan.normalize.sources(wildcards(benchmark="davis2016")) == [str(place)]
        assert plan.normalize.archives(wildcards(benchmark="davis2016")) == ""
    assert plan_of({"keep": []}).normalize.archives(wildcards(benchmark="davis2016")) == "--remove-archives"


@pytest.mark.parametrize(("link", "stay"), [(None, False), ("downloads", True), ("downloads/davis2016", True)])
def test_archives_that_another_project_may_read_stay(
    link: str | None, stay: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if link:
        (tmp_path / "shared").mkdir()
        (tmp_path / "results" / link).parent.mkdir(parents=True)
        (tmp_path / "results" / link).symlink_to(tmp_path / "shared", target_is_directory=True)
    plan = plan_of({"keep": ["flow"], "benchmarks": ["davis2016"]})
    assert plan.kept("archives", "x", lambda _: "temp") == ("x" if stay else "temp")
    assert plan.kept("flow", "x", lambda _: "temp") == "x"
    assert plan.normalize.archives(wildcards(benchmark="davis2016")) == ("" if stay else "--remove-archives")


@pytest.mark.parametrize(
    ("model", "resources", "over", "devices"),
    [
        ("contrastive", {}, {}, 1),
        ("contrastive", {"devices": 4}, {}, 4),
        ("contrastive", {"devices": 2, "nodes": 2}, {}, 4),
        ("contrastive", {"devices": 4}, {"sync_batchnorm": True}, 1),
        ("dcl", {"devices": 4}, {}, 1),  # which has no batch normalisation
    ],
)
def test_a_number_of_devices_that_weights_depend_on_is_a_parameter(
    model: str, resources: dict[str, int], over: dict[str, object], devices: int
) -> None:
    run = RUN | {"flow": None, "width": 0.1, "pretrained": False, "resources": resources} | over
    plan = plan_of({"runs": {model: {"full": run}}})
    assert plan.train.devices(wildcards(model=model, run="full", seed="0")) == devices


RANKING = {"kind": "ranking", "benchmark": "synth"}
GRID = {"kind": "grid", "benchmark": "synth", "frames": ["a/0"]}


def figure_plan(**figure: Any) -> Plan:
    tau = BASE["runs"]["dsnet"]["full"] | {"options": {"tau": 0.5}, "seeds": [0, 1]}
    runs = {"dsnet": BASE["runs"]["dsnet"] | {"tau-half": tau}}
    return plan_of({"runs": runs, "figures": {"one": figure}})


def test_figures_are_targets() -> None:
    plan = figure_plan(kind="losses")
    assert "results/figures/one.svg" in plan.report.all_files(None)
    assert plan.figures.inputs(wildcards(figure="one")) == [
        "results/models/dsnet/full/seed0/metrics.csv",
        "results/models/dsnet/tau-half/seed0/metrics.csv",
    ]


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ({"kind": "ranking", "measure": ["mae"]}, ["dsnet/full={0}", "dsnet/tau-half={1}", "dsnet/tau-half={2}"]),
        ({"kind": "sweep", "model": "dsnet"}, ["0.5={1}", "0.5={2}"]),
        ({"kind": "ablation", "model": "dsnet"}, ["full={0}", "tau-half={1}", "tau-half={2}"]),
    ],
)
def test_a_figure_is_drawn_from_every_seed_of_its_runs(figure: dict[str, Any], words: list[str]) -> None:
    runs = ("full/seed0", "tau-half/seed0", "tau-half/seed1")
    scores = [f"results/scores/dsnet/{run}/raw/synth.davsod.json" for run in runs]
    plan = figure_plan(benchmark="synth", **figure)
    arguments = shlex.split(plan.figures.arguments(wildcards(figure="one")))
    assert arguments[: len(words)] == [word.format(*scores) for word in words]
    assert plan.figures.inputs(wildcards(figure="one")) == [word.partition("=")[2] for word in arguments[: len(words)]]


def test_an_interval_is_drawn_for_every_seed_by_itself() -> None:
    plan = figure_plan(kind="intervals", benchmark="synth", model="dsnet")
    arguments = shlex.split(plan.figures.arguments(wildcards(figure="one")))
    assert [word.partition("=")[0] for word in arguments] == ["full", "tau-half, seed 0", "tau-half, seed 1"]


def tau_plan(**figure: Any) -> Plan:
    run = BASE["runs"]["dsnet"]["full"]
    both = [{"benchmark": "synth", "split": "test"}, {"benchmark": "davis2016", "split": "val"}]
    runs = {"full": run, "M1": run | {"variant": "M1"}, "low": run | {"variant": "tau-0.2", "test": both}}
    return plan_of({"runs": {"dsnet": runs}, "figures": {"one": {"kind": "sweep", "model": "dsnet"} | figure}})


@pytest.mark.parametrize(
    ("figure", "points"),
    [
        ({"benchmark": "synth"}, ["0.2=low/synth"]),
        ({}, ["0.2=low/synth", "0.2=low/davis2016"]),
        ({"values": {"full": 0.6}}, ["0.6=full/synth", "0.2=low/synth", "0.2=low/davis2016"]),
        ({"values": {"full": 0.6}, "runs": ["full"]}, ["0.6=full/synth"]),
    ],
)
def test_a_sweep_takes_values_from_options_variants_and_the_figure(figure: dict[str, Any], points: list[str]) -> None:
    arguments = shlex.split(tau_plan(**figure).figures.arguments(wildcards(figure="one")))
    parts = [word.partition("=") for word in arguments[: len(points)]]
    found = [f"{value}={Path(path).parts[3]}/{Path(path).name.partition('.')[0]}" for value, _, path in parts]
    assert found == points
    assert arguments[len(points)] == "--parameter"


@pytest.mark.parametrize(
    ("figure", "culprit"),
    [
        ({"values": {"full": 0.2}}, "full and low, which both have tau 0.2"),
        ({"parameter": "width"}, "no run says its value of width"),
        ({"runs": ["M9"]}, "no run dsnet/M9"),
    ],
)
def test_a_sweep_that_cannot_be_drawn_is_named(figure: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InputError, match=culprit):
        tau_plan(**figure).figures.inputs(wildcards(figure="one"))


@pytest.mark.parametrize(
    ("figure", "culprit"),
    [
        ({"kind": "ranking"}, r"figures\.one\.benchmark: Field required"),
        (RANKING | {"measure": ["mae", "max_f"]}, r"figures\.one\.measure: .* at most 1"),
        (GRID | {"measure": ["mae"]}, r"unknown key figures\.one\.measure, which grid does not read"),
        (RANKING | {"runs": ["full"]}, "`runs` needs `model` beside it"),
        ({"kind": "sweep", "benchmark": "synth"}, r"figures\.one\.model: Field required"),
        ({"kind": "timeline", "benchmark": "synth"}, r"figures\.one\.sequence: Field required"),
        ({"kind": "losses", "protocol": "davsod"}, r"unknown key figures\.one\.protocol, which losses does not read"),
        ({"kind": "pie"}, r"figures\.one\.kind: 'pie'; expected one of precision-recall"),
        ({}, r"figures\.one\.kind: Field required"),
    ],
)
def test_an_incomplete_figure_is_named(figure: dict[str, Any], culprit: str) -> None:
    with pytest.raises(VsodprepError, match=culprit):
        figure_plan(**figure)


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*/*.yaml")), ids=lambda path: path.stem)
def test_reading_the_snakefile_imports_no_algorithm(path: Path) -> None:
    code = """
import sys
from pathlib import Path
from vsodprep.workflow.plan import read_plan
from vsodprep.config import read
over = read(Path(sys.argv[1]))
over.pop("sources", None)
plan = read_plan(Path("workflow").joinpath, over, first=True)
plan.report.all_files(None)
algorithms = "cv2 h5py lightning numba PIL pydensecrf scipy skimage torch torchvision zarr".split()
print(*sorted({*algorithms} & {name.partition(".")[0] for name in sys.modules}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def replaced(path: Path) -> None:
    path.write_bytes(b"other")


def added(path: Path) -> None:
    path.with_name("00009.png").write_bytes(b"1")


@pytest.mark.parametrize("change", [replaced, added, Path.unlink])
def test_changed_pictures_and_maps_from_elsewhere_are_read_again(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    file = tmp_path / "synth" / "plain-fish" / "00000.png"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"1")
    over = {
        "flow": {"own": {"method": "pictures", "folder": str(tmp_path)}, "dis": {"method": "dis"}},
        "saliency": {"rfcn": {"folder": str(tmp_path)}, "rbd": {"method": "rbd"}},
        "coarse": {"mixed": {"maps": ["rfcn", "rbd"]}, "weightfree": {"maps": ["rbd"]}},
    }

    def states() -> list[Any]:
        state_of.cache_clear()
        plan = plan_of(over)
        return [
            *(plan.flow.given(wildcards(flow=flow)) for flow in ("own", "dis")),
            *(plan.coarse.given(wildcards(coarse=coarse)) for coarse in ("mixed", "weightfree")),
        ]

    before = states()
    assert states() == before
    change(file)
    after = states()
    assert [now != then for now, then in zip(after, before, strict=True)] == [True, False, True, False]


@pytest.mark.parametrize("change", [replaced, added, Path.unlink])
@pytest.mark.parametrize("key", ["folders", "sources"])
def test_a_changed_folder_of_frames_is_normalised_again(
    key: str, change: Callable[[Path], None], tmp_path: Path
) -> None:
    names = ("00000.png", "00001.png", "00002.png")
    for name in names:
        path = tmp_path / "clip" / "frames" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
    over = {key: {"mine" if key == "folders" else "davis2016": str(tmp_path)}}

    def state() -> str:
        state_of.cache_clear()
        return plan_of(over).normalize.code(wildcards(benchmark=next(iter(over[key]))))

    before = state()
    assert state() == before
    change(path)
    assert state() != before


def test_every_rule_that_reads_a_folder_from_elsewhere_has_its_state() -> None:
    rules = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    given = [rule.partition(":")[0] for rule in rules.split("rule ")[1:] if ".given," in rule]
    assert given == ["fuse_fit", "coarse", "evaluate", "figure", "flow"]


OFFICIAL = {"weights": __file__, "flow": "dis", "test": [{"benchmark": "synth", "split": "test"}]}


def test_authors_weights_are_read_and_tested_and_not_trained() -> None:
    run = BASE["runs"]["dsnet"]["full"]
    plan = plan_of({"runs": {"dsnet": {"full": run, "official": OFFICIAL}, "cagdde": {"full": OFFICIAL}}})
    last = "results/models/{}/seed0/last.ckpt"
    assert set(plan.report.all_files(None)) > {last.format(name) for name in ("dsnet/official", "cagdde/full")}
    assert plan.report.losses(None) == ["results/models/dsnet/full/seed0/metrics.csv"]
    assert plan.train.weights(wildcards(model="dsnet", run="official")) == [__file__]
    assert plan.train.weights(wildcards(model="dsnet", run="full")) == []
    recipe = json.loads(plan.configuration.parts["runs/cagdde/full"])
    assert (recipe["variant"], recipe["size"], recipe["maps"]) == ("code", [448, 448], "truncate")
    made = {
        trained: re.compile(f"results/models/(dsnet|cagdde)/({plan.train.runs(trained=trained)})/seed0/last.ckpt")
        for trained in (True, False)
    }
    for name, trained in (("dsnet/full", True), ("dsnet/official", False), ("cagdde/full", False)):
        assert [each for each, pattern in made.items() if pattern.fullmatch(last.format(name))] == [trained]


def test_a_key_of_the_run_goes_over_what_the_authors_code_does() -> None:
    run = OFFICIAL | {"size": [64, 96], "maps": "round", "variant": "full"}
    config = complete({"runs": {"dsnet": {"official": run}}}, BASE)
    found = config.runs["dsnet"]["official"]
    assert (found.variant, found.reading.size, found.maps, found.row) == ("full", (64, 96), "round", "full")
    assert complete(config.model_dump(mode="json"), {}) == config


SYNTH = {"benchmark": "synth", "split": "train"}
RUN = {"flow": "dis", "stages": [{"data": [SYNTH], "size": [64, 64], "batch": 16, "steps": 1}]}
ON_TWO = "srun --nodes=2 --ntasks-per-node=1 --kill-on-bad-exit=1 --cpus-per-task=8"
CARDS = {"devices": 4, "nodes": 2, "logger": "csv", "workers": 0}


@pytest.mark.parametrize(
    ("resources", "device", "expected"),
    [
        ({}, "cpu", {"threads": 2, "mem_mb": 8000, "gpu": 0, "nodes": None}),
        ({"devices": 4}, "cuda", {"threads": 8, "mem_mb": 32000, "gpu": 4, "nodes": 1}),
        ({"devices": 4}, "cuda", {"gres": None, "tasks": None, "mpi": None, "launch": ""}),
        (CARDS, "cuda", {"threads": 8, "mem_mb": 32000, "gpu": None, "gres": "gpu:4", "nodes": 2, "tasks": 2}),
        (CARDS, "cuda", {"mpi": "srun", "launch": f"VSODPREP_LAUNCH='{ON_TWO} --gres=gpu:4' "}),
        (CARDS, "cuda", {"settings": "--devices=4 --nodes=2 --workers=0 --logger=csv"}),
        (CARDS, "cpu", {"gres": None, "gpu": None, "launch": f"VSODPREP_LAUNCH='{ON_TWO}' "}),
    ],
)
def test_what_a_training_takes_is_no_part_of_it(
    resources: dict[str, object], device: str, expected: dict[str, object]
) -> None:
    asked = wildcards(model="dsnet", run="full", seed="0")
    run = RUN | {"resources": resources}
    plan, plain = (plan_of({"device": device, "runs": {"dsnet": {"full": each}}}) for each in (run, RUN))
    for key, value in expected.items():
        assert getattr(plan.train, key)(asked) == value, key
    assert plan.configuration.parts["runs/dsnet/full"] == plain.configuration.parts["runs/dsnet/full"]
    for parameter in ("code", "shard_arguments", "torch_options"):
        assert getattr(plan.train, parameter)(asked) == getattr(plain.train, parameter)(asked)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            {"nodes": 2},
            "runs.dsnet.full.resources.nodes: 2, but this run has one machine; expected 1, or the profile",
        ),
        ({"devices": 4}, "runs.dsnet.full.resources.devices: 4, but all jobs together may use 2 cards"),
        ({"devices": 3}, "stages.main: a batch of 16 cannot be shared by 3 devices"),
        ({"devices": 16}, "batch: 16; expected at least 2 for each of 16 devices"),
    ],
)
def test_a_training_that_cannot_be_shared_is_refused(resources: dict[str, int], message: str) -> None:
    with pytest.raises(VsodprepError, match=message):
        runs = {"dsnet": {"full": RUN | {"resources": resources}}}
        plan_of({"device": "cuda", "gpus": 2, "runs": runs}).train.check_here()
