"""What every stage's answers are made from."""

import hashlib
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from vsodprep.targets.targets import Targets


def one_of(names: Iterable[str]) -> str:
    """Return a regular expression that matches the names only; a block that does not exist is then no target."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


@cache
def state_of(path: str) -> str:
    """Hash names, sizes and times of the files at or below a path, which tell that somebody has changed them.

    Snakemake looks at the time of a folder only, which a file changed in it leaves as it is.

    Args:
        path: A file or a folder.

    Returns:
        16 hexadecimal digits; those of no file where there is none.
    """
    below = (f"{folder}/{name}" for folder, _, names in os.walk(path, followlinks=True) for name in names)
    found = [(name.removeprefix(path), file.stat()) for name in (path, *below) if (file := Path(name)).is_file()]
    states = sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)
    return hashlib.sha256(repr(states).encode()).hexdigest()[:16]


class RuleInputs:
    """Answers of one stage; each of its methods that a rule uses takes Snakemake's wildcards.

    Args:
        targets: What the answers are made from.
    """

    def __init__(self, targets: Targets) -> None:
        self.targets = targets
        self.config = targets.config
        self.catalogue = targets.catalogue
        self.paths = targets.paths

    def flow_of(self, flow: str, benchmark: str, split: str | None = None) -> list[str]:
        """Return the flow of a benchmark's videos, of one split or all."""
        return [self.paths.flow(flow, benchmark, seq) for seq in self.catalogue.videos(benchmark, split)]

    def crf_preset(self, name: str) -> str:
        """Return a built-in preset's name, or the file of one of the configuration's own."""
        return self.paths.configuration(f"crf/{name}") if name in self.config.crf else name

    def torch_options(self, _wildcards: object = None) -> str:
        """Return the options of every command that runs torch."""
        return f"--device {self.config.device} --threads {self.config.torch_threads}"
