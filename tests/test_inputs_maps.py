"""Masks and maps through any lossless coding, container, naming and padding score the same, to the last bit."""

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.evaluate_cases import figures, write_tree
from tests.fakes.archives import make_tar, make_zip
from vsodprep.cli import cli
from vsodprep.errors import InputError
from vsodprep.evaluate import evaluate_folders
from vsodprep.images import read_gray

LENGTHS = {"drift": 5, "hide": 4}


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def npy(values: NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def deep(values: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(values.astype(np.uint16) * 257)


# From a map's values to a file and its ending; every one of them is lossless.
CODINGS = {
    "PNG": lambda values: (saved(Image.fromarray(values), "PNG"), ".png"),
    "PNG of three channels": lambda values: (saved(Image.fromarray(values).convert("RGB"), "PNG"), ".PNG"),
    "16-bit PNG": lambda values: (saved(deep(values), "PNG"), ".png"),
    "BMP": lambda values: (saved(Image.fromarray(values), "BMP"), ".bmp"),
    "PGM": lambda values: (saved(Image.fromarray(values), "PPM"), ".pgm"),
    "TIFF": lambda values: (saved(Image.fromarray(values), "TIFF", compression="tiff_lzw"), ".tif"),
    "float TIFF": lambda values: (saved(Image.fromarray(values.astype(np.float32) / 255), "TIFF"), ".tiff"),
    "WebP": lambda values: (saved(Image.fromarray(values).convert("RGB"), "WEBP", lossless=True, exact=True), ".webp"),
    "GIF": lambda values: (saved(Image.fromarray(values), "GIF"), ".gif"),
    "float npy": lambda values: (npy(values.astype(np.float32) / 255), ".npy"),
    "npy": lambda values: (npy(values), ".npy"),
}
NAMINGS = [
    "{seq}/{frame:05d}",
    "{seq}/{frame}",
    "{seq}_{frame:03d}",
    "Method/{seq}/{seq}_{frame:05d}",
    "out\\{seq}\\{frame}",
]
CONTAINERS = ["folder", "zip", "stored zip", "tar"]


def deliver(folder: Path, target: Path, coding: str, naming: str, container: str) -> Path:
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*.png")):
        data, suffix = CODINGS[coding](read_gray(path))
        files[naming.format(seq=path.parent.name, frame=int(path.stem)) + suffix] = data
    if container == "folder":
        for name, data in files.items():
            (target / name.replace("\\", "/")).parent.mkdir(parents=True, exist_ok=True)
            (target / name.replace("\\", "/")).write_bytes(data)
    elif container == "tar":
        make_tar(target, files)
    elif container == "zip":
        make_zip(target, files)
    else:
        with zipfile.ZipFile(target, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    return target


WAY = st.tuples(st.sampled_from(list(CODINGS)), st.sampled_from(NAMINGS), st.sampled_from(CONTAINERS))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_tree(tmp_path_factory.mktemp("tree"), LENGTHS)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(maps=WAY, masks=WAY)
def test_any_lossless_way_scores_the_same(
    tree: tuple[Path, Path], maps: tuple[str, str, str], masks: tuple[str, str, str]
) -> None:
    expected = figures(evaluate_folders(*tree))
    with tempfile.TemporaryDirectory() as scratch:
        pred, gt = (
            deliver(folder, Path(scratch) / name, *way)
            for folder, name, way in zip(tree, ("maps", "masks"), (maps, masks), strict=True)
        )
        assert figures(evaluate_folders(pred, gt)) == expected


@pytest.mark.parametrize("coding", list(CODINGS))
def test_fuse_reads_what_evaluate_reads(coding: str, tree: tuple[Path, Path], tmp_path: Path) -> None:
    given = deliver(tree[0], tmp_path / "given", coding, NAMINGS[0], "folder")
    cli.main(["fuse", str(given), str(tree[0]), "--out", str(tmp_path / "out")], standalone_mode=False)
    for path in sorted(tree[0].rglob("*.png")):
        assert np.array_equal(read_gray(tmp_path / "out" / path.relative_to(tree[0])), read_gray(path))


@pytest.mark.parametrize("shape", ["(9999999, 9999999)", "(30,", "(30, 40, 7)", "(0, 4)"])
def test_arrays_that_are_no_maps_are_refused(shape: str, tree: tuple[Path, Path], tmp_path: Path) -> None:
    given = deliver(tree[0], tmp_path / "given", "npy", NAMINGS[0], "folder")
    path = next(given.rglob("00002.npy"))
    head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\0" + len(head).to_bytes(2, "little") + head + bytes(1200))
    with pytest.raises(InputError, match=r"00002\.npy: "):
        evaluate_folders(given, tree[1])


VOID_MASK = np.array([[0, 1, 1, 255], [0, 0, 1, 255]], np.uint8)
VOID_MAP = np.array([[0, 255, 128, 255], [64, 0, 255, 0]], np.uint8)


def void_tree(root: Path) -> tuple[Path, Path]:
    """A frame whose mask's last column is void, and its map."""
    for name, pixels in (("masks", VOID_MASK), ("maps", VOID_MAP)):
        image = Image.fromarray(pixels)
        if name == "masks":
            image.putpalette([0, 0, 0, 128, 0, 0, *[0] * (253 * 3), 224, 224, 192])
        (root / name / "s").mkdir(parents=True)
        image.save(root / name / "s" / "0.png")
    return root / "maps", root / "masks"


@pytest.mark.parametrize(("void", "j"), [("background", 3 / 4), ("foreground", 4 / 5), ("ignore", 1.0)])
def test_void_is_background_foreground_or_left_out(tmp_path: Path, void: str, j: float) -> None:
    scores = evaluate_folders(*void_tree(tmp_path), protocol="pysod", measures=("j",), void=void)  # type: ignore[arg-type]
    assert scores["j_mean"] == pytest.approx(j)
    shown = "left out" if void == "ignore" else void
    assert f"void 255 is {shown}" in scores["inputs"]["coding"]["masks"]


def test_void_that_is_left_out_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    told = {"protocol": "pysod", "measures": ("mae", "f", "e", "j")}
    scores = evaluate_folders(*void_tree(tmp_path), void="ignore", **told)  # type: ignore[arg-type]
    assert scores["mae"] == pytest.approx((127 + 64) / 255 / 6)
    assert scores["max_f"] == pytest.approx(1)
    assert scores["adaptive_f"] == pytest.approx(1.3 * (2 / 3) / (0.3 + 2 / 3))  # both of 255, of three
    assert scores["recall"][0] == pytest.approx(2 / 3)
    assert scores["inputs"]["void_pixels"] == 2
    for name, pixels in (("maps", VOID_MAP), ("masks", VOID_MASK * 255)):
        (tmp_path / "cut" / name / "s").mkdir(parents=True)
        Image.fromarray(pixels[:, :3]).save(tmp_path / "cut" / name / "s" / "0.png")
    cut = evaluate_folders(tmp_path / "cut" / "maps", tmp_path / "cut" / "masks", **told)  # type: ignore[arg-type]
    assert figures(scores) == figures(cut)


@pytest.mark.parametrize("measures", [("s",), ("mae", "weighted_f"), ("j", "boundary", "t")])
def test_measures_that_need_every_pixel_refuse_holes(tmp_path: Path, measures: tuple[str, ...]) -> None:
    whole = ", ".join(name for name in measures if name not in {"mae", "j"})
    with pytest.raises(InputError, match=f"void ignore: {whole}, which cannot leave out single pixels"):
        evaluate_folders(*void_tree(tmp_path), measures=measures, void="ignore")  # type: ignore[arg-type]
