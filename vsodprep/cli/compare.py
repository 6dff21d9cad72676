"""`vsodprep compare`: intervals around scores, and a paired test between methods."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH
from vsodprep.cli._score_options import bootstrap_options, measures_option

_TELLING = 0.01  # where no p can fall below this, it is said


@click.command("compare")
@click.argument("scores", nargs=-1, required=True, metavar="[LABEL=]SCORES.json...")
@measures_option("max_f", "s_measure", "mae", help="Keys of measures in the score files.")
@bootstrap_options
@click.option("--json", "output", type=PATH, help="Write the intervals and tests to this file.")
def command(scores: tuple[str, ...], measures: tuple[str, ...], output: Path | None, **options: Any) -> None:
    """Bootstrap intervals of scores over sequences, and a paired test of the first method against each other one."""
    from vsodprep.errors import InputError
    from vsodprep.files import write_json
    from vsodprep.scores.bootstrap import Draws, difference, interval
    from vsodprep.scores.measures import measure
    from vsodprep.scores.read import load_scores

    draws = Draws(**options)
    asked = [measure(key) for key in measures]
    loaded = load_scores(scores)
    methods = {each.label: each.files for each in loaded}
    for label, files in methods.items():
        if len(files) > 1:
            raise InputError(label, f"{len(files)} score files", "one file each; give them labels: LABEL=SCORES.json")
    first, *others = methods
    share = f"{100 * draws.level:g} %"
    found: dict[str, Any] = {}
    for of in asked:
        key = of.key
        intervals = {label: interval(files[0], key, draws, name=label) for label, files in methods.items()}
        differences = {
            other: difference(methods[first][0], methods[other][0], key, draws, name=other) for other in others
        }
        click.echo(f"{of.heading}, {share} interval over sequences")
        for label, (value, low, high) in intervals.items():
            click.echo(f"  {label}: {value:.4f} [{low:.4f}, {high:.4f}]")
        for other, (value, low, high, p, smallest) in differences.items():
            floor = f" (with so few sequences p cannot fall below {smallest:g})" if smallest > _TELLING else ""
            click.echo(f"  {first} - {other}: {value:+.4f} [{low:+.4f}, {high:+.4f}], p = {p:.4f}{floor}")
        found[key] = {
            "intervals": {label: each._asdict() for label, each in intervals.items()},
            "differences": {other: each._asdict() for other, each in differences.items()},
        }
    partial = {each.label: list(each.omissions) for each in loaded if each.omissions}
    for label, phrases in partial.items():
        click.echo(f"{label} is not of the whole benchmark: {'; '.join(phrases)}", err=True)
    if output is not None:
        write_json(output, {"first": first, **options, "partial": partial, "measures": found})
