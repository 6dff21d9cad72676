"""`vsodprep predict`: saliency maps of a shard, a folder of frames, or a video file."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._torch import device_option, say_loading, threads_option, wait_passively
from vsodprep.config.device import TOGETHER
from vsodprep.errors import InputError
from vsodprep.files import read_json
from vsodprep.markers import PREDICTIONS, SHARD


def _video(option: str, endings: str, about: str) -> Any:
    def ending(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
        if value is not None and value.suffix.lower() not in endings.split(", "):
            raise click.BadParameter(f"{value} ends in none of {endings}", ctx, param)
        return value

    return click.option(option, type=PATH, metavar="FILE", callback=ending, help=f"{about} FILE ends in {endings}.")


@click.command()
@click.argument("checkpoint", type=PATH)
@click.argument("source", type=Folder(SHARD))
@click.option("--out", type=Folder(PREDICTIONS), help="Folder for the maps.")
@_video("--overlay", ".mp4, .mov, .webm, .gif", "From a video file: write it tinted where the maps are bright.")
@_video("--side-by-side", ".mp4, .mov, .webm, .gif", "From a video file: write the frames and their maps side by side.")
@_video("--cutout", ".webm, .mov, .gif", "From a video file: write it with the maps as its alpha channel.")
@click.option("--split", help="Split of a shard; default: all of it.")
@click.option("--classifier", type=PATH, help="Motion prior's C.npz, where the network reads one.")
@click.option("--official", is_flag=True, help="CHECKPOINT is what the authors of DS-Net or CAG-DDE released.")
@click.option("--model", help="For weights that are no checkpoint of ours: the network's name, or MODULE:CLASS.")
@click.option("--recipe", metavar="JSON|FILE", help="For such weights: the run, as `vsodprep train` takes it.")
@click.option("--allow", multiple=True, metavar="KIND", help="Kind of issue of frames or videos to accept; repeatable.")
@device_option
@threads_option
@click.option("--batch", type=click.IntRange(1), default=TOGETHER, show_default=True, help="Frames predicted together.")
def command(
    *,
    checkpoint: Path,
    source: Path,
    out: Path | None,
    overlay: Path | None,
    side_by_side: Path | None,
    cutout: Path | None,
    split: str | None,
    classifier: Path | None,
    official: bool,
    model: str | None,
    recipe: str | None,
    allow: tuple[str, ...],
    batch: int,
    **torch: Any,
) -> None:
    """Predict the saliency maps of SOURCE, {seq}/{frame}.png below --out.

    --out may hold maps that the same checkpoint wrote before: `predictions.json` then lists all of them.

    SOURCE is a shard, a folder of frames, or a video file; a network that reads single frames also takes a folder of
    any images. For frames and videos, the flow is estimated as it was for the network's training, and a motion prior
    needs --classifier.

    From a video file, --overlay, --side-by-side and --cutout make videos to look at, beside --out or instead of it.
    Each frame is shown as long as in SOURCE; the sound is left out.

    CHECKPOINT is a file of `vsodprep train`. With --model and --recipe it is any file of torch or safetensors that has
    all of the network's tensors; SOURCE then has to be a shard if the network reads flow. With --official it is the
    authors' file, and everything, the flow too, is done as in their code, unless --recipe says otherwise. It may also
    be a network as an ONNX file, or the name of one that rembg keeps (`u2net`); --recipe then takes the keys of a
    saliency block of method onnx, such as '{"size": [384, 384]}'.
    """
    from vsodprep.config.saliency import read_onnx

    onnx = None if official or model else read_onnx(str(checkpoint), recipe or "{}")
    _check_read(("batch", "classifier") if onnx else (), f"{checkpoint}, an ONNX file, which reads frames one by one")
    if not (official or onnx) and (model is None) != (recipe is None):
        raise click.UsageError("--model and --recipe go together")
    asked = {"overlay": overlay, "side-by-side": side_by_side, "cutout": cutout}
    drawn = {name: path for name, path in asked.items() if path is not None}
    streamed = _is_streamed(source, out, drawn)
    _check_read(("split",) if streamed else (), f"{source}, a video file")
    wait_passively()
    say_loading()
    from vsodprep.models.device import check_device
    from vsodprep.models.inference import predict_shard
    from vsodprep.predict.images import predict_by
    from vsodprep.predict.sources import as_shard
    from vsodprep.predict.video import predict_video, predict_video_by
    from vsodprep.saliency.maps import method_of

    if onnx:
        content: dict[str, Any] | None = {}
    else:
        torch["device"] = check_device(torch["device"])
        content = _adopted(checkpoint, source, model, recipe, official=official)
    if streamed or out is None:
        files = {"source": source, "out": out, "drawn": drawn, "allow": allow, **torch}
        if onnx:
            written = predict_video_by(onnx, **files)
        else:
            written = predict_video(checkpoint, classifier=classifier, batch=batch, content=content, **files)
    else:
        method = method_of(onnx, **torch) if onnx else None  # refused, if need be, before a shard is made
        with as_shard(source, checkpoint, out, classifier, allow=allow, content=content, **torch) as shard:
            if onnx and method:
                written = predict_by(onnx, method, shard, out, split=split)
            else:
                written = predict_shard(checkpoint, shard, out, split=split, batch=batch, content=content, **torch)
    if out is None:
        return
    others = read_json(out / PREDICTIONS, "the record just written")["sequences"].keys() - written.keys()
    if others:
        click.echo(f"{out}: joined the maps of {', '.join(sorted(others))}, which were there", err=True)


def _check_read(ignored: Iterable[str], where: str) -> None:
    """Check that no option is given that nothing would read."""
    context = click.get_current_context()
    for name in ignored:
        if context.get_parameter_source(name) != ParameterSource.DEFAULT:
            raise InputError(where, f"--{name}", f"the command without --{name}")


def _is_streamed(source: Path, out: Path | None, drawn: Mapping[str, Path]) -> bool:
    """Return whether a source is a video file, as which it has to be where videos are made of it."""
    from vsodprep.benchmarks.folders import VIDEO_SUFFIXES

    if out is None and not drawn:
        raise click.UsageError("nothing to write: give --out, --overlay, --side-by-side or --cutout")
    is_video = source.is_file() and source.suffix.lower() in VIDEO_SUFFIXES
    if drawn and source.exists() and not is_video:
        raise click.UsageError(f"--{next(iter(drawn))} takes a video file as SOURCE ({', '.join(VIDEO_SUFFIXES)})")
    return is_video


def _adopted(
    checkpoint: Path, source: Path, model: str | None, recipe: str | None, *, official: bool
) -> dict[str, Any] | None:
    """Return what a file of another make holds, as a checkpoint of ours would; None where it is one."""
    from vsodprep.config.models import definition, release
    from vsodprep.config.recipe import read_recipe
    from vsodprep.models import checkpoints, saved
    from vsodprep.predict.sources import flow_of

    if official:
        model = model or checkpoints.recognise(checkpoint)
        run = read_recipe(recipe or "{}", model, weights=str(checkpoint))
        run = run.model_copy(update={"flow": flow_of(source, run.flow)})
        return checkpoints.adopt(checkpoint, model, run, release(model).flow)
    if model is not None and recipe is not None:
        return saved.adopt(checkpoint, definition(model).name, read_recipe(recipe))
    return None
