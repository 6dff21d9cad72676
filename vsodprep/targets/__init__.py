"""What a configuration makes and where it lies, for rules, report and planner alike; knows no rule."""

from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.paths import Paths
from vsodprep.targets.targets import OWN_SPLIT, TRIVIAL, TRIVIAL_MAPS, ScoreTarget, Targets, TrainingTarget, unique

__all__ = [
    "OWN_SPLIT",
    "TRIVIAL",
    "TRIVIAL_MAPS",
    "Catalogue",
    "Paths",
    "ScoreTarget",
    "Targets",
    "TrainingTarget",
    "unique",
]
