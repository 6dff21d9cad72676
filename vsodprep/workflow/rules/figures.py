"""FigureInputs: which files each is drawn from, and how its command is called."""

import shlex
from types import SimpleNamespace
from typing import Any

from vsodprep.config.figures import Figure
from vsodprep.config.models import definition
from vsodprep.config.options import arguments_of
from vsodprep.errors import InputError
from vsodprep.targets.figures import drawn, shown
from vsodprep.workflow.rule_inputs import RuleInputs

# Keys of a figure that are options of its command.
_OPTIONS = {
    "ranking": {"measure"},
    "intervals": {"measure"},
    "ablation": {"measure"},
    "sweep": {"measure", "parameter"},
    "timeline": {"measure", "sequence"},
}


class FigureInputs(RuleInputs):
    """Answers for `figures.smk`."""

    def check(self) -> None:
        """Check that there is something to draw each figure from.

        Raises:
            InputError: No run, sequence or benchmark is what a figure names.
        """
        for name, figure in self.config.figures.items():
            self.inputs(SimpleNamespace(figure=name))
            if figure.kind == "level-weights":
                self._check_inside(name, figure)
            named = [frame.partition("/")[0] for frame in figure.frames]
            for sequence in [*named, *([] if figure.sequence is None else [figure.sequence])]:
                known = [found.name for found in self.catalogue.sequences(figure.benchmark or "")]
                if sequence not in known:
                    raise InputError(f"figures.{name}", f"no sequence {sequence!r}", f"one of {', '.join(known)}")

    def _check_inside(self, name: str, figure: Figure) -> None:
        model, of_model, _ = self._inside(figure)
        run = self.targets.runs[model, of_model]
        if definition(model).choose(run.variant, run.options).insight is None:
            found = f"{model}/{of_model}, a network without weights or scores to show"
            raise InputError(f"figures.{name}", found, "DS-Net, CAG-DDE with gates, or STAN with attention")

    def kind(self, wildcards: Any) -> str:
        """Return a figure's kind."""
        return self.config.figures[wildcards.figure].kind

    def inputs(self, wildcards: Any) -> list[str]:
        """Return the files that a figure is drawn from."""
        figure = self.config.figures[wildcards.figure]
        paths = self.paths
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
        figure = self.config.figures[wildcards.figure]
        if figure.kind == "losses":
            return shlex.join(f"{label}={path}" for label, path in self._losses(figure))
        if figure.kind == "level-weights":
            checkpoint, shard = self.inputs(wildcards)
            return shlex.join([checkpoint, shard, "--split", self.targets.tested[figure.benchmark or ""]])
        if figure.kind == "grid":
            return shlex.join(self._grid(figure))
        words = [f"{label}={path}" for label, path in self._scores(figure)]
        return shlex.join(words + self._options(figure))

    def _options(self, figure: Figure) -> list[str]:
        words = arguments_of(figure, _OPTIONS.get(figure.kind, ()))
        if figure.kind == "ablation":
            words += ["--full", figure.run, "--paper", figure.model or ""]
        if figure.kind == "timeline":
            words += ["--normalized", self.paths.manifest(figure.benchmark or "")]
        return words

    def _grid(self, figure: Figure) -> list[str]:
        benchmark = figure.benchmark or ""
        words = [self.paths.manifest(benchmark)]
        for label, key in shown(figure, self.targets.runs):
            of = (*key, self.targets.runs[key].seeds[0], figure.post, benchmark)
            maps, scores = self.paths.predictions(*of), self.paths.scores(*of, figure.protocol)
            words += ["--maps", f"{label}={maps}", "--scores", f"{label}={scores}"]
        return words + arguments_of(figure, {"frames"})

    def _losses(self, figure: Figure) -> list[tuple[str, str]]:
        runs = self.targets.runs
        return [(label, self.paths.metrics(*key, runs[key].seeds[0])) for label, key in shown(figure, runs)]

    def _scores(self, figure: Figure) -> list[tuple[str, str]]:
        return [(label, score.path(self.paths)) for label, score in drawn(figure, self.targets.runs)]

    def _inside(self, figure: Figure) -> tuple[str, str, int]:
        key = (figure.model or "", figure.run)
        if key not in self.targets.runs:
            raise InputError(f"figures: {figure.kind}", f"no run {'/'.join(key)}", "one of `runs`")
        if figure.benchmark not in self.targets.tested:
            raise InputError(f"figures: {figure.kind}", f"no run is tested on {figure.benchmark}", "one that is")
        return *key, self.targets.runs[key].seeds[0]
