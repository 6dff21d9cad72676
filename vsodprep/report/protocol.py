"""A protocol's settings in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vsodprep.evaluate.protocols import Protocol


@dataclass(frozen=True)
class Setting:
    """One choice of a protocol.

    Attributes:
        key: Its name.
        value: What was chosen.
        meaning: What the choice is about.
        usual: Whether the default protocol chooses the same.
    """

    key: str
    value: str
    meaning: str
    usual: bool


def settings(scores: Mapping[str, Any]) -> list[Setting]:
    """Return the protocol's settings as a score file records them; none where it does not."""
    default = Protocol().model_dump(mode="json")
    fields = Protocol.model_fields
    return [
        Setting(key, str(value), (fields[key].description or "") if key in fields else "", value == default.get(key))
        for key, value in scores.get("settings", {}).items()
    ]
