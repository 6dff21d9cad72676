import struct
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from vsodprep.errors import InputError
from vsodprep.flow.dis import Dis
from vsodprep.flow.formats import (
    read_flo,
    read_kitti,
    write_flo,
    write_kitti,
)
from vsodprep.images import decode, write_png

FLOW = np.random.default_rng(0).normal(scale=30, size=(5, 7, 2)).astype(np.float32)
KNOWN = np.random.default_rng(1).uniform(size=(5, 7)) > 0.3


def test_flo_is_byte_for_byte_as_published(tmp_path: Path) -> None:
    write_flo(tmp_path / "a.flo", np.array([[[1.5, -2.0], [0.25, 4.0]]], np.float32))
    assert (tmp_path / "a.flo").read_bytes() == b"PIEH" + struct.pack("<ii4f", 2, 1, 1.5, -2.0, 0.25, 4.0)


def test_flo_round_trip_is_exact(tmp_path: Path) -> None:
    write_flo(tmp_path / "a.flo", FLOW)
    flow, known = read_flo(tmp_path / "a.flo")
    np.testing.assert_array_equal(flow, FLOW)
    assert known.all()


def test_flo_keeps_what_is_unknown(tmp_path: Path) -> None:
    write_flo(tmp_path / "a.flo", np.where(KNOWN[..., None], FLOW, np.float32(1e9)))
    flow, known = read_flo(tmp_path / "a.flo")
    np.testing.assert_array_equal(known, KNOWN)
    np.testing.assert_array_equal(flow, np.where(KNOWN[..., None], FLOW, 0))


def flo(width: int, height: int, values: list[float], magic: bytes = b"PIEH") -> bytes:
    return magic + struct.pack(f"<ii{len(values)}f", width, height, *values)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (flo(1, 1, [0, 0], b"HEIP"), r"begins with b'HEIP'; expected b'PIEH'"),
        (b"PIEH", r"begins with b'PIEH'"),
        (b"", r"begins with b''"),
        (flo(2, 1, [0, 0, 0]), r"24 bytes; expected 28 for its size of 1 x 2"),
        (flo(2, 1, [0, 0, 0, 0, 0]), r"32 bytes; expected 28 for its size of 1 x 2"),
        (flo(-1, 1, []), r"size 1 x -1"),
        (flo(1, 0, []), r"size 0 x 1"),
        (flo(16_777_216, 1, []), r"size 1 x 16777216"),
        (flo(1, 1, [float("nan"), 0]), r"NaN values"),
        (flo(1, 1, [0, float("inf")]), r"infinite values"),
        (flo(1, 1, [0, float("-inf")]), r"infinite values"),
    ],
)
def test_broken_flo_files_are_named(tmp_path: Path, data: bytes, line: str) -> None:
    (tmp_path / "a.flo").write_bytes(data)
    with pytest.raises(InputError, match=rf"a\.flo: {line}"):
        read_flo(tmp_path / "a.flo")


def test_missing_flo_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.flo: No such file"):
        read_flo(tmp_path / "a.flo")


def test_kitti_is_coded_as_published(tmp_path: Path) -> None:
    write_kitti(tmp_path / "a.png", np.array([[[1.0, -2.0], [0.5, 0.0]]], np.float32))
    image = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert image.dtype == np.uint16
    assert image[0, :, ::-1].tolist() == [[32768 + 64, 32768 - 128, 1], [32768 + 32, 32768, 1]]


def test_kitti_round_trip_is_exact_to_half_a_step(tmp_path: Path) -> None:
    assert write_kitti(tmp_path / "a.png", FLOW) == 0
    image = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(tmp_path / "a.png"), np.where(KNOWN[..., None], image, np.uint16(0)))
    flow, known = read_kitti(tmp_path / "a.png")
    np.testing.assert_array_equal(known, KNOWN)
    assert np.abs(flow - FLOW)[KNOWN].max() <= 1 / 128
    assert not flow[~KNOWN].any()


def test_kitti_counts_what_it_clips(tmp_path: Path) -> None:
    flow = np.array([[[600.0, -600.0], [-512.0, 511.98]]], np.float32)
    assert write_kitti(tmp_path / "a.png", flow) == 2
    assert read_kitti(tmp_path / "a.png").flow.tolist() == [[[511.984375, -512.0], [-512.0, 511.984375]]]


@pytest.mark.parametrize("kind", ["eight bits", "grey", "text", "missing"])
def test_other_images_are_no_kitti_flow(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.png"
    if kind == "eight bits":
        write_png(path, np.zeros((3, 3, 3), np.uint8))
    elif kind == "grey":
        cv2.imwrite(str(path), np.zeros((3, 3), np.uint16))
    elif kind == "text":
        path.write_text("no image")
    with pytest.raises(InputError, match=r"a\.png"):
        read_kitti(path)


@pytest.mark.parametrize("write", [write_flo, write_kitti])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_infinite_is_written(tmp_path: Path, write, value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        write(tmp_path / "a", np.full((2, 2, 2), value, np.float32))
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="session")
def flow_pairs(excerpts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    with zipfile.ZipFile(excerpts / "flow-pairs.zip") as archive:
        archive.extractall(folder)
    return folder / "flow"


PAIRS = {
    "RubberWhale": ("frame10.png", "frame11.png", "flow10.flo"),
    "FlyingChairs": ("0000000-img0.ppm", "0000000-img1.ppm", "0000000-gt.flo"),
}


def error_of_dis(folder: Path, pair: str, preset: str) -> float:
    first, second, truth = (folder / pair / name for name in PAIRS[pair])
    method = Dis(preset)
    frames = [decode(np.fromfile(path, np.uint8), path) for path in (first, second)]
    (flow,) = method.estimate([tuple(method.encode(frames, [True, False]))])
    expected, known = read_flo(truth)
    return float(np.linalg.norm(flow - expected, axis=2)[known].mean())


def test_unknown_pixels_of_rubber_whale(flow_pairs: Path) -> None:
    known = read_flo(flow_pairs / "RubberWhale" / "flow10.flo").known
    assert known.shape == (388, 584)
    assert np.count_nonzero(~known) == 3622


def test_dis_medium_on_rubber_whale(flow_pairs: Path) -> None:
    assert error_of_dis(flow_pairs, "RubberWhale", "medium") < 0.25


@pytest.mark.parametrize(
    ("pair", "preset", "expected"),
    [
        ("RubberWhale", "ultrafast", 0.537),
        ("RubberWhale", "fast", 0.440),
        ("RubberWhale", "medium", 0.226),
        ("FlyingChairs", "ultrafast", 7.01),
        ("FlyingChairs", "fast", 6.58),
        ("FlyingChairs", "medium", 8.22),
    ],
)
def test_dis_on_public_pairs(flow_pairs: Path, pair: str, preset: str, expected: float) -> None:
    assert error_of_dis(flow_pairs, pair, preset) == pytest.approx(expected, rel=0.03)


def test_real_flo_survives_a_round_trip(flow_pairs: Path, tmp_path: Path) -> None:
    original = flow_pairs / "FlyingChairs" / "0000000-gt.flo"
    flow, known = read_flo(original)
    write_flo(tmp_path / "a.flo", np.where(known[..., None], flow, np.float32(1e9)))
    assert (tmp_path / "a.flo").read_bytes() == original.read_bytes()
