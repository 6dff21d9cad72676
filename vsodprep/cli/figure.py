"""`vsodprep figure`: one subcommand per kind of figure."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._names import benchmark_names, protocol_names
from vsodprep.cli._options import options_of
from vsodprep.cli._score_options import bootstrap_options, measures_option
from vsodprep.cli._torch import device_option, threads_option
from vsodprep.config import figures as kinds
from vsodprep.markers import MANIFEST, PREDICTIONS, SHARD

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vsodprep.scores.read import Scores

Function = TypeVar("Function", bound=Callable[..., Any])
FORMATS = (".svg", ".pdf", ".png")


def _out(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    if value.suffix not in FORMATS:
        raise click.BadParameter(f"{value} ends in none of {', '.join(FORMATS)}", ctx, param)
    return value


out_option = click.option("--out", required=True, type=PATH, callback=_out, help="File to write: .svg, .pdf or .png.")
scores_argument = click.argument("scores", nargs=-1, required=True, metavar="[LABEL=]SCORES.json|DIR...")
references_option = click.option(
    "--reference", "references", multiple=True, metavar="LABEL", help="Draw this method in gray."
)


def of_one_kind_options(function: Function) -> Function:
    """Add `--benchmark` and `--protocol`, which choose among scores."""
    chosen = (("--protocol", "by this protocol", protocol_names), ("--benchmark", "of this benchmark", benchmark_names))
    for option, what, names in chosen:
        about = f"Draw only scores {what}, where there are others."
        function = click.option(option, shell_complete=names, help=about)(function)
    return function


def measure_option(default: str) -> Callable[[Function], Function]:
    """Add `--measure`."""
    return click.option("--measure", default=default, show_default=True, help="Key of the measure in the score files.")


@click.group()
def command() -> None:
    """Draw a figure of scores, of training or of frames.

    Score files come from `vsodprep evaluate --json`. Several under one LABEL are seeds of one method and are averaged;
    without a LABEL the path tells it.
    """


def _draws(kind: type[kinds.Drawing], *options: Callable[[Any], Any]) -> Callable[[Callable[..., "Figure"]], None]:
    """Add a command that saves what its function draws, from options and from the score files once they are read."""

    def decorate(function: Callable[..., "Figure"]) -> None:
        def draw(*, out: Path, **given: Any) -> None:
            from vsodprep.figures.style import save
            from vsodprep.scores.read import load_scores, of_one_kind

            if "scores" in given:
                given["scores"] = load_scores(given["scores"])
            if "protocol" in given:
                given["scores"] = of_one_kind(given["scores"], given.pop("benchmark"), given.pop("protocol"))
            save(function(**given), out)
            click.echo(out)

        for option in (out_option, *reversed(options)):
            draw = option(draw)
        (name,) = get_args(kind.model_fields["kind"].annotation)
        command.command(name, help=kind.__doc__)(draw)

    return decorate


@_draws(kinds.PrecisionRecall, scores_argument, of_one_kind_options, references_option)
def _precision_recall(scores: Sequence["Scores"], references: tuple[str, ...]) -> "Figure":
    from vsodprep.figures.compare import precision_recall_of

    return precision_recall_of(scores, references)


@_draws(kinds.FThreshold, scores_argument, of_one_kind_options, references_option)
def _f_threshold(scores: Sequence["Scores"], references: tuple[str, ...]) -> "Figure":
    from vsodprep.figures.compare import f_threshold_of

    return f_threshold_of(scores, references)


@_draws(kinds.Ranking, scores_argument, of_one_kind_options, measure_option("max_f"), references_option)
def _ranking(scores: Sequence["Scores"], measure: str, references: tuple[str, ...]) -> "Figure":
    from vsodprep.figures.compare import ranking_of

    return ranking_of(scores, measure, references)


@_draws(
    kinds.Ablation,
    scores_argument,
    measures_option("max_f", "mae", help="A panel each."),
    click.option("--full", metavar="LABEL", help="Variant that the others are compared with."),
    click.option("--paper", metavar="MODEL", help="Show this paper's numbers of the same variants beside the bars."),
)
def _ablation(scores: Sequence["Scores"], measures: tuple[str, ...], full: str | None, paper: str | None) -> "Figure":
    from vsodprep.figures.compare import ablation_of

    return ablation_of(scores, measures, full, paper)


@_draws(
    kinds.Sweep,
    click.argument("scores", nargs=-1, required=True, metavar="VALUE=SCORES.json..."),
    options_of(kinds.Sweep, {"parameter"}),
    measures_option("max_f", "mae", help="A panel each."),
)
def _sweep(scores: Sequence["Scores"], parameter: str, measures: tuple[str, ...]) -> "Figure":
    from vsodprep.figures.compare import sweep_of

    return sweep_of(scores, parameter, measures)


@_draws(
    kinds.Intervals,
    scores_argument,
    of_one_kind_options,
    measure_option("max_f"),
    click.option("--against", metavar="LABEL", help="Draw differences from this method, with the p of a paired test."),
    bootstrap_options,
    references_option,
)
def _intervals(
    scores: Sequence["Scores"], measure: str, against: str | None, references: tuple[str, ...], **draws: Any
) -> "Figure":
    from vsodprep.figures.compare import intervals_of
    from vsodprep.scores.bootstrap import Draws

    return intervals_of(scores, measure, against=against, references=references, draws=Draws(**draws))


@_draws(kinds.Losses, click.argument("metrics", nargs=-1, required=True, metavar="[LABEL=]METRICS.csv..."))
def _losses(metrics: tuple[str, ...]) -> "Figure":
    from vsodprep.figures.history import losses_of

    return losses_of(metrics)


@_draws(
    kinds.LevelWeights,
    click.argument("checkpoint", type=PATH),
    click.argument("shard", type=Folder(SHARD)),
    click.option("--split", help="Split of the shard; default: all of it."),
    device_option,
    threads_option,
    click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Frames predicted together."),
)
def _level_weights(checkpoint: Path, shard: Path, **options: Any) -> "Figure":
    from vsodprep.figures.level_weights import level_weights
    from vsodprep.models.insight import read_insight

    insight = read_insight(checkpoint, shard, **options)
    return level_weights(insight.quantities, insight.label, insight.tau)


frames_option = click.option(
    "--frame", "--frames", "frames", multiple=True, required=True, metavar="SEQUENCE/FRAME", help="A row each."
)


@_draws(
    kinds.LevelFeatures,
    click.argument("checkpoint", type=click.Path(path_type=Path)),
    click.argument("shard", type=Folder(SHARD)),
    frames_option,
    click.option("--split", help="Split of the shard; default: all of it."),
    device_option,
    threads_option,
)
def _level_features(checkpoint: Path, shard: Path, frames: tuple[str, ...], **options: Any) -> "Figure":
    from vsodprep.figures.level_features import level_features
    from vsodprep.models.insight import read_features

    return level_features(read_features(checkpoint, shard, frames, **options))


@_draws(
    kinds.Grid,
    click.argument("normalized", type=Folder(MANIFEST)),
    click.option(
        "--maps",
        multiple=True,
        required=True,
        metavar="LABEL=MAPS|predictions.json",
        help="A method's maps: a folder, or a zip, tar or rar archive.",
    ),
    frames_option,
    click.option("--scores", multiple=True, metavar="LABEL=SCORES.json", help="Write each map's MAE on it."),
)
def _grid(normalized: Path, maps: tuple[str, ...], frames: tuple[str, ...], scores: Sequence["Scores"]) -> "Figure":
    from vsodprep.figures.pictures import grid_of
    from vsodprep.scores.read import labelled

    folders = {label: Folder(PREDICTIONS).of(path) for label, path in labelled(maps)}
    return grid_of(normalized, folders, frames, scores)


@_draws(
    kinds.Timeline,
    scores_argument,
    of_one_kind_options,
    click.option("--sequence", required=True, help="Name of the sequence."),
    measure_option("mae"),
    click.option("--normalized", "folder", type=Folder(MANIFEST), help="Normalised benchmark, to show frames of."),
    click.option(
        "--maps", metavar="[LABEL=]MAPS|predictions.json", help="The first method's maps, to show below them."
    ),
    click.option("--extremes", type=click.IntRange(1), default=2, show_default=True, help="Frames of each end."),
)
def _timeline(
    scores: Sequence["Scores"], sequence: str, measure: str, extremes: int, folder: Path | None, maps: str | None
) -> "Figure":
    from vsodprep.errors import check_known
    from vsodprep.figures.pictures import timeline_of
    from vsodprep.scores.read import labelled

    found = None
    if maps is not None:
        ((label, path),) = labelled([maps])
        check_known("--maps", [label] if maps.startswith(f"{label}=") else [], [scores[0].label], "first method")
        found = Folder(PREDICTIONS).of(path)
    return timeline_of(scores, sequence, measure, count=extremes, folder=folder, maps=found)
