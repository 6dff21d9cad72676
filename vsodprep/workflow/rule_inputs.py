"""What every stage's answers are made from."""

import hashlib
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from vsodprep.archives import archive_of
from vsodprep.config.frames import Prepared
from vsodprep.config.options import arguments_of
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

    def network_module(self, wildcards: Any) -> str:
        """Return the module of a network: one of ours, or of the user's own."""
        own = next((run.model for run in self.config.runs.get(wildcards.model, {}).values() if run.model), None)
        return f"vsodprep.models.{wildcards.model}" if own is None else own.partition(":")[0]

    def prepared(self, wildcards: Any) -> list[str]:
        """Return which frames of a video are prepared, as options."""
        block = self.targets.prepared_of(wildcards.benchmark, wildcards.seq)
        return arguments_of(block) if block != Prepared() else []

    def flow_of(self, flow: str, benchmark: str, split: str | None = None) -> list[str]:
        """Return the flow of a benchmark's videos, of one split or all."""
        return [self.paths.flow(flow, benchmark, seq) for seq in self.catalogue.videos(benchmark, split)]

    def before_maps(self, method: str, benchmark: str) -> list[str]:
        """Return what a method's maps wait for: their archive, what is fetched, or the markers of a saliency block."""
        of, maps = self.config.methods[method], Path(self.targets.maps(method, benchmark) or "")
        if of.published is not None:
            entry, own = self.targets.published(method)
            found = entry.find(own, benchmark)
            return [] if found is None else [self.paths.published(entry.name, found.place)]
        if of.saliency is None or self.config.saliency[of.saliency].folder is not None:
            return [] if maps.is_dir() else [str(archive_of(maps))]
        names = self.catalogue.split(benchmark, self.targets.tested[benchmark])
        return [self.paths.saliency(of.saliency, benchmark, name) for name in names]

    def state_of_maps(self, method: str, benchmark: str) -> str:
        """Return the state of a method's maps that are from elsewhere; empty where it makes or fetches them."""
        of, maps = self.config.methods[method], Path(self.targets.maps(method, benchmark) or "")
        made = of.saliency is not None and self.config.saliency[of.saliency].folder is None
        return "" if made or of.published is not None else state_of(str(archive_of(maps)))

    def crf_preset(self, name: str) -> str:
        """Return a built-in preset's name, or the file of one of the configuration's own."""
        return self.paths.configuration(f"crf/{name}") if name in self.config.crf else name

    def crf_device(self, name: str) -> list[str]:
        """Return where a CRF preset is computed, as options: nowhere but on the processor unless torch does it."""
        return ["--device", self.config.device] if self.config.crf_presets[name].engine == "torch" else []

    def torch_options(self, _wildcards: object = None) -> str:
        """Return the options of every command that runs torch."""
        return f"--device {self.config.device} --threads {self.config.torch_threads}"
