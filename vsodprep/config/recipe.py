"""Reading a recipe: one run of the configuration, as JSON or YAML."""

from pathlib import Path

from pydantic import ValidationError

from vsodprep.config.base import refusal
from vsodprep.config.train import Run
from vsodprep.config.yaml_text import load_yaml
from vsodprep.errors import InputError


def read_recipe(text: str) -> Run:
    """Read a run of the configuration.

    Args:
        text: JSON, or the path of a file with JSON or YAML.

    Raises:
        InputError: The file is missing, or the recipe does not fit; names the key.
    """
    where = "recipe"
    if not text.lstrip().startswith("{"):
        where = text
        try:
            text = Path(text).read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(where, error.strerror or "unreadable", "a recipe, or JSON") from error
        except UnicodeDecodeError as error:
            raise InputError(where, "not YAML", "a recipe, as JSON or YAML") from error
    value = load_yaml(text, where, "a recipe, as JSON or YAML")
    try:
        return Run.model_validate(value)
    except ValidationError as error:
        raise refusal(error, value, where, "a key of a run, see config/README.md") from error
