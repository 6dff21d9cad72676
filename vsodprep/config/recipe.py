"""Reading a recipe: one run of the configuration, as JSON or YAML."""

from vsodprep.config.base import validated
from vsodprep.config.train import Run
from vsodprep.config.yaml_text import read_given


def read_recipe(text: str) -> Run:
    """Read a run of the configuration.

    Args:
        text: JSON, or the path of a file with JSON or YAML.

    Raises:
        InputError: The file is missing, or the recipe does not fit; names the key.
    """
    where, value = read_given(text, "recipe", "a recipe, as JSON or YAML")
    return validated(Run, value, where, "a key of a run, see config/README.md")
