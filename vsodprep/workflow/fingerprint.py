"""Fingerprints of a stage's code, because Snakemake sees the command of a rule but not the library behind it."""

import ast
import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path
from sysconfig import get_paths
from typing import Any

import vsodprep

ROOT = "vsodprep"
PACKAGE = Path(vsodprep.__file__).parent
_DATA = {".csv", ".css", ".html", ".js", ".json", ".tsv", ".txt"}
_LEFT_OUT = {
    # how a command is called and what there is by name, never what is computed; the values of a configuration stand in
    # the rules themselves
    *("vsodprep.cli", "vsodprep.__main__", "vsodprep.config", "vsodprep.config.whole", "vsodprep.config.methods"),
    *("vsodprep.models", "vsodprep.benchmarks"),
    # what only talks, the number of the version, and which card of several is taken
    *("vsodprep", "vsodprep.errors", "vsodprep.progress", "vsodprep.cards", "vsodprep.models.logs", "vsodprep.extras"),
}
# No meaning of its own: whether a name is read or written follows from where it stands.
_SILENT = {"ctx", "kind", "type_comment", "type_ignores"}


@cache
def fingerprint(*modules: str) -> str:
    """Hash what modules and every module of the package that they import, directly or not, make Python do.

    A module of the user's own, which a network of theirs is in, counts with those of its package that it imports, and
    those beside it, unless they lie where Python installs packages.

    Imports inside functions count, so that a command which imports its stage when called is covered too. Comments,
    docstrings, layout and the words of errors do not, nor does the version of Python; see `meaning`.

    Args:
        modules: Dotted names, such as `vsodprep.cli.flow`.

    Returns:
        16 hexadecimal digits; equal as long as no file involved does something else.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    digest = hashlib.sha256()
    for name in sorted(closure(*modules)):
        digest.update(f"{name} {_read(name)[0]}\n".encode())
    return digest.hexdigest()[:16]


def meaning(tree: ast.Module) -> str:
    """Write down a syntax tree without what cannot change a result.

    Left out are comments and layout, docstrings (of attributes too) and the arguments of an error that is raised.
    `ast.dump` would tell the same, but in other words on another version of Python: fields come and go while they are
    empty, and 3.12 leaves empty parts in formatted strings.

    Args:
        tree: A module, as parsed by any version of Python.

    Returns:
        One line, the same on all of them.
    """
    words: list[str] = []
    _write(tree, words.append)
    return " ".join(words)


def _write(value: Any, write: Callable[[str], None]) -> None:
    if isinstance(value, list):
        write("[")
        for item in value:
            if not _is_text(item):
                _write(item, write)
        write("]")
    elif isinstance(value, ast.AST):
        write(type(value).__name__)
        for name in value._fields:
            part: Any = getattr(value, name, None)
            if name in _SILENT or part is None or part == []:
                continue
            if isinstance(value, ast.Raise) and isinstance(part, ast.Call) and _is_error(part.func):
                part = part.func
            if isinstance(value, ast.JoinedStr):
                part = _joined(part)
            write(name)
            _write(part, write)
        write(".")
    else:
        write(ascii(value))  # repr() would depend on the version of Unicode


def _is_text(statement: Any) -> bool:
    """Whether a statement is nothing but a string: a docstring, or one below an attribute."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_error(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id.endswith("Error")


def _joined(parts: list[ast.expr]) -> list[ast.expr | str]:
    """Return the parts of a formatted string with neighbouring strings joined and empty ones left out."""
    joined: list[ast.expr | str] = []
    for part in parts:
        text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
        if text is None:
            joined.append(part)
        elif joined and isinstance(joined[-1], str):
            joined[-1] += text
        elif text:
            joined.append(text)
    return joined


@cache
def closure(*modules: str) -> frozenset[str]:
    """Return the modules of the package, and of the user's own, that the given ones need, themselves included.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in seen or name in _LEFT_OUT:
            continue
        if _origin(name) is None:
            raise ModuleNotFoundError(f"no module named {name!r}", name=name)
        seen.add(name)
        waiting.extend(_read(name)[1])
    return frozenset(seen)


@cache
def _origin(name: str) -> Path | None:
    """Return a module's file without importing its package, which may bring in torch: planning has to be quick."""
    first, *rest = name.split(".")
    folder = PACKAGE.parent if first == ROOT else _folder(first)
    if folder is None:
        return None
    place = folder.joinpath(first, *rest)
    return next((path for path in (Path(f"{place}.py"), place / "__init__.py") if path.is_file()), None)


@cache
def _folder(package: str) -> Path | None:
    """Return the folder that a package or a module without one lies in, if it is a file at all."""
    try:
        spec = find_spec(package)
    except ValueError:  # the program itself, which has none
        return None
    if spec is None:
        return None
    within = next(iter(spec.submodule_search_locations or ()), None)
    file = within or (spec.origin if spec.has_location else None)
    return None if file is None else Path(file).parent


def _is_ours(name: str, by: str) -> bool:
    """Return whether a module that another imports counts: of this package, of the other's own, or beside that."""
    first, importer = name.partition(".")[0], by.partition(".")[0]
    if first in (ROOT, importer):
        return True
    folder = None if importer == ROOT else _folder(importer)
    if folder is None or _folder(first) != folder:
        return False
    return folder not in {Path(get_paths()[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")}


def _files(name: str) -> list[Path]:
    origin = _origin(name)
    if origin is None:
        return []
    if origin.name != "__init__.py":
        return [origin]
    return [origin, *sorted(path for path in origin.parent.iterdir() if path.suffix in _DATA)]


@cache
def _read(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the hash of a module's files, and the modules of the package that it imports."""
    digest = hashlib.sha256()
    found = set(_ancestors(name, name))
    for path in _files(name):
        content = path.read_bytes()
        if path.suffix == ".py":
            tree = ast.parse(content)
            content = meaning(tree).encode()
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            for node in _executed(tree):
                for imported in _imported(node, package):
                    found.update(_ancestors(imported, name))
        digest.update(f"{path.name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest(), tuple(sorted(found))


def _executed(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what importing or calling a module may run: not what is for type checkers, nor what it imports lazily.

    A package's `__getattr__` brings in what others ask it for; library code imports such a module by its own name.
    """
    for node in tree.body:
        lazy = isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
        checked = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        if not (lazy or checked):
            yield from _statements(node)


def _statements(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement and all inside it; what imports is a statement, and expressions are most of a tree."""
    yield statement
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        inner = getattr(statement, name, None)
        for each in inner if isinstance(inner, list) else ():
            yield from _statements(each)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
        yield base
        # `from package import name`: the name may be a module or something inside the package.
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _ancestors(name: str, by: str) -> Iterator[str]:
    """Yield a module's packages and itself, as far as they count and exist: importing it runs them all.

    Args:
        name: The module.
        by: The one that imports it.
    """
    parts = name.split(".")
    if not _is_ours(name, by):
        return
    for end in range(1, len(parts) + 1):
        ancestor = ".".join(parts[:end])
        if ancestor not in _LEFT_OUT and _origin(ancestor) is not None:
            yield ancestor
