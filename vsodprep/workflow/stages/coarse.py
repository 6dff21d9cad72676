"""Saliency maps and the coarse labels that are made of them."""

import shlex
from pathlib import Path
from typing import Any

from vsodprep.config import SplitOf
from vsodprep.workflow.options import option
from vsodprep.workflow.site import Stage, folder, unique


class Coarse(Stage):
    """Answers for `saliency.smk` and `coarse.smk`."""

    def method(self, wildcards: Any) -> str:
        """Return a saliency block's method."""
        return shlex.quote(self.site.config.saliency[wildcards.saliency].method or "")

    def maps(self, wildcards: Any) -> list[str]:
        """Return the markers of the maps that a sequence's labels are fused from; maps made elsewhere have none."""
        return self._markers(wildcards.coarse, wildcards.benchmark, wildcards.seq)

    def arguments(self, wildcards: Any) -> str:
        """Return the folders of those maps as arguments of `vsodprep coarse label`."""
        words: list[str] = []
        for name in self.site.config.coarse[wildcards.coarse].maps:
            given = self.site.config.saliency[name].folder
            made = folder(self.site.paths.saliency(name, wildcards.benchmark, wildcards.seq))
            words += ["--maps", made if given is None else str(Path(given) / wildcards.benchmark / wildcards.seq)]
        return shlex.join(words)

    def weights(self, wildcards: Any) -> list[str]:
        """Return the fitted weights, if the block's weights are fitted."""
        return [self.site.paths.weights(wildcards.coarse)] if self._fit(wildcards.coarse) else []

    def edits(self, wildcards: Any) -> list[str]:
        """Return the file of recorded edits, if the block names one."""
        edits = self.site.config.coarse[wildcards.coarse].edits
        return [] if edits is None else [edits]

    def options(self, wildcards: Any) -> str:
        """Return options of `vsodprep coarse label`."""
        block = self.site.config.coarse[wildcards.coarse]
        numbers = "uniform" if block.weights == "uniform" else ",".join(f"{weight}" for weight in block.weights)
        words = ["--weights", *(self.weights(wildcards) or [numbers]), "--order", ",".join(block.order)]
        words += ["--crf", self.site.crf_preset(block.crf)]
        words += option("certainty", block.certainty) + option("edits", block.edits)
        return shlex.join(words)

    def records(self, wildcards: Any) -> list[str]:
        """Return the records of all of a benchmark's labels."""
        videos = self._labelled(wildcards.coarse, wildcards.benchmark)
        return [self.site.paths.coarse(wildcards.coarse, wildcards.benchmark, seq) for seq in videos]

    def packed(self, benchmark: str) -> list[str]:
        """Return the blocks of labels of a benchmark's shard: those that any of its videos gets."""
        return [name for name in self.site.config.pack.coarse if self._labelled(name, benchmark)]

    def fit_manifests(self, wildcards: Any) -> list[str]:
        """Return the manifests of the benchmarks on which weights are fitted."""
        return unique(self.site.paths.manifest(where.benchmark) for where in self._fit(wildcards.coarse))

    def fit_maps(self, wildcards: Any) -> list[str]:
        """Return the markers of the maps on which weights are fitted."""
        return [
            marker
            for where in self._fit(wildcards.coarse)
            for seq in self.site.catalogue.videos(where.benchmark, where.split)
            for marker in self._markers(wildcards.coarse, where.benchmark, seq)
        ]

    def fit_arguments(self, wildcards: Any) -> str:
        """Return maps and masks as arguments of `vsodprep fuse-fit`."""
        words: list[str] = []
        for name in self.site.config.coarse[wildcards.coarse].maps:
            words.append(self.site.config.saliency[name].folder or self.site.paths.all_saliency(name))
        for where in self._fit(wildcards.coarse):
            words += ["--gt", folder(self.site.paths.manifest(where.benchmark)), "--split", where.split]
        return shlex.join(words)

    def _labelled(self, coarse: str, benchmark: str) -> list[str]:
        splits, videos = self.site.config.coarse[coarse].splits, self.site.catalogue.videos
        if splits is None:
            return videos(benchmark)
        chosen = [seq for where in splits if where.benchmark == benchmark for seq in videos(benchmark, where.split)]
        return sorted(set(chosen))

    def _fit(self, coarse: str) -> list[SplitOf]:
        weights = self.site.config.coarse[coarse].weights
        return [] if weights == "uniform" else [item for item in weights if isinstance(item, SplitOf)]

    def _markers(self, coarse: str, benchmark: str, seq: str) -> list[str]:
        maps = self.site.config.coarse[coarse].maps
        made = [name for name in maps if self.site.config.saliency[name].folder is None]
        return [self.site.paths.saliency(name, benchmark, seq) for name in made]
