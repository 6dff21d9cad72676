"""Figures: which files each is drawn from, and how its command is called."""

import shlex
from collections.abc import Iterator
from typing import Any

from vsodprep.config import Run
from vsodprep.config.figures import Figure
from vsodprep.errors import InputError
from vsodprep.workflow.options import option
from vsodprep.workflow.site import Stage, folder


class Figures(Stage):
    """Answers for `figures.smk`."""

    def kind(self, wildcards: Any) -> str:
        """Return a figure's kind."""
        return self.site.config.figures[wildcards.figure].kind

    def inputs(self, wildcards: Any) -> list[str]:
        """Return the files that a figure is drawn from."""
        figure = self.site.config.figures[wildcards.figure]
        paths = self.site.paths
        if figure.kind == "losses":
            return [path for _, path in self._losses(figure)]
        if figure.kind == "level-weights":
            model, run, seed = self._inside(figure)
            return [paths.checkpoint(model, run, seed), paths.shard(figure.benchmark or "")]
        scores = [path for _, path in self._scores(figure)]
        if figure.kind in ("grid", "timeline"):
            scores.append(paths.manifest(figure.benchmark or ""))
        return scores

    def arguments(self, wildcards: Any) -> str:
        """Return a figure's arguments and options."""
        figure = self.site.config.figures[wildcards.figure]
        if figure.kind == "losses":
            return shlex.join(f"{label}={path}" for label, path in self._losses(figure))
        if figure.kind == "level-weights":
            checkpoint, shard = self.inputs(wildcards)
            split = self.site.tests[figure.benchmark or ""].split
            return shlex.join([checkpoint, folder(shard), "--split", split])
        if figure.kind == "grid":
            return shlex.join(self._grid(figure))
        words = [f"{label}={path}" for label, path in self._scores(figure)]
        return shlex.join(words + self._options(figure))

    def _options(self, figure: Figure) -> list[str]:
        words = (
            option("measure", list(figure.measure)) if figure.kind not in ("precision-recall", "f-threshold") else []
        )
        if figure.kind == "ablation":
            words += ["--full", self._label(figure, figure.model or "", figure.run), "--paper", figure.model or ""]
        if figure.kind == "sweep":
            words += ["--parameter", figure.parameter]
        if figure.kind == "timeline":
            words += ["--sequence", figure.sequence or ""]
            words += ["--normalized", folder(self.site.paths.manifest(figure.benchmark or ""))]
        return words

    def _grid(self, figure: Figure) -> list[str]:
        benchmark = figure.benchmark or ""
        words = [folder(self.site.paths.manifest(benchmark))]
        for model, name, run in self._runs(figure):
            maps = self.site.paths.predictions(model, name, run.seeds[0], figure.post, benchmark)
            scores = self.site.paths.scores(model, name, run.seeds[0], figure.post, benchmark, figure.protocol)
            label = self._label(figure, model, name)
            words += ["--maps", f"{label}={folder(maps)}", "--scores", f"{label}={scores}"]
        return words + option("frame", list(figure.frames))

    def _scores(self, figure: Figure) -> list[tuple[str, str]]:
        """Return labels and score files; the seeds of a run share its label and are averaged."""
        benchmark, paths = figure.benchmark or "", self.site.paths
        if not list(self._runs(figure)):
            raise InputError(
                f"figures: {figure.kind}", f"no run is tested on {benchmark}", "a benchmark of some run's test"
            )
        found: list[tuple[str, str]] = []
        for model, name, run in self._runs(figure):
            label = str(run.options[figure.parameter]) if figure.kind == "sweep" else self._label(figure, model, name)
            for seed in run.seeds:
                found.append((label, paths.scores(model, name, seed, figure.post, benchmark, figure.protocol)))
        return found

    def _losses(self, figure: Figure) -> list[tuple[str, str]]:
        return [
            (self._label(figure, model, name), self.site.paths.metrics(model, name, run.seeds[0]))
            for model, name, run in self._runs(figure)
        ]

    def _inside(self, figure: Figure) -> tuple[str, str, int]:
        key = (figure.model or "", figure.run)
        if key not in self.site.runs:
            raise InputError(f"figures: {figure.kind}", f"no run {'/'.join(key)}", "one of `runs`")
        return *key, self.site.runs[key].seeds[0]

    def _runs(self, figure: Figure) -> Iterator[tuple[str, str, Run]]:
        for (model, name), run in self.site.runs.items():
            tested = figure.kind == "losses" or figure.benchmark in {test.benchmark for test in run.test}
            swept = figure.kind != "sweep" or figure.parameter in run.options
            if figure.model in (None, model) and tested and swept:
                yield model, name, run

    @staticmethod
    def _label(figure: Figure, model: str, name: str) -> str:
        return name if figure.model is not None else f"{model}/{name}"
