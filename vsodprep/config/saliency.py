"""Configuration of saliency maps: a method without weights, a network as an ONNX file, or maps made elsewhere."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from vsodprep.config.base import Apart, LocalPath, Section, Size, validated
from vsodprep.config.coding import Coding
from vsodprep.config.methods import NETWORKS, SALIENCY, saliency_method
from vsodprep.config.yaml_text import read_given
from vsodprep.errors import InputError

Divide = Literal["range", "nothing", "largest"]
Resample = Literal["bilinear", "lanczos"]
Activation = Literal["none", "sigmoid"]
Three = tuple[
    Annotated[float, Field(title="R")], Annotated[float, Field(title="G")], Annotated[float, Field(title="B")]
]

_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


class Preset(NamedTuple):
    """A network as rembg distributes it, and what its code does before and after it.

    Attributes:
        mebibytes: Size of the file.
        address: Where the file is to be had.
        operations: Billions of floating point operations of a forward pass per megapixel that it reads.
        settings: Keys of a block that are not as in `PLAIN`.
    """

    mebibytes: float
    address: str
    operations: float
    settings: dict[str, Any]


# What a file that no preset knows is given.
PLAIN: dict[str, Any] = {
    **_IMAGENET,
    "divide": "range",
    "resample": "bilinear",
    "output": 0,
    "activation": "none",
    "stretch": False,
}
_RELEASE = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
_REMBG = {"divide": "largest", "resample": "lanczos", "stretch": True}
_U2NET = {**_REMBG, "size": (320, 320)}
_BIREFNET = {**_REMBG, "size": (1024, 1024), "activation": "sigmoid"}
# By the name that rembg gives the file in its cache. Source: rembg, `sessions/*.py`. Operations of U2-Net and IS-Net
# are counted from the layers in their papers, silueta's taken for U2-Net's; BiRefNet's are rough, and its lite form,
# which its authors time as four times as fast, has a quarter of them.
PRESETS = {
    "u2net": Preset(168, f"{_RELEASE}u2net.onnx", 1144.0, _U2NET),
    "u2netp": Preset(4.4, f"{_RELEASE}u2netp.onnx", 386.0, _U2NET),
    "silueta": Preset(42, f"{_RELEASE}silueta.onnx", 1144.0, _U2NET),
    "isnet-general-use": Preset(
        170,
        f"{_RELEASE}isnet-general-use.onnx",
        305.0,
        {**_REMBG, "size": (1024, 1024), "mean": (0.5, 0.5, 0.5), "std": (1.0, 1.0, 1.0)},
    ),
    "birefnet-general": Preset(928, f"{_RELEASE}BiRefNet-general-epoch_244.onnx", 2200.0, _BIREFNET),
    "birefnet-general-lite": Preset(
        214, f"{_RELEASE}BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx", 550.0, _BIREFNET
    ),
}

_NAMED = (*SALIENCY, *NETWORKS)
_LISTED = (
    f"{', '.join(f'`{name}` ({known.about})' for name, known in SALIENCY.items())}; or a network of vsodprep that "
    "reads single frames."
)


class Saliency(Section):
    """One saliency map per frame: a method, or a folder of maps made elsewhere."""

    method: Annotated[Literal[_NAMED] | None, Field(description=_LISTED), Apart] = None  # type: ignore[valid-type]
    folder: Annotated[LocalPath | None, Apart] = None
    """Folder with `{benchmark}/{seq}/{frame}.png` of any method's maps, instead of `method`."""
    coding: Annotated[Coding, Apart] = "auto"
    """How the maps in `folder` are coded: gray `values`, object `ids`, `alpha`; `auto` tells it from all of them."""
    checkpoint: LocalPath | None = None
    """For a network of vsodprep: the name of one of its runs, whose first seed is taken, or a file of `vsodprep
    train`."""
    weights: LocalPath | None = None
    """File of the network; that of the preset where rembg keeps it if null: below `~/.rembg/models`, or in `~/.u2net`,
    where earlier versions do."""
    preset: Literal[tuple(PRESETS)] | None = None  # type: ignore[valid-type]
    """The steps before and after the network, as rembg has them for its files. If null, those for the file's name; for
    a file of another name, the keys below."""
    size: Size | None = None
    """Height and width that a frame is resized to; the preset's, or what the file fixes, if null."""
    divide: Divide | None = None
    """What pixels are divided by first: their `range`, 255; `nothing`; or the `largest` value of the resized frame. If
    null, as the preset says, or their range."""
    mean: Three | None = None
    """What is subtracted next from red, green and blue; the preset's, or ImageNet's, if null."""
    std: Three | None = None
    """What they are divided by then, above 0; the preset's, or ImageNet's, if null."""
    resample: Resample | None = None
    """How frames, and maps on their way back, are resized; the preset's, or `bilinear`, if null."""
    output: int | None = Field(default=None, ge=0)
    """Which output is the map, counted from 0; the preset's, or the first, if null."""
    activation: Activation | None = None
    """How the output becomes probabilities; the preset's, or `none`, if null."""
    stretch: bool | None = None
    """Whether every map is stretched to the whole range, 0 to 1; as the preset says, or not, if null."""

    @model_validator(mode="after")
    def _one_source(self) -> "Saliency":
        if (self.method is None) == (self.folder is None):
            raise ValueError("give either method or folder")
        if self.folder is None and self.coding != "auto":
            raise ValueError("coding is for the maps in a folder")
        means = saliency_method(self.method).keys if self.method else ()
        for key in sorted({key for name in _NAMED for key in saliency_method(name).keys} - {*means}):
            if getattr(self, key) is not None:
                readers = ", ".join(name for name in _NAMED if key in saliency_method(name).keys)
                raise ValueError(f"{key} is for method {readers}")
        if "checkpoint" in means and self.checkpoint is None:
            raise ValueError(f"method {self.method}: give checkpoint, the name of one of its runs or a file")
        if self.method == "onnx" and self.weights is None and self.preset is None:
            raise ValueError(f"method onnx: give weights, a file, or preset, one of {', '.join(PRESETS)}")
        if any(not value > 0 for value in self.std or ()):
            raise ValueError("std: numbers above 0, because values are divided by them")
        return self

    @property
    def known_as(self) -> str | None:
        """The preset: the one named, or the one that the file's name tells."""
        stem = Path(self.weights or "").stem
        return self.preset or (stem if stem in PRESETS else None)

    @property
    def file(self) -> Path:
        """The network's file, of method `onnx`."""
        return rembg_file(str(self.preset)) if self.weights is None else Path(self.weights)

    def check_file(self, where: str | None = None) -> None:
        """Check that the network's file is there.

        Args:
            where: What to name in an error; the file if None.

        Raises:
            InputError: It is not; names where a preset's is to be had.
        """
        if not self.file.is_file():
            known = PRESETS.get(self.file.stem)
            source = f"; save {known.address} under this name" if known else ""
            found = "no such file" if where is None else f"no file {self.file}"
            raise InputError(where or self.file, found, f"the network as an ONNX file{source}")

    @property
    def settings(self) -> dict[str, Any]:
        """All that is done before and after an ONNX network, whoever said it; `size` may still be null."""
        known = PRESETS[self.known_as].settings if self.known_as else {}
        own = {key: getattr(self, key) for key in (*PLAIN, "size")}
        given = {key: value for key, value in own.items() if value is not None}
        return {"size": None, **PLAIN, **known, **given}


def read_onnx(given: str, text: str) -> Saliency | None:
    """Return the block of an ONNX network.

    Args:
        given: The file, or the name of a preset.
        text: Further keys of the block: JSON, or the path of a file with JSON or YAML.

    Returns:
        The block; None where what is given is neither.

    Raises:
        InputError: The keys do not fit.
    """
    by_name = given in PRESETS and not Path(given).exists()
    if not by_name and Path(given).suffix.lower() != ".onnx":
        return None
    where, value = read_given(text, "recipe", "keys of a saliency block, as JSON or YAML")
    if isinstance(value, dict):
        own = {"method": "onnx", "preset" if by_name else "weights": given}
        if said := [key for key in own if key in value]:
            raise InputError(
                where,
                f"{said[0]}, which {given} on the command line says already",
                "the other keys of a saliency block",
            )
        value = own | value
    return validated(Saliency, value, where)


def rembg_file(name: str) -> Path:
    """Return the file of a network where rembg keeps it, or, if there is none, where all its versions find one.

    rembg 2.0.86 has a folder for each network, and still reads the one folder that earlier versions have for all.
    """
    home, data = os.environ.get("U2NET_HOME"), os.environ.get("XDG_DATA_HOME")
    folder = home or os.environ.get("REMBG_HOME") or (f"{data}/rembg" if data else "~/.rembg")
    own = Path(folder).expanduser() / "models" / name / f"{name}.onnx"
    return own if own.is_file() else Path(home or f"{data or '~'}/.u2net").expanduser() / f"{name}.onnx"
