"""Saliency maps of any network as an ONNX file, run by onnxruntime."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodprep.config.saliency import Saliency
from vsodprep.cues.color import stretch
from vsodprep.errors import InputError
from vsodprep.external import external_digests
from vsodprep.files import sha256
from vsodprep.progress import note

_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "lanczos": Image.Resampling.LANCZOS}
_ROUNDING = 1e-3  # how far a probability may lie outside [0, 1], as a network's own resizing makes it


def prepared(frame: NDArray[np.uint8], size: tuple[int, int], settings: Mapping[str, Any]) -> NDArray[np.float32]:
    """Make a network's input of a frame.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        size: Height and width of the input.
        settings: `divide`, `mean`, `std` and `resample`, as `Saliency` has them.

    Returns:
        float32 `(1, 3, *size)`: resized in 8 bits, then (x / divide - mean) / std.
    """
    resized = Image.fromarray(frame).resize(size[::-1], _FILTERS[settings["resample"]])
    pixels = np.asarray(resized, dtype=np.float64)
    # rembg divides by 1e-6 where a frame is black, which leaves it black
    pixels = pixels / {"range": 255.0, "nothing": 1.0, "largest": max(pixels.max(), 1.0)}[settings["divide"]]
    normalised = (pixels - np.array(settings["mean"])) / np.array(settings["std"])
    return np.ascontiguousarray(normalised.transpose(2, 0, 1)[None], dtype=np.float32)


def finished(
    output: NDArray[np.floating], size: tuple[int, int], settings: Mapping[str, Any], where: Path | str
) -> NDArray[np.float32]:
    """Make a map of a network's output.

    Args:
        output: `(h, w)`, with any number of leading axes of length 1.
        size: Height and width of the map.
        settings: `activation`, `stretch` and `resample`, as `Saliency` has them.
        where: What to name in an error.

    Returns:
        float32 `size` in [0, 1]. rembg cuts maps down to 8 bits before it resizes them; here they are rounded after it.

    Raises:
        InputError: The output is not one map, has values that are not finite, or, without anything that changes
            them, values outside [0, 1].
    """
    if output.ndim < 2 or any(length != 1 for length in output.shape[:-2]):
        raise InputError(where, f"output {settings['output']} of shape {output.shape}", "one map, (1, 1, H, W)")
    values = output.reshape(output.shape[-2:]).astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError(
            where, f"output {settings['output']} has values that are not finite", "a network that gives finite values"
        )
    if settings["activation"] == "sigmoid":
        values = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    if settings["stretch"]:
        values = stretch(values).astype(np.float64)
    elif values.min() < -_ROUNDING or values.max() > 1 + _ROUNDING:
        found = f"output {settings['output']} has values from {values.min():.4g} to {values.max():.4g}"
        raise InputError(
            where, found, "values in [0, 1]; `activation: sigmoid` makes them of logits, `stretch: true` of any values"
        )
    image = Image.fromarray(values.astype(np.float32)).resize(size[::-1], _FILTERS[settings["resample"]])
    return np.clip(np.asarray(image, dtype=np.float32), 0, 1)


class OnnxNetwork:
    """A network that makes a map of a frame.

    Attributes:
        settings: What the record of its maps says: all settings, the file and its SHA-256, and versions.
    """

    def __init__(self, block: Saliency, device: str, threads: int) -> None:
        self._where = block.file
        block.check_file()
        self._session = _session(self._where, device, threads)
        (given,) = self._session.get_inputs()[:1] or (None,)
        shape = given.shape if given is not None else []
        if given is None or len(shape) != 4 or "float" not in given.type:
            found = f"input of shape {shape}" if given is not None else "no input"
            raise InputError(self._where, found, "a network that reads (1, 3, H, W) in float")
        self._input, self._half = given.name, "float16" in given.type
        self._batch = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else 1
        names = [output.name for output in self._session.get_outputs()]
        self._settings = block.settings
        self._size = _size(self._where, self._settings["size"], shape[2:])
        if self._settings["output"] >= len(names):
            raise InputError(self._where, f"no output {self._settings['output']}", f"one from 0 to {len(names) - 1}")
        self._output = names[self._settings["output"]]
        if block.known_as is None and None in (block.mean, block.std):
            note(f"{self._where}: neither a preset nor mean and std given; frames are normalised as for ImageNet")
        import onnxruntime  # noqa: PLC0415

        external = external_digests(self._where)
        self.settings = {
            **self._settings,
            "size": list(self._size),
            "preset": block.known_as,
            "weights": self._where.name,
            "weights_sha256": sha256(self._where),
            **({"external_sha256": external} if external else {}),
            "versions": {"onnxruntime": onnxruntime.__version__},
        }

    def maps(self, frames: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return the map of each frame, float32 `(H, W)` in [0, 1]; frames are uint8 `(H, W, 3)` RGB of any size.

        Raises:
            InputError: The network cannot be run, or its output is no map.
        """
        return [self._map(frame) for frame in frames]

    def _map(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        given = prepared(frame, self._size, self._settings).astype("f2" if self._half else "f4", copy=False)
        try:
            # where the file fixes the batch, copies fill it: no map depends on which frames stand beside its own
            (output,) = self._session.run([self._output], {self._input: given.repeat(self._batch, axis=0)})
        except Exception as error:  # onnxruntime's own classes, which no module of it names
            words = " ".join(str(error).split())
            raise InputError(self._where, f"cannot be run ({words})", "a network for one frame") from error
        if self._batch > 1:
            if output.ndim < 3 or len(output) != self._batch:
                found = f"output {self._settings['output']} of shape {output.shape} for {self._batch} frames"
                raise InputError(self._where, found, "a map of each")
            output = output[0]
        return finished(output, frame.shape[:2], self._settings, self._where)


def build(block: Saliency, device: str, threads: int) -> OnnxNetwork:
    """Return the network of a block, ready for one frame after another.

    Args:
        block: Of method `onnx`.
        device: `cpu` or `cuda`.
        threads: Threads of onnxruntime.

    Raises:
        InputError: onnxruntime or the file is not there, or the file is no network of one frame.
    """
    return OnnxNetwork(block, device, threads)


@cache  # one for all sequences of a process
def _session(path: Path, device: str, threads: int) -> Any:
    try:
        import onnxruntime  # noqa: PLC0415  an extra
    except ImportError as error:
        expected = "pip install onnxruntime, or onnxruntime-gpu for device: cuda"
        raise InputError("saliency method onnx", "the package onnxruntime is not installed", expected) from error
    provider = "CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"
    unusable = InputError(
        "device", "cuda, which the installed onnxruntime cannot use", "the package onnxruntime-gpu in its place, or cpu"
    )
    if provider not in onnxruntime.get_available_providers():
        raise unusable
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=[provider])
    except Exception as error:  # onnxruntime's own classes, which no module of it names
        words = " ".join(str(error).split())
        raise InputError(path, f"unreadable as a network ({words})", "a whole ONNX file") from error
    if provider not in session.get_providers():  # where CUDA's libraries are missing, it takes the processor instead
        raise unusable
    return session


def _size(path: Path, asked: tuple[int, int] | None, fixed: Sequence[Any]) -> tuple[int, int]:
    """Return the size of a network's input: what is asked for, or what the file fixes, which must be the same."""
    numbers = tuple(fixed) if all(isinstance(length, int) and length > 0 for length in fixed) else None
    if asked is None and numbers is None:
        raise InputError(path, "a network that takes any size", "size: the height and width to use")
    if asked is not None and numbers is not None and tuple(asked) != numbers:
        raise InputError(path, f"a network of frames of {numbers[0]} x {numbers[1]}", f"size {tuple(asked)}")
    height, width = asked or numbers or (0, 0)
    return int(height), int(width)
