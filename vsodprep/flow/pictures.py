"""Flow that one already has: colour pictures, `.flo` files or KITTI PNGs, stored as `vsodprep flow` stores its own.

Packs hold it in folders named after the sequences: FSNet's `SEQ/OF_FlowNet2`, TMO's `JPEGFlows/480p/SEQ`, MATNet's
`davis2017-flow/SEQ`; a picture for each frame, or none for the last.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.archives import Delivery, open_delivery
from vsodprep.config.flow import Flow, Policy
from vsodprep.errors import InputError, check_size
from vsodprep.flow.formats import decode_flo, decode_kitti
from vsodprep.flow.frames import image_size, read_frames, sequence_name
from vsodprep.flow.pairs import FramePair, datasets_of, make_pairs, record_of
from vsodprep.flow.picture import Picture
from vsodprep.flow.quality import grey, photometric_error, still_error
from vsodprep.flow.store import PICTURES, VERSIONS, write_flow
from vsodprep.images import IMAGE_SUFFIXES, check_one_picture, imdecode, png_header
from vsodprep.naming import canonical, joined, match
from vsodprep.progress import note, some, track

_FLO = ".flo"
_REST = 255  # white, as both colour wheels draw what rests beside what moves


class Given(NamedTuple):
    """The stored pairs of a sequence whose flow is there already.

    Attributes:
        pairs: The pairs.
        files: For each, the index of the frame under whose name its flow lies; None for one of rest.
        policy: The policy that was followed.
    """

    pairs: tuple[FramePair, ...]
    files: tuple[int | None, ...]
    policy: Policy


def given_pairs(
    ids: Sequence[str], policy: Policy, there: Collection[int], only: Collection[int] | None = None, where: str = "flow"
) -> Given:
    """Return the pairs of a sequence whose flow is there already.

    Where every frame has a file, each gets its own. Where those without a partner have none, they get what
    `first_frame` and `last_frame` say; the flow turned round (`backward`) is not there, so that the nearest frame's
    stands in for it.

    Args:
        ids: Frame ids of the sequence.
        policy: Which pairs the files are of.
        there: Indices of the frames that have a file.
        only: Indices of the frames that need a flow; all if None.
        where: What to name in an error.

    Raises:
        InputError: Frames that have a partner have no file, or some of those without one.
    """
    wanted = set(range(len(ids)) if only is None else only)
    missing = sorted(wanted - set(there))
    partners = {pair.shown for pair in make_pairs(len(ids), _ends(policy, "drop"), only)}
    if not missing:
        pairs = make_pairs(len(ids), _ends(policy, "backward"), only)
        return Given(pairs, tuple(pair.shown for pair in pairs), policy)
    if missing != sorted(wanted - partners) or not partners:
        between = f", {ids[min(partners)]} to {ids[max(partners)]}, that have a partner" if partners else ""
        found = f"{len(there)} files for {len(ids)} frames, none of {ids[missing[0]]}"
        raise InputError(where, found, f"one for each frame, or for each of the {len(partners)} frames{between}")
    if policy.last_frame == "backward" and len(ids) - 1 in missing:
        policy = policy.model_copy(update={"last_frame": "repeat"})
    pairs = make_pairs(len(ids), policy, only)
    at = 0 if policy.show_at == "from" else 1
    return Given(pairs, tuple(None if pair.rest else pair[at] for pair in pairs), policy)


def _ends(policy: Policy, rule: str) -> Policy:
    return policy.model_copy(update={"first_frame": rule, "last_frame": rule})


def store_pictures(
    block: Flow, frames: Sequence[Path], out: Path, only: Collection[int] | None = None
) -> dict[str, int]:
    """Store the pictures that a block's folder has of a sequence; see `store_given`.

    Raises:
        InputError: The block has no folder.
    """
    if block.folder is None:
        raise InputError("method pictures", "no folder", "a folder or archive of pictures (--folder)")
    return store_given(Path(block.folder), frames, out, block, only=only, pictures=True)


def store_given(
    source: Path,
    frames: Sequence[Path],
    out: Path,
    policy: Policy,
    *,
    only: Collection[int] | None = None,
    pictures: bool = False,
) -> dict[str, int]:
    """Store flow from elsewhere; see `given_pairs` for what frames without a partner get.

    Args:
        source: Folder or archive that holds the files, named after the frames that they are shown to.
        frames: Frames of the sequence.
        out: HDF5 file to write.
        policy: Which pairs the files are of.
        only: Indices of the frames that need a flow; all if None.
        pictures: Take pictures alone, and only from a folder named after the sequence.

    Returns:
        Numbers of pairs, of files, and, of vectors, of pixels that the files call unknown, which become zero.

    Raises:
        InputError: There is no one folder of the sequence, the files are not one for each frame or pair, one is broken
            or no flow, vectors have another size than the frames, or `both` is asked for.
    """
    if policy.direction == "both":
        raise InputError(source, "a single flow for each frame", "direction: forward or direction: backward")
    ids = [frame.stem for frame in frames]
    with open_delivery([source]) as delivery:
        names = _files_of(delivery, source, frames[0].parent, pictures=pictures)
        vectors = names[0].endswith(_FLO) or (png_header(delivery.read(names[0])) or (8, 0))[0] == 16
        if vectors and pictures:
            expected = "pictures of 8 bits; `vsodprep flow import` reads vectors"
            raise InputError(delivery.where(names[0]), "flow vectors", expected)
        of_frame = _by_frame(names, ids, source)
        given = given_pairs(ids, policy, of_frame, only, str(source))
        if given.policy != policy:
            note(f"{source}: no flow of {ids[-1]} of {sequence_name(frames[0].parent)}, which gets its neighbour's")
        files = [None if index is None else of_frame[index] for index in given.files]
        used = sorted({name for name in files if name is not None})
        record: dict[str, Any] = {
            "method": "imported" if vectors else "pictures",
            "provenance": "given",
            "weights_sha256": None,
            "files_sha256": hashlib.sha256("".join(_sha256(delivery, name) for name in used).encode()).hexdigest(),
            "policy": record_of(given.policy) | {"frames": "all" if only is None else "listed"},
            "versions": VERSIONS,
        }
        size = image_size(frames[0])
        if vectors:
            rows = _vectors(delivery, files, given.pairs, frames, record)
        else:
            rows = _pictures(delivery, files, size, record)
        tracked = track(rows, f"import of {sequence_name(frames[0].parent)}", total=len(given.pairs), unit="pair")
        stored = datasets_of(policy) if vectors else (PICTURES,)
        write_flow(out, given.pairs, tracked, size, record, datasets=stored, frames=ids)
    return {"pairs": len(given.pairs), "files": len(used)} | record.get("unknown", {})


def _sha256(delivery: Delivery, name: str) -> str:
    return hashlib.sha256(delivery.read(name)).hexdigest()


def _files_of(delivery: Delivery, source: Path, folder: Path, *, pictures: bool) -> list[str]:
    """Return the files of a sequence: what lies in the folder of its name, the one for flow where there are several."""
    sequence = sequence_name(folder)
    names = [name for name in delivery.names if _suffix(name) in ((_FLO,) * (not pictures) + IMAGE_SUFFIXES)]
    names = [name for name in names if _suffix(name) == _FLO] or names
    every = sorted({PurePosixPath(name).parent for name in names})
    above = (source.name, source.stem)
    places = [place for place in every if any(_is(part, sequence) for part in (*above, *place.parts))]
    places = places or [place for place in every if any(_is(name, sequence) for name in joined(place.parts))]
    if not places and not pictures and len(every) == 1:
        places = every
    if len(places) > 1:  # of a pack that has frames and masks too, or several benchmarks
        shared = os.path.commonpath(places)
        of_flow = [place for place in places if "flow" in str(place)[len(shared) :].lower()] or places
        places = [place for place in of_flow if folder.parent.parent.name in place.parts] or of_flow
    if len(places) != 1:
        found = f"images of {sequence} in {some([*map(str, places)])}" if places else f"no flow of {sequence}"
        raise InputError(
            source, found, "exactly one folder with the sequence's name, with one file for each pair of frames"
        )
    return [name for name in names if PurePosixPath(name).parent == places[0]]


def _is(part: str, sequence: str) -> bool:
    return part == sequence or canonical(part) == canonical(sequence) != ""


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _by_frame(names: Sequence[str], ids: Sequence[str], source: Path) -> dict[int, str]:
    """Return each frame's file; the numbers of the files may be padded otherwise, or count from 0."""
    found = match(ids, ids, [(name, PurePosixPath(name).stem) for name in names], "auto")
    if found.extra:
        expected = f"files named after the {len(ids)} frames, {ids[0]} to {ids[-1]}"
        raise InputError(source, f"{len(names)} files, among them some of no frame: {some(found.extra)}", expected)
    return {index: found.maps[frame] for index, frame in enumerate(ids) if frame in found.maps}


def _vectors(
    delivery: Delivery,
    files: Sequence[str | None],
    pairs: Sequence[FramePair],
    frames: Sequence[Path],
    record: dict[str, Any],
) -> Iterator[Mapping[str, Any]]:
    size = image_size(frames[0])
    dataset, unknown = record["policy"]["direction"], {"pixels": 0}
    record["unknown"] = unknown
    record["picture"] = Picture().record

    @lru_cache(max((abs(pair.source - pair.target) for pair in pairs), default=0) + 2)
    def picture(index: int) -> NDArray[np.uint8]:
        _, frame = next(read_frames(frames, [index]))
        return grey(frame)

    for pair, name in zip(pairs, files, strict=True):
        if name is None:
            yield {dataset: np.zeros((*size, 2), np.float32), "photometric": 0.0, "still": 0.0}
            continue
        where = delivery.where(name)
        found = (decode_flo if _suffix(name) == _FLO else decode_kitti)(delivery.read(name), where)
        check_size(where, found.known.shape, size, "the frames have")
        unknown["pixels"] += int(np.count_nonzero(~found.known))
        two = picture(pair.source), picture(pair.target)
        yield {dataset: found.flow, "photometric": photometric_error(*two, found.flow), "still": still_error(*two)}


def _pictures(
    delivery: Delivery, files: Sequence[str | None], size: tuple[int, int], record: dict[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield pictures at the size of the frames; a network's input size, or its crop, is stretched over them."""
    first: tuple[int, int] | None = None
    for name in files:
        if name is None:
            yield {PICTURES: np.full((*size, 3), _REST, np.uint8)}
            continue
        where, data = delivery.where(name), delivery.read(name)
        check_one_picture(data, where)
        image = imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED, where)
        if image is None or image.dtype != np.uint8 or image.ndim != 3:
            found = "unreadable" if image is None else f"an image of {image.dtype} and shape {image.shape}"
            raise InputError(where, found, "a flow picture of 8 bits in colour")
        picture = np.ascontiguousarray(image[..., 2::-1])  # OpenCV hands over BGR; alpha is dropped
        height, width = picture.shape[:2]
        if first is None and (height, width) != size:
            record["stretched_from"] = [height, width]
            note(f"{where}: {height} x {width} pixels, stretched over the frame's {size[0]} x {size[1]}")
        first = first or (height, width)
        if (height, width) != first:
            raise InputError(where, f"{height} x {width} pixels", f"{first[0]} x {first[1]}, as the other pictures")
        if first != size:
            picture = np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
        yield {PICTURES: picture}
