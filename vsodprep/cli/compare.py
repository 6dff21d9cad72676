"""`vsodprep compare`: intervals around scores, and a paired test between methods."""

from pathlib import Path
from typing import Any

import click


@click.command("compare")
@click.argument("scores", nargs=-1, required=True, metavar="[LABEL=]SCORES.json...")
@click.option("--metric", "metrics", multiple=True, help="Key of a measure; default max_f, s_measure, mae.")
@click.option("--level", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.95, show_default=True)
@click.option("--resamples", type=click.IntRange(100), default=10_000, show_default=True, help="Bootstrap draws.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "output", type=click.Path(path_type=Path), help="Write the figures to this file.")
def command(scores: tuple[str, ...], metrics: tuple[str, ...], output: Path | None, **options: Any) -> None:
    """Bootstrap intervals of scores over sequences, and a paired test of the first method against each other one."""
    from vsodprep.errors import InputError
    from vsodprep.evaluate.bootstrap import difference, interval
    from vsodprep.evaluate.measures import measure
    from vsodprep.evaluate.scores import load_scores
    from vsodprep.files import write_json

    methods = {each.label: each.files for each in load_scores(scores)}
    for label, files in methods.items():
        if len(files) > 1:
            raise InputError(label, f"{len(files)} score files", "one file each; give them labels: LABEL=SCORES.json")
    first, *others = methods
    share = f"{100 * options['level']:g} %"
    found: dict[str, Any] = {}
    for key in metrics or ("max_f", "s_measure", "mae"):
        click.echo(f"{measure(key).heading}, {share} interval over sequences")
        intervals = {label: interval(files[0], key, **options) for label, files in methods.items()}
        for label, (value, low, high) in intervals.items():
            click.echo(f"  {label}: {value:.4f} [{low:.4f}, {high:.4f}]")
        differences = {other: difference(methods[first][0], methods[other][0], key, **options) for other in others}
        for other, (value, low, high, p) in differences.items():
            click.echo(f"  {first} - {other}: {value:+.4f} [{low:+.4f}, {high:+.4f}], p = {p:.4f}")
        found[key] = {
            "intervals": {label: each._asdict() for label, each in intervals.items()},
            "differences": {other: each._asdict() for other, each in differences.items()},
        }
    if output is not None:
        write_json(output, {"first": first, **options, "measures": found})
