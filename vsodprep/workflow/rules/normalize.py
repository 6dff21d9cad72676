"""Download and normalise: where a benchmark comes from."""

import hashlib
import shlex
from pathlib import Path
from typing import Any

from vsodprep import benchmarks
from vsodprep.config.options import arguments_of
from vsodprep.markers import SOURCES
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.rule_inputs import RuleInputs, state_of


class NormalizeInputs(RuleInputs):
    """Answers for `download.smk` and `normalize.smk`."""

    def code(self, wildcards: Any) -> str:
        """Return the fingerprint of normalising one benchmark, and the states of the folders that it comes from.

        Another's module or lists do not touch it.
        """
        states = [state_of(path) for path in self.sources(wildcards) if Path(path).is_dir()]
        return " ".join([self._code(wildcards.benchmark), *states])

    def _code(self, name: str) -> str:
        if name in self.config.folders:
            return fingerprint("vsodprep.normalize.own", *benchmarks.modules(name))
        way = "generated" if benchmarks.get(name).generated else "run"
        listed = hashlib.sha256("\n".join(benchmarks.lists(name)).encode()).hexdigest()[:16]
        return f"{fingerprint(f'vsodprep.normalize.{way}', *benchmarks.modules(name))} {listed}"

    def sources(self, wildcards: Any) -> list[str]:
        """Return what a benchmark is normalised from: local sources, or the list of fetched archives."""
        name, config = wildcards.benchmark, self.config
        if name in config.folders:
            return [config.folders[name]]
        source = config.source(name)
        if source is not None:
            # A list of a download is taken as its folder, which no rule makes, nor removes where `keep` is short.
            return [str(Path(path).parent) if Path(path).name == SOURCES else path for path in source.path]
        return [] if benchmarks.get(name).generated else [self.paths.downloads(name)]

    def splits(self, wildcards: Any) -> list[str]:
        """Return the file of a benchmark's splits of the configuration's own."""
        name = wildcards.benchmark
        return [self.paths.configuration(f"splits/{name}")] if name in self.config.splits else []

    def download_options(self, wildcards: Any) -> str:
        """Return options of `vsodprep download`."""
        return shlex.join(arguments_of(self.config.choice(wildcards.benchmark), {"resolution"}))

    def archives(self, wildcards: Any) -> str:
        """Return the option that removes fetched archives, where they do not stay."""
        fetched = self.sources(wildcards) == [self.paths.downloads(wildcards.benchmark)]
        return "--remove-archives" if fetched and not self.targets.archives_stay else ""

    def options(self, wildcards: Any) -> str:
        """Return options of `vsodprep normalize`."""
        name, config = wildcards.benchmark, self.config
        words = ["--folder"] if name in config.folders else []
        words += arguments_of(config.choice(name))
        words += [word for path in self.splits(wildcards) for word in ("--splits", path)]
        return shlex.join(words)
