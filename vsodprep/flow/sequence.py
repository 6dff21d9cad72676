"""A sequence's flow, from its frames to the stored file, in one pass."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.ahead import ahead
from vsodprep.config.flow import Policy
from vsodprep.errors import InputError, VsodprepError
from vsodprep.flow.estimator import Estimator, Field
from vsodprep.flow.frames import image_size, read_frames, sequence_name
from vsodprep.flow.pairs import FramePair, Job, datasets_of, jobs_of, make_pairs, record_of
from vsodprep.flow.picture import Picture, dialect_of
from vsodprep.flow.quality import grey, inconsistent_share, photometric_error, still_error
from vsodprep.flow.store import VERSIONS, write_flow
from vsodprep.progress import track

# At least; with larger batches a whole one waits, so that the next is estimated while this one is written.
_DECODED_AHEAD = 8  # frames
_ESTIMATED_AHEAD = 4  # flows
_MEASURED_AHEAD = 2  # flows
_STILL = 1.0  # pixels; a pair without a longer vector is counted as near-static
_MEASURES = ("photometric", "still", "inconsistent")  # the last where both directions are stored


class _Estimated(NamedTuple):
    flow: Field
    grey: tuple[NDArray[np.uint8], NDArray[np.uint8]]


def write_sequence(
    frames: Sequence[Path],
    out: Path,
    estimator: Estimator,
    policy: Policy,
    *,
    only: Collection[int] | None = None,
    picture: Picture | None = None,
    writers: int = 1,
) -> dict[str, Any]:
    """Estimate and store the flow of a sequence; decoding and writing overlap with the estimation.

    Args:
        frames: The frames in order.
        out: HDF5 file to write (see `vsodprep.flow.store`).
        estimator: The method.
        policy: Which pairs.
        only: Indices of the frames that need a flow; all if None.
        picture: How its pictures are drawn, which is only recorded; as the method's own tools do if None.
        writers: Processes that compress what is stored; see `write_flow`.

    Returns:
        Numbers of pairs and of flows estimated, and their quality as in the file's attribute `quality`.

    Raises:
        InputError: A frame is unreadable or has another size.
        VsodprepError: The method cannot work on the frames, or gave a flow that is not finite.
    """
    pairs = make_pairs(len(frames), policy, only)
    size = image_size(frames[0])
    quality: dict[str, float | None] = {}
    record = estimator.record
    attributes = {
        **record,
        "picture": (picture or Picture(dialect_of(record.get("method", "")))).record,
        "policy": record_of(policy) | {"frames": "all" if only is None else "listed"},
        "versions": {**VERSIONS, **record["versions"]},
        "quality": quality,
    }
    with (
        _naming(frames[0].parent),
        estimated_flows(
            pairs, policy, lambda order: read_frames(frames, order), size, estimator, quality=quality
        ) as rows,
    ):
        write_flow(
            out,
            pairs,
            track(rows, f"flow of {sequence_name(frames[0].parent)}", total=len(pairs), unit="pair"),
            size,
            attributes,
            datasets=datasets_of(policy),
            frames=[frame.stem for frame in frames],
            writers=writers,
        )
    return {"pairs": len(pairs), "estimated": len(jobs_of(pairs, policy)), **quality}


@contextmanager
def estimated_flows(
    pairs: Sequence[FramePair],
    policy: Policy,
    read: Callable[[Sequence[int]], Iterator[tuple[int, NDArray[np.uint8]]]],
    size: tuple[int, int],
    estimator: Estimator,
    *,
    quality: dict[str, float | None],
) -> Iterator[Iterator[Mapping[str, Any]]]:
    """Estimate the flows of a sequence, in threads and before they are asked for; few frames are in memory.

    Args:
        pairs: The pairs.
        policy: What made them.
        read: Reads frames, each once, in the order of the given indices: index, and uint8 `(H, W, 3)` RGB.
        size: Height and width.
        estimator: The method.
        quality: Gets the means over all pairs in the end.

    Yields:
        An iterator over what `write_flow` stores for each pair.
    """
    jobs = jobs_of(pairs, policy)
    together = estimator.batch(size)
    with (
        ahead(read(_first_uses(jobs)), max(_DECODED_AHEAD, together)) as decoded,
        ahead(_estimate(jobs, decoded, estimator, together), max(_ESTIMATED_AHEAD, together)) as estimated,
        ahead(_rows(pairs, policy, estimated, size, quality), _MEASURED_AHEAD) as rows,
    ):
        yield rows


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Name the sequence in errors of the method, which does not know it."""
    try:
        yield
    except InputError:
        raise
    except VsodprepError as error:
        raise VsodprepError(f"{folder}: {error}") from error


def _first_uses(jobs: Sequence[Job]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(frame for job in jobs for frame in job))


def _last_uses(jobs: Sequence[Sequence[Any]]) -> dict[Any, int]:
    return {item: number for number, items in enumerate(jobs) for item in items}


def _estimate(
    jobs: Sequence[Job],
    decoded: Iterator[tuple[int, NDArray[np.uint8]]],
    estimator: Estimator,
    together: int,
) -> Iterator[tuple[Job, _Estimated]]:
    """Yield the flows in order; a frame is encoded once and kept until the last batch that uses it."""
    sources = {source for source, _ in jobs}
    batches = [jobs[start : start + together] for start in range(0, len(jobs), together)]
    last = _last_uses([_first_uses(batch) for batch in batches])
    encoded: dict[int, Any] = {}
    pictures: dict[int, NDArray[np.uint8]] = {}
    for number, batch in enumerate(batches):
        new = [frame for frame in _first_uses(batch) if frame not in encoded]
        images = dict(next(decoded) for _ in new)
        pictures.update({frame: grey(image) for frame, image in images.items()})
        encodings = estimator.encode(list(images.values()), [frame in sources for frame in images])
        encoded.update(zip(images, encodings, strict=True))
        flows = estimator.estimate([(encoded[source], encoded[target]) for source, target in batch])
        for (source, target), flow in zip(batch, flows, strict=True):
            yield (source, target), _Estimated(flow, (pictures[source], pictures[target]))
        for frame in [frame for frame in encoded if last[frame] <= number]:
            del encoded[frame], pictures[frame]


def _rows(
    pairs: Sequence[FramePair],
    policy: Policy,
    estimated: Iterator[tuple[Job, _Estimated]],
    size: tuple[int, int],
    quality: dict[str, float | None],
) -> Iterator[Mapping[str, Any]]:
    """Yield what is stored for each pair; fill `quality` with its means in the end."""
    names = datasets_of(policy)
    needs = [() if pair.rest else (pair[:2], pair[1::-1])[: len(names)] for pair in pairs]
    last = _last_uses(needs)
    zero = np.zeros((*size, 2), np.float32)
    ready: dict[Job, _Estimated] = {}
    numbers: list[dict[str, float]] = []
    static = 0
    for row, (pair, needed) in enumerate(zip(pairs, needs, strict=True)):
        while any(job not in ready for job in needed):
            job, done = next(estimated)
            ready[job] = done
        found = [ready[job] for job in needed]
        flows = dict(zip(names, [one.flow for one in found] or [zero] * len(names), strict=True))
        measured = _measure(found) if found else dict.fromkeys(_MEASURES[: len(names) + 1], 0.0)
        if not pair.rest:
            numbers.append(measured)
            static += all(np.square(flow).sum(axis=2).max(initial=0) < _STILL**2 for flow in flows.values())
        yield {**flows, **measured}
        for job in [job for job in ready if last[job] <= row]:
            del ready[job]
    for key, name in (("photometric_error", "photometric"), ("inconsistent_share", "inconsistent")):
        values = [one[name] for one in numbers if np.isfinite(one.get(name, np.nan))]
        quality[key] = float(np.mean(values)) if values else None
    quality["near_static"] = static


def _measure(found: Sequence[_Estimated]) -> dict[str, float]:
    there = found[0]
    numbers = {"photometric": photometric_error(*there.grey, there.flow), "still": still_error(*there.grey)}
    if len(found) > 1:
        numbers["inconsistent"] = inconsistent_share(there.flow, found[1].flow)
    return numbers
