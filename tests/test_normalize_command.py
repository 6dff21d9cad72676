"""`vsodprep normalize` and `download` on the command line: one plain line that names the culprit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fakes import davis2016
from tests.fakes.every import OFFICIAL
from tests.fakes.fake import Fake, picture
from vsodprep import benchmarks
from vsodprep.benchmarks.lock import read_lock, with_lock
from vsodprep.cli.normalize import command


def vsodprep(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vsodprep", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    made = davis2016.official()
    made.zipped(tmp_path)
    return made


def test_partial_archive(fake: Fake, tmp_path: Path) -> None:
    splits = json.dumps({"train": ["bear"], "val": ["dog"]})
    done = vsodprep(
        "normalize", "davis2016", "DAVIS-data.zip", "--out", "out", "--partial", "--splits", splits, "--jobs", 2,
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out: 3 sequences, 11 frames, 11 masks, ")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    chosen = {one["name"]: set(one["splits"]) & {"train", "val"} for one in manifest["sequences"]}
    assert chosen == {"bear": {"train"}, "bmx-bumps": set(), "dog": {"val"}}
    assert manifest["extra"]["splits"] == {"train": ["bear"], "val": ["dog"]}
    assert not (tmp_path / "vsodprep.lock.json").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["davis2061", "DAVIS-data.zip"],
            "benchmark 'davis2061': no such benchmark; expected one of synth, davis2016, ",
        ),
        (["davis2016"], "normalize davis2016: no source; expected an archive"),
        (["davis2016", "none.zip"], "none.zip: no such file or folder; expected an archive"),
        (["visal", "DAVIS-data.zip"], "DAVIS-data.zip: not a delivery of ViSal (23 files, the first is DAVIS/"),
        (["davis2016", "DAVIS-data.zip"], "DAVIS-data.zip: bear: 4 frames of 82; expected as many frames"),
        (["davis2016", "text.zip"], "text.zip: not an archive, or a damaged one; expected a whole zip"),
        (["synth", "DAVIS-data.zip"], "DAVIS-data.zip: a source for synth; expected no source"),
        (["davis2016", "DAVIS-data.zip", "--splits", "{"], "--splits: not YAML"),
        (
            ["davis2016", "DAVIS-data.zip", "--splits", "none.json"],
            "none.json: No such file or directory; expected JSON",
        ),
        (
            ["davis2016", "DAVIS-data.zip", "--splits", '{"train": "bear"}'],
            "--splits: splits in a form that is not understood; expected JSON",
        ),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], line: str, fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    done = vsodprep("normalize", *arguments, "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"vsodprep: {line}")
    assert not (tmp_path / "out").exists()


def test_unreadable_image_is_named(fake: Fake, tmp_path: Path) -> None:
    fake.put("DAVIS/JPEGImages/480p/dog/00002.jpg", picture(1)[:-50])
    fake.zipped(tmp_path)
    done = vsodprep("normalize", "davis2016", "DAVIS-data.zip", "--out", "out", "--partial", cwd=tmp_path)
    assert done.returncode == 1
    assert "DAVIS-data.zip:DAVIS/JPEGImages/480p/dog/00002.jpg: unreadable image" in done.stderr.splitlines()[-1]


def test_whole_delivery_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake, lock = OFFICIAL["davsod"](), tmp_path / "lock.json"
    monkeypatch.setattr(benchmarks, "get", lambda name, lock: with_lock(fake.benchmark, read_lock(lock)))
    paths = [str(path) for path in fake.zipped(tmp_path)]
    arguments = ["davsod", *paths, "--out", str(tmp_path / "out"), "--lock", str(lock)]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    pinned = json.loads(lock.read_text())["davsod"]["sequences"]
    assert pinned["select_0999"] == {"annotated": 4, "frames": 4, "splits": ["test-normal"]}
    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert json.loads(lock.read_text())["davsod"]["sequences"] == pinned
    fake.drop("Normal-25/select_0999/Imgs/0007.png")
    fake.drop("Normal-25/select_0999/GT_object_level/0007.png")
    fake.zipped(tmp_path)
    failed = CliRunner().invoke(command, arguments)
    assert "select_0999: 3 frames of 4" in str(failed.exception)


def test_incomplete_delivery_is_not_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake, lock = OFFICIAL["davsod"](), tmp_path / "lock.json"
    monkeypatch.setattr(benchmarks, "get", lambda name, lock: with_lock(fake.benchmark, read_lock(lock)))
    del fake.archives["Difficult-20.zip"]
    paths = [str(path) for path in fake.zipped(tmp_path)]
    arguments = ["davsod", *paths, "--out", str(tmp_path / "out"), "--lock", str(lock)]
    failed = CliRunner().invoke(command, arguments)
    assert "no sequence of split test-difficult" in str(failed.exception)
    for words in (["--partial"], ["--allow", "missing-sequence"]):
        assert CliRunner().invoke(command, [*arguments, *words]).exit_code == 0
        assert not lock.exists()


def test_own_folder(tmp_path: Path) -> None:
    (tmp_path / "mine" / "a" / "frames").mkdir(parents=True)
    (tmp_path / "mine" / "a" / "frames" / "1.jpg").write_bytes(picture(1))
    done = vsodprep("normalize", "videos", "mine", "--folder", "--out", "out", cwd=tmp_path)
    assert done.stdout.startswith("out: 1 sequences, 1 frames, 0 masks")


def test_download_of_what_only_a_person_can_fetch(tmp_path: Path) -> None:
    done = vsodprep("download", "vos", "--to", "archives", cwd=tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    for part in ("VOS.zip", "only a person", "http://cvteam.net", "3.33 GB", "into archives"):
        assert part in done.stderr


def test_downloaded_folder_is_a_source(fake: Fake, tmp_path: Path) -> None:
    """A dropped file is taken by hand-over: download adopts it, normalize reads the folder."""
    (tmp_path / "archives").mkdir()
    OFFICIAL["msra10k"]().zipped(tmp_path / "archives")
    assert vsodprep("download", "msra10k", "--to", "archives", cwd=tmp_path).returncode == 0
    done = vsodprep("normalize", "msra10k", "archives", "--out", "out", "--partial", cwd=tmp_path)
    assert done.stdout.startswith("out: 1 sequences, 3 frames, 3 masks"), done.stderr
    sources = json.loads((tmp_path / "out" / "manifest.json").read_text())["sources"]
    assert [source["file"] for source in sources] == ["MSRA10K_Imgs_GT.zip"]
