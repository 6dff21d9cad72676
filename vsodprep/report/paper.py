"""What a model's own paper prints, and whether a run may be set beside it."""

from vsodprep.config import Run
from vsodprep.evaluate.papers import OWN_METHOD, Figure, figures

# STAN and MSST score maps that a dense CRF has refined; the other papers score what the network gives.
REFINED = ("stan", "msst")


def printed(model: str, variant: str, post: str, *, benchmark: str, protocol: str, metric: str) -> Figure | None:
    """Return what a paper prints about its own method in just this setting.

    Args:
        model: Model name.
        variant: Variant name, as in `Run.variant`.
        post: `raw`, or the CRF preset that refined the maps; has to be what the paper scores.
        benchmark: Benchmark name.
        protocol: Evaluation protocol; where the paper names none, any.
        metric: Key of the measure in a score file.

    Returns:
        The first such number in the paper, or None.
    """
    if (post == "raw") == (model in REFINED):
        return None
    for figure in figures():
        if (
            figure.paper == model
            and figure.method == OWN_METHOD[model]
            and figure.variant == variant.lower()
            and figure.benchmark == benchmark
            and figure.metric == metric
            and figure.protocol in ("", protocol)
        ):
            return figure
    return None


def departures(run: Run) -> list[str]:
    """Say in which ways a run is not the paper's training; nothing if it is.

    Args:
        run: The run's configuration.

    Returns:
        Short phrases, most telling first. A run that calls itself the paper's is not believed where its
        width says otherwise.
    """
    found: list[str] = []
    if run.width != 1:
        found.append(f"{run.width:g} of the paper's width (every layer kept, with fewer channels)")
    if not run.paper:
        if not run.pretrained:
            found.append("no ImageNet weights: the backbones start from random numbers")
        found.append("a training recipe of our own: " + "; ".join(_lengths(run)))
    return found


def _lengths(run: Run) -> list[str]:
    lengths = []
    for stage in run.stages:
        steps = f"{stage.steps:,} steps" if stage.steps else f"{stage.epochs:g} epochs"
        height, width = stage.size
        data = ", ".join(dict.fromkeys(f"{data.benchmark}/{data.split}" for data in stage.data))
        lengths.append(f"{steps} of batch {stage.batch} at {height} × {width} on {data}")
    return lengths
