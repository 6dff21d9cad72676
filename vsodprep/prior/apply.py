"""The motion prior of one sequence, from its frames and flow to the stored file."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError, check_size
from vsodprep.flow.frames import sequence_frames
from vsodprep.flow.picture import picture_of
from vsodprep.flow.store import open_flow
from vsodprep.images import read_frame
from vsodprep.prior.classifier import Classifier, load
from vsodprep.prior.frame import Described, Moving, Windows, combine, describe
from vsodprep.prior.store import write_prior
from vsodprep.progress import track


class FrameRegions(NamedTuple):
    """Regions of each frame at each level.

    Attributes:
        counts: int32 `(frames, levels)`.
        halvings: uint8 `(frames, levels)`, how often k and the least size were halved.
    """

    counts: NDArray[np.int32]
    halvings: NDArray[np.uint8]

    def __str__(self) -> str:
        """Tell the range of each level's counts, and how many segmentations had to be made finer."""
        if not len(self.counts):
            return "no frame has a flow"
        levels = zip(self.counts.min(axis=0), self.counts.max(axis=0), strict=True)
        ranges = ", ".join(f"{low}-{high}" for low, high in levels)
        return f"regions {ranges}; {int((self.halvings > 0).sum())} of {self.counts.size} segmentations made finer"


def motion_priors(
    frames: Iterable[Moving], classifier: Classifier, windows: Windows | None = None
) -> Iterator[tuple[NDArray[np.float32], Described]]:
    """Compute the motion prior of frames.

    Args:
        frames: Frames with their flow; a network is given a few at once.
        classifier: Scores the regions.
        windows: The network's features, unless the classifier was fitted on `contrast`.

    Yields:
        For each frame float32 `(H, W)` in [0, 1] (STAN, MSST: Eq. 1), and the regions it comes from.
    """
    for described in describe(frames, classifier.settings, windows):
        scores = [classifier.score(features) for features in described.features]
        yield combine(described.pieces, scores, described.size), described


def windows_of(classifier: Classifier, path: Path, weights: str | None, device: str) -> Windows | None:
    """Return the network that describes regions for a classifier, or None if it needs none.

    Args:
        classifier: The classifier.
        path: Its file, to name in an error.
        weights: File with the network's weights, where it was fitted with such.
        device: Where the network runs.

    Raises:
        InputError: The weights are missing, or are others.
    """
    settings = classifier.settings
    if settings.features == "contrast":
        return None
    from vsodprep.prior.fit import with_network  # noqa: PLC0415  torch is slow to import

    if settings.weights == "file" and weights is None:
        raise InputError(path, "a prior whose network's weights lie in a file", "that file by --weights")
    windows, found = with_network(settings.model_copy(update={"weights": weights or settings.weights}), device)
    if found.weights_sha256 != settings.weights_sha256:
        raise InputError(
            f"{settings.features} weights {weights or settings.weights}",
            f"weights with the SHA-256 {found.weights_sha256[:16]}",
            f"{settings.weights_sha256[:16]}, which {path} was fitted with",
        )
    return windows


def apply(
    frames_folder: Path,
    flow_path: Path,
    classifier_path: Path,
    out: Path,
    *,
    weights: str | None = None,
    device: str = "cpu",
) -> FrameRegions:
    """Compute and write the motion prior of a sequence.

    Args:
        frames_folder: The sequence's frames.
        flow_path: Its flow.
        classifier_path: What `fit` wrote.
        out: HDF5 file; frames without a flow are left out.
        weights: File with the weights of the network behind the windows, where the classifier was fitted with one.
        device: Where that network runs.

    Returns:
        How many regions there were.

    Raises:
        InputError: A frame is missing, its size is not the flow's, or the classifier or flow is unreadable.
    """
    classifier = load(classifier_path)
    frames = sequence_frames(frames_folder, allow_gaps=True)
    windows = windows_of(classifier, classifier_path, weights, device)
    with open_flow(flow_path) as flow:
        indices = flow.frame_indices
        if indices and indices[-1] >= len(frames):
            raise InputError(flow_path, f"flow of frame {indices[-1]}", f"{len(frames)} frames as in {frames_folder}")
        priors = np.zeros((len(indices), *flow.size), dtype=np.uint8)
        regions = np.zeros((len(indices), len(classifier.settings.levels)), dtype=np.int32)
        halvings = np.zeros_like(regions, dtype=np.uint8)

        def moving(index: int) -> Moving:
            frame, motion = read_frame(frames[index]), flow.of_frame(index)
            assert motion is not None
            check_size(frames[index], frame.shape, motion.shape, str(flow_path))
            return Moving(frame, motion, picture_of(motion, flow.attributes))

        made = motion_priors(map(moving, indices), classifier, windows)
        for row, (prior, described) in enumerate(track(made, f"motion prior of {flow_path.stem}", len(indices))):
            priors[row] = np.round(prior * 255).astype(np.uint8)
            regions[row] = [level.regions for level in described.levels]
            halvings[row] = [level.halvings for level in described.levels]
        attributes = {
            "flow": flow.attributes,
            "settings": classifier.settings.model_dump(mode="json"),
            "training": classifier.training,
        }
    names = [frames[index].stem for index in indices]
    write_prior(out, priors, names, attributes, regions=regions, halvings=halvings)
    return FrameRegions(regions, halvings)
