"""Which runs and which scores a figure shows."""

from collections.abc import Iterator, Mapping

from vsodprep.config import Run
from vsodprep.config.figures import Figure
from vsodprep.errors import InputError
from vsodprep.targets.records import ScoreTarget, unique

Runs = Mapping[tuple[str, str], Run]


def shown(figure: Figure, runs: Runs) -> list[tuple[str, tuple[str, str]]]:
    """Return labels and runs of a figure.

    Args:
        figure: The figure.
        runs: All runs by model and name.

    Raises:
        InputError: A run that it names does not exist, or no run is tested on its benchmark.
    """
    chosen = [key for key in runs if figure.model in (None, key[0]) and (not figure.runs or key[1] in figure.runs)]
    absent = set(figure.runs) - {name for _, name in chosen}
    if absent:
        raise InputError(f"figures: {figure.kind}", f"no run {figure.model}/{min(absent)}", "one of `runs`")
    if figure.benchmark is not None:
        chosen = [key for key in chosen if figure.benchmark in {test.benchmark for test in runs[key].test}]
    if not chosen:
        where = f"no run is tested on {figure.benchmark}" if figure.benchmark else "no run"
        raise InputError(f"figures: {figure.kind}", where, "a benchmark of some run's test")
    return [(name if figure.model is not None else f"{model}/{name}", (model, name)) for model, name in chosen]


def drawn(figure: Figure, runs: Runs) -> list[tuple[str, ScoreTarget]]:
    """Return labels and scores of a figure; the seeds of a run share its label and are averaged.

    Args:
        figure: The figure; of kind `losses` or `level-weights` it shows no scores.
        runs: All runs by model and name.

    Raises:
        InputError: There is nothing to draw it from.
    """
    if figure.kind in ("losses", "level-weights"):
        return []
    if figure.kind == "sweep":
        return _swept(figure, runs)
    # Intervals draw sequences anew from one file, not from a mean over seeds.
    single = figure.kind == "intervals"
    return [
        (f"{label}, seed {score.seed}" if single and len(runs[key].seeds) > 1 else label, score)
        for label, key in shown(figure, runs)
        for score in _scored(figure, key, runs[key])
    ]


def _swept(figure: Figure, runs: Runs) -> list[tuple[str, ScoreTarget]]:
    """Return values of the parameter and scores."""
    found: list[tuple[str, ScoreTarget]] = []
    of: dict[float, str] = {}
    for _, key in shown(figure, runs):
        name, value = key[1], _value(figure, key[1], runs[key])
        if value is not None:
            if of.setdefault(value, name) != name:
                raise InputError(
                    "figures: sweep", f"{of[value]} and {name} both at {value:g}", "`runs` with one of them"
                )
            found += [(f"{value:g}", score) for score in _scored(figure, key, runs[key])]
    if not found:
        raise InputError("figures: sweep", f"no run with {figure.parameter}", "an option, a variant or `values`")
    return found


def _value(figure: Figure, name: str, run: Run) -> float | None:
    """Return a run's value of the parameter that a sweep draws along, or None if it has none."""
    prefix = f"{figure.parameter}-"
    of_variant = run.variant.removeprefix(prefix) if run.variant.startswith(prefix) else None
    value = figure.values.get(name, run.options.get(figure.parameter, of_variant))
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"figures: sweep of {name}", f"{figure.parameter} {value!r}", "a number") from error


def _scored(figure: Figure, key: tuple[str, str], run: Run) -> Iterator[ScoreTarget]:
    """Yield a run's scores on the figure's benchmark, or on all that it is tested on."""
    splits = {test.benchmark: test.split for test in run.test if figure.benchmark in (None, test.benchmark)}
    for benchmark, split in splits.items():
        for seed in unique(run.seeds):
            yield ScoreTarget(*key, seed, figure.post, benchmark, split, figure.protocol)
