"""One frame and its mask: from a delivery into the normalised layout."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.archives import Delivery
from vsodprep.benchmarks.layout import FrameFiles, SequenceFiles
from vsodprep.benchmarks.masks import Decoded, MaskCoding
from vsodprep.images import encode_png
from vsodprep.manifest import Issue
from vsodprep.normalize.checks import Finding
from vsodprep.normalize.frames import convert_frame


@dataclass(frozen=True)
class Converted:
    """What came of a frame.

    Attributes:
        id: Frame id.
        size: Height and width in pixels, None if the frame is missing.
        annotated: Whether it has a mask.
        findings: What was wrong with it.
        digests: Path below the benchmark's folder and SHA-256 of each file written.
    """

    id: str
    size: tuple[int, int] | None
    annotated: bool
    findings: tuple[Finding, ...]
    digests: tuple[tuple[str, str], ...]


def convert(
    delivery: Delivery, sequence: SequenceFiles, files: FrameFiles, coding: MaskCoding, folder: Path
) -> Converted:
    """Write a frame and its mask.

    Args:
        delivery: Where they are.
        sequence: Their sequence.
        files: Their paths in the delivery.
        coding: How the mask is read.
        folder: The benchmark's folder.

    Raises:
        InputError: A file is unreadable.
    """
    where = f"{sequence.name}/{files.id}"
    if files.frame is None:
        issue = Issue("missing-frame", where, "a mask without its frame")
        return Converted(files.id, None, False, (Finding(issue, delivery.where(files.masks[0])),), ())
    culprit = delivery.where(files.frame)
    content, suffix, size, odd = convert_frame(delivery.read(files.frame), culprit, upright=sequence.upright)
    written = {f"frames/{files.id}{suffix}": content}
    findings = [Finding(Issue(kind, where, detail), culprit) for kind, detail in odd]
    if files.masks:
        written |= _convert_mask(delivery, sequence, files, coding, size, findings)
    elif files.promised:
        findings.append(Finding(Issue("missing-mask", where, "no mask"), delivery.where(files.frame)))
    for name, data in written.items():
        path = folder / sequence.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    digests = tuple((f"{sequence.name}/{name}", hashlib.sha256(data).hexdigest()) for name, data in written.items())
    annotated = any(name.startswith("masks/") for name in written)  # class ids are no mask
    return Converted(files.id, size, annotated, tuple(findings), digests)


def _convert_mask(
    delivery: Delivery,
    sequence: SequenceFiles,
    files: FrameFiles,
    coding: MaskCoding,
    size: tuple[int, int],
    findings: list[Finding],
) -> dict[str, bytes]:
    where = f"{sequence.name}/{files.id}"
    delivered = [delivery.read(name) for name in files.masks]
    names = [delivery.where(name) for name in files.masks]
    decoded = coding.read(delivered, names)
    if decoded.odd is not None:
        kind, detail = decoded.odd
        findings.append(Finding(Issue(kind, where, detail), names[0]))
    mask: NDArray[np.bool_ | np.uint8] = decoded.mask if decoded.classes is None else decoded.classes
    fits = mask.shape == size
    if not fits:
        detail = f"a mask of {mask.shape[1]}x{mask.shape[0]} pixels for a frame of {size[1]}x{size[0]}"
        findings.append(Finding(Issue("size-mismatch", where, detail), names[0]))
        resized = cv2.resize(mask.astype(np.uint8), (size[1], size[0]), interpolation=cv2.INTER_NEAREST_EXACT)
        mask = resized.astype(np.uint8) if decoded.classes is not None else resized.astype(np.bool_)
    if decoded.classes is not None:
        return {f"classes/{files.id}.png": encode_png(mask.astype(np.uint8))}
    if decoded.faint:
        findings.append(Finding(Issue("faint-mask", where, "values other than 0, none of them foreground"), names[0]))
    elif not mask.any():
        findings.append(Finding(Issue("empty-mask", where, "no foreground in the mask"), names[0]))
    kept = decoded.keepable and fits
    written = {f"masks/{files.id}.png": delivered[0] if kept else encode_png(mask.astype(np.uint8) * 255)}
    if not decoded.two_valued or not fits:
        written |= _raw(files, delivered, decoded)
    return written


def _raw(files: FrameFiles, delivered: list[bytes], decoded: Decoded) -> dict[str, bytes]:
    """Name the delivered masks for `masks_raw/`; several objects are numbered from 1."""
    several = len(delivered) > 1
    return {
        f"masks_raw/{files.id}{f'.{number}' if several else ''}{PurePosixPath(name).suffix.lower()}": data
        for number, (name, data) in enumerate(zip(files.masks, delivered, strict=True), start=1)
    }
