"""`vsodprep predict`: saliency maps of a shard, a folder of frames, or a video file."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._torch import device_option, threads_option, wait_passively
from vsodprep.files import read_json
from vsodprep.markers import PREDICTIONS, SHARD


@click.command()
@click.argument("checkpoint", type=PATH)
@click.argument("source", type=Folder(SHARD))
@click.option("--out", required=True, type=Folder(PREDICTIONS), help="Folder for the maps.")
@click.option("--split", help="Split of a shard; default: all of it.")
@click.option("--classifier", type=PATH, help="Motion prior's C.npz, where the network reads one.")
@click.option("--official", is_flag=True, help="CHECKPOINT is what the authors of DS-Net or CAG-DDE released.")
@click.option("--model", help="Of weights that are no checkpoint of ours: the network, its name or MODULE:CLASS.")
@click.option("--recipe", metavar="JSON|FILE", help="And the run that they are of, as `vsodprep train` takes it.")
@click.option("--allow", multiple=True, metavar="KIND", help="Kind of issue of frames or videos that is only told.")
@device_option
@threads_option
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Frames predicted together.")
def command(
    *,
    checkpoint: Path,
    source: Path,
    out: Path,
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

    Maps that the same checkpoint wrote to --out before are joined: `predictions.json` lists them all.

    SOURCE is a shard, a folder of frames, or a video file; a network that reads single frames also takes a folder of
    any images. Of frames and videos the flow is estimated as it was for the network's training; the motion prior is
    made with --classifier.

    CHECKPOINT is one of `vsodprep train`; with --model and --recipe any file of torch or safetensors that has all of
    the network's tensors, and a shard as SOURCE if the network reads flow. With --official it is the authors' file,
    and all is done as in their code but for what --recipe says otherwise; the flow, too, is made as theirs was. It may
    be a network as an ONNX file, or the name of one that rembg keeps (`u2net`); --recipe then takes the keys of a
    saliency block of method onnx, such as '{"size": [384, 384]}'.
    """
    from vsodprep.config.models import definition, release
    from vsodprep.config.recipe import read_recipe
    from vsodprep.config.saliency import read_onnx

    onnx = None if official or model else read_onnx(str(checkpoint), recipe or "{}")
    if not (official or onnx) and (model is None) != (recipe is None):
        raise click.UsageError("--model and --recipe go together")
    wait_passively()
    from vsodprep.models import checkpoints, saved
    from vsodprep.models.device import check_device
    from vsodprep.models.inference import predict_shard
    from vsodprep.predict.images import predict_by
    from vsodprep.predict.sources import as_shard, flow_of

    content: dict[str, Any] | None = None
    if onnx:
        content = {}
    else:
        torch["device"] = check_device(torch["device"])
    if official:
        model = model or checkpoints.recognise(checkpoint)
        run = read_recipe(recipe or "{}", model, weights=str(checkpoint))
        run = run.model_copy(update={"flow": flow_of(source, run.flow)})
        content = checkpoints.adopt(checkpoint, model, run, release(model).flow)
    elif model is not None and recipe is not None:
        content = saved.adopt(checkpoint, definition(model).name, read_recipe(recipe))
    with as_shard(source, checkpoint, out, classifier, allow=allow, content=content, **torch) as shard:
        if onnx:
            written = predict_by(onnx, shard, out, split=split, **torch)
        else:
            written = predict_shard(checkpoint, shard, out, split=split, batch=batch, content=content, **torch)
    others = read_json(out / PREDICTIONS, "the record just written")["sequences"].keys() - written.keys()
    if others:
        click.echo(f"{out}: joined the maps of {', '.join(sorted(others))}, which were there", err=True)
