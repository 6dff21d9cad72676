"""What PyPI would get: source distribution and wheel hold all that the commands need, without a clone beside them."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BUILD = "import sys, setuptools.build_meta as build; print(build.build_{}(sys.argv[1]))"

pytestmark = pytest.mark.slow


def build(kind: str, tree: Path, out: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(kind), str(out)], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out / done.stdout.split()[-1]


def copy_tree(tree: Path) -> None:
    """Copy of a clone what packages are built from."""
    for name in ("vsodprep", "models"):
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel built from the source distribution, as PyPI's mirrors and conda-forge do."""
    out = tmp_path_factory.mktemp("distribution")
    copy_tree(out / "tree")
    with tarfile.open(build("sdist", out / "tree", out)) as archive:
        archive.extractall(out / "unpacked", filter="data")
    (unpacked,) = (out / "unpacked").iterdir()
    return build("wheel", unpacked, out)


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    folder = wheel.parent / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def vsodprep(installed: Path, folder: Path, *words: str) -> str:
    path = {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "vsodprep", *words]
    done = subprocess.run(command, cwd=folder, env=os.environ | path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    expected = {
        str(Path(*start, path.relative_to(ROOT / top)))
        for top, start in (("vsodprep", ("vsodprep",)), ("models", ("vsodprep", "models")))
        for path in (ROOT / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert found == expected


def test_commands_work_without_a_clone(installed: Path, tmp_path: Path) -> None:
    where = [sys.executable, "-c", "import vsodprep, vsodprep.models as m; print(vsodprep.__file__, m.__file__)"]
    env = os.environ | {"PYTHONPATH": str(installed)}
    paths = subprocess.run(where, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout.split()
    assert all(Path(path).is_relative_to(installed) for path in paths)
    assert "davis2016" in vsodprep(installed, tmp_path, "benchmarks")
    assert json.loads(vsodprep(installed, tmp_path, "benchmarks", "vos", "--json"))["name"] == "vos"
    assert json.loads(vsodprep(installed, tmp_path, "plan", "--json"))
    vsodprep(installed, tmp_path, "normalize", "synth", "--out", "synth", "--sequences", "plain-turtle")
    shutil.copytree(tmp_path / "synth/plain-turtle/masks", tmp_path / "maps/plain-turtle")
    vsodprep(installed, tmp_path, "evaluate", "--pred", "maps", "--gt", "synth", "--json", "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text())["mae"] == 0
    vsodprep(installed, tmp_path, "report", "--help")


def test_a_clone_in_the_working_folder_is_not_taken_for_the_package(tmp_path: Path) -> None:
    copy_tree(tmp_path / "vsodprep")
    with zipfile.ZipFile(build("editable", tmp_path / "vsodprep", tmp_path)) as archive:
        archive.extractall(tmp_path / "installed")
    # Without this environment's own packages, of which vsodprep is one.
    code = "import site; site.addsitedir('installed'); import vsodprep; print(vsodprep.__file__)"
    command = [sys.executable, "-S", "-c", code]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path / 'vsodprep/vsodprep/__init__.py'}\n"
