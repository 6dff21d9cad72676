"""Coarse labels of one sequence, from its folders of maps to the written masks and their record."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vsodprep.coarse.chain import Chain, Labelled, label_frame
from vsodprep.coarse.edits import edits_by_frame, read_edits
from vsodprep.coarse.support import Source, Support
from vsodprep.config.coarse import check_order
from vsodprep.config.coding import Coding
from vsodprep.errors import check_size
from vsodprep.files import enter_folder, write_json
from vsodprep.flow.frames import sequence_frames, sequence_name
from vsodprep.images import read_frame, write_mask
from vsodprep.progress import track
from vsodprep.saliency.folders import describe_maps, maps_of, reading_of, stack_maps


def label_sequence(
    frames_folder: Path,
    map_folders: Sequence[Path],
    out: Path,
    record: Path,
    *,
    chain: Chain,
    sequence: str,
    codings: Sequence[Coding],
    fitted: dict[str, Any] | None = None,
    support: Source | None = None,
    whole: Sequence[Path] = (),
) -> None:
    """Make the coarse labels of a sequence.

    Args:
        frames_folder: The sequence's frames.
        map_folders: One folder of `{frame}.png` per saliency method.
        out: Folder that gets `{frame}.png`, coded as masks.
        record: JSON file that is written last and says how the labels came about.
        chain: Settings.
        sequence: The name under which the file of edits knows the sequence.
        fitted: What the file of fitted weights says, for the record.
        support: What supports components, if the chain has the step `substitute`.
        codings: How the maps of each folder are coded.
        whole: Folders of all maps of a method, in which some of the map folders are.

    Raises:
        InputError: A frame or map is missing or unreadable, or an edit or the support does not fit the sequence.
    """
    frames = sequence_frames(frames_folder, allow_gaps=True)
    check_order(chain.block.order, len(map_folders), "order")
    stems = [frame.stem for frame in frames]
    paths = [maps_of(folder, stems) for folder in map_folders]
    readings = [
        reading_of(one, folder, coding, whole=next((each for each in whole if folder.is_relative_to(each)), None))
        for one, folder, coding in zip(paths, map_folders, codings, strict=True)
    ]
    edits = chain.block.edits if "edits" in chain.block.order else None
    chosen = edits_by_frame(read_edits(Path(edits)), sequence, stems, edits) if edits else {}
    supports: Iterable[Support] = (Support(index, None, None) for index in range(len(frames)))
    sources = (*frames, *(path for one in paths for path in one))
    marker = record.name if record.parent == out else ""
    enter_folder(out, (f"{stem}.png" for stem in stems), marker, sources=sources, sequence=sequence_name(frames_folder))
    record.unlink(missing_ok=True)
    per_frame: dict[str, dict[str, Any]] = {}
    for index, values, truth in track(
        supports if support is None else support.of_frames(frames), f"coarse labels of {sequence}", len(frames)
    ):
        path = frames[index]
        picture = read_frame(path)
        if values is not None:
            check_size(path, picture.shape, values.shape, f"its {chain.block.substitute.support}")
        maps = stack_maps([one[index] for one in paths], (picture.shape[0], picture.shape[1]), readings)
        made = label_frame(picture, maps, chain, chosen.get(path.stem, ()), values)
        write_mask(out / f"{path.stem}.png", made.label)
        per_frame[path.stem] = {"foreground": round(float(made.label.mean()), 6)}
        if made.threshold is not None:
            per_frame[path.stem]["threshold"] = made.threshold
        if path.stem in chosen:
            per_frame[path.stem]["edits"] = [edit.line() for edit in chosen[path.stem]]
            per_frame[path.stem]["edits_without_effect"] = [edit.line() for edit in made.ineffective]
        if support is not None:
            per_frame[path.stem]["substitute"] = _erased(made, None if truth is None else stems[truth])
    described = [describe_maps(*each) for each in zip(map_folders, paths, readings, strict=True)]
    settings = chain.block.substitute.model_dump(include={"support", "threshold", "share"})
    substitute = {"instead_of": "erasing by hand"} | settings
    of_sequence = {} if support is None else {"support": support.describe(frames)}
    write_json(
        record,
        of_sequence
        | {
            "sequence": sequence,
            "order": list(chain.block.order),
            "methods": [{key: value for key, value in one.items() if key != "sha256"} for one in described],
            "maps": [one["sha256"] for one in described],
            "weights": [round(float(weight), 9) for weight in chain.weights],
            "fitted": fitted,
            "crf": chain.crf.model_dump() if "crf" in chain.block.order else None,
            "certainty": chain.block.certainty if "crf" in chain.block.order else None,
            "substitute": substitute if support is not None else None,
            "frames": per_frame,
        },
    )


def _erased(made: Labelled, truth: str | None) -> dict[str, Any] | None:
    """Return what the substitute did to a frame; None if nothing is known that could support its label."""
    if made.substituted is None:
        return None
    counts = made.substituted._asdict()
    del counts["label"]
    return counts if truth is None else counts | {"carried_from": truth}
