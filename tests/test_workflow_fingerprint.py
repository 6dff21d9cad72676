"""What a change of the code plans: every rule's fingerprint, against every kind of change."""

import ast
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pipeline import ROOT

from vsodprep.config.defaults import default
from vsodprep.workflow import fingerprint as module
from vsodprep.workflow.fingerprint import closure, meaning
from vsodprep.workflow.plan import Plan

PLAN = Plan.of(default())
WILDCARDS = SimpleNamespace(benchmark="synth", model="dsnet", flow="dis", saliency="mbd")
SOURCES = sorted(path for folder in ("vsodprep", "models") for path in (ROOT / folder).rglob("*.py"))
SAMPLE = b'''
"""A module."""
from . import other
class A(B):
    """A class."""
    x: int = 3
    """An attribute."""
    y = -1.5e-07, b"\\0", "\xc3\xa9", None, ..., 2j
    def f(self, *a: int, b=1, **c) -> None:
        """A method."""
        match a:
            case [1, *_] if b: return f"{a!r:>{b}}" "" f"" f"{b:}" "tail"
        with (open(a) as g, h): pass
        raise ValueError(f"words {a}") from None
@d
async def g(): return [i for i in range(3) if i] or (lambda: (yield))
'''


def fingerprints() -> dict[str, str]:
    """Return the fingerprint that every rule carries, as its file has it."""
    module.fingerprint.cache_clear()
    found: dict[str, str] = {}
    rules = r"^(?:use rule (\w+) as|rule) (\w+).*?:\n(.*?)(?=^use rule |^rule |\Z)"
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        for base, rule, body in re.findall(rules, path.read_text(), re.MULTILINE | re.DOTALL):
            if base:
                found[rule] = found[base]
            for expression in re.findall(r"\bcode=(PLAN\..*),\n", body):
                code = eval(expression, {"PLAN": PLAN})
                found[rule] = code(WILDCARDS) if callable(code) else code
    return found


def talk(source: str) -> str:
    """Change every docstring, and put comments in between."""
    lines = source.splitlines()
    statements = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr)]
    for node in sorted(statements, key=lambda node: node.lineno, reverse=True):
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            new = " " * node.col_offset + '"""Something else."""'
            lines[node.lineno - 1 : node.end_lineno] = [new, "# and a comment"]
    return "\n".join(["# a comment", *lines])


def change(source: str) -> str:
    """Add one to the last number."""
    lines = source.splitlines()
    last: tuple[int, int, int, str] | None = None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.end_col_offset is not None:
            written = lines[node.lineno - 1][node.col_offset : node.end_col_offset]
            if written == repr(node.value):  # what stands inside a formatted string has no place of its own
                last = max(
                    last or (0, 0, 0, ""), (node.lineno, node.col_offset, node.end_col_offset, str(node.value + 1))
                )
    assert last is not None
    number, start, end, new = last
    lines[number - 1] = lines[number - 1][:start] + new + lines[number - 1][end:]
    return "\n".join(lines)


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Callable[[str], str]], None]]:
    """A function that lets a module of the package look edited."""

    def edited(name: str, how: Callable[[str], str]) -> None:
        (path,) = module._files(name)
        copy = tmp_path / path.name
        copy.write_text(how(path.read_text()))
        read = module._read
        with monkeypatch.context() as patch:
            patch.setattr(module, "_files", lambda _: [copy])
            new = read.__wrapped__(name)
        monkeypatch.setattr(module, "_read", lambda asked: new if asked == name else read(asked))

    yield edited
    module.fingerprint.cache_clear()


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("benchmarks.synth.textures", {"normalize"}),
        ("benchmarks.davis2016", set()),  # another benchmark
        ("flow.sequence", {"flow"}),
        ("flow.dis", {"flow", "coarse", "report"}),  # which look at the way back
        ("flow.raft", set()),  # another method
        ("config.methods", set()),  # what there is by name
        ("prior.windows", {"prior_fit", "prior_fit_own", "prior"}),
        ("saliency.mbd", {"saliency", "saliency_passing"}),
        ("saliency.rbd", set()),  # another method
        ("coarse.edits", {"coarse"}),
        ("models.parts.aspp", {"train", "official", "predict"}),
        ("models.history", {"train"}),
        ("models.stan", set()),  # another network
        ("config.networks.stan", {"figure", "report"}),  # which say what networks are called
        ("config.networks.dsnet", {"train", "official", "predict", "figure", "report"}),
        ("shards.sampling", {"train", "predict", "figure"}),
        ("trivial", {"trivial"}),
        ("evaluate.measures.s_measure", {"evaluate", "figure", "report"}),
        ("figures.grid", {"figure"}),
        ("report.thumbnails", {"report"}),
        ("progress", set()),  # what only talks
    ],
)
def test_a_changed_number_plans_its_stage(
    edit: Callable[[str, Callable[[str], str]], None], name: str, rules: set[str]
) -> None:
    before = fingerprints()
    edit(f"vsodprep.{name}", change)
    after = fingerprints()
    assert {rule for rule in before if before[rule] != after[rule]} == rules


def test_a_changed_docstring_plans_nothing(edit: Callable[[str, Callable[[str], str]], None]) -> None:
    before = fingerprints()
    edit("vsodprep.files", talk)  # which every stage imports
    assert fingerprints() == before


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_comments_and_docstrings_plan_nothing(path: Path) -> None:
    source = path.read_text()
    assert talk(source) != source
    assert meaning(ast.parse(talk(source))) == meaning(ast.parse(source))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ('raise InputError(path, "no flie")', 'raise InputError(path, "no file")', True),
        ('raise InputError("x")', 'raise OtherError("x")', False),
        ("raise Exit(0)", "raise Exit(1)", False),
        ("x = 1", "x = 1.0", False),
        ("x = 'a'", "x = b'a'", False),
        ("x = f'{a}b'", "x = f'{a}' 'b'", True),
        ("x = f'{a}b'", "x = f'b{a}'", False),
        ("x = (1, 2)", "x = (\n    1,\n    2,\n)", True),
        ("x = a < b", "x = a <= b", False),
        ("if a:\n    b()\nelse:\n    c()", "if a:\n    b()\nc()", False),
        ("f(a, b)", "f(a, b=b)", False),
        ("x = [[1], 2]", "x = [1, [2]]", False),
        ("'text'", "'another'", True),
        ("x = 'text'", "x = 'another'", False),
    ],
)
def test_what_a_line_means(before: str, after: str, same: bool) -> None:
    assert (meaning(ast.parse(before)) == meaning(ast.parse(after))) is same


def test_the_same_on_every_version_of_python() -> None:
    # 3.11 to 3.13 differ in the syntax tree of these lines: 3.12 has empty parts in formatted strings, 3.13 type
    # parameters, and other versions of Unicode print other characters as they are.
    assert hashlib.sha256(meaning(ast.parse(SAMPLE)).encode()).hexdigest()[:16] == "518d134e56c5ef8e"


def test_every_rule_that_runs_an_algorithm_has_a_fingerprint() -> None:
    without = {"all", "coarse_collect", "configuration", "download", "download_maps", "recipe"}
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    rules = set(re.findall(r"^(?:use rule \w+ as|rule) (\w+)", text, re.MULTILINE))
    assert rules - set(fingerprints()) <= without
    assert not closure("vsodprep.models.training") & module._LEFT_OUT
