"""Flow networks in torch: device, precision, size multiple and batches around any of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from vsodprep.config.flow import Precision
from vsodprep.errors import VsodprepError
from vsodprep.flow.estimator import Field, Frame
from vsodprep.flow.fit import Fit

Item = TypeVar("Item")
Result = TypeVar("Result")

_LARGEST_BATCH = 16  # pairs; more keep a GPU no busier at 480p
_SHARE_OF_MEMORY = 0.6  # of what is free on the GPU


class FlowNetwork(Protocol):
    """A network that splits into what is done once for a frame and what is done for a pair."""

    def encode(self, frames: Tensor, sources: Sequence[bool]) -> list[Any]:
        """Encode frames, float32 `(N, 3, h, w)` RGB in 0..255; `sources` tells which ones start a flow."""

    def flow(self, pairs: Sequence[tuple[Any, Any]]) -> Tensor:
        """Return the flow of each pair, `(N, 2, h, w)` in pixels."""

    def memory(self, size: tuple[int, int]) -> int:
        """Return the bytes that a pair of this height and width needs, roughly."""


class NetworkEstimator:
    """A flow network as an `Estimator`.

    Args:
        network: The network, on the CPU.
        fit: How frames meet its size multiple.
        record: What the stored file says of it.
        precision: Arithmetic; float16 and bfloat16 by autocast.
        device: `cpu` or `cuda`.
        threads: torch's threads; as they are if None.
    """

    def __init__(
        self,
        network: Any,
        fit: Fit,
        record: Mapping[str, Any],
        precision: Precision = "float32",
        device: str = "cpu",
        threads: int | None = None,
    ) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        if device == "cuda" and not torch.cuda.is_available():
            raise VsodprepError("device cuda: no GPU that torch can use, expected one, or device cpu")
        self.device = torch.device(device)
        # cuDNN's half-precision kernels want channels last; on the CPU it makes no difference.
        layout = torch.channels_last if self.device.type == "cuda" else torch.contiguous_format
        self.network = network.eval().requires_grad_(False).to(self.device, memory_format=layout)
        self.layout = layout
        self.fit = fit
        self.precision: Precision = precision
        self.limit = _LARGEST_BATCH
        self._record = dict(record)

    @property
    def record(self) -> dict[str, Any]:
        """See `Estimator`."""
        run: dict[str, Any] = {"fit": self.fit.kind, "precision": self.precision, "device": self.device.type}
        if self.fit.kind == "crop":
            run["border"] = self.fit.border
        if self.device.type == "cpu":
            run["torch_threads"] = torch.get_num_threads()  # sums on the CPU depend on it in their last bits
        return {**self._record, **run}

    def batch(self, size: tuple[int, int]) -> int:
        """See `Estimator`; one on the CPU, where larger batches gain nothing."""
        if self.device.type == "cpu":
            return 1
        free, _ = torch.cuda.mem_get_info(self.device)
        return max(1, min(_LARGEST_BATCH, int(_SHARE_OF_MEMORY * free) // self.network.memory(self.fit.size(size))))

    def encode(self, frames: Sequence[Frame], sources: Sequence[bool]) -> list[Any]:
        """See `Estimator`."""
        return self._in_batches(self._encode, list(zip(frames, sources, strict=True)))

    def estimate(self, pairs: Sequence[tuple[Any, Any]]) -> list[Field]:
        """See `Estimator`."""
        return self._in_batches(self._flow, pairs)

    def _encode(self, items: Sequence[tuple[Frame, bool]]) -> list[Any]:
        frames, sources = zip(*items, strict=True)
        size = frames[0].shape[:2]
        stacked = torch.from_numpy(np.stack(frames))
        if self.device.type == "cuda":
            stacked = stacked.pin_memory().to(self.device, non_blocking=True)
        with self._arithmetic():
            fitted = self.fit.apply(stacked.permute(0, 3, 1, 2).float()).contiguous(memory_format=self.layout)
            return [(size, encoded) for encoded in self.network.encode(fitted, sources)]

    def _flow(self, pairs: Sequence[tuple[Any, Any]]) -> list[Field]:
        size = pairs[0][0][0]
        with self._arithmetic():
            flow = self.network.flow([(source, target) for (_, source), (_, target) in pairs])
            whole = self.fit.undo(flow.float(), size).permute(0, 2, 3, 1).contiguous()
        if self.device.type == "cuda":  # into memory that the card writes to by itself
            whole = torch.empty(whole.shape, dtype=whole.dtype, pin_memory=True).copy_(whole)
        return list(whole.cpu().numpy())

    def _arithmetic(self) -> AbstractContextManager[Any]:
        stack = ExitStack()
        stack.enter_context(torch.inference_mode())
        # Plain float32 and the same bytes every time; who wants speed asks for half precision.
        cudnn = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        stack.enter_context(cudnn)
        if self.precision != "float32":
            stack.enter_context(torch.autocast(self.device.type, getattr(torch, self.precision)))
        return stack

    def _in_batches(self, work: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item]) -> list[Result]:
        """Do the work in parts; parts that do not fit into memory are halved, and later ones kept as small."""
        done: list[Result] = []
        while len(done) < len(items):
            part = items[len(done) : len(done) + self.limit]
            try:
                done += work(part)
                continue
            except RuntimeError as error:
                if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
                    raise
                if len(part) == 1:
                    raise VsodprepError(f"not enough memory on {self.device} for one pair of these frames") from error
            # Outside the handler, so that the failed attempt's tensors are free before the next.
            self.limit = (len(part) + 1) // 2
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
        return done
