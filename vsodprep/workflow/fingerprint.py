"""Fingerprints of a stage's code, because Snakemake sees the command of a rule but not the library behind it."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path

ROOT = "vsodprep"
_DATA = {".csv", ".css", ".html", ".js", ".json", ".tsv", ".txt"}
# How a command is called, never what it computes; the values of a configuration stand in the rules themselves.
_ENTRANCE = {"vsodprep.cli", "vsodprep.__main__", "vsodprep.config"}


@cache
def fingerprint(*modules: str) -> str:
    """Hash the source of modules and of every module of the package that they import, directly or not.

    Imports inside functions count, so that a command which imports its stage when called is covered too.

    Args:
        modules: Dotted names, such as `vsodprep.cli.flow`.

    Returns:
        16 hexadecimal digits; equal as long as no file involved has changed.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    digest = hashlib.sha256()
    for name in sorted(closure(*modules)):
        for path in _files(name):
            digest.update(f"{name}/{path.name}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def closure(*modules: str) -> frozenset[str]:
    """Return the modules of the package that the given ones need, themselves included.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in seen or name in _ENTRANCE:
            continue
        if _origin(name) is None:
            raise ModuleNotFoundError(f"no module named {name!r}", name=name)
        seen.add(name)
        waiting.extend(_imports(name))
    return frozenset(seen)


@cache
def _origin(name: str) -> Path | None:
    """Return a module's file without importing its package, which may bring in torch: planning has to be quick."""
    package, _, module = name.rpartition(".")
    if package in ("", ROOT):  # finding a direct child imports the root only, and knows where `models` lies
        spec = find_spec(name)
        return Path(spec.origin) if spec is not None and spec.origin is not None else None
    parent = _origin(package)
    if parent is None or parent.name != "__init__.py":
        return None
    found = (parent.parent / f"{module}.py", parent.parent / module / "__init__.py")
    return next((path for path in found if path.is_file()), None)


def _files(name: str) -> list[Path]:
    origin = _origin(name)
    if origin is None:
        return []
    if origin.name != "__init__.py":
        return [origin]
    return [origin, *sorted(path for path in origin.parent.iterdir() if path.suffix in _DATA)]


@cache
def _imports(name: str) -> tuple[str, ...]:
    origin = _origin(name)
    if origin is None:
        return ()
    package = name if origin.name == "__init__.py" else name.rpartition(".")[0]
    found = set(_ancestors(name))
    for node in _executed(ast.parse(origin.read_bytes())):
        for imported in _imported(node, package):
            found.update(_ancestors(imported))
    return tuple(sorted(found))


def _executed(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what importing or calling a module may run: not what is for type checkers, nor what it imports lazily.

    A package's `__getattr__` brings in what others ask it for; library code imports such a module by its own name.
    """
    for node in tree.body:
        lazy = isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
        checked = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        if not (lazy or checked):
            yield from ast.walk(node)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
        yield base
        # `from package import name`: the name may be a module or something inside the package.
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _ancestors(name: str) -> Iterator[str]:
    """Yield a module's packages and itself, as far as they are ours and exist: importing it runs them all."""
    parts = name.split(".")
    if parts[0] != ROOT:
        return
    for end in range(1, len(parts) + 1):
        ancestor = ".".join(parts[:end])
        if ancestor not in _ENTRANCE and _origin(ancestor) is not None:
            yield ancestor
