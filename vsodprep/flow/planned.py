"""What a flow block of the configuration will estimate, known before anything is there."""

from collections.abc import Collection

from vsodprep.config.flow import Flow
from vsodprep.flow.pairs import clip_frames, jobs_of, make_pairs


def count_flows(block: Flow, frames: int, annotated: Collection[int]) -> int:
    """Return how many flows a block estimates for a sequence; repeated and zero flows cost nothing.

    Args:
        block: The flow block.
        frames: Number of frames of the sequence.
        annotated: Indices of its annotated frames.
    """
    only = clip_frames(annotated, block.clip_length) if block.frames == "annotated" else None
    return len(jobs_of(make_pairs(frames, block, only), block))
