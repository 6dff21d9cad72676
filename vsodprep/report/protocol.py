"""A protocol's settings in words, and what an evaluation noticed about its inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vsodprep.evaluate.protocols import Protocol

NOTICED = {
    "missing": "frames without a map, left out",
    "extra": "maps of no frame, not read",
    "resized": "maps resized to their masks",
    "constant_maps": "maps of one value only",
    "empty_masks": "masks without foreground",
}


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


def notes(scores: Mapping[str, Any]) -> list[str]:
    """Return what was unusual about maps and masks, such as `2 masks without foreground`."""
    noticed = scores.get("inputs", {})
    counts = {key: len(value) if isinstance(value, list) else value for key, value in noticed.items() if key in NOTICED}
    return [f"{counts[key]} {what}" for key, what in NOTICED.items() if counts.get(key)]
