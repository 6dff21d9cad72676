"""Reading delivered masks: modes, palettes, thresholds, region labels."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.fakes.fake import blob, encoded, gray, paletted, rgb
from tests.fakes.fbms import CYAN, RED, WHITE, region_file
from vsodprep.benchmarks.masks import Threshold
from vsodprep.benchmarks.regions import RegionMasks, parse_regions
from vsodprep.coding import AS_VALUES, is_two_valued, recognise_files
from vsodprep.errors import InputError
from vsodprep.normalize.frames import convert_frame

THRESHOLD = Threshold()
RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def png(image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        encoded(RAMP, ".png"),
        encoded(rgb(RAMP), ".png"),
        encoded(RAMP, ".png", mode="LA"),
        encoded(rgb(RAMP), ".png", mode="RGBA"),
        encoded(RAMP, ".png", mode="P"),
        encoded(rgb(RAMP), ".bmp"),
        encoded(RAMP, ".pgm"),
        png(Image.fromarray(RAMP.astype(np.uint16) * 257)),
    ],
    ids=["L", "RGB", "LA", "RGBA", "gray palette", "bmp", "pgm", "16 bit"],
)
def test_every_value_survives_every_mode(data: bytes) -> None:
    assert np.array_equal(AS_VALUES.decode(data, "x").values, RAMP)
    assert np.array_equal(THRESHOLD.read([data], ["x"]).mask, RAMP > 128)


def test_one_bit_masks() -> None:
    read = THRESHOLD.read([png(Image.fromarray(blob(2)))], ["x"])
    assert np.array_equal(read.mask, blob(2))
    assert read.two_valued
    assert not read.keepable


def test_ids_of_a_coloured_palette_are_united() -> None:
    data = paletted(np.array([[0, 1, 2, 3]], np.uint8))
    read = Threshold(recognise_files(["x"], lambda _: data, "masks")).read([data], ["x"])
    assert read.mask.tolist() == [[False, True, True, True]]
    assert not read.two_valued


def test_colours_go_by_luma() -> None:
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 100, 120]]], np.uint8)
    expected = np.rint(colours.astype(float) @ [0.299, 0.587, 0.114])
    assert np.abs(AS_VALUES.decode(encoded(colours, ".png"), "x").values.astype(float) - expected).max() <= 1


@pytest.mark.parametrize(("values", "expected"), [([0, 255], True), ([0, 1], False), ([254], False), ([128, 0], False)])
def test_two_values(values: list[int], expected: bool) -> None:
    assert is_two_valued(np.array(values, np.uint8)) is expected


def test_objects_are_united_without_wrapping_around() -> None:
    """Two masks of 255 add up to 254 in uint8; united they are foreground still."""
    both = encoded(gray(blob(1)), ".png")
    assert np.array_equal(THRESHOLD.read([both, both], ["x", "y"]).mask, blob(1))


def test_objects_of_two_sizes() -> None:
    with pytest.raises(InputError, match="y: 24x17 pixels; expected 24x18 pixels as x"):
        THRESHOLD.read([encoded(gray(blob(1)), ".png"), encoded(gray(blob(1))[:-1], ".png")], ["x", "y"])


def test_plain_masks_are_kept_and_others_are_not() -> None:
    assert THRESHOLD.read([encoded(gray(blob(1)), ".png")], ["x"]).keepable
    assert not THRESHOLD.read([encoded(rgb(gray(blob(1))), ".png")], ["x"]).keepable
    assert not THRESHOLD.read([encoded(RAMP, ".png")], ["x"]).keepable


def test_region_file() -> None:
    text = region_file([WHITE, CYAN, RED], {2}, 40, [(0, "a_gt.ppm", "a.ppm"), (19, "b_gt.ppm", "b.ppm")]).decode()
    regions = parse_regions(text, "x")
    assert regions.scales == (WHITE, CYAN, RED)
    assert regions.ambiguous == (2,)
    assert (regions.frames, regions.promised) == (40, 2)
    assert regions.labelled[1] == (19, "b_gt.ppm", "b.ppm")


@pytest.mark.parametrize("text", ["", "Total number of regions:\n2", "Scale of region 0:\nwhite"])
def test_region_file_of_another_form(text: str) -> None:
    with pytest.raises(InputError, match=r"x\.dat: unreadable"):
        parse_regions(text, "x.dat")


@given(st.lists(st.integers(0, 255), min_size=2, max_size=6, unique=True), st.data())
def test_gray_regions(scales: list[int], data: st.DataObject) -> None:
    picks = data.draw(st.lists(st.sampled_from(scales), min_size=4, max_size=4))
    values = np.array(picks, np.uint8).reshape(2, 2)
    read = RegionMasks(tuple(scales)).read([encoded(values, ".pgm")], ["x"])
    assert np.array_equal(read.mask, values != scales[0])
    assert read.odd is None


def test_white_background_given_as_a_colour_for_a_gray_image() -> None:
    values = np.array([[255, 0]], np.uint8)
    assert RegionMasks((WHITE, 0)).read([encoded(values, ".pgm")], ["x"]).mask.tolist() == [[False, True]]


def test_value_without_a_region() -> None:
    read = RegionMasks((0, 255)).read([encoded(np.array([[0, 255, 9]], np.uint8), ".pgm")], ["x"])
    assert read.odd == ("unknown-region", f"1 pixels of values that no region has, the first is {9 * 0x010101}")


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_frames_that_are_kept(suffix: str) -> None:
    data = encoded(rgb(RAMP)[:12], suffix)
    assert convert_frame(data, "x") == (data, suffix, (12, 16), ())


@pytest.mark.parametrize(
    "data",
    [
        encoded(rgb(RAMP), ".bmp"),
        encoded(rgb(RAMP), ".ppm"),
        encoded(rgb(RAMP), ".png", mode="RGBA"),
        encoded(RAMP, ".png", mode="P"),
    ],
    ids=["bmp", "ppm", "RGBA", "palette"],
)
def test_frames_that_become_png(data: bytes) -> None:
    converted, suffix, size, _ = convert_frame(data, "x")
    assert (suffix, size) == (".png", (16, 16))
    with Image.open(io.BytesIO(converted)) as image:
        assert image.mode == "RGB"
        assert np.array_equal(np.asarray(image), rgb(RAMP))


def test_content_decides_and_not_the_name() -> None:
    assert convert_frame(encoded(rgb(RAMP), ".jpg"), "frame.png")[1] == ".jpg"


@pytest.mark.parametrize("cut", [2, 20, 300, -3, -40])  # of a JPEG, -2 is the marker at its end
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp"])
def test_truncated_frames(suffix: str, cut: int) -> None:
    values = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="x: "):
        convert_frame(encoded(values, suffix)[:cut], "x")


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"exif": b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"}, {}]
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_size_of_a_jpeg(mode: str, options: dict[str, object]) -> None:
    stream = io.BytesIO()
    Image.new(mode, (37, 21)).save(stream, "JPEG", **options)
    assert convert_frame(stream.getvalue(), "x") == (stream.getvalue(), ".jpg", (21, 37), ())


def test_jpeg_with_a_hole_of_zeros() -> None:
    values = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    data = encoded(values, ".jpg")
    with pytest.raises(InputError, match="it ends in zeros"):
        convert_frame(data[: len(data) // 2] + bytes(len(data) - len(data) // 2), "a.jpg")
    assert convert_frame(data + bytes(64), "a.jpg")[2] == (64, 96)  # cameras pad their files
