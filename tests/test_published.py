"""Published maps by name: what the registry says, what is fetched, and what is scored of it."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.evaluate_cases import figures, write_tree
from tests.fakes.server import Server, serving
from vsodprep.benchmarks import known
from vsodprep.benchmarks.benchmark import STATUSES, SourceFile
from vsodprep.benchmarks.published import MapsFile, PublishedMaps, get_published, published, published_of
from vsodprep.cli import cli
from vsodprep.download.fetch import RetryPolicy
from vsodprep.download.run import download_maps
from vsodprep.errors import InputError, VsodprepError
from vsodprep.evaluate import evaluate_folders


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
    fetch(server, tmp_path)
    assert entry(server).path(tmp_path / "to", "ours", "visal") == tmp_path / "to" / "saved as (1).zip"


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
    with pytest.raises(InputError, match=r"all\.zip/ours: two such folders in the archive"):
        evaluate_folders(archive / "ours", masks)
    assert evaluate_folders(archive / "480p/ours", masks)["frames"] == 5


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
