"""A method's maps, frame by frame, found and read as they are for scoring, for figures that show them."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.archives import Tree, open_tree
from vsodprep.coding import Reading
from vsodprep.errors import InputError
from vsodprep.evaluate.engine import reading_of_maps
from vsodprep.evaluate.inputs import maps_of_frames
from vsodprep.evaluate.truth import open_truth


@dataclass(frozen=True)
class MapPictures:
    """The maps of one method.

    Attributes:
        maps: Where they lie.
        names: Name of each frame's map by sequence and frame id.
        reading: How they are read.
    """

    maps: Tree
    names: Mapping[str, Mapping[str, str]]
    reading: Reading

    def read(self, sequence: str, frame: str) -> NDArray[np.uint8] | None:
        """Return a frame's map at its own size, uint8 `(H, W)`; None where there is none.

        Raises:
            InputError: It is unreadable.
        """
        name = self.names.get(sequence, {}).get(frame)
        return None if name is None else self.reading.decode(self.maps.read(name), self.maps.where(name)).values


@contextmanager
def open_maps(pred: Path, gt: Path, split: str | None = None, **told: Any) -> Iterator[MapPictures]:
    """Find a method's maps as an evaluation does.

    Args:
        pred: Folder or archive of maps.
        gt: What `open_truth` takes, of which maps are shown.
        split: A split of it; None for all sequences.
        told: What the user told of the maps, `coding`, `naming` and `void`, as a score file records it.

    Yields:
        The maps; an archive is closed afterwards.

    Raises:
        InputError: There are no maps, two are the map of one frame, or it cannot be told how they are coded.
    """
    with closing(open_truth(gt, split)) as truth, closing(open_tree(pred)) as maps:
        names = maps_of_frames(truth, maps, told.get("naming", "auto"))
        if not any(names.values()):
            raise InputError(pred, "no map of any frame", "saliency maps, SEQUENCE/FRAME.png")
        every = [name for of in names.values() for name in of.values()]
        yield MapPictures(
            maps, names, reading_of_maps(maps, every, told.get("coding", "auto"), told.get("void", "background"))
        )
