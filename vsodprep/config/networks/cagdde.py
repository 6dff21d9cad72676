"""What is known of CAG-DDE before torch is there: its options, its variants, and what a plan asks."""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from vsodprep.config.network import Definition, NetworkOptions, Release
from vsodprep.weights import Weights


class CAGDDEOptions(NetworkOptions):
    """NetworkOptions of CAG-DDE; the defaults are the paper's, or the code's where the paper is silent."""

    least_batch: ClassVar[int] = 2  # the pooled branch of ASPP

    gate: bool = True
    """Confidence-guided adaptive gates."""
    gate_share: float = Field(default=0.5, gt=0, le=1)
    """Channels of a gate's hidden layers, as a share of the feature's: the code's, as the paper gives none."""
    fusion: Literal["dde", "cat", "add", "mul"] = "dde"
    """How the two modalities are joined: dual differential enhancement, or the rows of Table 3."""
    score_input: Literal["map", "logit"] = "map"
    """What the gate's score network sees beside the feature: the map, or its logit as in the code."""
    reduced: bool = True
    """Reduce the encoder's channels by 1x1 convolutions first, as the code does."""
    decoder: Literal["levels", "deeplab"] = "levels"
    """Decode five levels; or two, as DeepLabv3+ does, in the older baseline that the release has in compiled form."""
    enhancement_activation: Literal["prelu", "none"] = "prelu"
    """After the convolutions of the differential enhancement: the code's PReLU, or nothing as the paper has it."""
    iou: Literal["union", "eq11"] = "union"
    """The IoU loss: the usual soft IoU, as the code has it, or Eq. 11 as printed, with true negatives below."""
    detach_iou: bool = False
    """Stop the gradient through the IoU that a score is compared with."""
    statistics: Literal["joint", "separate"] = "joint"
    """Frame and flow picture pass the encoder as one batch, so that batch normalisation sees the same mixture in
    training and at test time; or one after the other as in the code, whose running averages then fit neither."""
    freeze_affine: bool = False
    """Keep scale and shift of the encoder's batch normalisation fixed, as the code does."""

    @model_validator(mode="after")
    def _deeplab_is_a_baseline(self) -> "CAGDDEOptions":
        if self.decoder == "deeplab" and (self.gate or self.fusion != "cat" or self.reduced):
            raise ValueError("decoder: deeplab is a baseline, with gate: false, fusion: cat and reduced: false")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the batch that its forward pass reads."""
        return ("frames", "flow")

    @property
    def operations(self) -> float:
        """See `NetworkOptions`."""
        return 0.63 if self.decoder == "deeplab" else 1.0

    @property
    def parameters(self) -> float:
        """See `NetworkOptions`."""
        return 1.23 if self.decoder == "deeplab" else 1.0

    @property
    def insight(self) -> str | None:
        """What the quantities are that explain its predictions; the gates have such."""
        return "confidence score" if self.gate else None


CODE: dict[str, Any] = {"score_input": "logit", "statistics": "separate", "freeze_affine": True}
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "code": CODE,
    "baseline": {"gate": False, "fusion": "cat"},  # Table 2
    "baseline-deeplab": {"gate": False, "fusion": "cat", "reduced": False, "decoder": "deeplab"},
    "CAG": {"fusion": "cat"},
    "DDE": {"gate": False},
    # Table 3; its row Cat repeats the numbers of Table 2's baseline, so these features are not gated.
    "Cat": {"gate": False, "fusion": "cat"},
    "Add": {"gate": False, "fusion": "add"},
    "Mul": {"gate": False, "fusion": "mul"},
}
DEFINITION = Definition(
    name="cagdde",
    title="CAG-DDE",
    method="CAG-DDE",
    options=CAGDDEOptions,
    variants=VARIANTS,
    backbones=("resnet101",),
    parameters=55.3,
    operations=1819.0,
    release=Release(
        # size by parameters
        Weights("best.pth", 210.9, "https://pan.baidu.com/s/14qzFSy2l3eriMXrYtaw_qg (code w6wx)"),
        run={"variant": "code", "size": (448, 448), "resize": "pillow", "maps": "truncate", "still_flow": "frame"},
        flow={
            "method": "raft",
            "weights": "Raft_Large_Weights.C_T_V1",
            "iterations": 20,
            "show_at": "to",
            "first_frame": "zero",
        },
    ),
)
