"""Images of masks and maps, whatever they are coded as: one decoder for every command.

What pixels mean (gray values, object ids, an alpha channel) belongs to a whole set of images and not to one of them: a
soft map may well be nearly black, and a frame may show the one object whose colour is gray. `recognise` tells it from
the set, and the `Reading` that it returns decodes each image.
"""

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from tokenize import TokenError
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.coding import Coding, ScoredVoid
from vsodprep.errors import InputError
from vsodprep.images import FOREGROUND_ABOVE, PILLOW_ERRORS, PNG_PALETTE, check_one_picture, imdecode, png_header

Meaning = Literal["values", "ids", "alpha"]
What = Literal["masks", "maps"]
Where = Path | str

VOID = 255
_FEW = 32  # distinct values of a set of object ids, at most; also the highest id that no gray value is taken for
_NEARLY_GRAY = 32  # largest difference of channels that is no colour: masks may have (3, 0, 6) beside black
_NPY = b"\x93NUMPY"
_PNG_KINDS = {0: "gray", 2: "colour", 4: "gray with alpha", 6: "colour with alpha"}
_KINDS_BY_MODE = {"1": "1-bit gray", "F": "float gray"}
_OTHER_KINDS = {
    "L": "gray",
    "I": "gray",
    "LA": "gray with alpha",
    "RGB": "colour",
    "CMYK": "colour",
    "YCbCr": "colour",
    "RGBA": "colour with alpha",
}
_WHOLE = "a whole image file"


class Picture(NamedTuple):
    """An image as its file has it.

    Attributes:
        pixels: uint8, uint16 or float `(H, W)`, or RGB `(H, W, 3)`; of an image with a palette its ids.
        table: Colours of the ids, uint8 `(256, 3)`, None without a palette.
        alpha: Opacity, of the type of the pixels, `(H, W)`; None without an alpha channel.
    """

    pixels: NDArray[Any]
    table: NDArray[np.uint8] | None = None
    alpha: NDArray[Any] | None = None


class Decoded(NamedTuple):
    """An image's values.

    Attributes:
        values: uint8 `(H, W)`; an object's pixels are 255 where ids code them.
        coloured: Whether colours that are not gray were read as values.
        void: Where nobody says what there is, bool `(H, W)`, if that is to be left out; None where nothing is.
    """

    values: NDArray[np.uint8]
    coloured: bool = False
    void: NDArray[np.bool_] | None = None


def kind_of(data: bytes, where: Where) -> str:
    """Return what an image's header says of its pixels, such as `8-bit gray`, `coloured palette` or `float gray`.

    Raises:
        InputError: The bytes are no image.
    """
    header = png_header(data)
    if header and header[1] != PNG_PALETTE:
        return f"{header[0]}-bit {_PNG_KINDS.get(header[1], 'image')}"
    if data.startswith(_NPY):
        pixels = _load(data, where)
        depth = "float" if pixels.dtype.kind == "f" else f"{8 * pixels.dtype.itemsize}-bit"
        return f"{depth} {'gray' if pixels.ndim == 2 else 'colour'}"
    from PIL import Image  # noqa: PLC0415  a plan does without

    try:
        with Image.open(io.BytesIO(data)) as image:
            return _kind_of_mode(image)
    except (*PILLOW_ERRORS, Image.DecompressionBombError):
        return "image"  # OpenCV may know more


def _kind_of_mode(image: Any) -> str:
    if image.mode in {"P", "PA"}:
        return "gray palette" if _is_gray(_table(image)) else "coloured palette"
    if image.mode in _KINDS_BY_MODE:
        return _KINDS_BY_MODE[image.mode]
    bits = getattr(image, "tag_v2", {}).get(258, (8,))
    lossy = " JPEG" if image.format == "JPEG" else ""
    deep = image.mode.startswith("I") or (isinstance(bits, tuple) and max(bits) > 8)
    return f"{16 if deep else 8}-bit {_OTHER_KINDS.get(image.mode.partition(';')[0], 'image')}{lossy}"


def _load(data: bytes, where: Where) -> NDArray[Any]:
    try:
        pixels: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError, SyntaxError, TokenError) as error:
        raise InputError(where, f"unreadable array ({error})", "a whole .npy file of numbers") from error
    if pixels.ndim not in {2, 3} or 0 in pixels.shape or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise InputError(where, f"an array of shape {pixels.shape}", "(H, W) or (H, W, 3)")
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * 255
    if pixels.dtype.kind in "iu" and pixels.dtype.itemsize > 1:
        if pixels.min() < 0 or pixels.max() > np.iinfo(np.uint16).max:
            raise InputError(where, f"values from {pixels.min()} to {pixels.max()}", "8 or 16 bits, or [0, 1]")
        return pixels.astype(np.uint16)
    return pixels


def _table(image: Any) -> NDArray[np.uint8]:
    """Return the colours of all 256 ids; those that a short palette leaves out are gray."""
    colours = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)[:256]
    return np.concatenate([colours, np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 3)[len(colours) :]])


def _is_gray(colours: NDArray[Any]) -> bool:
    return bool((colours == colours[..., :1]).all())


def read_picture(data: bytes, where: Where) -> Picture:
    """Read an image as its file has it.

    Raises:
        InputError: The bytes are no image that can be read whole, or not of 8 or 16 bits or floats in [0, 1].
    """
    header = png_header(data)
    check_one_picture(data, where)
    if data.startswith(_NPY):
        picture = Picture(_load(data, where))
    elif (header and header[1] == PNG_PALETTE) or (not header and data[:2] in {b"GI", b"BM", b"II", b"MM"}):
        picture = _with_palette(data, where) or _without_palette(data, where)
    else:
        picture = _without_palette(data, where)
    if picture.pixels.dtype.kind == "f":
        low, high = float(picture.pixels.min()), float(picture.pixels.max())
        if not (low >= 0 and high <= 1):  # also where they are no numbers
            raise InputError(where, f"floats from {low:g} to {high:g}", "floats in [0, 1]")
    elif picture.pixels.dtype not in (np.uint8, np.uint16):
        raise InputError(where, f"an image of {picture.pixels.dtype}", "8 or 16 bits, or floats in [0, 1]")
    return picture


def _with_palette(data: bytes, where: Where) -> Picture | None:
    from PIL import Image  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.mode == "1":
                return Picture(np.asarray(image.convert("L")))
            if image.mode not in {"P", "PA"}:
                return Picture(np.asarray(image)) if image.mode == "L" else None
            ids = np.asarray(image if image.mode == "P" else image.getchannel("P"), dtype=np.uint8)
            clear = image.info.get("transparency")
            opacity = np.full(256, 255, np.uint8)
            if isinstance(clear, bytes):
                opacity[: len(clear)] = np.frombuffer(clear[:256], np.uint8)
            elif isinstance(clear, int):
                opacity[clear] = 0
            return Picture(ids, _table(image), None if clear is None else opacity[ids])
    except (*PILLOW_ERRORS, Image.DecompressionBombError) as error:
        raise InputError(where, f"unreadable image ({len(data)} bytes)", _WHOLE) from error


def _without_palette(data: bytes, where: Where) -> Picture:
    import cv2  # noqa: PLC0415

    image = imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED, where)
    if image is None:
        raise InputError(where, f"unreadable image ({len(data)} bytes)", _WHOLE)
    if image.ndim == 2:
        return Picture(np.asarray(image))
    alpha = np.ascontiguousarray(image[:, :, 3]) if image.shape[2] == 4 else None
    return Picture(np.ascontiguousarray(image[:, :, 2::-1]), alpha=alpha)


def to_8_bits(pixels: NDArray[Any], *, shallow: bool = False) -> NDArray[np.uint8]:
    """Bring values to 8 bits, rounded half up; `shallow` values of 16 bits are below 256 and stay as they are."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind == "f":
        return np.asarray(np.floor(pixels.astype(np.float64) * 255 + 0.5), dtype=np.uint8)
    return pixels.astype(np.uint8) if shallow else ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def luma(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of RGB `(..., 3)` as uint8 `(...)`; gray values stay what they are."""
    import cv2  # noqa: PLC0415

    flat = cv2.cvtColor(rgb.reshape(1, -1, 3), cv2.COLOR_RGB2GRAY)
    return np.asarray(flat, dtype=np.uint8).reshape(rgb.shape[:-1])


def is_two_valued(values: NDArray[np.uint8]) -> bool:
    """Return whether an array holds 0 and 255 only."""
    return bool((values + np.uint8(1)).max(initial=0) <= 1)  # wraps 255 to 0, a third of the time of two comparisons


@dataclass(frozen=True)
class Facts:
    """What images of one kind hold, as far as it tells what their pixels mean.

    Attributes:
        levels: Gray values, of 16 bits where one is above 255 those brought to 8.
        ids: Ids of a palette.
        highest: Highest value.
        coloured: Whether there are colours that are not gray, nor nearly so.
        many_colours: Whether an image without a palette has more than 32.
    """

    levels: frozenset[int] = frozenset()
    ids: frozenset[int] = frozenset()
    highest: int = 0
    coloured: bool = False
    many_colours: bool = False

    def joined(self, other: "Facts") -> "Facts":
        """Return what both hold together."""
        return Facts(
            self.levels | other.levels,
            self.ids | other.ids,
            max(self.highest, other.highest),
            self.coloured or other.coloured,
            self.many_colours or other.many_colours,
        )

    def settles(self, kind: str, what: What) -> bool:
        """Return whether no further image can change what the pixels mean."""
        if kind == "coloured palette":
            return self.coloured and bool(self.ids - {0, VOID})
        if kind.startswith("16-bit") and self.highest <= 255:  # all of 8 bits, unless another one has more
            return False
        return self.many_colours or self._bright(what)

    def meaning(self, kind: str, what: What) -> Meaning | None:
        """Return what the pixels mean, None if that cannot be told."""
        if kind == "coloured palette":  # of gray colours alone by chance, unless one is light
            return "ids" if self.coloured or max(self.levels, default=0) <= FOREGROUND_ABOVE else "values"
        bright = self._bright(what)
        if self.coloured and not (self.many_colours or bright):
            return "ids"
        if self.many_colours or bright or not any(self.levels):
            return "values"
        if what == "masks":
            return "ids" if len(self.levels) <= _FEW and not self.with_void else None
        dark = max(self.levels) > _FEW or len(self.levels) > _FEW // 2
        return "values" if dark else "ids" if self.levels <= {0, 1} else None

    def _bright(self, what: What) -> bool:
        """Whether there are values that only gray values and no ids are; maps are seen as objects from 128 on."""
        top = max(self.levels, default=0)
        return top >= FOREGROUND_ABOVE if what == "maps" else top > FOREGROUND_ABOVE and not self.with_void

    @property
    def with_void(self) -> bool:
        """Whether small numbers stand beside 255, as ids and void do."""
        between = self.levels - {0, VOID}
        return VOID in self.levels and bool(between) and max(between) <= _FEW

    def __str__(self) -> str:
        levels = sorted(self.levels)
        return "values " + ", ".join(map(str, levels[:4])) + (f" ... {levels[-1]}" if len(levels) > 4 else "")


def look(data: bytes, where: Where) -> Facts:
    """Return what an image holds.

    Raises:
        InputError: The bytes are no image that can be read whole, or not of 8 or 16 bits or floats in [0, 1].
    """
    pixels, table, _ = read_picture(data, where)
    if pixels.dtype.kind == "f":
        return Facts(frozenset({255}))
    highest = int(pixels.max())
    if table is not None:
        ids = np.unique(pixels)
        levels = frozenset(luma(table[ids][np.newaxis]).ravel().tolist())
        return Facts(levels, frozenset(ids.tolist()), highest, not _is_gray(table[ids]))
    values = to_8_bits(pixels, shallow=highest <= 255)
    if values.ndim == 3:
        if (np.ptp(values, axis=2) > _NEARLY_GRAY).any():
            packed = values.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
            return Facts(highest=highest, coloured=True, many_colours=len(np.unique(packed)) > _FEW)
        values = luma(values)
    return Facts(frozenset(np.unique(values).tolist()), highest=highest)


@dataclass(frozen=True)
class Reading:
    """How the images of one set are read.

    Attributes:
        what: Masks or maps.
        means: What the pixels of each kind of image mean.
        shallow: Kinds of 16 bits that hold 8-bit values.
        void: Kinds whose id 255, if there is one, is void, because there are other ids.
        void_is: What void is.
        told: Whether the meaning was told by the user and not recognised.
        option: The option that tells it.
    """

    what: What = "masks"
    means: Mapping[str, Meaning] = field(default_factory=dict)
    shallow: frozenset[str] = frozenset()
    void: frozenset[str] = frozenset()
    void_is: ScoredVoid = "background"
    told: bool = False
    option: str = "--coding"

    def decode(self, data: bytes, where: Where, channel: str = "gray") -> Decoded:
        """Decode an image of the set.

        Args:
            data: The file's bytes.
            where: What to name in an error.
            channel: What to take of colours that are values, the `first` or `gray`, their luma.

        Raises:
            InputError: The bytes are no image that can be read whole, of 8 or 16 bits or floats in [0, 1]; or it has an
                alpha channel that says something else than its pixels.
        """
        picture = read_picture(data, where)
        kind = kind_of(data, where)
        meaning = self.means.get(kind, "values")
        if meaning == "alpha":
            if picture.alpha is None:
                raise InputError(
                    where,
                    f"{kind}, without an alpha channel",
                    f"an alpha channel in every image, as {self.option} alpha says",
                )
            return Decoded(to_8_bits(picture.alpha))
        decoded = self._ids(picture, kind) if meaning == "ids" else self._values(picture, kind, channel)
        if picture.alpha is not None and not self.told:
            self._check_alpha(picture.alpha, decoded.values, where)
        return decoded

    def _values(self, picture: Picture, kind: str, channel: str) -> Decoded:
        pixels = to_8_bits(picture.pixels, shallow=kind in self.shallow)
        if picture.table is not None:
            ids = np.unique(pixels)
            colours = picture.table[ids]
            of_colour = np.zeros(256, np.uint8)
            of_colour[ids] = luma(colours[np.newaxis])[0] if channel == "gray" else colours[:, 0]
            return Decoded(of_colour[pixels], not _is_gray(colours))
        if pixels.ndim == 2:
            return Decoded(pixels)
        first = np.ascontiguousarray(pixels[:, :, 0])
        return Decoded(luma(pixels) if channel == "gray" else first, not _is_gray(pixels))

    def _ids(self, picture: Picture, kind: str) -> Decoded:
        pixels, table = picture.pixels, picture.table
        background = 0
        if pixels.ndim == 3:
            pixels = np.asarray(pixels.any(axis=2))
        elif table is not None and table[0].any():  # a palette of which black is another entry
            black = [one for one in np.unique(pixels).tolist() if not table[one].any()]
            background = black[0] if black else 0
        objects: NDArray[np.bool_] = pixels != background
        void = None
        if kind in self.void and self.void_is != "foreground":
            void = pixels == VOID
            objects &= ~void
        values: NDArray[np.uint8] = objects.astype(np.uint8) * np.uint8(255)
        return Decoded(values, void=void if self.void_is == "ignore" else None)

    def _check_alpha(self, alpha: NDArray[Any], values: NDArray[np.uint8], where: Where) -> None:
        varies = alpha.min() != alpha.max()
        if varies and not np.array_equal(to_8_bits(alpha), values):
            either = f"{self.option} alpha (what is opaque) or {self.option} values (what is light)"
            raise InputError(where, "an alpha channel that varies and is not what its pixels show", either)

    def __str__(self) -> str:
        kinds: dict[str, list[str]] = defaultdict(list)
        for kind, meaning in self.means.items():
            kinds[meaning].append(f"{kind} of 8-bit values" if kind in self.shallow else kind)
        told = ", as told" if self.told else ""
        texts = [f"{meaning} ({', '.join(sorted(names))}{told})" for meaning, names in sorted(kinds.items())]
        return (
            "; ".join(
                texts + [f"void 255 is {'left out' if self.void_is == 'ignore' else self.void_is}"] * bool(self.void)
            )
            or "values"
        )


AS_VALUES = Reading()
"""How images are read that vsodprep wrote: 0 and 255, or gray values."""


def _beside(meaning: Meaning | None, others: Iterable[frozenset[int]]) -> Meaning | None:
    """Return what dark gray maps mean beside gray ones of other kinds: tools write each file as small as it gets."""
    light = [levels for levels in others if max(levels, default=0) >= FOREGROUND_ABOVE]
    if any(levels - {0, VOID} for levels in light):
        return "values"
    return None if light else meaning


def recognise(
    kinds: Mapping[str, str],
    look_at: Callable[[str], Facts],
    what: What,
    *,
    asked: Coding = "auto",
    void: ScoredVoid = "background",
    where: Callable[[str], Where] = str,
    option: str = "--coding",
    others: Callable[[str], Iterable[str]] = lambda _: (),
) -> Reading:
    """Tell how the images of a set are coded, from as many of them as it takes.

    Every header is looked at; of each kind of image (`8-bit gray`, `coloured palette`, ...) pixels are read until no
    further image can change the answer, which is at the first that has white in it or a coloured palette.

    Args:
        kinds: `kind_of` each image of the set, by name.
        look_at: From a name to what the image holds.
        what: `masks` or `maps`. Masks of few values, none above 128, are ids; such maps may as well be dark.
        asked: A coding that the user tells, `auto` to recognise it.
        void: What id 255 means beside other ids.
        where: From a name to what an error names.
        option: The option by which the user tells it, for errors.
        others: From a kind to further images of it, which are asked for where those of `kinds` leave doubt.

    Raises:
        InputError: An image cannot be read, or the coding cannot be told.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for name, kind in kinds.items():
        members[kind].append(name)
    seen: dict[str, Facts] = {}
    for kind, names in members.items():
        facts = Facts()
        for name in chain(names, others(kind)) if asked != "alpha" else ():
            facts = facts.joined(look_at(name))
            if facts.settles(kind, what) and asked != "ids":
                break
        seen[kind] = facts
    means: dict[str, Meaning] = {}
    shallow, void_kinds = set(), set()
    for kind, names in members.items():
        facts = seen[kind]
        meaning = facts.meaning(kind, what) if asked == "auto" else asked
        without_colours = kind != "coloured palette" and not facts.coloured
        if what == "maps" and asked == "auto" and meaning != "values" and without_colours:
            meaning = _beside(meaning, [seen[other].levels for other in seen if "gray" in other and other != kind])
        if asked == "auto" and meaning == "ids" and "JPEG" in kind:  # ids do not survive it, yet some of 0 and 1 do
            meaning = None
        if meaning is None:
            found = f"{kind}, {facts} in all {len(names)} {what}"
            raise InputError(where(names[0]), found, f"{option} ids (numbers of objects) or {option} values")
        means[kind] = meaning
        if kind.startswith("16-bit") and facts.highest <= 255:
            shallow.add(kind)
        if meaning == "ids" and (facts.ids - {0, VOID} or facts.with_void):
            void_kinds.add(kind)
    return Reading(what, means, frozenset(shallow), frozenset(void_kinds), void, asked != "auto", option)


def recognise_files(
    names: Iterable[str], read: Callable[[str], bytes], what: What, where: Callable[[str], Where] = str, **told: Any
) -> Reading:
    """Tell how files are coded; see `recognise`."""
    kinds = {name: kind_of(read(name), where(name)) for name in names}
    return recognise(kinds, lambda name: look(read(name), where(name)), what, where=where, **told)
