"""Which frames of a video are read together, and so which have to be prepared for those that are annotated."""

from collections.abc import Collection

import numpy as np

from vsodprep.config.frames import Prepared


def clip_frames(annotated: Collection[int], clip_length: int) -> tuple[int, ...]:
    """Return the frames of all clips that end at an annotated frame; a clip is cut at the start of the sequence.

    Args:
        annotated: Indices of annotated frames.
        clip_length: Frames of a clip, the annotated one included.
    """
    return tuple(sorted({frame - step for frame in annotated for step in range(clip_length) if frame >= step}))


def reference_frames(frames: int, current: int, count: int, seed: tuple[int, ...] | None = None) -> list[int]:
    """Choose reference frames of a video, as COSNet does.

    Args:
        frames: Frames of the video.
        current: The frame that they are for, which is not among them unless it is the only one.
        count: How many.
        seed: Draws them at random; without it they are spread evenly.

    Returns:
        Frame indices, ascending.
    """
    others = np.array([frame for frame in range(frames) if frame != current] or [current])
    if seed is None:
        places = ((np.arange(count) + 0.5) * len(others) / count).astype(int)
    else:
        places = np.sort(np.random.default_rng(seed).choice(len(others), count, replace=len(others) < count))
    return [int(frame) for frame in others[places]]


def prepared_frames(block: Prepared, frames: int, annotated: Collection[int]) -> tuple[int, ...]:
    """Return the frames of a video that are prepared.

    Args:
        block: What is read with an annotated frame.
        frames: Frames of the video.
        annotated: Indices of its annotated frames.

    Returns:
        Frame indices, ascending; all of them where no frame is annotated.
    """
    if block.frames == "all" or not annotated:
        return tuple(range(frames))
    spread = {one for frame in annotated for one in reference_frames(frames, frame, block.references)}
    return tuple(sorted({*clip_frames(annotated, block.clip_length), *spread}))
