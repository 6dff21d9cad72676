"""`vsodprep coarse`."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._coding import coding_option, for_each
from vsodprep.cli._folder import Folder
from vsodprep.cli._options import block_of, options_of
from vsodprep.config.coarse import Coarse
from vsodprep.config.coding import Coding
from vsodprep.markers import MAPS, RECORD


@click.group()
def command() -> None:
    """Make coarse labels: fuse saliency maps, threshold, refine, edit."""


@command.command()
@click.argument("frames_dir", type=click.Path(path_type=Path))
@click.option("--maps", multiple=True, required=True, type=Folder(MAPS), help="One method's maps.")
@coding_option("maps", several=True)
@click.option(
    "--whole",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder of all maps of a method, of which one --maps is a part: the coding is told from all of them.",
)
@click.option("--out", required=True, type=Folder(RECORD), help="Folder of the labels.")
@click.option(
    "--record", type=click.Path(path_type=Path), help="JSON record, written last; record.json in --out if not given."
)
@click.option(
    "--weights", default=Coarse().weights, show_default=True, help="uniform, W1,W2,..., or a file of fuse-fit."
)
@click.option("--crf", default=Coarse().crf, show_default=True, help="CRF preset, JSON, or a JSON file.")
@options_of(Coarse)
@click.option(
    "--substitute-prior", type=click.Path(path_type=Path), help="Step substitute, for erasing by hand: prior."
)
@click.option("--substitute-flow", type=click.Path(path_type=Path), help="Or flow along which masks are carried.")
@click.option("--substitute-masks", type=click.Path(path_type=Path), help="Masks of that sequence's annotated frames.")
@click.option("--sequence", help="Sequence name; the name of the folder --out if not given.")
def label(
    *,
    frames_dir: Path,
    maps: tuple[Path, ...],
    coding: tuple[Coding, ...],
    whole: tuple[Path, ...],
    out: Path,
    record: Path | None,
    weights: str,
    crf: str,
    substitute_prior: Path | None,
    substitute_flow: Path | None,
    substitute_masks: Path | None,
    sequence: str | None,
    **given: Any,
) -> None:
    """Make the coarse labels of one sequence."""
    from vsodprep.coarse.chain import Chain
    from vsodprep.coarse.fuse import read_weights
    from vsodprep.coarse.sequence import label_sequence
    from vsodprep.coarse.support import choose_source
    from vsodprep.crf.refine import preset

    numbers, fitted = read_weights(weights, len(maps))
    asked = "substitute" in given["order"]
    support = choose_source(substitute_prior, substitute_flow, substitute_masks, asked=asked)
    block = block_of(Coarse, given, substitute={} if support is None else {"support": support.kind})
    label_sequence(
        frames_dir,
        maps,
        out,
        record or out / RECORD,
        chain=Chain(block, numbers, preset(crf)),
        sequence=sequence or out.name,
        fitted=fitted,
        codings=for_each(coding, maps),
        whole=whole,
        support=support,
    )


@command.command()
@click.argument("records", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The benchmark's provenance.json.")
def collect(records: tuple[Path, ...], out: Path) -> None:
    """Join the records of a benchmark's sequences."""
    from vsodprep.coarse.provenance import collect as join

    join(records, out)
