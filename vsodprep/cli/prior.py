"""`vsodprep prior`."""

from pathlib import Path

import click

from vsodprep.cli._numbers import FiniteRange

_LIGHT = ((0.8, 100.0, 150), (0.9, 100.0, 200), (0.9, 300.0, 300), (0.9, 200.0, 300), (0.8, 200.0, 150))
_DEVICE = click.option("--device", default="cpu", show_default=True, type=click.Choice(["cpu", "cuda"]))


@click.group()
def command() -> None:
    """Train the motion prior, or apply it to one sequence."""


@command.command()
@click.option(
    "--train",
    multiple=True,
    required=True,
    type=(click.Path(path_type=Path), click.Path(path_type=Path), str),
    metavar="NORMALIZED_DIR FLOW_DIR SPLIT",
    help="Annotated frames to learn from.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The classifier, .npz.")
@click.option(
    "--level",
    multiple=True,
    default=_LIGHT,
    type=(FiniteRange(0), FiniteRange(0, min_open=True), click.IntRange(1)),
    metavar="SIGMA K MIN",
    help="One segmentation; five of DRFI's if none is given.",
)
@click.option("--scale", default=0.5, show_default=True, type=FiniteRange(0, 1, min_open=True))
@click.option("--backend", default="opencv", show_default=True, type=click.Choice(["opencv", "skimage"]))
@click.option("--min-regions", default=16, show_default=True, type=click.IntRange(1))
@click.option("--features", default="contrast", show_default=True, type=click.Choice(["contrast", "alexnet", "vgg16"]))
@click.option("--weights", help="Of the network behind the features: torchvision's name, a file, or random.")
@click.option("--hidden", multiple=True, default=(300, 300), show_default=True, type=click.IntRange(1))
@click.option("--purity", default=0.7, show_default=True, type=FiniteRange(0.5, 1, min_open=True))
@click.option("--epochs", default=80, show_default=True, type=click.IntRange(1))
@click.option("--frames-per-sequence", default=8, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=0, show_default=True)
@_DEVICE
def fit(
    *,
    train: tuple[tuple[Path, Path, str], ...],
    out: Path,
    level: tuple[tuple[float, float, int], ...],
    scale: float,
    backend: str,
    min_regions: int,
    features: str,
    weights: str | None,
    hidden: tuple[int, ...],
    purity: float,
    epochs: int,
    frames_per_sequence: int,
    seed: int,
    device: str,
) -> None:
    """Train the classifier of regions on annotated frames."""
    from vsodprep.prior.fit import Split
    from vsodprep.prior.fit import fit as fit_classifier
    from vsodprep.prior.segmentation import Level
    from vsodprep.prior.settings import Settings

    source = "" if features == "contrast" else weights or "IMAGENET1K_V1"
    settings = Settings(tuple(Level(*one) for one in level), scale, backend, min_regions, features, source)
    classifier = fit_classifier(
        [Split(*one) for one in train],
        out,
        settings,
        hidden=hidden,
        purity=purity,
        epochs=epochs,
        frames_per_sequence=frames_per_sequence,
        seed=seed,
        device=device,
    )
    learned = classifier.training
    click.echo(
        f"{out}: {classifier.parameters} parameters from {learned['regions']} regions ({learned['foreground']} "
        f"foreground, {learned['mixed']} mixed ones left out) of {learned['frames']} frames, "
        f"loss {learned['loss_first']} to {learned['loss_last']}"
    )


@command.command()
@click.argument("frames_dir", type=click.Path(path_type=Path))
@click.argument("flow", type=click.Path(path_type=Path))
@click.argument("classifier", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The motion prior, .h5.")
@click.option("--weights", help="File of the network's weights, where the classifier was fitted with one.")
@_DEVICE
def apply(*, frames_dir: Path, flow: Path, classifier: Path, out: Path, weights: str | None, device: str) -> None:
    """Compute the motion prior of one sequence.

    FLOW: what `vsodprep flow` wrote. CLASSIFIER: what `vsodprep prior fit` wrote.
    """
    from vsodprep.prior.apply import apply as apply_classifier

    regions = apply_classifier(frames_dir, flow, classifier, out, weights=weights, device=device)
    click.echo(f"{out}: {len(regions.counts)} frames, {regions}")
