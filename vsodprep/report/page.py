"""The page: everything put together and rendered."""

import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vsodprep import __version__
from vsodprep.config import Config
from vsodprep.files import check_overwritable, write_text
from vsodprep.markers import PAGE
from vsodprep.report import templates
from vsodprep.report.collect import Results, collect
from vsodprep.report.costs import costs, printed_costs
from vsodprep.report.data import benchmark, sizes
from vsodprep.report.flow import flow_stages
from vsodprep.report.methods import comparisons
from vsodprep.report.overview import card, run_views, typical
from vsodprep.report.paper import published
from vsodprep.report.protocol import settings
from vsodprep.report.sections import section
from vsodprep.report.stages import map_stages
from vsodprep.report.tables import COLUMNS, Table, results_csv, table
from vsodprep.scores.noticed import noticed


def write_report(config: Config, results: Path, out: Path) -> None:
    """Write `index.html` and `results.csv` about everything below a results folder.

    Args:
        config: The configuration that made it.
        results: The results folder.
        out: Folder to write to.

    Raises:
        InputError: A file of the results is damaged, there is no such folder, or a file of somebody else would be
            overwritten.
    """
    found = collect(config, results)
    made = [table(comparison) for comparison in comparisons(found)]
    check_overwritable(out / "results.csv", ",".join(COLUMNS))
    check_overwritable(out / PAGE, "<footer>Made by <code>vsodprep report</code>")
    write_text(out / "results.csv", results_csv(made))
    write_text(out / PAGE, render(found, made))


def render(results: Results, tables: list[Table]) -> str:
    """Return the page as HTML that needs nothing beside it.

    Args:
        results: The results folder.
        tables: The tables of all its scores.
    """
    environment = Environment(
        loader=PackageLoader(templates.__name__, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"score": score, "signed": signed, "sizes": sizes}
    environment.filters |= {"settings": settings, "noticed": noticed, "published": published}
    by_split: dict[tuple[str, str], list[Table]] = {}
    for made in tables:
        by_split.setdefault((made.comparison.benchmark, made.comparison.split), []).append(made)
    sections = [section(results, group) for group in by_split.values()]
    cards = [one for one in map(card, tables) if one]
    return environment.get_template("index.html").render(
        style=Markup(files(templates).joinpath("style.css").read_text(encoding="utf-8")),
        title=results.config.report.title,
        runs=run_views(results),
        methods=[method.called(name) for name, method in results.targets.methods.items()],
        cards=cards,
        sections=sections,
        typical=typical(cards, sections),
        benchmarks=[benchmark(results, name) for name in results.manifests],
        flow_stages=flow_stages(results),
        map_stages=map_stages(results),
        costs=costs(results) if results.config.report.timings else (),
        printed_costs=printed_costs(),
        configuration=configuration_text(results.config),
        versions=versions(),
        absent=results.absent,
    )


def score(value: float | None) -> str:
    """Write a score with three digits; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}".replace("-", "−")


def signed(value: float) -> str:
    """Write a difference with its sign and three digits."""
    return f"{value:+.3f}".replace("-", "−")


def configuration_text(config: Config) -> str:
    """Return the configuration as YAML; of paths outside the working directory only the last part is kept."""
    return yaml.safe_dump(_portable(config.model_dump(mode="json")), sort_keys=False, allow_unicode=True, width=110)


def _portable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _portable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_portable(item) for item in value]
    if isinstance(value, str) and Path(value).is_absolute():
        return f"…/{Path(value).name}"
    return value


def versions() -> dict[str, str]:
    """Return the versions of Python, of vsodprep and of every package that it requires, sorted by name.

    Machine, operating system and time are left out, so that the page stays the same elsewhere.
    """
    found = {}
    for requirement in requires("vsodprep") or []:
        name, _, condition = requirement.partition(";")
        if "extra" not in condition:
            name = re.split(r"[\s\[<>=!~]", name, maxsplit=1)[0]
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = "not installed"
    return {"python": platform.python_version(), "vsodprep": __version__} | dict(sorted(found.items()))
