"""How regions are made and described: recorded in the classifier's file, so that applying it needs nothing else."""

from vsodprep.config.prior import Regions

BACKBONES = ("alexnet", "vgg16")


class Settings(Regions):
    """What fitting and applying share."""

    weights: str = ""
    """Name of the network's weights, or `file`, or `random`; empty for `contrast`."""
    weights_sha256: str = ""
    """SHA-256 of the network's parameters; empty for `contrast`."""

    @classmethod
    def of(cls, block: Regions) -> "Settings":
        """Return a block's settings, with the default of a network's weights."""
        weights = "" if block.features == "contrast" else block.weights or "IMAGENET1K_V1"
        return cls.model_validate({key: getattr(block, key) for key in Regions.model_fields} | {"weights": weights})
