"""The project's own files agree with one another, and the code is formatted and typed."""

import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import vsodprep

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("config/*.md")])
EXAMPLES = sorted(ROOT.glob("config/*/*.yaml"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_environment_agrees_with_pyproject() -> None:
    environment = runpy.run_path(str(ROOT / "tools" / "make_environment.py"))["environment"]
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == environment(PYPROJECT["project"]), (
        "run `python tools/make_environment.py`"
    )


def test_the_citation_names_the_version_and_the_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["version"], citation["license"]) == (vsodprep.__version__, PYPROJECT["project"]["license"])


def test_every_package_is_installed() -> None:
    folders = {
        ".".join((*start, *init.relative_to(ROOT / top).parent.parts))
        for top, start in (("vsodprep", ("vsodprep",)), ("models", ("vsodprep", "models")))
        for init in (ROOT / top).rglob("__init__.py")
    }
    assert folders == set(PYPROJECT["tool"]["setuptools"]["packages"])


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["snakefmt", "--check", "Snakefile", "workflow"],
        pytest.param(["mypy"], marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_code_is_clean(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLES])
def test_no_target_stands_where_snakemake_takes_it_for_a_value(page: Path) -> None:
    text = re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8"))  # a command may go on on the next line
    for option, value in (("--config", r".*=.*"), ("--configfile", r".*\.yaml")):
        for command in re.findall(rf"\bsnakemake [^`#\n]*{option} [^`#\n]*", text):
            words = shlex.split(command.replace("\\|", "|"))
            values = words[words.index(option) + 1 :]
            end = next((number for number, word in enumerate(values) if word.startswith("-")), len(values))
            assert [word for word in values[:end] if not re.fullmatch(value, word)] == [], command
