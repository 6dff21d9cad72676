"""A target that there is not: what Snakemake says of it, and which one may be meant."""

import logging
import re
from collections.abc import Iterable

from vsodprep.errors import meant

_NONE = re.compile(r"No rule to produce (\S+) \(if you")
_OTHERWISE = "; a target is `all`, the name of a benchmark, or a file below the results"


class Mistyped(logging.Filter):
    """Adds a line of ours to Snakemake's on a target that no rule makes.

    Args:
        targets: Names that are targets.
        benchmarks: Names of benchmarks, which stand in the paths of files.
    """

    def __init__(self, targets: Iterable[str], benchmarks: Iterable[str]) -> None:
        super().__init__()
        self._targets, self._benchmarks = tuple(targets), tuple(benchmarks)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        found = _NONE.search(str(record.msg))
        if found:
            record.msg = f"{record.msg}\nvsodprep: no target {found[1]!r}{self.guess(found[1])}"
        return True

    def guess(self, target: str) -> str:
        """Return `: did you mean 'davis2016'?` for a target that is nearly one, else what targets there are."""
        if "/" not in target:
            return meant(target, self._targets) or _OTHERWISE
        parts = [name for part in target.split("/") if (name := part.partition(".")[0]) not in self._benchmarks]
        return next(filter(None, (meant(part, self._benchmarks) for part in parts)), _OTHERWISE)


def tell_mistyped(targets: Iterable[str], benchmarks: Iterable[str]) -> None:
    """Let Snakemake say of a target that there is not which one may be meant; arguments as of `Mistyped`."""
    logger = logging.getLogger("snakemake.logging")
    for earlier in [each for each in logger.filters if isinstance(each, Mistyped)]:  # of another plan of this process
        logger.removeFilter(earlier)
    logger.addFilter(Mistyped(targets, benchmarks))
