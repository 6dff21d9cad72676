"""Stored flow as other tools' files: `.flo`, KITTI PNG, colour pictures."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from vsodprep.config.flow import Dialect
from vsodprep.errors import InputError
from vsodprep.files import atomic_directory, nothing
from vsodprep.flow.formats import write_flo, write_kitti
from vsodprep.flow.picture import Picture
from vsodprep.flow.store import FlowFile
from vsodprep.images import write_png
from vsodprep.progress import track

Kind = Literal["flo", "kitti", "picture"]


def export_flow(
    flow: FlowFile, out: Path, kind: Kind, *, dialect: Dialect | None = None, maximum: float | None = None
) -> int:
    """Write a stored flow as one file per frame, `{frame}.flo` or `{frame}.png`; the folder appears whole.

    Args:
        flow: The stored flow.
        out: Folder to write, new or empty.
        kind: `flo`, `kitti`, or `picture`.
        dialect: Whose pictures; as the flow's block says if None.
        maximum: Length in pixels that gets a full colour in them; as the flow's block says if None.

    Returns:
        Number of files.

    Raises:
        InputError: The folder has something in it; or pictures alone are stored, which cannot be drawn otherwise.
    """
    if not flow.datasets and (dialect or maximum):
        raise InputError("--dialect, --maximum", "a flow of ready-made pictures", "neither: they draw vectors only")
    block = Picture(**flow.attributes.get("picture", {}))
    block = replace(block, dialect=dialect or block.dialect, maximum=maximum or block.maximum)
    with atomic_directory(out, nothing) as folder:
        for index in track(flow.frame_indices, f"export to {out.name}", unit="file"):
            values = flow.of_frame(index) if flow.datasets else None
            name = flow.frame_id(index)
            if values is None:
                picture = flow.picture(index)
                assert picture is not None
                write_png(folder / f"{name}.png", picture)
            elif kind == "flo":
                write_flo(folder / f"{name}.flo", values)
            elif kind == "kitti":
                write_kitti(folder / f"{name}.png", values)
            else:
                write_png(folder / f"{name}.png", block.draw(values))
    return len(flow.frame_indices)
