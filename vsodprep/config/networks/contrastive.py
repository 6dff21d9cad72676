"""What is known of the contrastive network before torch is there: its options, its variants, and what a plan asks."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from vsodprep.config.network import Clip, Definition, NetworkOptions


class ContrastiveOptions(NetworkOptions):
    """NetworkOptions of the contrastive network; where the paper is silent, the choice is named."""

    least_batch: ClassVar[int] = 2  # the pooled branch of ASPP

    co_attention: Literal["cross-level", "cross-frame"] | None = "cross-level"
    """Co-attention of a low-level feature with the encoder's output, Eq. 6, or of two frames (COSNet, Table 4)."""
    self_attention: bool = True
    """Non-local self-attention with a dynamic depthwise filter, Eq. 4-5."""
    mining: Literal["hard", "random"] | None = "hard"
    """Positives and negatives of the contrastive loss, Eq. 9; null is no contrastive loss."""
    low_level: Literal["stage1", "stem"] = "stage1"
    """Where v of the co-attention is taken: the paper's first block is read as stage 1, or as the stem."""
    rates: tuple[int, ...] = (12, 24, 36)
    """Dilations of the ASPP beside its 1x1 convolution; DeepLabv3's at output stride 8 (COSNet: 6, 12, 18)."""
    references: int = Field(default=5, ge=1)
    """Reference frames of a clip at test time, with cross-frame co-attention."""
    reference_frames: Literal["spread", "past"] = "spread"
    """Where they are from: spread evenly over the video, as COSNet's are, or the frames just before."""
    contrast_weight: float = Field(default=1.0, gt=0)
    """Weight of the contrastive loss beside cross entropy; `contrast` in `metrics.csv` is weighted by it."""
    zero_init_residual: bool = False
    """Start every block of the backbone as its shortcut alone, as torchvision's argument of that name does; it counts
    only without ImageNet weights."""
    positives: int = Field(default=4, ge=1)
    """Positives of an anchor, at most."""
    negatives: int = Field(default=4, ge=1)
    """Negatives of an anchor, at most."""
    temperature: float = Field(default=0.1, gt=0)
    """tau of Eq. 9."""
    normalise: bool = True
    """Scale the contrasted features to length one; Eq. 9 shows bare products, which overflow more easily."""

    @property
    def clip_length(self) -> int:
        """Frames of a clip that its forward pass reads at test time."""
        return 1 + self.references if self.co_attention == "cross-frame" else 1

    @property
    def trained_clip(self) -> int:
        """Frames that a clip must hold in training: a pair, with cross-frame co-attention."""
        return min(2, self.clip_length)

    @property
    def clip(self) -> Clip | None:
        """Where the reference frames are from at test time; None without any."""
        if self.co_attention != "cross-frame":
            return None
        return "references" if self.reference_frames == "spread" else "past"


_BASELINE: dict[str, Any] = {"co_attention": None, "self_attention": False, "mining": None}
_COSNET: dict[str, Any] = {**_BASELINE, "co_attention": "cross-frame"}
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "baseline": _BASELINE,  # Table 3
    "co-attention": {**_BASELINE, "co_attention": "cross-level"},
    "self-attention": {**_BASELINE, "self_attention": True},
    "both": {"mining": None},
    "contrastive-loss": {"mining": "random"},
    "hard-mining": {},
    "cosnet": _COSNET,  # Table 4
    "cosnet-1": {**_COSNET, "references": 1},
}
DEFINITION = Definition(
    name="contrastive",
    title="Contrastive",
    method="Contrastive-WACV22",
    options=ContrastiveOptions,
    variants=VARIANTS,
    backbones=("resnet101",),
    parameters=59.3,
    operations=1863.0,
)
