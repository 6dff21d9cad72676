"""What one target is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from vsodprep.targets.paths import Paths

Item = TypeVar("Item")


def unique(items: Iterable[Item]) -> list[Item]:
    """Return the items without repetition, in order of first appearance."""
    return list(dict.fromkeys(items))


class TrainingTarget(NamedTuple):
    """The training of one run with one seed."""

    model: str
    run: str
    seed: int


@dataclass(frozen=True)
class ScoreTarget:
    """The scores of one method's maps.

    Attributes:
        model: Model name, or `trivial`.
        run: Run name, or the name of a trivial map.
        seed: Seed of the training.
        post: `raw`, or the CRF preset that refined the maps.
        benchmark: Benchmark name.
        split: Split that is scored.
        protocol: Evaluation protocol.
    """

    model: str
    run: str
    seed: int
    post: str
    benchmark: str
    split: str
    protocol: str

    def path(self, paths: Paths) -> str:
        """Return where they lie."""
        return paths.scores(self.model, self.run, self.seed, self.post, self.benchmark, self.protocol)
