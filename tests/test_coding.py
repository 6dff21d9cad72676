"""How masks and maps are coded: each kind of file that people hand in, and what must come of it."""

import io
import itertools
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.evaluate_cases import disk, figures, soft_map
from tests.fakes.fake import picture
from vsodprep.benchmarks.folders import own_benchmark
from vsodprep.cli import cli
from vsodprep.coding import AS_VALUES, Reading, kind_of, recognise_files
from vsodprep.config.coding import Coding, Void
from vsodprep.config.normalize import Choice
from vsodprep.errors import InputError
from vsodprep.evaluate import evaluate_folders
from vsodprep.evaluate.protocols import PROTOCOLS
from vsodprep.images import read_mask
from vsodprep.normalize.own import normalize_own
from vsodprep.review.session import Session
from vsodprep.scores.noticed import noticed

# The palette of DAVIS and PASCAL VOC, in which the bits of an id lie in turn in red, green and blue; id 7 is gray.
DAVIS = [
    sum((number >> (3 * bit + channel) & 1) << (7 - bit) for bit in range(3))
    for number in range(256)
    for channel in range(3)
]
GRAYS = [level for level in range(256) for _ in range(3)]

Mask = NDArray[np.bool_]


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def paletted(ids: NDArray[Any], palette: list[int] = DAVIS, form: str = "PNG", **options: Any) -> bytes:
    image = Image.fromarray(ids.astype(np.uint8), "P")
    image.putpalette(palette)
    return saved(image, form, **options)


def array(values: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def gray(mask: Mask, high: int = 255, kind: Any = np.uint8) -> NDArray[Any]:
    return mask.astype(kind) * kind(high)


def coloured(mask: Mask, *colour: int) -> NDArray[np.uint8]:
    return mask[..., np.newaxis] * np.array(colour, np.uint8)


def cut_out(mask: Mask) -> NDArray[np.uint8]:
    """A photograph whose opacity is the mask."""
    photograph = np.random.default_rng(0).integers(0, 256, (*mask.shape, 3), dtype=np.uint8)
    return np.dstack([photograph, gray(mask)])


# Each way of writing a mask without loss: ending of the file, and its content.
LOSSLESS: dict[str, tuple[str, Callable[[Mask], bytes]]] = {
    "1 bit": (".png", lambda mask: saved(Image.fromarray(mask))),
    "0 and 1": (".png", lambda mask: saved(Image.fromarray(gray(mask, 1)))),
    "0 and 255": (".png", lambda mask: saved(Image.fromarray(gray(mask)))),
    "id 3": (".png", lambda mask: saved(Image.fromarray(gray(mask, 3)))),
    "palette, id 1": (".png", lambda mask: paletted(gray(mask, 1))),
    "palette, id 7, which is gray": (".png", lambda mask: paletted(gray(mask, 7))),
    "palette, id 255 alone": (".png", lambda mask: paletted(gray(mask, 255))),
    "palette, 4 bits": (".png", lambda mask: paletted(gray(mask, 2), bits=4)),
    "palette of grays, 255": (".png", lambda mask: paletted(gray(mask), GRAYS)),
    "palette of grays, 1": (".png", lambda mask: paletted(gray(mask, 1), GRAYS)),
    "palette of black alone": (".png", lambda mask: paletted(gray(mask, 1), [0, 0, 0])),
    "palette of black as id 1": (".png", lambda mask: paletted(~mask, [200, 30, 30, 0, 0, 0])),
    "web palette": (".png", lambda mask: saved(Image.fromarray(gray(mask)).convert("RGB").convert("P"))),
    "palette that is clear where it is 0": (".png", lambda mask: paletted(gray(mask, 1), transparency=0)),
    "16 bits, 65535": (".png", lambda mask: saved(Image.fromarray(gray(mask, 65535, np.uint16)))),
    "16 bits, 255": (".png", lambda mask: saved(Image.fromarray(gray(mask, 255, np.uint16)))),
    "16 bits, 1": (".png", lambda mask: saved(Image.fromarray(gray(mask, 1, np.uint16)))),
    "16 bits, id 1001": (".png", lambda mask: saved(Image.fromarray(gray(mask, 1001, np.uint16)))),
    "RGB": (".png", lambda mask: saved(Image.fromarray(coloured(mask, 255, 255, 255)))),
    "RGB, 0 and 1": (".png", lambda mask: saved(Image.fromarray(coloured(mask, 1, 1, 1)))),
    "RGB, dark red": (".png", lambda mask: saved(Image.fromarray(coloured(mask, 128, 0, 0)))),
    "gray, opaque": (".png", lambda mask: saved(Image.fromarray(gray(mask)).convert("LA"))),
    "RGB, opaque": (".png", lambda mask: saved(Image.fromarray(coloured(mask, 255, 255, 255)).convert("RGBA"))),
    "white, opacity is the mask": (".png", lambda mask: saved(Image.fromarray(np.dstack([gray(mask)] * 4)))),
    "BMP": (".bmp", lambda mask: saved(Image.fromarray(gray(mask)), "BMP")),
    "BMP with a palette": (".bmp", lambda mask: paletted(gray(mask, 1), form="BMP")),
    "TIFF": (".tif", lambda mask: saved(Image.fromarray(gray(mask)), "TIFF")),
    "TIFF, 1 bit": (".tif", lambda mask: saved(Image.fromarray(mask), "TIFF")),
    "TIFF with a palette": (".tiff", lambda mask: paletted(gray(mask, 1), form="TIFF")),
    "TIFF of floats": (".tif", lambda mask: saved(Image.fromarray(mask.astype(np.float32)), "TIFF")),
    "PGM": (".pgm", lambda mask: saved(Image.fromarray(gray(mask)), "PPM")),
    "WebP": (".webp", lambda mask: saved(Image.fromarray(gray(mask)).convert("RGB"), "WEBP", lossless=True)),
    "GIF": (".gif", lambda mask: paletted(gray(mask, 1), form="GIF")),
    "GIF of grays": (".gif", lambda mask: saved(Image.fromarray(gray(mask)), "GIF")),
    "array of bool": (".npy", array),
    "array of float32": (".npy", lambda mask: array(mask.astype(np.float32))),
    "array of int64": (".npy", lambda mask: array(mask.astype(np.int64))),
    "array of uint8": (".npy", lambda mask: array(gray(mask))),
}
MASKS = [disk(24, 32, 11, 9 + 3 * frame, 6) for frame in range(5)]
EMPTY = np.zeros((24, 32), np.bool_)


def reading_of(files: list[bytes], what: str, coding: Coding = "auto", void: Void = "background") -> Reading:
    named = {f"{number}": data for number, data in enumerate(files)}
    return recognise_files(named, named.__getitem__, what, asked=coding, void=void)  # type: ignore[arg-type]


def decoded(
    files: list[bytes], what: str = "masks", coding: Coding = "auto", void: Void = "background"
) -> list[NDArray[np.uint8]]:
    reading = reading_of(files, what, coding, void)
    return [reading.decode(data, "x").values for data in files]


DARK_MAPS = {"id 3", "16 bits, id 1001"}  # as maps they may as well be dark


@pytest.mark.parametrize("what", ["masks", "maps"])
@pytest.mark.parametrize("coding", LOSSLESS)
def test_every_lossless_coding_is_read_as_the_mask_that_it_is(coding: str, what: str) -> None:
    files = [LOSSLESS[coding][1](mask) for mask in [EMPTY, *MASKS]]
    if what == "maps" and coding in DARK_MAPS:
        with pytest.raises(InputError, match="expected --coding ids"):
            reading_of(files, what)
        return
    for values, mask in zip(decoded(files, what), [EMPTY, *MASKS], strict=True):
        assert np.array_equal(values, gray(mask))


def write(folder: Path, files: dict[str, bytes], suffix: str, archive: bool) -> Path:
    """Write files as SEQUENCE/FRAME, into a folder or a zip archive."""
    if archive:
        folder = folder.with_suffix(".zip")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder, "w") as packed:
            for name, data in files.items():
                packed.writestr(f"{name}{suffix}", data)
        return folder
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}{suffix}").write_bytes(data)
    return folder


def coded(folder: Path, masks: list[Mask], coding: str, archive: bool = False) -> Path:
    suffix, code = LOSSLESS[coding]
    return write(folder, {f"fox/{frame:05d}": code(mask) for frame, mask in enumerate(masks)}, suffix, archive)


def per_frame(scores: dict[str, Any]) -> dict[str, Any]:
    return {name: each["per_frame"] for name, each in scores["sequences"].items()}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    masks=st.lists(
        st.tuples(*[st.integers(4, 14)] * 2, st.integers(0, 8)).map(lambda place: disk(18, 24, *place)),
        min_size=3,
        max_size=4,
    ),
    truth=st.sampled_from(sorted(LOSSLESS)),
    maps=st.sampled_from(sorted(set(LOSSLESS) - DARK_MAPS)),
    archives=st.tuples(st.booleans(), st.booleans()),
)
def test_masks_score_the_same_to_the_last_bit_in_every_coding_and_container(
    protocol: str, masks: list[Mask], truth: str, maps: str, archives: tuple[bool, bool]
) -> None:
    predicted = [*masks[1:], masks[0]]
    with TemporaryDirectory() as name:
        place = Path(name)
        plain = [coded(place / kind, which, "0 and 255") for kind, which in (("p", predicted), ("g", masks))]
        other = coded(place / "q", predicted, maps, archives[0]), coded(place / "h", masks, truth, archives[1])
        expected = evaluate_folders(*plain, protocol=protocol)
        found = evaluate_folders(*other, protocol=protocol)
    assert figures(found) == figures(expected)
    assert per_frame(found) == per_frame(expected)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Scores of maps and masks of 0 and 255 by protocol."""
    place = tmp_path_factory.mktemp("plain")
    maps, masks = coded(place / "maps", MASKS[::-1], "0 and 255"), coded(place / "masks", MASKS, "0 and 255")
    return {name: evaluate_folders(maps, masks, protocol=name) for name in PROTOCOLS}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("coding", LOSSLESS)
def test_every_coding_scores_the_same_under_every_protocol(
    coding: str, protocol: str, expected: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    maps = coded(tmp_path / "maps", MASKS[::-1], "0 and 255" if coding in DARK_MAPS else coding)
    masks = coded(tmp_path / "masks", MASKS, coding, archive=True)
    found = evaluate_folders(maps, masks, protocol=protocol)
    assert figures(found) == figures(expected[protocol])
    assert per_frame(found) == per_frame(expected[protocol])


@pytest.mark.parametrize("coding", LOSSLESS)
def test_normalize_and_evaluate_read_the_same_masks(coding: str, tmp_path: Path) -> None:
    suffix, code = LOSSLESS[coding]
    if suffix == ".npy":
        pytest.skip("masks of own videos are images")
    for frame, mask in enumerate(MASKS):
        write(tmp_path / "mine/fox", {f"frames/{frame:05d}": saved(Image.new("RGB", (32, 24)))}, ".png", False)
        write(tmp_path / "mine/fox", {f"masks/{frame:05d}": code(mask)}, suffix, False)
    manifest = normalize_own(own_benchmark("mine"), tmp_path / "mine", tmp_path / "out", Choice())
    assert manifest.issues == ()
    for frame, mask in enumerate(MASKS):
        assert np.array_equal(read_mask(tmp_path / "out/fox/masks" / f"{frame:05d}.png"), mask)
    scores = evaluate_folders(tmp_path / "out/fox/masks", tmp_path / "mine")
    assert scores["j_mean"] == 1
    assert manifest.extra["coding"] == scores["inputs"]["coding"]["masks"]


SOFT = [soft_map(mask, seed) for seed, mask in enumerate(MASKS)]
DARK = [values // 8 for values in SOFT]


@pytest.mark.parametrize("maps", [SOFT, DARK, [np.full((9, 9), 77, np.uint8)]], ids=["soft", "dark", "constant"])
@pytest.mark.parametrize(
    "code",
    [
        lambda values: saved(Image.fromarray(values)),
        lambda values: saved(Image.fromarray(values.astype(np.uint16) * 257)),
        lambda values: saved(Image.fromarray(values.astype(np.uint16))),
        lambda values: saved(Image.fromarray(np.dstack([values] * 3))),
        lambda values: saved(Image.fromarray(values).convert("LA")),
        lambda values: paletted(values, GRAYS),
        lambda values: array((values / 255).astype(np.float32)),
        lambda values: saved(Image.fromarray((values / 255).astype(np.float32)), "TIFF"),
        lambda values: saved(Image.fromarray(values), "BMP"),
    ],
    ids=["8", "16", "8 in 16", "RGB", "LA", "palette", "npy", "TIFF", "BMP"],
)
def test_soft_maps_keep_every_level(code: Callable[[NDArray[Any]], bytes], maps: list[NDArray[np.uint8]]) -> None:
    files = [code(values) for values in maps]
    assert all(np.array_equal(*both) for both in zip(decoded(files, "maps"), maps, strict=True))


def test_sixteen_bits_are_rounded() -> None:
    wide = np.array([[0, 128, 129, 255, 256, 65278, 65406, 65407, 65535]], np.uint16)
    assert decoded([saved(Image.fromarray(wide))])[0].tolist() == [[0, 0, 1, 1, 1, 254, 254, 255, 255]]


def test_colours_by_first_channel_or_luma() -> None:
    data = saved(Image.fromarray(np.array([[[200, 20, 10]]], np.uint8)))
    first = AS_VALUES.decode(data, "x", "first")
    assert (first.values.tolist(), first.coloured, first.void) == ([[200]], True, None)
    assert AS_VALUES.decode(data, "x").values == [[round(0.299 * 200 + 0.587 * 20 + 0.114 * 10)]]


MIXED = paletted(np.array([[0, 1, 2]])), saved(Image.fromarray(np.array([[0, 255, 0]], np.uint8)))


def test_a_set_of_two_codings_is_told_apart_by_file() -> None:
    assert [values.tolist() for values in decoded(list(MIXED))] == [[[0, 255, 255]], [[0, 255, 0]]]
    assert str(reading_of(list(MIXED), "masks")) == (
        "ids (coloured palette); values (8-bit gray); void 255 is background"
    )


@pytest.mark.parametrize(("void", "expected"), [("background", [0, 255, 255, 0]), ("foreground", [0, 255, 255, 255])])
def test_void_is_background_or_foreground(void: Void, expected: list[int]) -> None:
    data = paletted(np.array([[0, 1, 2, 255]]))
    assert decoded([data], void=void)[0].tolist() == [expected]
    plain = saved(Image.fromarray(np.array([[0, 1, 2, 255]], np.uint8)))
    assert decoded([plain], coding="ids", void=void)[0].tolist() == [expected]


def test_the_coding_is_the_sets_and_not_the_frames() -> None:
    """A frame of nearly black values stays what it is where another one is bright, a gray id what its set is."""
    nearly_black = saved(Image.fromarray(gray(MASKS[0], 1)))
    assert decoded([nearly_black, saved(Image.fromarray(SOFT[1]))], "maps")[0].max() == 1
    assert decoded([nearly_black], "maps")[0].max() == 255
    gray_id = paletted(gray(MASKS[0], 7))
    assert np.array_equal(decoded([gray_id, paletted(gray(MASKS[1], 1))], "maps")[0], gray(MASKS[0]))


@pytest.mark.parametrize(
    "odd",
    [
        lambda values: paletted(values, GRAYS),
        lambda values: saved(Image.fromarray(values).convert("RGB")),
        lambda values: saved(Image.fromarray(values).convert("LA")),
        lambda values: saved(Image.fromarray(values), "TIFF"),
    ],
)
@pytest.mark.parametrize("top", [1, 2, 20])
def test_a_dark_frame_of_another_kind_is_read_as_the_others(top: int, odd: Callable[[NDArray[Any]], bytes]) -> None:
    """Tools that make files small write a map of few grays with a palette, the others without."""
    dark = gray(MASKS[0], top)
    values = decoded([odd(dark), *(saved(Image.fromarray(one)) for one in SOFT)], "maps")
    assert np.array_equal(values[0], dark)
    assert all(np.array_equal(one, soft) for one, soft in zip(values[1:], SOFT, strict=True))


def test_a_frame_of_0_and_1_beside_two_valued_ones_of_another_kind_is_asked_about() -> None:
    files = [paletted(gray(MASKS[0], 1), GRAYS), saved(Image.fromarray(gray(MASKS[1])))]
    with pytest.raises(InputError, match="gray palette, values 0, 1 in all 1 maps; expected --coding ids"):
        decoded(files, "maps")
    assert [values.max() for values in decoded(files, "maps", "ids")] == [255, 255]


def test_sixteen_bits_of_a_dark_frame_do_not_pass_for_eight() -> None:
    """The first frame's values are all below 256, and yet of 65535."""
    maps = [gray(MASKS[0], 200, np.uint16), *(one.astype(np.uint16) * 257 for one in SOFT)]
    values = decoded([saved(Image.fromarray(one)) for one in maps], "maps")
    assert values[0].max() == 1
    assert all(np.array_equal(one, soft) for one, soft in zip(values[1:], SOFT, strict=True))


@pytest.mark.parametrize(
    ("files", "what", "message"),
    [
        ([np.array([[0, 1, 2]], np.uint8)], "maps", "8-bit gray, values 0, 1, 2 in all 1 maps; expected --coding ids"),
        ([np.array([[0, 1, 2, 255]], np.uint8)], "masks", "values 0, 1, 2, 255 in all 1 masks"),
        ([np.arange(100, dtype=np.uint8)[None]], "masks", r"values 0, 1, 2, 3 \.\.\. 99 in all 1 masks"),
    ],
)
def test_what_cannot_be_told_is_asked(files: list[NDArray[np.uint8]], what: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        reading_of([saved(Image.fromarray(one)) for one in files], what)


@pytest.mark.parametrize("what", ["masks", "maps"])
def test_noise_of_a_jpeg_is_no_object(what: str) -> None:
    """Masks without foreground, saved as JPEG, hold small values; no format that loses any can hold ids."""
    noise = np.repeat(np.repeat(np.eye(3, 4, dtype=np.uint8), 8, axis=0), 8, axis=1)  # blocks, which a JPEG keeps
    files = [saved(Image.fromarray(noise), "JPEG", quality=100)]
    with pytest.raises(InputError, match=f"8-bit gray JPEG, values 0, 1 in all 1 {what}; expected --coding ids"):
        decoded(files, what)
    assert decoded(files, what, "values")[0].max() == 1
    bright = [*files, saved(Image.fromarray(gray(MASKS[0])), "JPEG")]
    assert decoded(bright, what)[0].max() == 1


@pytest.mark.parametrize("what", ["masks", "maps"])
def test_cut_outs_are_asked_about(what: str) -> None:
    files = [saved(Image.fromarray(cut_out(mask))) for mask in MASKS]
    with pytest.raises(InputError, match=r"an alpha channel that varies.*--coding alpha .* or --coding values"):
        decoded(files, what)
    for values, mask in zip(decoded(files, what, "alpha"), MASKS, strict=True):
        assert np.array_equal(values, gray(mask))
    assert decoded(files, what, "values")[0].max() > 200


def test_alpha_that_is_not_there() -> None:
    with pytest.raises(
        InputError, match="x: 8-bit gray, without an alpha channel; expected an alpha channel in every image"
    ):
        decoded([MIXED[1]], coding="alpha")


@pytest.mark.parametrize("values", [[0.0, 1.5], [-0.1, 1.0], [0.0, 255.0], [0.0, np.nan]])
def test_floats_of_another_range(values: list[float]) -> None:
    with pytest.raises(InputError, match=r"x: floats from .*expected floats in \[0, 1\]"):
        AS_VALUES.decode(array(np.array([values])), "x")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        MIXED[0][:60],
        MIXED[1][:40],
        array(np.zeros((2, 2)))[:90],
        array(np.zeros(4)),
        array(np.full((2, 2), 70000)),
        array(np.array([["a"]])),
        saved(Image.fromarray(gray(MASKS[0])), "TIFF").replace(b"\x00\x01\x04\x00", b"\xf0\xf1\x04\x00"),  # no width
    ],
)
def test_what_is_no_image(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^maps/x\.png: "):
        AS_VALUES.decode(data, "maps/x.png")


def test_kinds_without_decoding() -> None:
    kinds = {name: kind_of(code(MASKS[0]), "x") for name, (_, code) in LOSSLESS.items()}
    assert kinds["1 bit"] == "1-bit gray"
    assert kinds["palette, id 7, which is gray"] == "coloured palette"
    assert kinds["palette of grays, 255"] == "gray palette"
    assert kinds["16 bits, 1"] == "16-bit gray"
    assert kinds["RGB, opaque"] == "8-bit colour with alpha"
    assert kinds["TIFF of floats"] == kinds["array of float32"] == "float gray"


# What makes plausible numbers of the wrong thing, and what is said of it.
NOTES: dict[str, tuple[Callable[[Mask], bytes], Callable[[Mask], bytes], str]] = {
    "masks as JPEG": (
        lambda mask: saved(Image.fromarray(gray(mask))),
        lambda mask: saved(Image.fromarray(gray(mask)), "JPEG"),
        "masks with values that are neither background nor foreground",
    ),
    "exchanged": (
        lambda mask: saved(Image.fromarray(gray(mask))),
        lambda mask: saved(Image.fromarray(soft_map(mask, 1))),
        "are maps and masks exchanged",
    ),
    "truth is everything": (
        lambda mask: saved(Image.fromarray(gray(mask))),
        lambda mask: saved(Image.fromarray(gray(mask | True))),
        "5 masks that are foreground everywhere",
    ),
    "photographs as maps": (
        lambda mask: saved(Image.open(io.BytesIO(picture(3))).resize(mask.shape[::-1])),
        lambda mask: saved(Image.fromarray(gray(mask))),
        "5 maps in colours",
    ),
}


@pytest.mark.parametrize(("of_map", "of_mask", "line"), NOTES.values(), ids=list(NOTES))
def test_notes(of_map: Callable[[Mask], bytes], of_mask: Callable[[Mask], bytes], line: str, tmp_path: Path) -> None:
    for name, code in (("maps", of_map), ("masks", of_mask)):
        write(tmp_path / name, {f"fox/{frame}": code(mask) for frame, mask in enumerate(MASKS)}, ".png", False)
    scores = evaluate_folders(tmp_path / "maps", tmp_path / "masks", protocol="pysod")
    assert any(line in said for said in noticed(scores)), noticed(scores)


def test_maps_of_0_and_1_beside_others_of_0_and_255_are_told(tmp_path: Path) -> None:
    highest = [255, 255, 255, 1, 1]
    maps = {f"fox/{f}": saved(Image.fromarray(gray(MASKS[f], high))) for f, high in enumerate(highest)}
    masks = coded(tmp_path / "masks", MASKS, "0 and 255")
    scores = evaluate_folders(write(tmp_path / "maps", maps, ".png", False), masks, protocol="pysod")
    assert "2 maps read as nearly black, 1 of 255 at most: are they masks of 0 and 1?" in noticed(scores)


def test_what_is_as_it_should_be_gets_no_note(tmp_path: Path) -> None:
    maps = {f"fox/{frame}": saved(Image.fromarray(values)) for frame, values in enumerate(SOFT)}
    masks = coded(tmp_path / "masks", MASKS, "0 and 255")
    scores = evaluate_folders(write(tmp_path / "maps", maps, ".png", False), masks)
    assert noticed(scores) == ["all masks are taken for one sequence, fox", "fox: maps found by number"]
    assert scores["inputs"]["coding"] == {"maps": "values (8-bit gray)", "masks": "values (8-bit gray)"}


def test_fewer_maps_than_frames_are_counted(tmp_path: Path) -> None:
    maps, masks = coded(tmp_path / "maps", MASKS[:4], "0 and 255"), coded(tmp_path / "masks", MASKS, "0 and 255")
    *_, line = noticed(evaluate_folders(maps, masks))
    assert line == "a sequence has fewer maps than masks, all scored frames have one: fox (4 of 5)"


def test_cache_knows_the_coding(tmp_path: Path) -> None:
    maps = coded(tmp_path / "maps", MASKS, "0 and 1")
    masks = coded(tmp_path / "masks", MASKS, "0 and 255")
    options: list[dict[str, Any]] = [{}, {"coding": "values"}]
    for given_, again in itertools.product(options, (False, True)):
        kept = evaluate_folders(maps, masks, cache_folder=tmp_path / "cache", **given_)
        assert kept == evaluate_folders(maps, masks, **given_), again
    assert evaluate_folders(maps, masks)["j_mean"] == 1
    assert evaluate_folders(maps, masks, coding="values")["j_mean"] == 0


@pytest.mark.parametrize("kept", [True, False])
def test_scores_of_a_split_read_maps_as_those_of_the_whole(kept: bool, tmp_path: Path) -> None:
    """One sequence's maps are nearly black, those of the others are not."""
    dark = {f"fox/{frame:05d}": saved(Image.fromarray(gray(mask, 1))) for frame, mask in enumerate(MASKS)}
    bright = {f"owl/{frame:05d}": saved(Image.fromarray(SOFT[frame % len(SOFT)])) for frame in range(len(MASKS))}
    write(tmp_path / "maps", dark | bright, ".png", False)
    masks = coded(tmp_path / "masks", MASKS, "0 and 255")
    for frame, mask in enumerate(MASKS):
        write(masks, {f"owl/{frame:05d}": saved(Image.fromarray(gray(mask)))}, ".png", False)
    (tmp_path / "split.txt").write_text("fox\n")
    options: dict[str, Any] = {"cache_folder": tmp_path / "cache"} if kept else {}
    whole = evaluate_folders(tmp_path / "maps", masks, **options)
    part = evaluate_folders(tmp_path / "maps", masks, split=str(tmp_path / "split.txt"), **options)
    assert part["sequences"]["fox"] == whole["sequences"]["fox"]
    assert part["inputs"]["coding"]["maps"] == "values (8-bit gray)"


def test_dark_predictions_score_the_same_packed(tmp_path: Path) -> None:
    maps = coded(tmp_path / "maps", MASKS, "0 and 1")
    (maps / "predictions.json").write_text('{"checkpoint_sha256": "0"}')
    masks = coded(tmp_path / "masks", MASKS, "0 and 255")
    with zipfile.ZipFile(tmp_path / "maps.zip", "w") as packed:
        for path in sorted(maps.rglob("*.*")):
            packed.write(path, path.relative_to(tmp_path))
    scores = [evaluate_folders(each, masks, protocol="davis2016") for each in (maps, tmp_path / "maps.zip")]
    assert scores[0] == scores[1]
    assert scores[0]["j_mean"] == 0


@pytest.mark.parametrize("content", ["[]", "{}", '{"images": []}', "no JSON", ""])
@pytest.mark.parametrize("name", ["maps.json", "record.json", "predictions.json"])
def test_a_record_of_another_tool_says_nothing_of_the_coding(name: str, content: str, tmp_path: Path) -> None:
    maps = coded(tmp_path / "maps", MASKS, "0 and 1")
    (maps / name).write_text(content)
    assert evaluate_folders(maps, coded(tmp_path / "masks", MASKS, "0 and 255"))["j_mean"] == 1


@pytest.fixture
def stages(tmp_path: Path) -> Path:
    """Frames, and the maps of two methods as ids and as masks of 0 and 255."""
    for frame, mask in enumerate(MASKS):
        photograph = np.random.default_rng(frame).integers(0, 256, (*mask.shape, 3), dtype=np.uint8)
        write(tmp_path / "frames", {f"{frame:05d}": saved(Image.fromarray(photograph))}, ".png", False)
    coded(tmp_path / "plain", MASKS, "0 and 255")
    return tmp_path


def run(*words: object) -> str:
    done = CliRunner().invoke(cli, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


COMMANDS: dict[str, Callable[[Path, Path, Path], tuple[object, ...]]] = {
    "fuse": lambda maps, frames, out: ("fuse", maps / "fox", maps / "fox", "--out", out),
    "crf": lambda maps, frames, out: ("crf", frames, maps / "fox", "--out", out),
    "coarse": lambda maps, frames, out: ("coarse", "label", frames, "--maps", maps / "fox", "--out", out),
    "coarse of a part": lambda maps, frames, out: (
        *("coarse", "label", frames, "--maps", maps / "fox", "--whole", maps, "--out", out),
    ),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
@pytest.mark.parametrize("coding", ["0 and 1", "palette, id 1", "16 bits, 255", "TIFF of floats", "array of float32"])
def test_every_stage_reads_maps_as_evaluate_does(stages: Path, coding: str, command: Any) -> None:
    coded(stages / "coded", MASKS, coding)
    for maps in ("plain", "coded"):
        run(*command(stages / maps, stages / "frames", stages / "out" / maps))
    for frame in range(len(MASKS)):
        one, other = (stages / "out" / maps / f"{frame:05d}.png" for maps in ("plain", "coded"))
        assert one.read_bytes() == other.read_bytes()
        assert read_mask(one).any()


@pytest.mark.parametrize("coding", ["0 and 1", "palette, id 1", "16 bits, 255"])
def test_labels_under_review_are_read_alike(coding: str, tmp_path: Path) -> None:
    session = Session(coded(tmp_path / "labels", MASKS, coding), tmp_path / "frames", tmp_path / "edits.txt")
    assert all(np.array_equal(session.label("fox", f"{frame:05d}"), mask) for frame, mask in enumerate(MASKS))


def test_weights_are_fitted_to_maps_and_masks_in_any_coding(stages: Path) -> None:
    coded(stages / "coded", MASKS, "palette, id 1")
    write(stages / "soft", {f"fox/{f:05d}": saved(Image.fromarray(one)) for f, one in enumerate(SOFT)}, ".png", False)
    for truth in ("plain", "coded"):
        run("fuse-fit", stages / truth, stages / "soft", "--gt", stages / truth, "--out", stages / f"{truth}.json")
    assert (stages / "plain.json").read_text() == (stages / "coded.json").read_text()


def test_a_part_of_a_set_is_read_as_the_whole(stages: Path) -> None:
    """One sequence's maps of 0 and 1 alone are masks; beside bright ones of the same method they are dark."""
    coded(stages / "maps", MASKS, "0 and 1")
    write(stages / "maps", {f"owl/{f}": saved(Image.fromarray(one)) for f, one in enumerate(SOFT)}, ".png", False)
    words = (
        "coarse",
        "label",
        stages / "frames",
        "--maps",
        stages / "maps/fox",
        "--out",
        stages / "out",
        "--order",
        "otsu",
    )
    run(*words)
    assert '"ids (8-bit gray)"' in (stages / "out/record.json").read_text()
    run(*words, "--whole", stages / "maps")
    assert '"values (8-bit gray)"' in (stages / "out/record.json").read_text()
    run(*words, "--whole", stages / "maps", "--coding", "ids")
    assert '"ids (8-bit gray, as told)"' in (stages / "out/record.json").read_text()
