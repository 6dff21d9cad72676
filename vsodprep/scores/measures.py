"""The scalars of a score file: order, heading, and whether large or small is good."""

from dataclasses import dataclass

from vsodprep.errors import InputError, expected_one


@dataclass(frozen=True)
class Measure:
    """One scalar of a score file.

    Attributes:
        key: Its key in the file.
        heading: Short heading of its column.
        small: Whether small is good.
        title: What it is, in words.
        ranked: Whether to mark the best; maps that are bad throughout do not decay.
    """

    key: str
    heading: str
    small: bool
    title: str
    ranked: bool = True


MEASURES = (
    Measure("max_f", "max F", False, "F-measure, β² = 0.3, at its best threshold"),
    Measure("s_measure", "S", False, "structure measure, α = 0.5"),
    Measure("mae", "MAE", True, "mean absolute error"),
    Measure("mean_f", "mean F", False, "F-measure, mean over 256 thresholds"),
    Measure("adaptive_f", "adp F", False, "F-measure at twice the map's mean"),
    Measure("max_e", "max E", False, "enhanced alignment measure at its best threshold"),
    Measure("mean_e", "mean E", False, "enhanced alignment measure, mean over 256 thresholds"),
    Measure("adaptive_e", "adp E", False, "enhanced alignment measure at twice the map's mean"),
    Measure("weighted_f", "wF", False, "weighted F-measure"),
    Measure("pr_auc", "PR AUC", False, "area under the precision-recall curve"),
    Measure("j_mean", "J mean", False, "region similarity (intersection over union)"),
    Measure("j_recall", "J recall", False, "share of frames with J above 0.5"),
    Measure("j_decay", "J decay", True, "loss of J from the first to the last quarter of a sequence", ranked=False),
    Measure("boundary_mean", "bdry F mean", False, "contour accuracy"),
    Measure("boundary_recall", "bdry F recall", False, "share of frames with contour accuracy above 0.5"),
    Measure(
        "boundary_decay",
        "bdry F decay",
        True,
        "loss of contour accuracy from the first to the last quarter",
        ranked=False,
    ),
    Measure("t_mean", "T", True, "temporal instability: change of the contour's shape from frame to frame"),
    Measure("si_mae", "SI MAE", True, "mean absolute error, every object alike"),
    Measure("si_max_f", "SI max F", False, "F-measure, every object alike, at each one's best threshold"),
    Measure("si_mean_f", "SI mean F", False, "F-measure, every object alike, mean over 256 thresholds"),
    Measure("si_adaptive_f", "SI adp F", False, "F-measure, every object alike, at twice the map's mean"),
    Measure("context", "Context", False, "Context-measure"),
    Measure("msiou", "MSIoU", False, "multiscale intersection over union of edges, at one half"),
    Measure("max_msiou", "max MSIoU", False, "multiscale intersection over union of edges at its best threshold"),
    Measure("mean_msiou", "mean MSIoU", False, "multiscale intersection over union of edges, mean over 257 thresholds"),
    Measure(
        "adaptive_msiou", "adp MSIoU", False, "multiscale intersection over union of edges at twice the map's mean"
    ),
    Measure("hce", "HCE", True, "human correction efforts: clicks a frame"),
)

# What papers print beside scores; no score file has it.
COSTS = (
    Measure("seconds_per_frame", "s a frame", True, "run time"),
    Measure("params_millions", "M parameters", True, "size of the network"),
    Measure("GFLOPs", "G operations", True, "operations of a map, two a multiply-add"),
)

# The measure that a protocol is known for comes first in its tables.
_LEADING = {
    "uvos": ("j_mean", "boundary_mean", "j_recall"),
    "davis2016": ("j_mean", "boundary_mean", "j_recall", "j_decay", "boundary_recall", "boundary_decay", "t_mean"),
}


def ordered(protocol: str) -> tuple[Measure, ...]:
    """Return all measures in the order of a protocol's tables."""
    leading = _LEADING.get(protocol, ())
    return tuple(sorted(MEASURES, key=lambda m: leading.index(m.key) if m.key in leading else len(leading)))


def measure(key: str) -> Measure:
    """Return a measure by its key in a score file.

    Raises:
        InputError: There is none.
    """
    for known in (*MEASURES, *COSTS):
        if known.key == key:
            return known
    raise InputError("measure", f"no measure {key!r}", expected_one(key, (known.key for known in MEASURES)))
