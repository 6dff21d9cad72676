"""Dense inverse search (Kroeger et al., ECCV 2016), as OpenCV has it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.config.flow import Method, Preset
from vsodprep.errors import VsodprepError
from vsodprep.flow.estimator import Field, Frame
from vsodprep.flow.quality import grey

_PRESETS: dict[Preset, int] = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
_NO_INITIAL_FLOW = np.empty(0, np.float32)


class Dis:
    """DIS flow between grey frames; needs no weights, and gives the same flow on any number of threads.

    Args:
        preset: OpenCV's preset.
        threads: Pairs that are estimated at the same time.
    """

    def __init__(self, preset: Preset = "medium", threads: int = 1) -> None:
        self.preset: Preset = preset
        self.threads = threads

    @property
    def record(self) -> dict[str, Any]:
        """See `Estimator`."""
        return {"method": "dis", "preset": self.preset, "weights_sha256": None, "versions": {"opencv": cv2.__version__}}

    def batch(self, size: tuple[int, int]) -> int:
        """See `Estimator`."""
        return self.threads

    def encode(self, frames: Sequence[Frame], sources: Sequence[bool]) -> list[NDArray[np.uint8]]:
        """See `Estimator`; a frame becomes grey, uint8 `(H, W)`."""
        return [grey(frame) for frame in frames]

    def estimate(self, pairs: Sequence[tuple[Any, Any]]) -> list[Field]:
        """See `Estimator`.

        Raises:
            VsodprepError: The frames are too small for the method's pyramid.
        """
        if len(pairs) == 1:
            return [self._flow(*pairs[0])]
        with ThreadPoolExecutor(len(pairs)) as pool:
            return list(pool.map(lambda pair: self._flow(*pair), pairs))

    def _flow(self, source: NDArray[np.uint8], target: NDArray[np.uint8]) -> Field:
        # An instance keeps its buffers, so that two threads must not share one.
        method = cv2.DISOpticalFlow.create(_PRESETS[self.preset])
        try:
            return np.asarray(method.calc(source, target, _NO_INITIAL_FLOW), dtype=np.float32)
        except cv2.error as error:
            height, width = source.shape
            raise VsodprepError(
                f"DIS cannot work on frames of {height} x {width} pixels, they are too small"
            ) from error


def build(method: Method, _device: str, threads: int) -> Dis:
    """See `build_estimator`."""
    return Dis(method.preset, threads)
