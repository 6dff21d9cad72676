"""What is known of DS-Net before torch is there: its options, its variants, and what a plan asks."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from vsodprep.config.network import Definition, NetworkOptions, Reduction, Release
from vsodprep.weights import Weights

Kernel = Literal[1, 3, 5, 7]


class DSNetOptions(NetworkOptions):
    """NetworkOptions of DS-Net; the defaults are the paper's, or the code's where the paper is silent."""

    least_batch: ClassVar[int] = 2  # the pooled branch of ASPP

    generator: Literal["dwg", "separate", "fully-connected"] | None = "dwg"
    """Dynamic weight generator: the full one, DWG-SEP, DWG-FC (Table IV), or none (M1)."""
    generator_kernels: tuple[Kernel, Kernel, Kernel, Kernel, Kernel] = (3, 3, 5, 7, 3)
    """Kernels of the generator's convolutions on f1 to f5: the code's, as the paper gives none."""
    generator_activation: Literal["relu", "none"] = "relu"
    """After the convolution to five channels: batch normalisation and ReLU as in the code, which let no weight be
    negative; or nothing, as in the paper."""
    softmax: bool = True
    """Make the two branches' weights of a level sum to one, Eq. 2 (off: CAA-woS)."""
    tau: float | None = Field(default=0.6, ge=0)
    """A weight is suppressed where the other exceeds it by more than this, Eq. 3 (null: CAA-woN)."""
    direction: Literal["top-down", "bottom-up"] = "top-down"
    """Aggregate from coarse to fine, or from fine to coarse (CAA-BU)."""
    attention: bool = True
    """Strengthen the final feature by the fused coarse map, Eq. 7 (off: M-woATT)."""
    supervision: Literal["all", "final"] = "all"
    """Which maps the loss compares (final: M-SS)."""
    fusion: Literal["weighted", "sum", "equal"] = "weighted"
    """Fuse the coarse maps by the branches' weights, Eq. 6; add them directly (M-AGGS); or average them."""
    shares: Literal["v", "u"] = "v"
    """Which weights are added up for that: v before suppression, as in Eq. 6 and the code, or u, what Eq. 3 leaves of
    them, which the sentence before Eq. 6 names."""
    fuse: Literal["maps", "logits"] = "maps"
    """What the fusion adds up: maps as Eq. 6 has it, or logits as the code does."""
    temporal_level2: Literal["temporal", "spatial"] = "temporal"
    """Second feature of the temporal weight generator; the code feeds it the spatial one."""
    final_scale: int = Field(default=2, ge=1)
    """Enlargement of the final feature before attention and head; 1 in the code."""
    reduction: Reduction = "sum"
    """Cross entropy over the pixels of a sample: summed as in the code, or averaged as in Eq. 8."""
    base_rate: float | None = Field(default=None, gt=0, lt=1)
    """Saliency that all maps start from, as in Lin et al., Focal loss for dense object detection, ICCV 2017, Section
    4.1: the share of salient pixels lets short trainings begin with objects; torch's own start, about 0.5, if null."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the batch that its forward pass reads."""
        return ("frames", "flow")

    @property
    def insight(self) -> str:
        """What the quantities are that explain its predictions."""
        return "weight"

    @property
    def branches(self) -> dict[str, str]:
        """See `NetworkOptions`."""
        return {"spatial": "frames", "temporal": "flow"}


CODE: dict[str, Any] = {"fuse": "logits", "temporal_level2": "spatial", "final_scale": 1}
_M3: dict[str, Any] = {"attention": False, "supervision": "final"}
_M2: dict[str, Any] = {**_M3, "softmax": False, "tau": None}
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "code": CODE,
    "M1": {**_M2, "generator": None},
    "M2": _M2,
    "M3": _M3,
    "M4": {"supervision": "final"},
    "M5": {},
    "DWG-SEP": {"generator": "separate"},
    "DWG-FC": {"generator": "fully-connected"},
    "CAA-woS": {"softmax": False},
    "CAA-woN": {"tau": None},
    "CAA-BU": {"direction": "bottom-up"},
    "M-SS": {"supervision": "final"},
    "M-AGGS": {"fusion": "sum"},
    "M-woATT": {"attention": False},
    **{f"tau-0.{tenth}": {"tau": tenth / 10} for tenth in range(1, 10)},  # Fig. 7
}
DEFINITION = Definition(
    name="dsnet",
    title="DS-Net",
    method="DS-Net",
    options=DSNetOptions,
    variants=VARIANTS,
    backbones=("resnet34",),
    parameters=96.9,
    operations=942.0,
    release=Release(
        # size by parameters
        Weights("final_bone.pth", 369.7, "https://pan.baidu.com/s/1DdDIGhPYTT5_-cwvCdEhLA (code 87xl)"),
        run={"variant": "code", "size": (512, 512), "resize": "pillow", "maps": "minmax", "still_flow": "zeros"},
        flow={
            "method": "flownet2",
            "direction": "forward",
            "last_frame": "backward",
            "fit": "crop",
            "border": "stretch",
        },
    ),
)
