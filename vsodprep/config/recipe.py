"""Reading a recipe: one run of the configuration, as JSON or YAML."""

from collections.abc import Mapping
from typing import Any

from vsodprep.config.base import validated
from vsodprep.config.models import release
from vsodprep.config.train import Run
from vsodprep.config.yaml_text import read_given


def as_released(model: str, run: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Lay a run with the authors' weights over how their code uses them; any other run is returned as it is.

    Args:
        model: Name of the network.
        run: Plain values of the run.
        where: What to name in an error.

    Raises:
        InputError: There is no such network, or nobody released weights of it.
    """
    if run.get("weights") is None:
        return run
    return {"pretrained": False, **release(str(run.get("model") or model), f"{where}.weights").run, **run}


def read_recipe(text: str, model: str | None = None, **given: Any) -> Run:
    """Read a run of the configuration.

    Args:
        text: JSON, or the path of a file with JSON or YAML.
        model: Name of the network, of which authors' weights may be.
        given: Keys of the run that it need not say.

    Raises:
        InputError: The file is missing, or the recipe does not fit; names the key.
    """
    where, value = read_given(text, "recipe", "a recipe, as JSON or YAML")
    if model is not None and isinstance(value, Mapping):
        value = as_released(model, {**value, **given}, where)
    return validated(Run, value, where)
