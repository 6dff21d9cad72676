"""What people deliver: layouts, formats, sizes, and what is wrong with it."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from tests.evaluate_cases import disk, figures, normalized, soft_map, write_tree
from vsodprep.cli import cli
from vsodprep.errors import InputError
from vsodprep.evaluate import engine, evaluate_folders
from vsodprep.evaluate.resize import bicubic, resize
from vsodprep.images import read_gray, write_png
from vsodprep.manifest import Manifest, ManifestSequence, write_manifest
from vsodprep.naming import sequences_of_names
from vsodprep.shards import pack_benchmark

LENGTHS = {"drift": 5, "hide": 4}


def encode(image: np.ndarray, suffix: str = ".png") -> bytes:
    return bytes(cv2.imencode(suffix, image)[1].tobytes())


def rename_flat(maps: Path, out: Path) -> None:
    for path in maps.rglob("*.png"):
        write_png(out / f"{path.parent.name}_{path.name}", read_gray(path))


def rename_repack(maps: Path, out: Path) -> None:
    for path in maps.rglob("*.png"):
        name = path.parent.name
        write_png(out / "Method" / name / f"{name}_{path.name}", read_gray(path))


def as_zip(maps: Path, out: Path) -> None:
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(maps.rglob("*.png"), reverse=True):
            archive.write(path, f"upload/{path.relative_to(maps)}")
        archive.writestr("__MACOSX/upload/drift/._00000.png", b"junk")


def as_rgb_16_bit(maps: Path, out: Path) -> None:
    for path in maps.rglob("*.png"):
        wide = read_gray(path).astype(np.uint16) * 257
        target = out / path.relative_to(maps)
        target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target), cv2.merge([wide] * 3))


def as_bmp(maps: Path, out: Path) -> None:
    for path in maps.rglob("*.png"):
        target = (out / path.relative_to(maps)).with_suffix(".BMP")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(encode(read_gray(path), ".bmp"))


@pytest.mark.parametrize("deliver", [rename_flat, rename_repack, as_zip, as_rgb_16_bit, as_bmp])
def test_delivery_does_not_change_figures(tmp_path: Path, deliver: Callable[[Path, Path], None]) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    deliver(maps, tmp_path / "delivered")
    assert figures(evaluate_folders(tmp_path / "delivered", masks)) == figures(evaluate_folders(maps, masks))


def test_masks_from_a_benchmark_a_shard_a_zip_and_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_ALONE", 0)
    maps, masks = write_tree(tmp_path, LENGTHS)
    benchmark = normalized(tmp_path / "results" / "normalized" / "own", masks)
    pack_benchmark(benchmark, tmp_path / "own.zarr")
    as_zip(masks, tmp_path / "masks.zip")
    expected = evaluate_folders(maps, masks)
    assert expected["benchmark"] is None
    for truth in (benchmark, tmp_path / "own.zarr", tmp_path / "masks.zip"):
        assert figures(evaluate_folders(maps, truth)) == figures(expected), truth
    named = evaluate_folders(maps, "own", split="test", results=tmp_path / "results", jobs=2)
    assert (named["benchmark"], named["split"]) == ("own", "test")
    assert figures(named) == figures(expected)


def test_splits_and_attributes(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    benchmark = normalized(tmp_path / "own", masks)
    every = evaluate_folders(maps, benchmark)
    hide = evaluate_folders(maps, benchmark, split="hide")
    assert list(hide["sequences"]) == ["hide"]
    assert hide["inputs"]["extra"] == []  # maps of the other split are of a frame
    assert every["attributes"]["motion blur"]["sequences"] == ["hide"]
    assert every["attributes"]["motion blur"]["s_measure"] == hide["s_measure"]
    assert every["attributes"]["occlusion"]["max_f"] == every["max_f"]
    (tmp_path / "mine.txt").write_text("hide\n", encoding="utf-8")
    by_file = evaluate_folders(maps, masks, split=str(tmp_path / "mine.txt"))
    assert (by_file["split"], by_file["mae"]) == ("mine", hide["mae"])


def test_repack_layout_of_masks(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    for path in masks.rglob("*.png"):
        name = path.parent.name
        for folder, value in (("ground-truth", read_gray(path)), ("Imgs", np.zeros((3, 3)))):
            write_png(tmp_path / "DS" / name / folder / f"{name}_{path.stem}.png", value.astype(np.uint8))
    assert evaluate_folders(maps, tmp_path / "DS")["s_measure"] == evaluate_folders(maps, masks)["s_measure"]


@pytest.mark.parametrize("first", [390, 1])
def test_original_numbers_of_renumbered_frames(tmp_path: Path, first: int) -> None:
    maps, _ = write_tree(tmp_path, {"select_0606": 4})
    root = normalized(tmp_path / "own", tmp_path / "masks")
    frames = tuple(f"{number:05d}" for number in range(4))
    original = tuple(f"{number:05d}" for number in range(first, first + 4))
    sequence = ManifestSequence("select_0606", (), frames, frames, 30, 40, original=original)
    write_manifest(root, Manifest("own", "1", "Own", "-", "-", "-", (), (sequence,)))
    for old, new in reversed(list(zip(frames, original, strict=True))):
        (maps / "select_0606" / f"{old}.png").rename(maps / "select_0606" / f"{new}.png")
    (maps / "select_0606").rename(maps / "select0606")
    scores = evaluate_folders(maps, root)
    assert scores["inputs"]["naming"] == {"select_0606": "original stem"}
    assert scores["inputs"]["extra"] == []
    assert scores["frames"] == 2


def test_missing_maps(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    (maps / "drift" / "00000.png").unlink()  # not scored under davsod
    assert evaluate_folders(maps, masks)["inputs"]["missing"] == []
    (maps / "drift" / "00002.png").unlink()
    with pytest.raises(InputError, match="1 of 5 maps missing, first drift/00002"):
        evaluate_folders(maps, masks)
    allowed = evaluate_folders(maps, masks, allow_missing=True)
    assert (allowed["inputs"]["missing"], allowed["frames"]) == (["drift/00002"], 4)
    assert allowed["sequences"]["drift"]["per_frame"]["frame"] == ["00001", "00003"]
    for name in LENGTHS:
        (maps / name).rename(maps / f"my-{name}")
    with pytest.raises(InputError, match="no map of drift/00001 or of any other frame"):
        evaluate_folders(maps, masks, allow_missing=True)


def test_command_lists_what_was_left_out_and_counts_what_was_scored(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {**LENGTHS, "pair": 4})
    (maps / "drift" / "00002.png").unlink()
    shutil.rmtree(maps / "hide")
    result = CliRunner().invoke(cli, ["evaluate", "--pred", str(maps), "--gt", str(masks), "--allow-missing"])
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[1:] == [
        "3 frames without a map, left out:",
        "  drift: 1 of 3 frames: 00002",
        "  hide: all 2 frames",
    ]
    assert "4 frames in 2 of 3 sequences" in result.stdout.splitlines()


def test_extra_maps_are_listed(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    write_png(maps / "drift" / "99999.png", np.zeros((30, 40), np.uint8))
    write_png(maps / "panda" / "00000.png", np.zeros((30, 40), np.uint8))
    assert evaluate_folders(maps, masks)["inputs"]["extra"] == ["drift/99999.png", "panda/00000.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pred": "nowhere"}, "nowhere: no such file or folder"),
        ({"gt": "nowhere"}, "nowhere: no such file or folder; expected masks, or a benchmark below results"),
        ({"pred": "empty"}, "no image in it; expected saliency maps"),
        ({"gt": "empty"}, "no image in it; expected masks"),
        ({"split": "val"}, "no manifest with a split 'val'"),
        ({"split": "scrambled"}, "scrambled: no text .*; expected a text file of sequence names"),
        ({"protocol": "davis"}, "no protocol 'davis'; expected one of davsod, pysod"),
    ],
)
def test_plain_errors(tmp_path: Path, arguments: dict[str, str], message: str) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 3})
    (tmp_path / "empty").mkdir()
    (tmp_path / "scrambled").write_bytes(b"\xff\xfe\x00")
    made = ("empty", "scrambled")
    given = {key: str(tmp_path / value) if value in made else value for key, value in arguments.items()}
    with pytest.raises(InputError, match=message):
        evaluate_folders(**{"pred": maps, "gt": masks, **given})  # type: ignore[arg-type]


def test_a_damaged_map_is_named_by_a_worker_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_ALONE", 0)
    maps, masks = write_tree(tmp_path, {"drift": 60})
    (maps / "drift" / "00030.png").write_bytes(b"junk")
    with pytest.raises(InputError, match=r"drift/00030.png: unreadable image"):
        evaluate_folders(maps, masks, jobs=2)


@pytest.mark.parametrize("place", [40, 6, 8])
def test_a_damaged_archive_is_named(tmp_path: Path, place: int) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 4})
    archive = tmp_path / "maps.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(maps.rglob("*.png")):
            packed.writestr(path.relative_to(maps).as_posix(), path.read_bytes() + bytes(1000))
    with zipfile.ZipFile(archive) as packed:
        info = packed.getinfo("drift/00001.png")
        central = packed.start_dir + 2  # of the first entry; that of the second begins after it
    data = bytearray(archive.read_bytes())
    if place == 40:  # in the compressed data
        start = info.header_offset + 30 + len(info.filename)
        data[start : start + 20] = bytes(20 * [255])
    else:  # flags (a password) or method of compression, in both headers
        second = data.index(b"PK\x01\x02", central)
        for header in (info.header_offset + place, second + place + 2):
            data[header] = 1 if place == 6 else 97
    archive.write_bytes(data)
    with pytest.raises(InputError, match=r"maps\.zip:'?drift/00001\.png'?: (damaged|encrypted|unreadable)"):
        evaluate_folders(archive, masks)


def test_resizing_follows_the_protocol(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 4})
    for path in maps.rglob("*.png"):
        write_png(path, cv2.resize(read_gray(path), (80, 60), interpolation=cv2.INTER_NEAREST))
    scores = evaluate_folders(maps, masks)
    assert scores["inputs"]["resized"] == 2
    with pytest.raises(InputError, match=r"drift/00000.png: 80 x 60 pixels; expected 40 x 30 as its mask"):
        evaluate_folders(maps, masks, protocol="pysod")


def test_bicubic_keeps_ramps_and_constants() -> None:
    assert (bicubic(np.full((7, 9), 77, np.uint8), 20, 4) == 77).all()
    ramp = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (6, 1))
    doubled = bicubic(ramp, 6, 48)[2]
    assert doubled[4:-4].tolist() == pytest.approx(np.arange(48)[4:-4] * 5 - 2.5, abs=0.51)


def test_bicubic_by_hand() -> None:
    # Doubling: weights at distances 1.25, 0.25, 0.75, 1.75 of Keys' kernel; the border is mirrored.
    near, far = 1.5 * 0.25**3 - 2.5 * 0.25**2 + 1, 1.5 * 0.75**3 - 2.5 * 0.75**2 + 1
    outer = -0.5 * 1.25**3 + 2.5 * 1.25**2 - 4 * 1.25 + 2
    last = -0.5 * 1.75**3 + 2.5 * 1.75**2 - 4 * 1.75 + 2
    row = np.array([[10, 200, 50, 90]], dtype=np.uint8)
    expected = 200 * near + 50 * far + 10 * outer + 90 * last
    assert bicubic(row, 1, 8)[0, 3] == round(expected)
    mirrored = 10 * near + 10 * far + 200 * outer + 200 * last
    assert bicubic(row, 1, 8)[0, 0] == max(round(mirrored), 0)


def test_bicubic_smooths_where_it_shrinks() -> None:
    # At half the size the kernel is twice as wide: 0.43359, 0.11328, -0.03516, -0.01172 from the middle outwards.
    row = np.full((1, 16), 100, dtype=np.uint8)
    row[0, 8] = 200
    assert bicubic(row, 1, 8).tolist() == [[100, 100, 99, 111, 143, 96, 100, 100]]


@pytest.mark.parametrize(("size", "first"), [((10, 30), (10, 40)), ((25, 12), (30, 12))])
def test_bicubic_begins_with_the_axis_that_shrinks_most(size: tuple[int, int], first: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (30, 40), dtype=np.uint8)
    found = bicubic(image, *size)
    assert (found == bicubic(bicubic(image, *first), *size)).all()
    other = (size[0] if first[0] == 30 else 30, size[1] if first[1] == 40 else 40)
    assert (found != bicubic(bicubic(image, *other), *size)).any()


@pytest.mark.parametrize("how", ["bicubic", "bilinear", "bilinear-pillow", "bilinear-aligned", "nearest"])
def test_every_resize_gives_the_masks_size(how: str) -> None:
    resized = resize(soft_map(disk(20, 30, 10, 10, 6), 0), 13, 47, how, "x")
    assert (resized.shape, resized.dtype) == ((13, 47), np.uint8)


def test_aligned_corners_stay() -> None:
    image = np.array([[0, 100], [200, 50]], dtype=np.uint8)
    resized = resize(image, 3, 5, "bilinear-aligned", "x")
    assert resized[::2, ::4].tolist() == image.tolist()
    assert resized[1, 2] == 88  # mean of the four corners, 87.5, rounded half up


@pytest.mark.parametrize("doubled", ["a-2.png", "a_02.png"])
def test_flat_names_that_mean_one_frame_twice_are_no_sequences(doubled: str) -> None:
    names = ["a_1.png", "a_2.png", "b_1.png", "b_2.png"]
    assert sequences_of_names(names) == {
        "a": {"1": "a_1.png", "2": "a_2.png"},
        "b": {"1": "b_1.png", "2": "b_2.png"},
    }
    assert sequences_of_names([*names, doubled]) == {}


def test_flat_masks_fall_into_their_sequences(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    expected = figures(evaluate_folders(maps, masks))
    for folder in (maps, masks):
        for path in sorted(folder.rglob("*.png")):
            target = tmp_path / f"flat-{folder.name}" / f"{path.parent.name}_{path.name}"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    flat = tmp_path / "flat-masks"
    assert figures(evaluate_folders(maps, flat)) == expected
    assert figures(evaluate_folders(tmp_path / "flat-maps", flat)) == expected
    as_zip(flat, tmp_path / "flat.zip")
    assert figures(evaluate_folders(maps, tmp_path / "flat.zip")) == expected
    (flat / "drift_00001.png").unlink()  # no longer evenly spaced
    assert list(evaluate_folders(tmp_path / "flat-maps", flat)["sequences"]) == ["flat-masks"]
    (tmp_path / "list.txt").write_text("drift\nhide\n", encoding="utf-8")
    gaps = evaluate_folders(maps, flat, split=str(tmp_path / "list.txt"))
    assert gaps["sequences"]["hide"] == evaluate_folders(maps, masks)["sequences"]["hide"]
    assert gaps["sequences"]["drift"]["per_frame"]["frame"] == ["00002", "00003"]
    (tmp_path / "list.txt").write_text("drift\npanda\n", encoding="utf-8")
    with pytest.raises(InputError, match="sequence 'panda', which has no masks in"):
        evaluate_folders(maps, flat, split=str(tmp_path / "list.txt"))
