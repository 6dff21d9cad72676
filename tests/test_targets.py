"""What a configuration makes: rules, report and planner say the same."""

import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipeline import ROOT, ask

from vsodprep.config import Config, complete, merge
from vsodprep.config.compared import METHODS
from vsodprep.config.defaults import default
from vsodprep.config.frames import Prepared
from vsodprep.config.report import TRIVIAL
from vsodprep.estimate.cost import Cost, Estimate
from vsodprep.report.collect import collect
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.paths import Paths
from vsodprep.targets.targets import Targets

BASE: dict[str, Any] = default().model_dump(mode="json")
RUN: dict[str, Any] = BASE["runs"]["dsnet"]["full"]
SHIPPED = sorted((ROOT / "config").glob("*/*.yaml"))

# What most easily falls between three lists: still images, blocks that nothing uses, labels and classifiers that learn
# from benchmarks without a shard, runs without a test, figures that ask for more than tests, and repetitions.
NASTY: dict[str, dict[str, Any]] = {
    "stills": {
        "runs": {
            "dsnet": {
                "untested": RUN | {"test": []},
                "full": RUN
                | {
                    "seeds": [0, 1, 0],
                    "test": [
                        {"benchmark": "duts", "split": "test", "post": ["mine"], "protocols": ["davsod", "davsod"]},
                        {"benchmark": "synth", "split": "test"},
                        {"benchmark": "synth", "split": "test", "protocols": ["pysod", "davsod"]},
                    ],
                },
            }
        },
        "crf": {"mine": {"iterations": 2}},
        "prior": {"unused": {"fit": [{"benchmark": "vos", "split": "train"}]}},
        "figures": {"more": {"kind": "ranking", "benchmark": "synth", "protocol": "codtoolbox", "post": "dss"}},
    },
    "learns-elsewhere": {
        "benchmarks": ["synth", "visal"],
        "flow": {"carried": {}},
        "prior": {"joint": {"fit": [{"benchmark": "segtrackv2", "split": "vsod13"}]}},
        "saliency": {"made": {"folder": ".", "method": None}, "ft": {"method": "ft"}},
        "coarse": {
            "erased": {
                "maps": ["mbd", "made"],
                "order": ["fuse", "otsu", "substitute"],
                "substitute": {"prior": "joint"},
            },
            "carried": {
                "maps": ["rbd", "ft"],
                "order": ["fuse", "otsu", "substitute"],
                "substitute": {"support": "truth", "flow": "carried"},
                "weights": [{"benchmark": "davis2016", "split": "train"}, {"benchmark": "synth", "split": "train"}],
                "splits": [{"benchmark": "synth", "split": "test"}],
            },
        },
        "pack": {"flow": [], "pictures": [], "prior": ["light"], "coarse": ["erased", "carried"]},
        "runs": {
            "stan": {
                "full": RUN
                | {"options": {}, "flow": None, "prior": "light", "stages": [RUN["stages"][0] | {"clip_length": 4}]}
            }
        },
    },
    "methods-alone": {
        "runs": {},
        "benchmarks": [],
        "tests": [
            {"benchmark": "synth", "split": "test", "protocols": ["davsod", "pysod"]},
            {"benchmark": "duts", "split": "test"},
        ],
        "methods": {"given": {"maps": {"synth": "."}}, "mbd": {"saliency": "mbd"}},
    },
    "methods-beside-runs": {
        "tests": [
            {"benchmark": "synth", "split": "test", "protocols": ["pysod"]},
            {"benchmark": "fbms", "split": "test"},
        ],
        "methods": {"given": {"maps": {"fbms": "."}}, "rbd": {"saliency": "rbd"}, "ft": {"saliency": "ft"}},
        "saliency": {"ft": {"method": "ft"}},
    },
    "stills-of-videos": {
        "runs": {"dsnet": {"full": RUN | {"test": [{"benchmark": "synth", "split": "stills"}]}}},
    },
}


def targets_of(over: dict[str, Any]) -> Targets:
    config = complete(over, BASE)
    return Targets(config, Catalogue(config))


def listed(targets: Targets, paths: Paths) -> dict[str, set[str]]:
    """Return the files that `Targets` lists, by rule."""
    of = {name: getattr(targets, name) for name in ("flows", "priors", "saliency", "coarse")}
    made = {
        key: {(block, name, seq) for name in targets.normalized for block, seqs in find(name).items() for seq in seqs}
        for key, find in of.items()
    }
    made_here = [score for score in targets.scores if score.model != METHODS]
    maps = {(s.model, s.run, s.seed, post, s.benchmark) for s in made_here for post in ("raw", s.post)}
    raw = {of for of in maps if of[3] == "raw"}
    return {
        "normalize": {paths.manifest(name) for name in targets.normalized},
        "flow": {paths.flow(*of) for of in made["flows"]},
        "prior": {paths.prior(*of) for of in made["priors"]},
        "prior_fit": {paths.classifier(prior) for prior, name in targets.classifiers if name is None},
        "prior_fit_own": {paths.own_classifier(*of) for of in targets.classifiers if of[1] is not None},
        "saliency": {paths.saliency(*of) for of in made["saliency"]},
        "fuse_fit": {paths.weights(name) for name in targets.weights},
        "coarse": {paths.coarse(*of) for of in made["coarse"]},
        "coarse_collect": {paths.provenance(coarse, benchmark) for coarse, benchmark, _ in made["coarse"]},
        "pack": {paths.shard(name) for name in targets.benchmarks},
        "train": {path(*of) for of in targets.trainings for path in (paths.checkpoint, paths.metrics)},
        "predict": {paths.predictions(*of) for of in raw if of[0] != TRIVIAL},
        "trivial": {paths.predictions(*of) for of in raw if of[0] == TRIVIAL},
        "crf": {paths.predictions(*of) for of in maps - raw},
        "evaluate": {score.path(paths) for score in targets.scores},
        "figure": {paths.figure(name, "svg") for name in targets.config.figures},
    }


def costed(costs: Iterable[Cost]) -> set[tuple[str, str]]:
    """Return what the planner counts, by stage and benchmark or run; the stages of one training are one.

    What commands take to start makes no file.
    """
    stages = {(cost.stage, cost.what) for cost in costs if cost.stage != "start-up"}
    return {("train" if stage.startswith("train ") else stage, what) for stage, what in stages}


def counted(files: dict[str, set[str]], targets: Targets) -> set[tuple[str, str]]:
    """Return the same of the files that rules make, from their paths alone."""
    found: set[tuple[str, str]] = set()
    for rule, paths in files.items():
        for path in paths:
            part = Path(path).parts[1:]
            last = part[-1].partition(".")[0]
            match rule:
                case "download" | "normalize":
                    found.add((rule, part[1]))
                case "pack":
                    found.add((rule, part[1].removesuffix(".zarr")))
                case "flow" | "prior" | "saliency" | "coarse":
                    found.add((f"{rule} {part[1]}", part[2]))
                case "prior_fit_own":
                    found.add((f"prior {part[1]} fit", part[2]))
                case "prior_fit":
                    found.add((f"prior {part[1]} fit", joined(targets.config.prior[part[1]].fit)))
                case "fuse_fit":
                    found.add((f"coarse {part[1]} fit", joined(targets.config.coarse[part[1]].weights)))
                case "train":
                    found.add((rule, f"{part[1]}/{part[2]}"))
                case "predict" | "trivial":
                    found.add((f"{rule} {part[5]}", f"{part[1]}/{part[2]}"))
                case "crf":
                    found.add((f"crf {part[4]} {part[5]}", f"{part[1]}/{part[2]}"))
                case "evaluate":
                    found.add((f"evaluate {last}", f"{part[1]}/{part[2]}"))
    return found


def joined(fit: Any) -> str:
    return " + ".join(dict.fromkeys(where.benchmark for where in fit))


def made_by_rules(folder: Path, config: Path) -> dict[str, set[str]]:
    """Return the files that Snakemake would make for `all`, by rule."""
    done = ask(folder, "--summary", "all", "--configfile", str(config))
    assert done.returncode == 0, done.stdout
    files: dict[str, set[str]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("results/"):
            path, _, rule = line.split("\t")[:3]
            rule = "evaluate" if rule.startswith("evaluate_") else rule  # one for each set of protocols
            if rule == "saliency_passing":  # a folder, as a marker alone would go
                rule, path = "saliency", f"{path}/maps.json"
            files.setdefault(rule, set()).add(path)
    return files


def archive_of(folder: Path, sequences: Iterable[str]) -> Path:
    """Write an archive in DAVIS's layout whose files are empty: only their names are looked at."""
    archive = folder / "davis.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for name in sequences:
            zipped.writestr(f"DAVIS/JPEGImages/480p/{name}/00000.jpg", b"")
            zipped.writestr(f"DAVIS/Annotations/480p/{name}/00000.png", b"")
    return archive


@pytest.mark.parametrize("name", [*(str(path.relative_to(ROOT)) for path in SHIPPED), *NASTY])
def test_rules_report_and_planner_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    over = NASTY[name] if name in NASTY else yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    over["results"] = "results"
    if "sources" in over:
        sequences = {sequence for names in over["splits"]["davis2016"].values() for sequence in names}
        over["sources"] = {"davis2016": str(archive_of(tmp_path, sequences))}
    config = complete(over, BASE)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(over))
    files = made_by_rules(tmp_path, tmp_path / "mine.yaml")
    targets, paths = Targets(config, Catalogue(config)), Paths("results")

    expected = listed(targets, paths)
    for rule in expected.keys() | files.keys() - {"configuration", "report", "download"}:
        assert files.get(rule, set()) == expected[rule], rule

    (tmp_path / "results").mkdir(exist_ok=True)
    absent = {f"results/{path}" for path in collect(config, Path("results")).absent}
    losses = {path for path in files.get("train", ()) if path.endswith(".csv")}
    assert absent == files["normalize"] | losses | files.get("evaluate", set())

    costs = Estimate(config).costs()
    assert costed(costs) == counted(files, targets)
    assert not [key for key, number in Counter((cost.stage, cost.what) for cost in costs).items() if number > 1]
    for rule in ("flow", "prior", "saliency", "coarse"):
        jobs = Counter((f"{rule} {Path(path).parts[2]}", Path(path).parts[3]) for path in files.get(rule, ()))
        whole = {key: number for key, number in jobs.items() if targets.catalogue.whole(key[1])}
        assert {(cost.stage, cost.what): cost.sequences for cost in costs if (cost.stage, cost.what) in whole} == whole


def test_still_images_have_no_flow_magnitude_to_miss(tmp_path: Path) -> None:
    config = complete(NASTY["stills"], BASE)
    absent = collect(config, tmp_path).absent
    assert "scores/trivial/centre-prior/seed0/raw/duts.davsod.json" in absent
    assert "scores/trivial/flow-magnitude/seed0/raw/synth.davsod.json" in absent
    assert "scores/trivial/flow-magnitude/seed0/raw/duts.davsod.json" not in absent


@pytest.mark.parametrize(("packed", "normalized"), [([], ["synth"]), (["joint"], ["synth", "segtrackv2"])])
def test_what_a_prior_learns_from_counts_only_where_the_prior_is_made(
    tmp_path: Path, packed: list[str], normalized: list[str]
) -> None:
    joint = {"joint": {"fit": [{"benchmark": "segtrackv2", "split": "all"}]}}
    config = complete({"prior": joint, "pack": {"prior": packed}}, BASE)
    absent = collect(config, tmp_path).absent
    assert [path for path in absent if path.startswith("normalized/")] == [
        f"normalized/{name}/manifest.json" for name in normalized
    ]
    assert [cost.what for cost in Estimate(config).costs() if cost.stage == "normalize"] == normalized


def test_every_run_is_trained_with_every_seed() -> None:
    trainings = targets_of(NASTY["stills"]).trainings
    assert trainings == (("dsnet", "untested", 0), ("dsnet", "full", 0), ("dsnet", "full", 1))


def test_a_score_that_is_asked_for_twice_is_one() -> None:
    scores = targets_of(NASTY["stills"]).scores
    assert len(set(scores)) == len(scores)
    of_run = Counter((score.benchmark, score.post, score.protocol) for score in scores if score.model != TRIVIAL)
    assert of_run == {
        ("duts", "mine", "davsod"): 2,
        ("synth", "raw", "davsod"): 2,
        ("synth", "raw", "pysod"): 2,
        ("synth", "dss", "codtoolbox"): 2,  # the figure's
    }


@pytest.mark.parametrize(
    ("test", "flow", "maps"),
    [
        ({"benchmark": "synth", "split": "test"}, ["dis"], ("centre-prior", "flow-magnitude")),
        ({"benchmark": "synth", "split": "stills"}, ["dis"], ("centre-prior",)),
        ({"benchmark": "duts", "split": "test"}, ["dis"], ("centre-prior",)),
        ({"benchmark": "synth", "split": "test"}, [], ("centre-prior",)),
    ],
)
def test_flow_magnitude_needs_flow_and_videos(test: dict[str, str], flow: list[str], maps: tuple[str, ...]) -> None:
    run = RUN | {"flow": None, "test": [test]}
    targets = targets_of({"runs": {"dsnet": {"full": run}}, "pack": {"flow": flow, "pictures": []}})
    assert targets.trivial(test["benchmark"]) == maps


def test_the_report_needs_no_source_of_what_is_normalised(tmp_path: Path) -> None:
    from report_tree import build

    own = {"davis2016": {"path": "/home/somebody/DAVIS.zip", "partial": True}}
    config = build(tmp_path / "results").model_copy(update={"sources": Config(sources=own).sources})
    assert collect(config, tmp_path / "results").absent == ()


SPARSE = {"pack": {"coarse": []}, "benchmarks": ["visal"], "runs": {}}
TRAIN = {"benchmark": "visal", "split": "test"}
STAGE = RUN["stages"][0] | {"data": [TRAIN]}
COSNET = {"model": None, "variant": "cosnet", "flow": None, "width": 0.125, "pretrained": False}
GRID = {"kind": "grid", "benchmark": "visal", "frames": ["bird/00001"]}


@pytest.mark.parametrize(
    ("over", "block", "whole"),
    [
        ({}, {}, set()),
        ({"frames": "all"}, None, None),
        ({"pack": {"coarse": ["weightfree"]}}, None, None),  # labels are for frames without a mask
        ({"runs": {"dsnet": {"full": RUN | {"stages": [STAGE], "test": []}}}}, {}, set()),
        (
            {"runs": {"dsnet": {"full": RUN | {"stages": [STAGE | {"clip_length": 3, "clip_stride": 2}], "test": []}}}},
            {"clip_length": 5},
            set(),
        ),
        (
            {"runs": {"contrastive": {"full": COSNET | {"stages": [RUN["stages"][0]], "test": [TRAIN]}}}},
            {"references": 5},
            set(),
        ),
        (
            {
                "runs": {
                    "contrastive": {"full": COSNET | {"stages": [STAGE | {"clip": "references", "clip_length": 2}]}}
                }
            },
            None,
            None,
        ),
        ({"runs": {"dsnet": {"full": RUN | {"test": [TRAIN]}}}, "figures": {"a": GRID}}, {}, {"bird"}),
    ],
)
def test_prepared_are_the_frames_that_somebody_reads(
    over: dict[str, Any], block: dict[str, int] | None, whole: set[str] | None
) -> None:
    targets = targets_of(SPARSE | over)
    found, videos = targets.prepared("visal")
    every = set(targets.catalogue.videos("visal"))
    expected = Prepared() if block is None else Prepared(frames="annotated", **block)
    assert (found, set(videos)) == (expected, every if whole is None else whole)
    assert targets.prepared_of("visal", "bird") == (Prepared() if whole in (None, {"bird"}) else expected)
    assert any(words.startswith("left out of visal: ") for words in targets.left_out) == (block is not None)


def test_a_video_with_labels_is_prepared_whole_and_no_other() -> None:
    targets = targets_of(yaml.safe_load((ROOT / "config/paper/stan.yaml").read_text(encoding="utf-8")))
    block, whole = targets.prepared("fbms")
    assert block == Prepared(frames="annotated", clip_length=4)
    assert whole == targets.catalogue.videos("fbms", "msst-train")


MAPS_OF_OTHERS = {"coarse": {"stan": {"maps": ["mbd", "rbd"]}}}
OF_STAN = {"davis2016", "segtrackv2", "fbms"}


@pytest.mark.parametrize(
    ("run", "tested", "over", "before"),
    [
        ("rfcn/pre-training", [], {}, {"voc2012", "sbd"}),
        ("rfcn/full", [], {}, {"msra10k", "voc2012", "sbd"}),  # a stage of it starts from the other
        ("stan/full", [], {}, OF_STAN | {"msrab", "msra10k", "voc2012", "sbd"}),  # labels of three networks' maps
        ("stan/full", [], MAPS_OF_OTHERS, OF_STAN | {"msrab"}),  # starts from one of them
        ("stan/no-coarse", [], {}, {"davis2016", "segtrackv2", "msrab"}),
        ("trivial/centre-prior", ["davis2016"], {}, {"davis2016"}),
        ("trivial/centre-prior", ["fbms"], {}, {"fbms", "msrab", "msra10k", "voc2012", "sbd"}),
    ],
)
def test_what_is_packed_before_a_run(run: str, tested: list[str], over: dict[str, Any], before: set[str]) -> None:
    shipped = yaml.safe_load((ROOT / "config/paper/stan-ablations.yaml").read_text(encoding="utf-8"))
    model, _, name = run.partition("/")
    assert set(targets_of(merge(shipped, over)).shards_before((model, name), tested)) == before


SPLIT = {"benchmark": "davsod", "split": "test"}
TRAINED = RUN["stages"][0] | {"data": [{"benchmark": "fbms", "split": "train"}]}


@pytest.mark.parametrize(
    ("over", "splits"),
    [
        ({}, ["test"]),
        ({"frames": "all"}, None),
        ({"benchmarks": ["davsod"]}, None),
        ({"runs": {}, "tests": [SPLIT], "methods": {"given": {"maps": {"davsod": "."}}}}, None),  # read by no run
        ({"runs": {"dsnet": {"full": RUN | {"test": [SPLIT], "stages": [TRAINED]}}}}, ["test"]),
    ],
)
def test_a_shard_holds_the_sequences_that_runs_read(over: dict[str, Any], splits: list[str] | None) -> None:
    base = {"benchmarks": [], "pack": {"prior": []}, "runs": {"dsnet": {"full": RUN | {"test": [SPLIT]}}}}
    targets = targets_of(base | over)
    every = [one.name for one in targets.catalogue.sequences("davsod")]
    chosen = every if splits is None else list(targets.catalogue.split("davsod", "test"))
    assert 0 < len(chosen) <= len(every)
    assert targets.packed("davsod") == targets.flows("davsod").get("dis", chosen) == chosen


def test_sequences_that_labels_are_asked_for_are_packed() -> None:
    labels = {"few": {"maps": ["mbd"], "splits": [{"benchmark": "fbms", "split": "msst-train"}]}}
    run = RUN | {"test": [{"benchmark": "fbms", "split": "test"}]}
    targets = targets_of(
        {"benchmarks": [], "runs": {"dsnet": {"full": run}}, "coarse": labels, "pack": {"coarse": ["few"]}}
    )
    split = targets.catalogue.split
    assert set(targets.packed("fbms")) == {*split("fbms", "test"), *split("fbms", "msst-train")}
