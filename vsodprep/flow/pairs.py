"""Which pairs of frames a policy makes, and which frame each one's flow is shown to."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from vsodprep.config.flow import Policy

Job = tuple[int, int]  # the frames an estimated flow leads from and to


class FramePair(NamedTuple):
    """A flow: where it starts (whose grid it is on), where it ends, and the frame it is shown to.

    A flow of zero is written as a pair of a frame with itself.
    """

    source: int
    target: int
    shown: int

    @property
    def rest(self) -> bool:
        """Whether the flow is zero by the policy, not estimated."""
        return self.source == self.target


def make_pairs(frames: int, policy: Policy, only: Collection[int] | None = None) -> tuple[FramePair, ...]:
    """Return the pairs of a sequence, ordered by the frame that they are shown to, at most one for each frame.

    A frame that should repeat or turn round a pair that does not exist (a sequence of one frame, or a stride as long
    as the sequence) gets the next best: the nearest frame's flow, else a flow of zero. Only `drop` leaves frames out.

    Args:
        frames: Number of frames of the sequence.
        policy: The policy.
        only: Frames that need a flow; all if None.

    Returns:
        The pairs, as frame indices from 0.

    Raises:
        ValueError: `frames` is less than 1, or `only` names a frame that does not exist.
    """
    if frames < 1:
        raise ValueError(f"a sequence of {frames} frames, expected at least 1")
    wanted = range(frames) if only is None else sorted(set(only))
    if any(not 0 <= frame < frames for frame in wanted):
        raise ValueError(f"frames {wanted[0]} to {wanted[-1]} are asked for, the sequence has 0 to {frames - 1}")
    pairs = (_pair_of(frame, frames, policy) for frame in wanted)
    return tuple(pair for pair in pairs if pair is not None)


def _pair_of(frame: int, frames: int, policy: Policy) -> FramePair | None:
    backward = policy.direction == "backward"
    step = policy.stride if backward == (policy.show_at == "to") else -policy.stride
    if 0 <= frame + step < frames:
        return _join(frame, frame + step, policy)
    rule = policy.last_frame if step > 0 else policy.first_frame
    if rule == "drop":
        return None
    if rule == "backward" and 0 <= frame - step < frames:
        return _join(frame, frame - step, policy)
    nearest = frames - 1 - step if step > 0 else -step
    if rule != "zero" and 0 <= nearest < frames:
        return _join(nearest, nearest + step, policy)._replace(shown=frame)
    return FramePair(frame, frame, frame)


def _join(shown: int, other: int, policy: Policy) -> FramePair:
    return FramePair(shown, other, shown) if policy.show_at == "from" else FramePair(other, shown, shown)


def record_of(policy: Policy) -> dict[str, Any]:
    """Return what a stored file says of a policy, also of one that is part of a block."""
    return policy.model_dump(include=set(Policy.model_fields))


def datasets_of(policy: Policy) -> tuple[str, ...]:
    """Return the names of the stored datasets: the direction, or both."""
    return ("forward", "backward") if policy.direction == "both" else (policy.direction,)


def jobs_of(pairs: Sequence[FramePair], policy: Policy) -> tuple[Job, ...]:
    """Return the flows that have to be estimated, each once, in the order in which the stored pairs need them."""
    both = policy.direction == "both"
    moving = (pair for pair in pairs if not pair.rest)
    wanted = (job for pair in moving for job in ([pair[:2], pair[1::-1]] if both else [pair[:2]]))
    return tuple(dict.fromkeys(wanted))


def count_flows(policy: Policy, frames: int, only: Collection[int] | None = None) -> int:
    """Return how many flows are estimated for a sequence; repeated and zero flows cost nothing.

    Args:
        policy: The policy.
        frames: Number of frames of the sequence.
        only: Frames that need a flow; all if None.
    """
    return len(jobs_of(make_pairs(frames, policy, only), policy))
