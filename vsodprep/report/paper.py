"""What a model's own paper prints, and whether a run may be set beside it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vsodprep.config.flow import Flow
from vsodprep.config.models import DEFINITIONS, release
from vsodprep.config.network import Release
from vsodprep.config.train import Run
from vsodprep.normalize.checks import KINDS
from vsodprep.report.collect import Results
from vsodprep.scores.measures import Measure
from vsodprep.scores.papers import OWN_METHOD, PrintedNumber, own_printed_numbers, printed_numbers


def printed(model: str, variant: str, post: str, *, benchmark: str, protocol: str, metric: str) -> PrintedNumber | None:
    """Return what a paper prints about its own method in just this setting.

    Args:
        model: Model name.
        variant: Variant name, as in `Run.row`.
        post: `raw`, or the CRF preset that refined the maps; has to be what the paper scores.
        benchmark: Benchmark name.
        protocol: Evaluation protocol; where the paper names none, any.
        metric: Key of the measure in a score file.

    Returns:
        The first such number in the paper, or None.
    """
    known = DEFINITIONS.get(model)
    if known is None or (post == "raw") == known.refined:
        return None
    found = (each for each in own_printed_numbers(model, variant, benchmark) if each.metric == metric)
    return next((number for number in found if number.protocol in ("", protocol)), None)


@dataclass(frozen=True)
class PublishedRow:
    """What one paper prints about one method: its own name, the paper's, and a number per column."""

    method: str
    paper: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Published:
    """What the five papers print about one benchmark."""

    measures: tuple[Measure, ...]
    rows: tuple[PublishedRow, ...]


def published(benchmark: str, protocol: str, measures: Sequence[Measure]) -> Published | None:
    """Return all that the five papers print about a benchmark, each paper for itself, best method first.

    Args:
        benchmark: Benchmark name.
        protocol: Evaluation protocol; numbers of papers that name none are among them.
        measures: Measures to look for; the first that any paper prints orders the rows.

    Returns:
        A column per measure that is printed anywhere; None where nothing is.
    """
    found: dict[tuple[str, str], dict[str, float]] = {}
    for number in printed_numbers():
        if number.variant == "full" and number.benchmark == benchmark and number.protocol in ("", protocol):
            found.setdefault((number.method, OWN_METHOD[number.paper]), {}).setdefault(number.metric, number.value)
    shown = tuple(measure for measure in measures if any(measure.key in values for values in found.values()))
    rows = [
        PublishedRow(method, paper, tuple(values.get(measure.key) for measure in shown))
        for (method, paper), values in found.items()
        if any(measure.key in values for measure in shown)
    ]

    def order(row: PublishedRow) -> tuple[bool, float, str, str]:
        first = row.values[0]
        return first is None, (first or 0.0) * (1 if shown[0].small else -1), row.method, row.paper

    return Published(shown, tuple(sorted(rows, key=order))) if rows else None


def departures(results: Results, model: str, run: Run) -> list[str]:
    """Say in which ways a run is not the paper's training; nothing if it is.

    Args:
        results: The results folder.
        model: Model name.
        run: The run's configuration.

    Returns:
        Short phrases, most telling first. A run that calls itself the paper's is not believed where its
        width or its training data say otherwise; nor one with the authors' weights that uses them otherwise.
    """
    found: list[str] = []
    if run.weights is not None:
        return _otherwise(results, release(model), run)
    if run.width != 1:
        found.append(f"{run.width:g} of the paper's width (every layer kept, with fewer channels)")
    if not run.paper:
        if not run.pretrained:
            found.append("no ImageNet weights: the backbones start from random numbers")
        found.append("a training recipe of our own: " + "; ".join(_lengths(run)))
    splits = dict.fromkeys((data.benchmark, data.split) for stage in run.stages for data in stage.data)
    for benchmark, split in splits:
        found += [f"trained on {benchmark} {split} from {what}" for what in omissions(results, benchmark, split)]
    return found


def _otherwise(results: Results, release: Release, run: Run) -> list[str]:
    """Say in which ways the authors' weights are not used as by their code."""
    said = run.model_dump()
    found = [
        f"the authors' weights with {key}: {said[key]} where their code has {value}"
        for key, value in release.run.items()
        if said.get(key) != value
    ]
    found += [f"the authors' weights with option {key}: {value}" for key, value in run.options.items()]
    flow = results.config.flow[run.flow] if run.flow is not None else None
    theirs = Flow.model_validate(release.flow)
    same = flow is not None and flow.method == theirs.method and theirs.weights in (None, flow.weights)
    if not same:
        used = "none" if flow is None else " ".join(filter(None, (flow.method, flow.weights)))
        found.append(f"the authors' weights with flow by {used}, which they did not learn from")
    return found if found or run.paper else ["the authors' weights, of which the configuration says no paper: true"]


def omissions(results: Results, benchmark: str, split: str) -> list[str]:
    """Say in which ways what was tested on is not the published benchmark; nothing if it is.

    Args:
        results: The results folder.
        benchmark: Benchmark name.
        split: Name of the split.

    Returns:
        Short phrases. Only what lacks counts, not what a delivery has beside or contradicts itself in.
    """
    found = []
    manifest = results.manifests.get(benchmark)
    if manifest is not None:
        kinds = Counter(issue.kind for issue in manifest.issues if issue.kind in KINDS and KINDS[issue.kind].partial)
        found += [f"an incomplete delivery ({kind}: {count})" for kind, count in sorted(kinds.items())]
    if benchmark in results.config.sequences:
        found.append(f"{len(results.config.sequences[benchmark])} chosen sequences")
    if split in results.config.splits.get(benchmark, {}):
        found.append(f"a split {split} of the configuration's own")
    return found


def _lengths(run: Run) -> list[str]:
    lengths = []
    for stage in run.stages:
        steps = f"{stage.steps:,} steps" if stage.steps else f"{stage.epochs:g} epochs"
        height, width = stage.size
        data = ", ".join(dict.fromkeys(f"{data.benchmark}/{data.split}" for data in stage.data))
        lengths.append(f"{steps} of batch {stage.batch} at {height} × {width} on {data}")
    return lengths if run.rounds == 1 else [*lengths, f"{run.rounds} rounds of that"]
