"""`vsodprep compare`: intervals around scores, and a paired test between methods."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._names import benchmark_names, protocol_names
from vsodprep.cli._score_options import JsonFile, aside, bootstrap_options, measures_option


@click.command("compare")
@click.argument("scores", nargs=-1, required=True, metavar="[LABEL=]SCORES.json|DIR...")
@measures_option("max_f", "s_measure", "mae", help="Keys of measures in the score files.")
@click.option("--versus", metavar="LABEL", help="The method that the others are tested against; default the first.")
@click.option("--benchmark", shell_complete=benchmark_names, help="Take the scores on this benchmark.")
@click.option("--protocol", shell_complete=protocol_names, help="Take the scores by this protocol.")
@bootstrap_options
@click.option("--json", "output", type=JsonFile(), help="Write intervals and tests to this file; - is stdout.")
def command(
    scores: tuple[str, ...],
    measures: tuple[str, ...],
    versus: str | None,
    benchmark: str | None,
    protocol: str | None,
    output: Path | None,
    **options: Any,
) -> None:
    """Bootstrap intervals of scores over sequences, and paired tests of one method against each other one.

    p is given twice: as it is, and corrected by Holm's method for all tests of the command.
    """
    from vsodprep.errors import check_known
    from vsodprep.files import write_json
    from vsodprep.scores.bootstrap import TELLING, Draws, difference, holm, interval
    from vsodprep.scores.measures import measure
    from vsodprep.scores.read import load_scores, of_one_kind

    draws = Draws(**options)
    asked = [measure(key) for key in measures]
    loaded = of_one_kind(load_scores(scores), benchmark, protocol)
    methods = {each.label: each.files for each in loaded}
    first = versus if versus is not None else loaded[0].label
    check_known("--versus", [first], methods, "scores of")
    share = f"{100 * draws.level:g} %"
    intervals = {
        of.key: {label: interval(files, of.key, draws, name=label) for label, files in methods.items()} for of in asked
    }
    tests = {
        (of.key, other): difference(methods[first], methods[other], of.key, draws, name=other)
        for of in asked
        for other in methods
        if other != first
    }
    corrected = dict(zip(tests, holm([each.p for each in tests.values()]), strict=True))
    found: dict[str, Any] = {}
    with aside([output]):
        for of in asked:
            click.echo(f"{of.heading}, {share} interval over sequences")
            for label, (value, low, high) in intervals[of.key].items():
                click.echo(f"  {label}: {value:.4f} [{low:.4f}, {high:.4f}]")
            differences = {other: each for (key, other), each in tests.items() if key == of.key}
            for other, (value, low, high, p, smallest) in differences.items():
                holm_p = f", by Holm {corrected[of.key, other]:.4f}" if len(tests) > 1 else ""
                floor = f" (with so few sequences p cannot fall below {smallest:g})" if smallest > TELLING else ""
                click.echo(f"  {first} - {other}: {value:+.4f} [{low:+.4f}, {high:+.4f}], p = {p:.4f}{holm_p}{floor}")
            found[of.key] = {
                "intervals": {label: each._asdict() for label, each in intervals[of.key].items()},
                "differences": {
                    other: each._asdict() | {"p_holm": corrected[of.key, other]} for other, each in differences.items()
                },
            }
        if len(tests) > 1:
            click.echo(f"p is that of one test alone; by Holm, it is corrected for all {len(tests)} tests above")
    partial = {each.label: list(each.omissions) for each in loaded if each.omissions}
    for label, phrases in partial.items():
        click.echo(f"{label} is not of the whole benchmark: {'; '.join(phrases)}", err=True)
    if output is not None:
        write_json(output, {"first": first, **options, "tests": len(tests), "partial": partial, "measures": found})
