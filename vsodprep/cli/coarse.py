"""`vsodprep coarse`."""

from pathlib import Path

import click

from vsodprep.cli._folder import Folder
from vsodprep.cli._numbers import FiniteRange
from vsodprep.markers import MAPS, RECORD


@click.group()
def command() -> None:
    """Make coarse labels: fuse saliency maps, threshold, refine, edit."""


@command.command()
@click.argument("frames_dir", type=click.Path(path_type=Path))
@click.option("--maps", multiple=True, required=True, type=Folder(MAPS), help="One method's maps.")
@click.option("--out", required=True, type=Folder(RECORD), help="Folder of the labels.")
@click.option(
    "--record", type=click.Path(path_type=Path), help="JSON record, written last; record.json in --out if not given."
)
@click.option("--weights", default="uniform", show_default=True, help="uniform, W1,W2,..., or a file of fuse-fit.")
@click.option("--order", default="fuse,otsu,crf,edits", show_default=True, help="Steps.")
@click.option("--crf", default="stan", show_default=True, help="CRF preset, JSON, or a JSON file.")
@click.option("--certainty", default=0.7, show_default=True, type=FiniteRange(0.5, 1, True, True))
@click.option("--edits", type=click.Path(path_type=Path), help="File of recorded edits.")
@click.option(
    "--substitute-prior", type=click.Path(path_type=Path), help="Step substitute, for erasing by hand: prior."
)
@click.option("--substitute-flow", type=click.Path(path_type=Path), help="Or flow along which masks are carried.")
@click.option("--substitute-masks", type=click.Path(path_type=Path), help="Masks of that sequence's annotated frames.")
@click.option(
    "--substitute-threshold",
    default=0.5,
    show_default=True,
    type=FiniteRange(0, 1, min_open=True),
    help="Support from which on a pixel is supported.",
)
@click.option(
    "--substitute-share",
    default=0.25,
    show_default=True,
    type=FiniteRange(0, 1, min_open=True),
    help="Share of a component's pixels that must be supported.",
)
@click.option("--sequence", help="Sequence name; the name of the folder --out if not given.")
def label(
    *,
    frames_dir: Path,
    maps: tuple[Path, ...],
    out: Path,
    record: Path | None,
    weights: str,
    order: str,
    crf: str,
    certainty: float,
    edits: Path | None,
    substitute_prior: Path | None,
    substitute_flow: Path | None,
    substitute_masks: Path | None,
    substitute_threshold: float,
    substitute_share: float,
    sequence: str | None,
) -> None:
    """Make the coarse labels of one sequence."""
    from vsodprep.coarse.chain import Chain, parse_order
    from vsodprep.coarse.crf import preset
    from vsodprep.coarse.fuse import read_weights
    from vsodprep.coarse.sequence import label_sequence
    from vsodprep.coarse.support import choose_source
    from vsodprep.config.coarse import Substitute

    numbers, fitted = read_weights(weights, len(maps))
    steps = parse_order(order)
    support = choose_source(substitute_prior, substitute_flow, substitute_masks, asked="substitute" in steps)
    kind = Substitute().support if support is None else support.kind
    substitute = Substitute(support=kind, threshold=substitute_threshold, share=substitute_share)
    label_sequence(
        frames_dir,
        maps,
        out,
        record or out / RECORD,
        chain=Chain(steps, numbers, preset(crf), certainty, substitute),
        sequence=sequence or out.name,
        fitted=fitted,
        edits=edits,
        support=support,
    )


@command.command()
@click.argument("records", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The benchmark's provenance.json.")
def collect(records: tuple[Path, ...], out: Path) -> None:
    """Join the records of a benchmark's sequences."""
    from vsodprep.coarse.provenance import collect as join

    join(records, out)
