"""Fingerprints and options: what the rules ask the library."""

import subprocess
import sys
from pathlib import Path

import pytest

from vsodprep.workflow import fingerprint as module
from vsodprep.workflow.fingerprint import closure, fingerprint
from vsodprep.workflow.options import shell_prefix


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of four modules: `a` imports `b` inside a function, `b` imports `data.c`; `d` stands alone."""
    folder = tmp_path / "sample"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text("def run():\n    from .b import work\n    work()\n")
    (folder / "b.py").write_text("import numpy\nfrom sample.data import c\n")
    (folder / "data" / "__init__.py").write_text("")
    (folder / "data" / "list.txt").write_text("one")
    (folder / "data" / "c.py").write_text("")
    (folder / "d.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(module, "ROOT", "sample")
    monkeypatch.setattr(module, "PACKAGE", folder)
    _forget()
    yield folder
    _forget()


def _forget() -> None:
    for function in (module.fingerprint, module.closure, module._read, module._origin):
        function.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "sample"]:
        del sys.modules[name]


def test_closure_follows_imports_inside_functions(package: Path) -> None:
    assert closure("sample.a") == {"sample", "sample.a", "sample.b", "sample.data", "sample.data.c"}


@pytest.mark.parametrize(
    ("changed", "added", "affected"),
    [
        ("b.py", "changed = 1", True),
        ("b.py", "# changed", False),
        ("data/c.py", "changed = 1", True),
        ("data/list.txt", "changed", True),
        ("d.py", "changed = 1", False),
    ],
)
def test_only_what_a_stage_imports_changes_its_fingerprint(
    package: Path, changed: str, added: str, affected: bool
) -> None:
    before = fingerprint("sample.a")
    path = package / changed
    path.write_text(f"{path.read_text()}\n{added}")
    _forget()
    assert (fingerprint("sample.a") != before) is affected


@pytest.mark.parametrize(
    "text",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sample.d import D\n",
        "def __getattr__(name):\n    from sample import d\n    return d.D\n",
    ],
)
def test_closure_leaves_out_what_does_not_run(package: Path, text: str) -> None:
    (package / "data" / "__init__.py").write_text(text)
    assert "sample.d" not in closure("sample.a")


@pytest.mark.parametrize(
    ("command", "needs", "needs_not"),
    [
        ("cli.pack", "shards.videos", "shards.clips"),
        ("models.training", "shards.clips", "evaluate"),
        ("models.inference", "shards.clips", "models.training"),
        ("cli.flow", "flow.sequence", "flow.dis"),
        ("prior.fit", "prior.classifier", "prior.apply"),
        ("cli.evaluate", "evaluate.measures.s_measure", "report"),
        ("cli.report", "report.strips", "models"),
        ("normalize.generated", "benchmarks.synth.scene", "benchmarks.davis2016"),
        ("normalize.run", "normalize.convert", "benchmarks.davis2016"),
    ],
)
def test_closure_of_a_stage(command: str, needs: str, needs_not: str) -> None:
    found = closure(f"vsodprep.{command}")
    assert f"vsodprep.{needs}" in found
    assert f"vsodprep.{needs_not}" not in found


def test_fingerprint_of_an_unknown_module(package: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="nothing"):
        fingerprint("sample.nothing")


def test_the_interpreter_may_lie_anywhere(tmp_path: Path) -> None:
    python = tmp_path / "it's {my} $HOME & ö" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nprintf "%s|" "$@"')
    python.chmod(0o755)
    command = shell_prefix(str(python)).format() + "vsodprep flow 'a b'"
    assert subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout == b"-m|vsodprep|flow|a b|"
