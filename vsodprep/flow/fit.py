"""How a frame of any size meets the size multiple of a network, and how the flow comes back."""

import math
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from vsodprep.config.flow import Border, FitKind
from vsodprep.errors import VsodprepError


@dataclass(frozen=True)
class Fit:
    """A way from the frame's size to the network's and back.

    Attributes:
        multiple: Height and width of what the network takes are multiples of this.
        minimum: The least height and width that it takes.
        kind: `pad` repeats the frame's edge on all sides (as RAFT's code does), `resize` enlarges the frame to the next
            multiple, `crop` cuts its centre to the multiple below (as the inference of NVIDIA's FlowNet2 does).
        border: With `crop`, the flow outside the crop: the crop's edge repeated, zero, or the crop stretched over the
            whole frame, its values unchanged (so were DS-Net's pictures used).
    """

    multiple: int
    minimum: int
    kind: FitKind = "pad"
    border: Border = "replicate"

    def size(self, frame: tuple[int, int]) -> tuple[int, int]:
        """Return height and width of what the network gets for frames of this height and width.

        Raises:
            VsodprepError: The frame is too small to be cropped.
        """
        if self.kind != "crop":
            least = math.ceil(self.minimum / self.multiple)
            height, width = (self.multiple * max(math.ceil(side / self.multiple), least) for side in frame)
            return height, width
        height, width = (side // self.multiple * self.multiple for side in frame)
        if min(height, width) < self.minimum:
            found = f"frames of {frame[0]} x {frame[1]} pixels are too small for fit: crop"
            raise VsodprepError(f"{found}, expected at least {self.minimum} on both sides; use fit: pad")
        return height, width

    def apply(self, frames: Tensor) -> Tensor:
        """Bring frames, `(N, C, H, W)`, to the network's size."""
        height, width = self.size((frames.shape[2], frames.shape[3]))
        if self.kind == "resize":
            return F.interpolate(frames, (height, width), mode="bilinear", align_corners=False)
        left, top = self._margin(frames.shape[3], width), self._margin(frames.shape[2], height)
        right, bottom = frames.shape[3] - width - left, frames.shape[2] - height - top
        if self.kind == "crop":
            return frames[:, :, top : top + height, left : left + width]
        return F.pad(frames, (-left, -right, -top, -bottom), mode="replicate")

    def undo(self, flow: Tensor, frame: tuple[int, int]) -> Tensor:
        """Bring a flow, `(N, 2, h, w)` in pixels, back to frames of this height and width."""
        height, width = frame
        h, w = flow.shape[2:]
        if self.kind == "resize":
            whole = F.interpolate(flow, frame, mode="bilinear", align_corners=False)
            return whole * whole.new_tensor([width / w, height / h]).view(1, 2, 1, 1)
        if self.kind == "crop" and self.border == "stretch":
            return F.interpolate(flow, frame, mode="bilinear", align_corners=False)
        left, top = self._margin(width, w), self._margin(height, h)
        if self.kind == "pad":
            return flow[:, :, -top : height - top, -left : width - left]
        margins = (left, width - w - left, top, height - h - top)
        return F.pad(flow, margins, mode="replicate" if self.border == "replicate" else "constant")

    @staticmethod
    def _margin(frame: int, network: int) -> int:
        """Pixels cut off in front of the network's input; negative where they are added."""
        return -((network - frame) // 2) if network > frame else (frame - network) // 2
