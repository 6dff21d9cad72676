"""Where training starts: at the beginning, where it was interrupted, or after a finished run."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.models import saved

# what a training depends on, of all that a recipe has beside its stages
_TRAINED_WITH = ("variant", "options", "width", "pretrained", "flow", "prior", "resize", "precision", "sync_batchnorm")


@dataclass(frozen=True)
class Progress:
    """The state of an unfinished run on disk.

    Attributes:
        path: The file.
        identity: Recipe, data, seed and code; a state of another run is passed over.
    """

    path: Path
    identity: dict[str, Any]

    def write(self, stage: int, step: int, state: Mapping[str, Any]) -> None:
        """Write the state at a point, atomically: a stage, and the batches of it that are done."""
        saved.save(self.path, {**self.identity, **state, "stage": stage, "step": step})

    def read(self) -> dict[str, Any] | None:
        """Return the saved state, or None where there is none of this very run."""
        if not self.path.is_file():
            return None
        state = saved.load(self.path)
        # a state of several devices names them where their number matters, and one device is not named
        keys = {*self.identity, "devices"}
        same = all(saved.canonical(self.identity.get(key)) == state.get(key) for key in keys)
        return state if same else None

    def discard(self) -> None:
        """Remove the state, a half-written one too, and its folder unless something else lies in it."""
        for path in (self.path, *self.path.parent.glob(f".{self.path.stem}.*")):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.parent.rmdir()


def continue_from(path: Path, model: str, run: Run, lengths: Sequence[int], seed: int) -> dict[str, Any]:
    """Read a finished run's checkpoint as the state that a longer recipe goes on from.

    The recipe's first stages have to be those of the checkpoint; its last one may have become longer.

    Args:
        path: The checkpoint.
        model: Name of the network.
        run: The longer recipe.
        lengths: Batches of its stages.
        seed: Its seed.

    Raises:
        InputError: The checkpoint is of another network, recipe or seed, or lacks the state that a longer
            stage goes on with.
    """
    state = saved.load(path)
    before = Run.model_validate(state["recipe"])
    if not before.stages:
        raise InputError(path, "weights that were not trained here", "a stage whose `init` names them")
    done = len(before.trained)
    wanted = {"model": model, "seed": seed} | _content(run, done)
    found = {key: state[key] for key in ("model", "seed")} | _content(before, done)
    if other := [key for key in wanted if wanted[key] != found[key]]:
        said = f"a checkpoint of another recipe, with another {', '.join(other)}"
        raise InputError(path, said, f"{model} and seed {seed}, with this recipe's settings and first stages")
    steps: list[int] = state["lengths"]
    if steps[:-1] != list(lengths[: done - 1]) or steps[-1] > lengths[done - 1]:
        raise InputError(path, f"its stages have {steps} batches", f"at most {list(lengths)}, as in this recipe")
    stage, step = (done, 0) if steps[-1] == lengths[done - 1] else (done - 1, steps[-1])
    if step and "optimizer" not in state:
        expected = "one of a recipe with `optimizer_state: true`, or a further stage in place of a longer one"
        raise InputError(path, "a checkpoint without the optimiser's state", expected)
    return state | {"stage": stage, "step": step}


def _content(run: Run, stages: int) -> dict[str, Any]:
    """Return what makes a run's network and first stages the same ones: of a stage, everything but its length."""
    first = [stage.model_dump(mode="json", exclude={"epochs", "steps"}) for stage in run.trained[:stages]]
    return {key: getattr(run, key) for key in _TRAINED_WITH} | {"stages": first}
