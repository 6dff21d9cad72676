"""`vsodprep coarse`."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._coding import coding_option, for_each
from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._options import block_of, options_of
from vsodprep.cli._torch import device_option
from vsodprep.config.coarse import Coarse
from vsodprep.markers import MAPS, RECORD


@click.group()
def command() -> None:
    """Make coarse labels: fuse saliency maps, threshold, refine, edit."""


@command.command()
@click.argument("frames_dir", type=PATH)
@click.option("--maps", multiple=True, required=True, type=Folder(MAPS), help="One method's maps.")
@coding_option("maps", several=True)
@click.option(
    "--whole",
    multiple=True,
    type=PATH,
    help="Folder of all maps of a method, if --maps is only a part of them; they all tell the coding.",
)
@click.option("--out", required=True, type=Folder(RECORD), help="Folder of the labels.")
@click.option("--record", type=PATH, help="JSON record, written last; record.json in --out if not given.")
@click.option(
    "--weights", default=Coarse().weights, show_default=True, help="uniform, W1,W2,..., or a file of fuse-fit."
)
@click.option("--crf", default=Coarse().crf, show_default=True, help="CRF preset, JSON, or a JSON file.")
@options_of(Coarse)
@click.option("--substitute-prior", type=PATH, help="Motion prior that supports, for the step substitute.")
@click.option("--substitute-flow", type=PATH, help="Or flow along which masks are carried, for the same step.")
@click.option("--substitute-masks", type=PATH, help="Masks of that sequence's annotated frames.")
@click.option("--sequence", help="Sequence name; the name of the folder --out if not given.")
@device_option
def label(*, frames_dir: Path, maps: tuple[Path, ...], out: Path, weights: str, crf: str, **given: Any) -> None:
    """Make the coarse labels of one sequence."""
    from vsodprep.coarse.chain import Chain
    from vsodprep.coarse.fuse import read_weights
    from vsodprep.coarse.sequence import label_sequence
    from vsodprep.coarse.support import choose_source
    from vsodprep.crf.refine import preset

    numbers, fitted = read_weights(weights, len(maps))
    evidence = (given[f"substitute_{kind}"] for kind in ("prior", "flow", "masks"))
    support = choose_source(*evidence, asked="substitute" in given["order"])
    block = block_of(Coarse, given, substitute={} if support is None else {"support": support.kind})
    label_sequence(
        frames_dir,
        maps,
        out,
        given["record"] or out / RECORD,
        chain=Chain(block, numbers, preset(crf), given["device"]),
        sequence=given["sequence"] or out.name,
        fitted=fitted,
        codings=for_each(given["coding"], maps),
        whole=given["whole"],
        support=support,
    )


@command.command()
@click.argument("records", nargs=-1, required=True, type=PATH)
@click.option("--out", required=True, type=PATH, help="The benchmark's provenance.json.")
def collect(records: tuple[Path, ...], out: Path) -> None:
    """Join the records of a benchmark's sequences."""
    from vsodprep.coarse.provenance import collect as join

    join(records, out)
