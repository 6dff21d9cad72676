"""`vsodprep figure`: one subcommand per kind of figure."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vsodprep.cli._bootstrap_options import bootstrap_options
from vsodprep.cli._folder import Folder
from vsodprep.cli._measure_options import measures_option
from vsodprep.cli._options import options_of
from vsodprep.cli._torch import device_option, threads_option
from vsodprep.config.figures import Figure
from vsodprep.markers import MANIFEST, PREDICTIONS, SHARD

if TYPE_CHECKING:
    from matplotlib import figure

Function = TypeVar("Function", bound=Callable[..., Any])
FORMATS = (".svg", ".pdf", ".png")


def _out(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    if value.suffix not in FORMATS:
        raise click.BadParameter(f"{value} ends in none of {', '.join(FORMATS)}", ctx, param)
    return value


def out_option(function: Function) -> Function:
    """Add `--out`."""
    option = click.option(
        "--out",
        required=True,
        type=click.Path(path_type=Path),
        callback=_out,
        help="File to write: .svg, .pdf or .png.",
    )
    return option(function)


def scores_argument(function: Function) -> Function:
    """Add the score files."""
    return click.argument("scores", nargs=-1, required=True, metavar="[LABEL=]SCORES.json...")(function)


def references_option(function: Function) -> Function:
    """Add `--reference`."""
    option = click.option("--reference", "references", multiple=True, metavar="LABEL", help="Draw this method in grey.")
    return option(function)


def measure_option(default: str) -> Callable[[Function], Function]:
    """Add `--measure`."""
    return click.option("--measure", default=default, show_default=True, help="Key of the measure in the score files.")


def _save(figure: "figure.Figure", out: Path) -> None:
    from vsodprep.figures.style import save

    save(figure, out)
    click.echo(out)


@click.group()
def command() -> None:
    """Draw a figure of scores, of training or of frames.

    Score files come from `vsodprep evaluate --json`. Several under one LABEL are seeds of one method and are averaged;
    without a LABEL the path tells it.
    """


@command.command("precision-recall")
@scores_argument
@references_option
@out_option
def precision_recall(scores: tuple[str, ...], references: tuple[str, ...], out: Path) -> None:
    """Precision against recall at 256 thresholds."""
    from vsodprep.figures.compare import precision_recall_of
    from vsodprep.scores.read import load_scores

    _save(precision_recall_of(load_scores(scores), references), out)


@command.command("f-threshold")
@scores_argument
@references_option
@out_option
def f_threshold(scores: tuple[str, ...], references: tuple[str, ...], out: Path) -> None:
    """F-measure against the threshold."""
    from vsodprep.figures.compare import f_threshold_of
    from vsodprep.scores.read import load_scores

    _save(f_threshold_of(load_scores(scores), references), out)


@command.command("ranking")
@scores_argument
@measure_option("max_f")
@references_option
@out_option
def ranking(scores: tuple[str, ...], measure: str, references: tuple[str, ...], out: Path) -> None:
    """Sequences, ordered by the first method's score."""
    from vsodprep.figures.compare import ranking_of
    from vsodprep.scores.read import load_scores

    _save(ranking_of(load_scores(scores), measure, references), out)


@command.command("ablation")
@scores_argument
@measures_option("max_f", "mae", help="A panel each.")
@click.option("--full", metavar="LABEL", help="Variant that the others are compared with.")
@click.option("--paper", metavar="MODEL", help="Set this paper's figures of the same variants beside the bars.")
@out_option
def ablation(
    scores: tuple[str, ...], measures: tuple[str, ...], full: str | None, paper: str | None, out: Path
) -> None:
    """Bars of variants; each LABEL is the variant's name."""
    from vsodprep.figures.compare import ablation_of
    from vsodprep.scores.read import load_scores

    _save(ablation_of(load_scores(scores), measures, full, paper), out)


@command.command("sweep")
@click.argument("scores", nargs=-1, required=True, metavar="VALUE=SCORES.json...")
@options_of(Figure, {"parameter"})
@measures_option("max_f", "mae", help="A panel each.")
@out_option
def sweep(scores: tuple[str, ...], parameter: str, measures: tuple[str, ...], out: Path) -> None:
    """Scores against a parameter such as tau, a line per benchmark."""
    from vsodprep.figures.compare import sweep_of
    from vsodprep.scores.read import load_scores

    _save(sweep_of(load_scores(scores), parameter, measures), out)


@command.command("intervals")
@scores_argument
@measure_option("max_f")
@click.option("--against", metavar="LABEL", help="Draw differences from this method, with the p of a paired test.")
@bootstrap_options
@references_option
@out_option
def intervals(scores: tuple[str, ...], measure: str, out: Path, **options: Any) -> None:
    """Scores with bootstrap intervals over sequences."""
    from vsodprep.figures.compare import intervals_of
    from vsodprep.scores.read import load_scores

    _save(intervals_of(load_scores(scores), measure, **options), out)


@command.command("losses")
@click.argument("metrics", nargs=-1, required=True, metavar="[LABEL=]METRICS.csv...")
@out_option
def losses(metrics: tuple[str, ...], out: Path) -> None:
    """Training losses; of one run with its terms and stages."""
    from vsodprep.figures.history import losses_of

    _save(losses_of(metrics), out)


@command.command("level-weights")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("shard", type=Folder(SHARD))
@click.option("--split", help="Split of the shard; default: all of it.")
@device_option
@threads_option
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Frames predicted together.")
@out_option
def level_weights(checkpoint: Path, shard: Path, out: Path, **options: Any) -> None:
    """Weights or scores that a network gives its branches at each level (DS-Net, CAG-DDE), or its maps (STAN)."""
    from vsodprep.figures.level_weights import level_weights as draw
    from vsodprep.models.insight import read_insight

    insight = read_insight(checkpoint, shard, **options)
    _save(draw(insight.quantities, insight.label, insight.tau), out)


@command.command("grid")
@click.argument("normalized", type=Folder(MANIFEST))
@click.option(
    "--maps", multiple=True, required=True, metavar="LABEL=DIR|predictions.json", help="A method's SEQUENCE/FRAME.png."
)
@click.option(
    "--frame", "--frames", "frames", multiple=True, required=True, metavar="SEQUENCE/FRAME", help="A row each."
)
@click.option("--scores", multiple=True, metavar="LABEL=SCORES.json", help="Write each map's MAE on it.")
@out_option
def grid(normalized: Path, maps: tuple[str, ...], frames: tuple[str, ...], scores: tuple[str, ...], out: Path) -> None:
    """Frames, masks and the maps of several methods."""
    from vsodprep.figures.pictures import grid_of
    from vsodprep.scores.read import labelled, load_scores

    folders = {label: Folder(PREDICTIONS).of(path) for label, path in labelled(maps)}
    _save(grid_of(normalized, folders, frames, load_scores(scores)), out)


@command.command("timeline")
@scores_argument
@click.option("--sequence", required=True, help="Name of the sequence.")
@measure_option("mae")
@click.option("--normalized", type=Folder(MANIFEST), help="Normalised benchmark, to show frames of.")
@click.option("--maps", type=Folder(PREDICTIONS), help="The first method's maps, to show below them.")
@click.option("--extremes", type=click.IntRange(1), default=2, show_default=True, help="Frames of each end.")
@out_option
def timeline(
    *,
    scores: tuple[str, ...],
    sequence: str,
    measure: str,
    normalized: Path | None,
    maps: Path | None,
    extremes: int,
    out: Path,
) -> None:
    """A measure along a sequence, with the frames behind its extremes."""
    from vsodprep.figures.pictures import timeline_of
    from vsodprep.scores.read import load_scores

    _save(timeline_of(load_scores(scores), sequence, measure, folder=normalized, maps=maps, count=extremes), out)
