"""`vsodprep evaluate`: score saliency maps against masks."""

import os
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import click

from vsodprep.cli._coding import coding_option
from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._names import benchmark_names, protocol_names
from vsodprep.cli._score_options import JsonFile, aside, measures_option
from vsodprep.config.coding import ScoredVoid
from vsodprep.markers import MANIFEST, PREDICTIONS, SHARD


def _settings(changes: tuple[str, ...]) -> dict[str, Any]:
    from vsodprep.config.yaml_text import load_yaml
    from vsodprep.errors import InputError

    settings = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise click.BadParameter(f"{key!r} is not of the form SETTING=VALUE")
        try:
            settings[key] = load_yaml(value, key, "a value")
        except InputError as error:
            raise click.BadParameter(f"{value!r} is no value for {key}") from error
    return settings


def _show(scores: dict[str, Any], *, protocol: bool) -> None:
    """Print what was unusual about the inputs on stderr, then the protocol's settings and the benchmark's scores."""
    from vsodprep.evaluate.aggregate import NEWER, SCALARS
    from vsodprep.scores.noticed import noticed

    for line in noticed(scores):
        click.echo(line, err=True)
    for what, coding in scores["inputs"]["coding"].items():
        click.echo(f"{what}: {coding}")

    click.echo(f"protocol {scores['protocol']}")
    for key, value in scores["settings"].items() if protocol else ():
        click.echo(f"  {key} = {value}")
    scored = sum(each["frames"] > 0 for each in scores["sequences"].values())
    of = f" of {len(scores['sequences'])}" if scored < len(scores["sequences"]) else ""
    click.echo(f"{scores['frames']} frames in {scored}{of} sequences")
    for name in (*SCALARS, *NEWER):
        if scores.get(name) is not None:
            click.echo(f"{name:>16}  {scores[name]:.4f}")
    if "class_mean" in scores:
        _show_classes(scores["attributes"], scores["class_mean"])


def _show_classes(classes: dict[str, Any], mean: dict[str, Any]) -> None:
    """Print one measure of each class, J where it was computed, and the means of all measures over the classes."""
    first = max(mean, key=lambda name: (mean[name] is not None, name == "j_mean"))
    click.echo(f"{first} by class")
    for name, scores in classes.items():
        click.echo(f"{name:>16}  {'none' if scores[first] is None else format(scores[first], '.4f')}")
    click.echo(f"mean over the {len(classes)} classes")
    for name, value in mean.items():
        if value is not None:
            click.echo(f"{name:>16}  {value:.4f}")


@click.command("evaluate")
@click.option(
    "--pred",
    "preds",
    required=True,
    multiple=True,
    type=Folder(PREDICTIONS),
    help="Maps: a folder, or a zip, tar or rar archive. Those of several methods are scored in one go.",
)
@click.option(
    "--gt",
    required=True,
    type=Folder(MANIFEST, SHARD),
    help="Masks, a normalised benchmark, a shard, or a benchmark's name.",
)
@click.option(
    "--benchmark",
    shell_complete=benchmark_names,
    help="Name of the benchmark, for tables, where masks do not tell it: davis2016, ...",
)
@click.option("--split", help="A split of the benchmark, or a text file of sequence names.")
@click.option("--method", help="Name of the method, which an error then begins with.")
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    shell_complete=protocol_names,
    default=("davsod",),
    show_default=True,
    help="Name of a protocol, or settings: a file or JSON. Several are computed in one go.",
)
@click.option("--set", "changes", multiple=True, metavar="SETTING=VALUE", help="Change one setting of the protocol.")
@measures_option(
    help="Some of mae, s, f, e, weighted_f, j, boundary, t (`all`), si, context, msiou, hce (`newer`); "
    "default those before t."
)
@click.option(
    "--json",
    "outputs",
    type=JsonFile(),
    multiple=True,
    help="Write all scores to this file (- is stdout); one for each --protocol of the first --pred, then of the next.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default all cores. Changes no score.")
@click.option("--allow-missing", is_flag=True, help="Leave out frames without a map.")
@click.option(
    "--naming",
    type=click.Choice(["auto", "stem", "number", "position"]),
    default="auto",
    show_default=True,
    help="How maps are named: frame id, frame number, or position counted from 0.",
)
@coding_option("maps")
@coding_option("masks", option="--gt-coding")
@click.option(
    "--void",
    type=click.Choice(get_args(ScoredVoid)),
    default="background",
    show_default=True,
    help="What id 255 means beside other ids; `ignore` leaves it out of mae, f, e and j.",
)
@click.option(
    "--cache",
    "cache_folder",
    type=PATH,
    envvar="VSODPREP_CACHE",
    show_envvar=True,
    help="Keep scores in this folder and score again only what changed.",
)
@click.option("--results", type=PATH, default=Path("results"), help="Where named benchmarks lie.")
def command(
    preds: tuple[Path, ...],
    protocols: tuple[str, ...],
    changes: tuple[str, ...],
    measures: tuple[str, ...],
    outputs: tuple[Path, ...],
    jobs: int | None,
    method: str | None,
    **given: Any,
) -> None:
    """Score saliency maps, SEQUENCE/FRAME.png, against masks."""
    from vsodprep.errors import InputError, VsodprepError, meant
    from vsodprep.evaluate import evaluate_methods
    from vsodprep.evaluate.frame import DEFAULT_FAMILIES, FAMILIES, NEWER_FAMILIES
    from vsodprep.evaluate.protocols import change_protocol, find_protocol
    from vsodprep.files import real_path, write_json

    groups = {"all": [name for name in FAMILIES if name not in NEWER_FAMILIES], "newer": NEWER_FAMILIES}
    asked = {name for measure in measures or DEFAULT_FAMILIES for name in groups.get(measure, (measure,))}
    if unknown := sorted(asked - {*FAMILIES}):
        names = (*FAMILIES, *groups)
        raise click.BadParameter(f"no measure {unknown[0]!r}; there is {', '.join(names)}{meant(unknown[0], names)}")
    if outputs and len(outputs) != len(preds) * len(protocols):
        counts = f"{len(outputs)} --json, {len(preds)} --pred and {len(protocols)} --protocol"
        raise click.UsageError(f"{counts}; give a file for each protocol of each method")
    if method is not None and len(preds) > 1:
        raise click.UsageError("--method names the maps of one --pred")
    places = [real_path(output) for output in outputs if not output.exists() or output.is_file()]
    if len(set(places)) < len(places):
        raise click.UsageError("two --json name the same file; give a file of its own for each protocol of each method")
    if folders := [output for output in outputs if output.is_dir()]:
        raise InputError(folders[0], "a folder", "the name of a file to write")
    chosen = tuple(measure for measure in FAMILIES if measure in asked)
    settings = [change_protocol(find_protocol(protocol), _settings(changes)) for protocol in protocols]
    cores = len(os.sched_getaffinity(0))
    try:
        found = evaluate_methods(preds=preds, protocols=settings, measures=chosen, jobs=jobs or cores, **given)
    except VsodprepError as error:
        if method is None:
            raise
        raise VsodprepError(f"{method}: {error}") from error
    for output, scores in zip(outputs, chain.from_iterable(found), strict=False):
        write_json(output, scores)
    with aside(outputs):
        for pred, of_method in zip(preds, found, strict=True):
            if len(preds) > 1:
                click.echo(pred)
            for scores in of_method:
                _show(scores, protocol=pred == preds[0])
