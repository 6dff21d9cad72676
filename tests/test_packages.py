"""The packages: none imports another that imports it, by whatever way, and those below know nothing of those above."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
Graph = dict[str, dict[str, str]]


def sources(root: Path = ROOT) -> dict[str, Path]:
    """Return every module's file by its name; `models/` is `vsodprep.models`."""
    found = {}
    for folder, above in ((root / "vsodprep", root), (root / "models", root)):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(above).with_suffix("").parts
            parts = ("vsodprep", *parts) if parts[0] == "models" else parts
            if parts[:2] != ("vsodprep", "models") or folder.name == "models":
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of ours that a module imports, also inside functions and for type checkers."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
            for alias in node.names:
                yield from [each for each in (f"{base}.{alias.name}", base) if each in known][:1]


def package_of(module: str) -> str:
    """Return the package right below the root, or the module that lies there itself."""
    return ".".join(module.split(".")[:2])


def graph(known: dict[str, Path]) -> Graph:
    """Return which package imports which, each with one import that shows it."""
    found: Graph = {package_of(name): {} for name in known}
    for name, path in known.items():
        for other in imported(name, path, known):
            if package_of(other) != package_of(name):
                found[package_of(name)].setdefault(package_of(other), f"{name} imports {other}")
    return found


def circle(packages: Graph) -> list[str]:
    """Return the imports of one circle, none if there is no circle."""
    try:
        tuple(TopologicalSorter(packages).static_order())
    except CycleError as error:
        names = error.args[1]  # each is imported by the next
        return [packages[of][name] for name, of in pairwise(names)]
    return []


PACKAGES = graph(sources())


def test_no_circle_between_packages() -> None:
    assert circle(PACKAGES) == []


def test_a_circle_would_be_named(tmp_path: Path) -> None:
    for name, text in {
        "vsodprep/one/__init__.py": "from vsodprep.two import inner\n",
        "vsodprep/two/__init__.py": "",
        "vsodprep/two/inner.py": "def late():\n    from vsodprep import three\n",
        "vsodprep/three.py": "from .one import something\n",
        "models/__init__.py": "from vsodprep import one\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = circle(graph(sources(tmp_path)))
    assert sorted(found) == [
        "vsodprep.one imports vsodprep.two.inner",
        "vsodprep.three imports vsodprep.one",
        "vsodprep.two.inner imports vsodprep.three",
    ]


@pytest.mark.parametrize(
    ("package", "never"),
    [
        # A network knows shards, and not how a benchmark looked before it was packed.
        ("models", ("archives", "benchmarks", "coarse", "download", "flow", "normalize", "prior", "saliency")),
        # What a configuration makes is known apart from how it is made.
        ("targets", ("cli", "coarse", "flow", "models", "normalize", "prior", "saliency", "shards", "workflow")),
        ("report", ("cli", "workflow")),
        ("estimate", ("cli", "workflow")),
        ("workflow", ("cli", "coarse", "flow", "models", "prior", "saliency", "shards")),
        ("config", ("benchmarks", "cli", "coarse", "flow", "models", "shards", "targets", "workflow")),
    ],
)
def test_a_layer_does_not_know_what_it_need_not(package: str, never: tuple[str, ...]) -> None:
    known = PACKAGES[f"vsodprep.{package}"]
    assert [shown for other, shown in known.items() if other.removeprefix("vsodprep.") in never] == []
