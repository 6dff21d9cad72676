"""How regions are made and described: recorded in the classifier's file, so that applying it needs nothing else."""

from dataclasses import asdict, dataclass
from typing import Any

from vsodprep.prior.segmentation import Level

BACKBONES = ("alexnet", "vgg16")


@dataclass(frozen=True)
class Settings:
    """Settings that fitting and applying share; `vsodprep.config.prior.Prior` describes them.

    Attributes:
        levels: Parameters of each segmentation.
        scale: Factor on height and width before segmentation.
        backend: Whose graph segmentation.
        min_regions: Regions below which a level is segmented more finely.
        features: `contrast`, or the network behind the three windows.
        weights: Name of the network's weights, or `file`, or `random`; empty for `contrast`.
        weights_sha256: SHA-256 of the network's parameters; empty for `contrast`.
    """

    levels: tuple[Level, ...]
    scale: float
    backend: str
    min_regions: int
    features: str
    weights: str = ""
    weights_sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"levels": [list(level) for level in self.levels]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Settings":
        """Return the settings that `to_json` wrote."""
        levels = tuple(Level(float(sigma), float(k), int(least)) for sigma, k, least in value["levels"])
        return cls(**{**value, "levels": levels})
