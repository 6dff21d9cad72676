"""Which frames to show: the best, the median and the worst of a method on a split."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class FrameError:
    """How far a map is from its mask; sorts by error, then by name."""

    mae: float
    sequence: str
    frame: str


def frame_errors(scores: Mapping[str, Any]) -> list[FrameError]:
    """Return the MAE of every scored frame, from what `vsodprep evaluate` wrote.

    Args:
        scores: A score file's contents.

    Returns:
        One error per frame, in the file's order; nothing where it does not go down to frames.
    """
    errors = []
    for sequence, values in scores["sequences"].items():
        frames = values.get("per_frame", {})
        pairs = zip(frames.get("frame", ()), frames.get("mae", ()), strict=False)
        errors += [FrameError(float(mae), sequence, frame) for frame, mae in pairs]
    return errors


def choose(errors: Sequence[FrameError], count: int) -> dict[str, list[FrameError]]:
    """Choose frames to look at: no frame twice, and no sequence twice in a group while others are left.

    Args:
        errors: All frames of a method.
        count: How many of each kind.

    Returns:
        `best`, `median` and `worst`, each with its most extreme (or most central) frame first.
    """
    ordered = sorted(errors)
    middle = (len(ordered) - 1) / 2
    central = sorted(range(len(ordered)), key=lambda rank: (abs(rank - middle), rank))
    used: set[FrameError] = set()
    best = _distinct(ordered, count, used)
    worst = _distinct(reversed(ordered), count, used)
    median = _distinct((ordered[rank] for rank in central), count, used)
    return {"best": best, "median": median, "worst": worst}


def disagreements(methods: Sequence[Sequence[FrameError]], count: int) -> list[tuple[str, str]]:
    """Choose the frames on which methods differ most in MAE, no sequence twice while others are left.

    Args:
        methods: The frames of each method; frames that not all of them have are passed over.
        count: How many frames.

    Returns:
        Sequence and frame id of each, the largest difference first.
    """
    known = [{(error.sequence, error.frame): error.mae for error in errors} for errors in methods]
    shared = [key for key in known[0] if all(key in of for of in known)]
    spreads = [FrameError(min(of[key] for of in known) - max(of[key] for of in known), *key) for key in shared]
    return [(chosen.sequence, chosen.frame) for chosen in _distinct(sorted(spreads), count, set())]


def _distinct(candidates: Iterable[FrameError], count: int, used: set[FrameError]) -> list[FrameError]:
    free = [candidate for candidate in candidates if candidate not in used]
    first_of: dict[str, FrameError] = {}
    for candidate in free:
        first_of.setdefault(candidate.sequence, candidate)
    fresh = list(first_of.values())
    chosen = (fresh + [candidate for candidate in free if candidate not in fresh])[:count]
    used.update(chosen)
    return chosen
