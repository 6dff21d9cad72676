"""Figures: which files each is drawn from, and how its command is called."""

import shlex
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from vsodprep.config import Run
from vsodprep.config.figures import Figure
from vsodprep.config.models import definition
from vsodprep.errors import InputError
from vsodprep.workflow.options import option
from vsodprep.workflow.site import Stage, unique


class Figures(Stage):
    """Answers for `figures.smk`."""

    def check(self) -> None:
        """Check that there is something to draw each figure from.

        Raises:
            InputError: No run, sequence or benchmark is what a figure names.
        """
        for name, figure in self.site.config.figures.items():
            self.inputs(SimpleNamespace(figure=name))
            if figure.kind == "level-weights":
                self._check_inside(name, figure)
            named = [frame.partition("/")[0] for frame in figure.frames]
            for sequence in [*named, *([] if figure.sequence is None else [figure.sequence])]:
                known = [found.name for found in self.site.catalogue.sequences(figure.benchmark or "")]
                if sequence not in known:
                    raise InputError(f"figures.{name}", f"no sequence {sequence!r}", f"one of {', '.join(known)}")

    def _check_inside(self, name: str, figure: Figure) -> None:
        model, of_model, _ = self._inside(figure)
        run = self.site.runs[model, of_model]
        if definition(model).choose(run.variant, run.options).insight is None:
            found = f"{model}/{of_model}, a network without weights or scores to show"
            raise InputError(f"figures.{name}", found, "DS-Net, CAG-DDE with gates, or STAN with attention")
        if figure.benchmark not in {test.benchmark for test in run.test}:
            found = f"{model}/{of_model}, which is not tested on {figure.benchmark}"
            raise InputError(f"figures.{name}", found, "a benchmark of the run's test")

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
            return shlex.join([checkpoint, shard, "--split", split])
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
            words += ["--normalized", self.site.paths.manifest(figure.benchmark or "")]
        return words

    def _grid(self, figure: Figure) -> list[str]:
        benchmark = figure.benchmark or ""
        words = [self.site.paths.manifest(benchmark)]
        for model, name, run in self._runs(figure):
            maps = self.site.paths.predictions(model, name, run.seeds[0], figure.post, benchmark)
            scores = self.site.paths.scores(model, name, run.seeds[0], figure.post, benchmark, figure.protocol)
            label = self._label(figure, model, name)
            words += ["--maps", f"{label}={maps}", "--scores", f"{label}={scores}"]
        return words + option("frame", list(figure.frames))

    def _scores(self, figure: Figure) -> list[tuple[str, str]]:
        """Return labels and score files; the seeds of a run share its label and are averaged."""
        if figure.kind == "sweep":
            return self._swept(figure)
        found: list[tuple[str, str]] = []
        for model, name, run in self._runs(figure):
            label = self._label(figure, model, name)
            for seed, path in self._scored(figure, model, name, figure.benchmark or ""):
                # Sequences are drawn anew from one file, not from a mean over seeds.
                single = figure.kind == "intervals" and len(run.seeds) > 1
                found.append((f"{label}, seed {seed}" if single else label, path))
        return found

    def _swept(self, figure: Figure) -> list[tuple[str, str]]:
        """Return values of the parameter and score files."""
        found: list[tuple[str, str]] = []
        of: dict[float, str] = {}
        for model, name, run in self._runs(figure):
            value = _value(figure, name, run)
            if value is None:
                continue
            if of.setdefault(value, name) != name:
                raise InputError(
                    "figures: sweep", f"{of[value]} and {name} both at {value:g}", "`runs` with one of them"
                )
            tested = [test.benchmark for test in run.test if figure.benchmark in (None, test.benchmark)]
            for benchmark in unique(tested):
                found += [(f"{value:g}", path) for _, path in self._scored(figure, model, name, benchmark)]
        if not found:
            raise InputError("figures: sweep", f"no run with {figure.parameter}", "an option, a variant or `values`")
        return found

    def _scored(self, figure: Figure, model: str, run: str, benchmark: str) -> Iterator[tuple[int, str]]:
        for seed in self.site.runs[model, run].seeds:
            yield seed, self.site.paths.scores(model, run, seed, figure.post, benchmark, figure.protocol)

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

    def _runs(self, figure: Figure) -> list[tuple[str, str, Run]]:
        """Return the runs that a figure shows."""
        of_model = [
            (model, name, run)
            for (model, name), run in self.site.runs.items()
            if figure.model in (None, model) and (not figure.runs or name in figure.runs)
        ]
        absent = set(figure.runs) - {name for _, name, _ in of_model}
        if absent:
            raise InputError(f"figures: {figure.kind}", f"no run {figure.model}/{min(absent)}", "one of `runs`")
        if figure.benchmark is not None:
            of_model = [each for each in of_model if figure.benchmark in {test.benchmark for test in each[2].test}]
        if not of_model:
            where = f"no run is tested on {figure.benchmark}" if figure.benchmark else "no run"
            raise InputError(f"figures: {figure.kind}", where, "a benchmark of some run's test")
        return of_model

    @staticmethod
    def _label(figure: Figure, model: str, name: str) -> str:
        return name if figure.model is not None else f"{model}/{name}"


def _value(figure: Figure, name: str, run: Run) -> float | None:
    """Return a run's value of the parameter that a sweep draws along, or None if it has none."""
    prefix = f"{figure.parameter}-"
    of_variant = run.variant.removeprefix(prefix) if run.variant.startswith(prefix) else None
    value = figure.values.get(name, run.options.get(figure.parameter, of_variant))
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"figures: sweep of {name}", f"{figure.parameter} {value!r}", "a number") from error
