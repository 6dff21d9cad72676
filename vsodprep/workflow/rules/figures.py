"""Figures: which files each is drawn from, and how its command is called."""

import shlex
from typing import Any

from vsodprep.config.figures import File
from vsodprep.errors import check_known
from vsodprep.workflow.rule_inputs import RuleInputs


class FigureInputs(RuleInputs):
    """Answers for `figures.smk`."""

    def check(self) -> None:
        """Check that there is something to draw each figure from.

        Raises:
            InputError: No run, sequence or benchmark is what a figure names.
        """
        for name in self.targets.figures:
            figure = self.config.figures[name]
            if figure.sequences:
                known = (each.name for each in self.catalogue.sequences(figure.benchmark or ""))
                check_known(f"figures.{name}", figure.sequences, known, "sequence")

    def kind(self, wildcards: Any) -> str:
        """Return a figure's kind."""
        return self.config.figures[wildcards.figure].kind

    def inputs(self, wildcards: Any) -> list[str]:
        """Return the files that a figure is drawn from."""
        files = [word for word in self.targets.figures[wildcards.figure] if isinstance(word, File)]
        return [path for file in files for path in self._needed(file)]

    def given(self, wildcards: Any) -> list[str]:
        """Return the states of maps from elsewhere that a figure shows."""
        files = [word for word in self.targets.figures[wildcards.figure] if isinstance(word, File)]
        return [self.state_of_maps(*file.of) for file in files if file.place == "maps"]

    def arguments(self, wildcards: Any) -> str:
        """Return a figure's arguments and options."""
        return shlex.join(
            word if isinstance(word, str) else f"{word.label}{'=' if word.label else ''}{self._path(word)}"
            for word in self.targets.figures[wildcards.figure]
        )

    def _needed(self, file: File) -> list[str]:
        return self.before_maps(*file.of) if file.place == "maps" else [self._path(file)]

    def _path(self, file: File) -> str:
        if file.place == "maps":
            return self.targets.maps(*file.of) or ""
        path: str = getattr(self.paths, file.place)(*file.of)
        return path
