"""Fitting the motion prior's classifier to annotated frames."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, tee
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vsodprep.config.prior import Prior
from vsodprep.errors import InputError, check_size
from vsodprep.flow.picture import picture_of
from vsodprep.flow.store import open_flow
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import check_salient, frame_path, mask_path, read_manifest
from vsodprep.prior.classifier import Classifier, Settings, save
from vsodprep.prior.frame import Moving, Windows, describe
from vsodprep.prior.training import standardisation, train
from vsodprep.progress import track
from vsodprep.threads import restores_threads


class FitSource(NamedTuple):
    """Annotated frames to learn from: a normalised benchmark, the folder of its flow files, the name of a split."""

    benchmark: Path
    flow: Path
    split: str


class Samples(NamedTuple):
    """Training regions.

    Attributes:
        features: float32 `(n, d)`.
        foreground: bool `(n,)`.
        frames: How many frames they are from.
        mixed: How many regions were left out because neither label covers enough of them.
    """

    features: NDArray[np.float32]
    foreground: NDArray[np.bool_]
    frames: int
    mixed: int


def region_labels(
    labels: NDArray[np.int32], count: int, mask: NDArray[np.bool_], purity: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Label regions by the majority of their pixels, where it is large enough.

    Args:
        labels: int32 `(H, W)`, 0..count-1, all of them used.
        count: Number of regions.
        mask: bool `(H, W)`.
        purity: Least share of a region that its label covers; mixed regions are no samples (DRFI: 0.75, MDF: 0.7).

    Returns:
        bool `(count,)`: which regions are samples; bool `(count,)`: which are foreground.
    """
    share = np.bincount(labels.ravel(), mask.ravel(), count) / np.bincount(labels.ravel(), minlength=count)
    return (share >= purity) | (share <= 1 - purity), share > 0.5


def spread(items: Sequence[int], count: int) -> tuple[int, ...]:
    """Choose items evenly spread over a sequence, the middle one first to be kept; all of them if there are few."""
    if len(items) <= count:
        return tuple(items)
    return tuple(items[int((index + 0.5) * len(items) / count)] for index in range(count))


def _annotated(split: FitSource, most: int) -> Iterator[tuple[Moving, NDArray[np.bool_]]]:
    """Yield frames to learn from, each with its mask: at most so many of a sequence.

    Raises:
        InputError: A frame, mask or flow is missing or does not fit.
    """
    manifest = read_manifest(split.benchmark)
    check_salient(split.benchmark, manifest)
    videos = [video for video in manifest.split(split.split) if not video.still]
    for video in track(videos, f"regions of {split.benchmark.name} {split.split}", unit="sequence"):
        with open_flow(split.flow / f"{video.name}.h5") as flow:
            annotated = {video.frames.index(frame) for frame in video.annotated}
            for index in spread([index for index in flow.frame_indices if index in annotated], most):
                name = video.frames[index]
                motion = flow.of_frame(index)
                mask = mask_path(split.benchmark, video.name, name)
                truth = read_mask(mask)
                assert motion is not None
                check_size(mask, truth.shape, motion.shape, "its flow")
                frame = read_frame(frame_path(split.benchmark, video.name, name))
                yield Moving(frame, motion, picture_of(motion, flow.attributes)), truth


def collect(
    frames: Iterable[tuple[Moving, NDArray[np.bool_]]],
    settings: Settings,
    purity: float,
    windows: Windows | None = None,
) -> Samples:
    """Collect training regions.

    Args:
        frames: Annotated frames, and bool `(H, W)` of each.
        settings: How regions are made and described.
        purity: Least share of a region that its label covers.
        windows: The network's features, unless `settings.features` is `contrast`.
    """
    features: list[NDArray[np.float32]] = []
    foreground: list[NDArray[np.bool_]] = []
    count = mixed = 0
    moving, of_masks = tee(frames)
    masks = (mask for _, mask in of_masks)
    for described, mask in zip(describe((frame for frame, _ in moving), settings, windows), masks, strict=True):
        for level, rows in zip(described.levels, described.features, strict=True):
            labels = level.labels
            small = cv2.resize(mask.astype(np.uint8) * 255, labels.shape[::-1], interpolation=cv2.INTER_AREA)
            chosen, label = region_labels(labels, level.regions, small > 127, purity)
            features.append(rows[chosen])
            foreground.append(label[chosen])
            mixed += int((~chosen).sum())
        count += 1
    none = (np.zeros((0, 0), np.float32), np.zeros(0, np.bool_))
    return Samples(np.concatenate(features or none[:1]), np.concatenate(foreground or none[1:]), count, mixed)


def learned(samples: Samples, settings: Settings, block: Prior, origin: Mapping[str, Any]) -> Classifier:
    """Train a classifier.

    Args:
        samples: Training regions.
        settings: How they were made and described.
        block: How it is trained.
        origin: Where they are from, for the record.

    Raises:
        VsodprepError: All regions are of one class, or training diverged.
    """
    mean, deviation = standardisation(samples.features)
    weights, biases, losses = train(
        (samples.features - mean) / deviation, samples.foreground, block.hidden, epochs=block.epochs, seed=block.seed
    )
    training: dict[str, Any] = {
        **origin,
        "frames": samples.frames,
        "regions": len(samples.foreground),
        "foreground": int(samples.foreground.sum()),
        "mixed": samples.mixed,
        "purity": block.purity,
        "epochs": block.epochs,
        "seed": block.seed,
        "loss_first": round(losses[0], 6),
        "loss_last": round(losses[-1], 6),
    }
    return Classifier(mean, deviation, tuple(weights), tuple(biases), settings, training)


@restores_threads
def fit(
    splits: Sequence[FitSource],
    out: Path,
    block: Prior,
    *,
    device: str = "cpu",
) -> Classifier:
    """Fit the classifier and write it.

    Args:
        splits: Annotated frames to learn from.
        out: File that gets the classifier, `.npz`.
        block: How regions are made and described, and how the classifier is trained.
        device: Where the network behind the windows runs.

    Returns:
        The classifier.

    Raises:
        InputError: A frame, mask or flow is missing or does not fit, or no frame is annotated.
    """
    torch.set_num_threads(1)  # sums depend on how they are split, and the classifier is small
    windows, settings = with_network(Settings.of(block), device)
    frames = chain.from_iterable(_annotated(split, block.frames_per_sequence) for split in splits)
    samples = collect(frames, settings, block.purity, windows)
    if not samples.frames:
        raise InputError(
            splits[0].benchmark, f"no annotated frame with flow in {splits[0].split}", "at least one such frame"
        )
    origin = {"splits": [[split.benchmark.name, split.split] for split in splits]}
    classifier = learned(samples, settings, block, origin)
    save(out, classifier)
    return classifier


def with_network(settings: Settings, device: str) -> tuple[Windows | None, Settings]:
    """Return the features of the network that the settings name, if any, and the settings with its parameters' hash."""
    if settings.features == "contrast":
        return None, settings
    from vsodprep.prior.windows import DESCRIBED, backbone, parameters_sha256  # noqa: PLC0415  torchvision is slow

    network = backbone(settings.features, settings.weights)
    kind = "random" if settings.weights == "random" else "file" if Path(settings.weights).suffix else settings.weights
    return DESCRIBED[settings.windows](network, device), settings.model_copy(
        update={"weights": kind, "weights_sha256": parameters_sha256(network)}
    )
