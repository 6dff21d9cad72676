"""`vsodprep prior`."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._options import block_of, options_of
from vsodprep.cli._torch import device_option
from vsodprep.config.prior import Prior
from vsodprep.markers import MANIFEST


@click.group()
def command() -> None:
    """Train the motion prior, or apply it to one sequence."""


@command.command()
@click.option(
    "--train",
    multiple=True,
    required=True,
    type=(Folder(MANIFEST), PATH, str),
    metavar="NORMALIZED_DIR|manifest.json FLOW_DIR SPLIT",
    help="Annotated frames to learn from.",
)
@click.option("--out", required=True, type=PATH, help="The classifier, .npz.")
@options_of(Prior)
@device_option
def fit(*, train: tuple[tuple[Path, Path, str], ...], out: Path, device: str, **given: Any) -> None:
    """Train the classifier of regions on annotated frames."""
    from vsodprep.prior.fit import FitSource
    from vsodprep.prior.fit import fit as fit_classifier

    classifier = fit_classifier([FitSource(*one) for one in train], out, block_of(Prior, given), device=device)
    learned = classifier.training
    click.echo(
        f"{out}: {classifier.parameters} parameters from {learned['regions']} regions ({learned['foreground']} "
        f"foreground, {learned['mixed']} mixed ones left out) of {learned['frames']} frames, "
        f"loss {learned['loss_first']} to {learned['loss_last']}"
    )


@command.command()
@click.argument("frames_dir", type=PATH)
@click.argument("flow", type=PATH)
@click.argument("classifier", type=PATH)
@click.option("--out", required=True, type=PATH, help="The motion prior, .h5.")
@click.option("--weights", help="File of the network's weights, where the classifier was fitted with one.")
@device_option
def apply(*, frames_dir: Path, flow: Path, classifier: Path, out: Path, weights: str | None, device: str) -> None:
    """Compute the motion prior of one sequence.

    FLOW: what `vsodprep flow` wrote. CLASSIFIER: what `vsodprep prior fit` wrote.
    """
    from vsodprep.prior.apply import apply as apply_classifier

    regions = apply_classifier(frames_dir, flow, classifier, out, weights=weights, device=device)
    click.echo(f"{out}: {len(regions.counts)} frames, {regions}")
