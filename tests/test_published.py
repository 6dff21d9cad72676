"""Published maps by name: what the registry says, what is fetched, and what is scored of it."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from pipeline import ask, planned, snakemake

from tests.evaluate_cases import figures, write_tree
from tests.fakes import davis2016
from tests.fakes.archives import make_tar
from tests.fakes.fake import encoded, gray
from tests.fakes.server import Server, serving
from vsodprep.benchmarks import known
from vsodprep.benchmarks.benchmark import STATUSES, SourceFile
from vsodprep.benchmarks.published import MapsFile, PublishedMaps, get_published, published, published_of
from vsodprep.cli import cli
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.download.fetch import RetryPolicy
from vsodprep.download.run import download_maps
from vsodprep.errors import InputError, VsodprepError
from vsodprep.evaluate import evaluate_folders
from vsodprep.targets.provisions import provisions
from vsodprep.workflow.plan import Plan


@pytest.mark.parametrize("name", published())
def test_registry_is_sound(name: str) -> None:
    maps = get_published(name)
    assert maps.files
    assert maps.page.startswith(("https://", "http://"))
    assert set(maps.benchmarks) <= set(known())
    assert len({each.file.name for each in maps.files}) == len(maps.files)
    for each in maps.files:
        assert each.file.status in STATUSES
        assert bool(each.file.urls) == (each.file.status != "manual")
        assert all(url.startswith(("https://", "http://", "drive:")) for url in each.file.urls)
        assert each.benchmarks
        assert set(each.inside) <= set(each.benchmarks)
        assert not each.method or each.method in maps.methods
    assert all(maps.find(method, benchmark) for method in maps.methods[:1] for benchmark in maps.benchmarks)


@pytest.mark.parametrize(
    ("name", "method", "benchmark", "expected"),
    [
        ("davis2016", "fseg", "davis2016", "DAVIS-results.zip/fseg"),
        ("davis2016", "fseg", "fbms", None),
        ("davsod", "pdb", "visal", "pdb-visal.zip"),
        ("tmo", "whatever", "ytobjects", "tmo.zip/YTOBJ"),
        ("mga", "mga", "visal", "ViSal-SaliencyMap.tar.gz"),
        ("mga", "mga", "vos", None),
    ],
)
def test_where_the_maps_of_a_method_lie(name: str, method: str, benchmark: str, expected: str | None) -> None:
    found = get_published(name).path(Path("maps"), method, benchmark)
    assert found == (None if expected is None else Path("maps") / expected)


def test_names_that_are_not_there() -> None:
    with pytest.raises(InputError, match=r"published maps: no maps 'nix'; expected one of davis2016, davsod"):
        get_published("nix")
    with pytest.raises(InputError, match=r"published maps davis2016: no method 'mga'; expected one of onavos"):
        get_published("davis2016").find("mga", "davis2016")
    with pytest.raises(InputError, match=r"published maps mga: no maps of benchmark 'vos'; expected one of davis2016"):
        get_published("mga").needed((), ("vos",))
    with pytest.raises(InputError, match="none of mst on vos"):
        get_published("davsod").needed(("mst",), ("vos",))
    assert "mga" in published_of("visal")
    assert "mga" not in published_of("vos")


@pytest.fixture
def packed(tmp_path: Path) -> tuple[Path, Path, bytes]:
    """Maps, their masks, and an archive of two methods, of which the other has the maps of nobody."""
    maps, masks = write_tree(tmp_path, {"drift": 5, "hide": 4})
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted(maps.rglob("*.png")):
            name = path.relative_to(maps)
            archive.write(path, f"Results/480p/ours/{name}")
            archive.write(masks / name, f"Results/480p/theirs/{name}")
    return maps, masks, (tmp_path / "all.zip").read_bytes()


@pytest.fixture
def server(packed: tuple[Path, Path, bytes]) -> Iterator[Server]:
    with serving(packed[2]) as running:
        running.answers["/all.zip"] = lambda request: request.file()
        yield running


def entry(server: Server) -> PublishedMaps:
    both = SourceFile("all.zip", (f"{server.url}/gone", f"{server.url}/all.zip"), page="https://example.org")
    mine = SourceFile("by-hand.zip", page="https://example.org/share", status="manual", note="code 1234")
    files = (MapsFile(both, ("davis2016",), {"davis2016": "{}"}), MapsFile(mine, ("visal",)))
    return PublishedMaps("some", "Some", 2020, "https://example.org", files, methods=("ours", "theirs"))


def fetch(server: Server, tmp_path: Path, *benchmarks: str) -> list[str]:
    lock, manners = tmp_path / "lock.json", RetryPolicy(tries=1, sleep=lambda _: None)
    found = download_maps(entry(server), tmp_path / "to", benchmarks=benchmarks, lock=lock, manners=manners)
    return [each["file"] for each in found["files"]]


def test_only_what_is_wanted_is_fetched_once_and_scored(
    server: Server, packed: tuple[Path, Path, bytes], tmp_path: Path
) -> None:
    maps, masks, _ = packed
    assert fetch(server, tmp_path, "davis2016") == ["all.zip"]
    asked = len(server.asked)
    assert fetch(server, tmp_path, "davis2016") == ["all.zip"]
    assert len(server.asked) == asked
    assert json.loads((tmp_path / "to" / "sources.json").read_text())["maps"] == "some"
    assert "all.zip" in json.loads((tmp_path / "lock.json").read_text())["maps/some"]["files"]
    for method, same in (("ours", maps), ("theirs", masks)):
        there = entry(server).path(tmp_path / "to", method, "davis2016")
        assert there is not None
        for jobs in (1, 2):  # another process opens the archive again
            assert figures(evaluate_folders(there, masks, jobs=jobs)) == figures(evaluate_folders(same, masks))


def test_what_only_a_person_can_fetch(server: Server, tmp_path: Path) -> None:
    by_hand = r"by-hand\.zip could not be fetched \(only a person can fetch it\).*https://example\.org/share.*code 1234"
    with pytest.raises(VsodprepError, match=by_hand):
        fetch(server, tmp_path)
    shutil.copy(tmp_path / "all.zip", tmp_path / "to" / "saved as (1).zip")
    assert set(fetch(server, tmp_path)) == {"all.zip", "by-hand.zip"}  # it has got the name by which it is looked for
    assert entry(server).path(tmp_path / "to", "ours", "visal") == tmp_path / "to" / "by-hand.zip"
    assert (tmp_path / "to" / "by-hand.zip").is_file()


def test_another_revision_is_refused(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path, "davis2016")
    (tmp_path / "to" / "all.zip").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"all\.zip: 14 bytes, expected .* by the lock file"):
        fetch(server, tmp_path, "davis2016")


def test_folders_in_an_archive_that_cannot_be_meant(packed: tuple[Path, Path, bytes], tmp_path: Path) -> None:
    archive, masks = tmp_path / "all.zip", packed[1]
    with pytest.raises(InputError, match=r"all\.zip/nobody: no folder nobody in all\.zip, the first of its 18 files"):
        evaluate_folders(archive / "nobody", masks)
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("Results/1080p/ours/drift/00000.png", b"")
    with pytest.raises(InputError, match=r"all\.zip/ours: a path that fits two folders of the archive"):
        evaluate_folders(archive / "ours", masks)
    assert evaluate_folders(archive / "480p/ours", masks)["frames"] == 5


TESTS = [{"benchmark": "davis2016", "split": "val"}, {"benchmark": "fbms", "split": "test"}]
METHODS = {
    "fseg": {"published": "davis2016"},
    "pdb": {"published": "pdb"},
    "ours": {"published": "davsod/pdb", "title": "PDB, as DAVSOD's authors ran it"},
    "mga": {"published": "mga"},
}


def test_methods_of_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = Plan.of(complete({"runs": {}, "benchmarks": [], "tests": TESTS, "methods": METHODS}, default().model_dump()))
    plan.check()
    maps = {
        (name, test["benchmark"]): plan.evaluate.maps(SimpleNamespace(method=name, benchmark=test["benchmark"]))
        for name in METHODS
        for test in TESTS
    }
    folder = "results/published"
    assert maps == {
        ("fseg", "davis2016"): f"{folder}/davis2016/DAVIS-results/DAVIS-results.zip/fseg",
        ("fseg", "fbms"): "",  # a gap
        ("pdb", "davis2016"): f"{folder}/pdb/pdb/pdb.zip",
        ("pdb", "fbms"): f"{folder}/pdb/pdb/pdb.zip",
        ("ours", "davis2016"): f"{folder}/davsod/pdb-davis2016/pdb-davis2016.zip",
        ("ours", "fbms"): f"{folder}/davsod/pdb-fbms/pdb-fbms.zip",
        ("mga", "davis2016"): f"{folder}/mga/DAVIS-SaliencyMap/DAVIS-SaliencyMap.tar.gz",
        ("mga", "fbms"): f"{folder}/mga/FBMS-SaliencyMap/FBMS-SaliencyMap.tar.gz",
    }
    assert [score.run for score in plan.targets.scores if score.benchmark == "fbms"] == ["pdb", "ours", "mga"]
    of = SimpleNamespace(method="ours", benchmark="fbms", published="davsod", file="pdb-fbms")
    assert plan.evaluate.made_maps(of) == ["results/published/davsod/pdb-fbms/sources.json"]
    assert plan.evaluate.published(of) == "--method pdb --benchmark fbms"
    of.published, of.file = "mga", "FBMS-SaliencyMap"
    assert plan.evaluate.published(of) == "--benchmark fbms"
    of.published, of.file = "davis2016", "DAVIS-results"  # of 29 methods
    assert plan.evaluate.published(of) == "--method onavos --benchmark davis2016"


@pytest.mark.parametrize("name", published())
def test_each_file_that_is_scored_is_asked_for_by_itself(name: str) -> None:
    plan, entry = Plan.of(complete({}, default().model_dump())), get_published(name)
    assert len({each.place for each in entry.files}) == len(entry.files)
    for method in entry.methods or ("",):
        for benchmark in entry.benchmarks:
            found = entry.find(method, benchmark)
            if found is not None:
                words = plan.evaluate.published(SimpleNamespace(published=name, file=found.place)).split()
                chosen = {key: (value,) for key, value in pairwise(words) if key.startswith("--")}
                assert entry.needed(chosen.get("--method", ()), chosen["--benchmark"]) == (found.file,)


def test_provisions_of_published_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = Plan.of(complete({"runs": {}, "benchmarks": [], "tests": TESTS, "methods": METHODS}, default().model_dump()))
    needed = {each.file: each.by_hand for each in provisions(plan.targets) if "methods." in each.reader}
    assert needed == {
        "DAVIS-results.zip": False,
        "pdb.zip": False,
        "pdb-davis2016.zip": True,
        "pdb-fbms.zip": True,
        "DAVIS-SaliencyMap.tar.gz": True,
        "FBMS-SaliencyMap.tar.gz": False,
    }


@pytest.mark.slow
def test_from_an_archive_that_a_person_has_brought_to_scores(tmp_path: Path) -> None:
    """The masks as maps of MGA, of which the archive of DAVIS is in two parts, and no address gives it whole."""
    fake = davis2016.official(sequences={"dog": range(4)})
    (archive,) = fake.zipped(tmp_path)
    over = {
        "runs": {},
        "benchmarks": [],
        "report": {"trivial": False},
        "tests": [{"benchmark": "davis2016", "split": "val", "protocols": ["davis2016"]}],
        "sources": {"davis2016": {"path": str(archive), "partial": True}},
        "methods": {"mga": {"published": "mga"}},
    }
    (tmp_path / "mine.yaml").write_text(json.dumps(over))
    scores = "results/scores/methods/mga/seed0/raw/davis2016.davis2016.json"
    words = ("--configfile", str(tmp_path / "mine.yaml"), "--", scores)
    first = ask(tmp_path, "--dry-run", *words)
    told = "to be brought by you: DAVIS-SaliencyMap.tar.gz (size unknown) from https://github.com/lhaof"
    assert told in first.stdout
    assert planned(first.stdout)["download_maps"] == 1
    maps = {f"DAVIS/dog/{stem}.png": encoded(gray(mask), ".png") for (_, stem), mask in fake.truth.items()}
    folder = tmp_path / "results" / "published" / "mga" / "DAVIS-SaliencyMap"
    folder.mkdir(parents=True, exist_ok=True)
    make_tar(folder / "joined.tar.gz", maps)
    done = snakemake(tmp_path, *words)
    assert done.returncode == 0, done.stdout[-3000:]
    assert json.loads((tmp_path / scores).read_text())["j_mean"] == 1.0
    assert "Nothing to be done" in ask(tmp_path, "--dry-run", *words).stdout


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    lines = run(cli, ["benchmarks", "--maps"]).output.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *published()]
    assert "Two-valued masks" in run(cli, ["benchmarks", "--maps", "davis2016"]).output
    record = json.loads(run(cli, ["benchmarks", "--maps", "mga", "--json"]).output)
    assert [each["benchmarks"] for each in record["files"]] == [["davis2016"], ["fbms"], ["visal"], ["davsod"]]
    wrong = run(cli, ["download", "--maps", "mga", "--benchmark", "davsod", "--to", str(tmp_path / "mga")])
    assert isinstance(wrong.exception, VsodprepError)
    assert "open https://pan.baidu.com/s/1mv7mi_0XS3W237tAH2gNgg, save mga-davsod.zip" in str(wrong.exception)
    assert run(cli, ["download", "davis2016", "--method", "fseg", "--to", "x"]).exit_code == 2
