"""Progress of a training run with its loss: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from vsodprep.progress import bar_size

_SECONDS_BETWEEN_LINES = 10.0


class Reporter:
    """Tells on stderr how far a run is.

    Args:
        label: What is trained.
        steps: Batches of the run.
        done: Batches done before, by an interrupted run.
    """

    def __init__(self, label: str, steps: int, done: int) -> None:
        self._label, self._steps, self._done = label, steps, done
        self._bar: tqdm[Any] | None = None
        self._last = time.monotonic()

    def __enter__(self) -> "Reporter":
        if sys.stderr.isatty():
            self._bar = tqdm(desc=self._label, total=self._steps, initial=self._done, unit="step", **bar_size())
        elif self._done:
            self.say(f"goes on after step {self._done}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
        else:
            self.say(f"{self._done}/{self._steps} steps")

    def say(self, text: str) -> None:
        """Write a line, above the bar if there is one."""
        line = f"{self._label}: {text}"
        tqdm.write(line, file=sys.stderr) if self._bar is not None else print(line, file=sys.stderr, flush=True)

    def advance(self, row: Mapping[str, Any] | None) -> None:
        """Count a step; `row` is a new row of the history, if there is one."""
        self._done += 1
        if self._bar is not None:
            self._bar.update()
            if row is not None:
                self._bar.set_postfix_str(f"loss {row['loss']:.4g}")
        elif row is not None and time.monotonic() - self._last > _SECONDS_BETWEEN_LINES:
            self.say(f"{self._done}/{self._steps} steps, loss {row['loss']:.4g}")
            self._last = time.monotonic()
