"""config/papers.yaml: what papers print is made or told why not, and what code and pages cite is there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from vsodprep.config import Config, complete, read
from vsodprep.config.defaults import default
from vsodprep.scores.papers import OWN_METHOD, printed_numbers
from vsodprep.workflow.plan import Plan

ROOT = Path(__file__).parent.parent
PAPERS: dict[str, Any] = yaml.safe_load((ROOT / "config" / "papers.yaml").read_text(encoding="utf-8"))
ITEMS = [(paper, number) for paper, known in PAPERS.items() for number in known["items"]]
TARGETS = [
    (paper, number, name, target)
    for paper, number in ITEMS
    for name, targets in PAPERS[paper]["items"][number].get("make", {}).items()
    for target in targets
]


def configuration(name: str) -> Config:
    path = ROOT / "config" / "paper" / f"{name}.yaml"
    return complete(read(path), default().model_dump(mode="json"), str(path))


@pytest.mark.parametrize(("paper", "number"), ITEMS)
def test_an_item_is_made_or_told_why_not(paper: str, number: str) -> None:
    item = PAPERS[paper]["items"][number]
    assert set(item) <= {"shows", "make", "lacks", "why"}
    assert item["shows"]
    assert bool(item.get("make")) != bool(item.get("why"))
    assert number not in PAPERS[paper]["unknown"]


@pytest.mark.parametrize("name", sorted({name for _, _, name, _ in TARGETS}))
def test_targets_are_files_that_the_configuration_plans(name: str) -> None:
    plan = Plan.of(configuration(name))
    plan.check()
    made = {*plan.report.all_files(None), plan.paths.table}
    wanted = {f"{plan.config.results}/{target}" for _, _, of, target in TARGETS if of == name}
    assert wanted <= made
    figures = {f"{plan.config.results}/figures/{figure}.svg" for figure in plan.config.figures}
    unclaimed = {Path(figure).stem for figure in figures - wanted}
    assert unclaimed <= {"bars", "levels", "grid"} | {
        f for f in plan.config.figures if f.startswith("f-")
    }  # of no known figure


def test_every_table_with_numbers_is_an_item() -> None:
    printed = {(each.paper, each.table) for each in printed_numbers() if each.table.startswith("Table")}
    assert printed <= set(ITEMS)


def test_the_papers_are_those_with_networks() -> None:
    assert set(PAPERS) == set(OWN_METHOD)


def test_the_page_about_figures_says_which_papers_print_each_kind() -> None:
    printed: dict[str, dict[str, list[str]]] = {}
    for paper, number, name, target in TARGETS:
        figure = configuration(name).figures.get(Path(target).stem)
        if figure is not None and number.startswith("Fig"):
            numbers = printed.setdefault(figure.kind, {}).setdefault(PAPERS[paper]["names"][0], [])
            numbers += [] if number.split()[1] in numbers else [number.split()[1]]
    told = {}
    for line in (ROOT / "docs" / "figures.md").read_text(encoding="utf-8").splitlines():
        if row := re.match(r"\| `([\w-]+)` \| .* \| (.*?) *\|$", line):
            told[row[1]] = dict(re.findall(r"([\w-]+) Fig\. (\d(?:[\d, ]*\d)?)", row[2]))
    assert {kind: {p: ", ".join(n) for p, n in found.items()} for kind, found in printed.items()} == {
        kind: found for kind, found in told.items() if found
    }


# Sections and equations of other works, which these files and folders name with their authors.
OTHERS = (
    "vsodprep/evaluate/",
    "vsodprep/crf/lattice.py",
    "vsodprep/saliency/",
    "vsodprep/flow/raft.py",
    "vsodprep/images.py",
    "vsodprep/benchmarks/synth/",
)
CITED = re.compile(
    r"\b(Eqs?\.|Fig\.|Figs?\b\.?|Tables?|[Ss]ections?) ?(\d[\d.]*\d|\d|[IVX]+(?:-[A-Z])?)(?![\w^])([^.;:|\n]{0,24})"
)
MORE = re.compile(r"^(?:\([a-z]\))?(?:, | and | or |-| to )(\d|[IVX]+)\b(?!\d|\.\d| [a-zA-Z]*s\b)")
NAMES = {name: paper for paper, known in PAPERS.items() for name in known["names"]}
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}


class Citation(NamedTuple):
    place: str
    paper: str
    kind: str
    number: str
    text: str


def named(text: str) -> list[str]:
    """Return the papers that a text names, in order."""
    pattern = "|".join(rf"\b{re.escape(name)}\b" for name in NAMES)
    return [NAMES[found] for found in re.findall(pattern, text)]


def paper_of(path: Path, lines: list[str], index: int, start: int, end: int) -> str | None:
    """Return the paper that a citation is of: named at it, the file's, named on the line, or above it."""
    own = next((paper for paper in PAPERS if path.stem in (paper, f"{paper}-ablations")), None)
    after = re.match(r" (?:of|by) (?:the )?([\w-]+)", lines[index][end:])
    if after and named(after[1]):
        return named(after[1])[0]
    for text in (lines[index][:start], lines[index]):
        if found := named(text):
            return own if own in found and not re.search(r"'s $", text) else found[-1]
    if own:
        return own
    for line in reversed(lines[:index]):
        if found := named(line) or [paper for paper in PAPERS if re.search(rf"^(def {paper}\(|{paper}:)", line)]:
            return found[-1]
    return None


def citations() -> Iterator[Citation]:
    """Yield every section, equation, table and figure of a paper that code and pages name."""
    folders = [ROOT / name for name in ("vsodprep", "models", "config", "docs")]
    paths = {path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".md", ".yaml")}
    for path in sorted({path.resolve() for path in paths}):
        where = str(path.relative_to(ROOT))
        if where.startswith(OTHERS) or where in ("config/papers.yaml",):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for index, line in enumerate(lines):
            for found in CITED.finditer(line):
                kind = found[1].lower()[:3].rstrip(".s")
                numbers, rest = [found[2]], line[found.end(2) :]
                while more := MORE.match(rest):
                    numbers.append(more[1])
                    rest = rest[more.end() :]
                paper = paper_of(path, lines, index, found.start(), found.end(2))
                text = " ".join(lines[max(0, index - 2) : index + 3])
                for number in numbers:
                    yield Citation(f"{where}:{index + 1}", paper or "", kind, number, text)


def test_the_pattern_finds_citations() -> None:
    found = {(each.paper, each.kind, each.number) for each in citations()}
    assert {("dsnet", "tab", "IV"), ("contrastive", "eq", "5"), ("stan", "sec", "4.2")} <= found
    assert len(found) > 50


@pytest.mark.parametrize("citation", list(citations()), ids=lambda each: f"{each.place}-{each.kind}{each.number}")
def test_what_is_cited_is_in_the_paper(citation: Citation) -> None:
    assert citation.paper, "neither the line, nor the file, nor anything above it names a paper"
    known = PAPERS[citation.paper]
    if citation.kind in ("tab", "fig"):
        items = {number.split()[1] for number in known["items"] if number.lower().startswith(citation.kind)}
        assert citation.number in items
    else:
        about = known["sections" if citation.kind == "sec" else "equations"]
        keys = {str(key): title for key, title in about.items()}
        assert citation.number in keys
        words = set(re.findall(r"[A-Za-z_]{4,}|\b[A-Z]\w*\b|\b[uvxy]\b", keys[citation.number]))
        assert any(word.lower()[:6] in citation.text.lower() for word in words), keys[citation.number]
