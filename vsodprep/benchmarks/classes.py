"""Masks that are class ids, of semantic segmentation: PASCAL VOC's palette PNG, and SBD's MATLAB files."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodprep import PASCAL
from vsodprep.archives import Delivery
from vsodprep.benchmarks.layout import FrameFiles, Layout, SequenceFiles, collect
from vsodprep.benchmarks.masks import Decoded
from vsodprep.errors import InputError
from vsodprep.images import IGNORED, PILLOW_ERRORS


@dataclass(frozen=True)
class ClassIds:
    """Ids of classes, and 255 for what is to be ignored.

    Attributes:
        decode: From a file's bytes to its ids, `(H, W)`; what it raises of damaged ones is told as unreadable.
        highest: The highest id of a class.
    """

    decode: Callable[[bytes], NDArray[np.integer]]
    highest: int = PASCAL

    def read(self, files: Sequence[bytes], where: Sequence[str]) -> Decoded:
        """See `MaskCoding`; a mask of class ids is one file.

        Raises:
            InputError: It is unreadable, or has an id that no class has.
        """
        from PIL import Image  # noqa: PLC0415  a plan does without

        try:
            ids = np.asarray(self.decode(files[0]))
        except (*PILLOW_ERRORS, NotImplementedError, MemoryError, Image.DecompressionBombError) as error:
            raise InputError(where[0], f"unreadable as class ids ({error})", "a whole file of class ids") from error
        if ids.ndim != 2 or ids.dtype.kind not in "ui" or not ids.size:
            raise InputError(where[0], f"{ids.dtype} of shape {ids.shape}", "class ids, (H, W)")
        odd = ids[((ids > self.highest) & (ids != IGNORED)) | (ids < 0)]
        if odd.size:
            raise InputError(where[0], f"id {odd[0]}", f"0 to {self.highest}, and {IGNORED} for what is to be ignored")
        return Decoded(np.zeros(ids.shape, np.bool_), two_valued=True, classes=ids.astype(np.uint8))


def palette_ids(data: bytes) -> NDArray[np.integer]:
    """Return the ids of a palette PNG, or of a gray one.

    Raises:
        ValueError: It has colours, which say no ids.
    """
    from PIL import Image  # noqa: PLC0415

    with Image.open(io.BytesIO(data)) as image:
        if image.mode not in ("P", "L"):
            raise ValueError(f"an image of mode {image.mode}, not of a palette")
        return np.asarray(image)


def matlab_ids(data: bytes) -> NDArray[np.integer]:
    """Return the ids of one of SBD's MATLAB files, the field `Segmentation` of `GTcls`.

    Raises:
        ValueError: It is no such file.
    """
    from scipy.io import loadmat  # noqa: PLC0415  takes half a second

    try:
        ids: NDArray[np.integer] = loadmat(io.BytesIO(data), variable_names=["GTcls"])["GTcls"]["Segmentation"][0, 0]
    except Exception as error:  # whatever a parser of foreign bytes may raise
        raise ValueError(f"no GTcls.Segmentation ({type(error).__name__})") from error
    return ids


def class_layout(
    prefix: str, *, images: str, masks: str, lists: str, ending: str, coding: ClassIds
) -> Callable[[Delivery, str], Layout]:
    """Return what finds images and their class ids, in the parts that lists in the delivery name.

    Args:
        prefix: What the names of sequences begin with; a list's name follows.
        images: Folder of the images, as a regular expression.
        masks: Folder of the files of class ids, likewise.
        lists: The lists, likewise, with a group `part`.
        ending: Ending of the files of class ids.
        coding: How they are read.
    """
    pattern = re.compile(rf"(?:.*/)?{lists}")

    def layout(delivery: Delivery, _resolution: str) -> Layout:
        frames = collect(delivery, rf"(?:.*/)?(?P<seq>){images}/[^/]+", (".jpg",)).get("", {})
        found = collect(delivery, rf"(?:.*/)?(?P<seq>){masks}/[^/]+", (ending,)).get("", {})
        sequences = []
        for name in delivery.names:
            match = pattern.fullmatch(name)
            if match:
                stems = delivery.read(name).decode("utf-8", "replace").split()
                files = (
                    FrameFiles(stem, next(iter(frames.get(stem, ())), None), found.get(stem, ())[:1]) for stem in stems
                )
                kept = tuple(one for one in files if one.frame or one.masks)
                if kept:
                    sequences.append(SequenceFiles(f"{prefix}-{match['part']}", kept, coding))
        return Layout("official", tuple(sequences))

    return layout
