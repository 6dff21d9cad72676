"""Masks of the real excerpts, against foreground counted here from the original files by another reader."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vsodprep.benchmarks import get
from vsodprep.config.normalize import Choice
from vsodprep.errors import InputError
from vsodprep.manifest import read_manifest
from vsodprep.normalize.run import normalize

Counts = dict[tuple[str, str], int]


@pytest.fixture(autouse=True)
def _no_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock file in the working directory would tell what these tests take for unknown."""
    monkeypatch.chdir(tmp_path)


def _open(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(archive.read(name))))


def _luma(image: np.ndarray) -> np.ndarray:
    """Values of a mask: equal channels as they are, others by ITU-R 601."""
    if image.ndim == 2:
        return image.astype(float)
    image = image[..., :3].astype(float)
    return np.where(np.ptp(image, axis=2) == 0, image[..., 0], image @ [0.299, 0.587, 0.114])


def _matching(archive: zipfile.ZipFile, pattern: str) -> list[tuple[str, re.Match[str]]]:
    matches = ((name, re.fullmatch(pattern, name)) for name in archive.namelist())
    return [(name, match) for name, match in matches if match]


def count_above_128(pattern: str) -> Callable[[zipfile.ZipFile], Counts]:
    def count(archive: zipfile.ZipFile) -> Counts:
        counts: Counts = {}
        for name, match in _matching(archive, pattern):
            values = np.rint(_luma(_open(archive, name)))
            key = (match.groupdict().get("seq", ""), match["stem"])
            counts[key] = counts.get(key, 0) + int((values > 128).sum())
        return counts

    return count


def count_fbms(archive: zipfile.ZipFile) -> Counts:
    counts: Counts = {}
    for name, match in _matching(archive, r".*/(?P<seq>[^/]+)/GroundTruth/[^/]+Def\.dat"):
        text = archive.read(name).decode()
        listing = archive.read(f"Trainingset/{match['seq']}/{match['seq']}.bmf").decode().split()[2:]
        background = int(re.findall(r"Scale of region 0:\s+(\d+)", text)[0])
        for number, mask in re.findall(r"Frame number:\s+(\d+)\s+File name:\s+(\S+)", text):
            labels = _open(archive, f"Trainingset/{match['seq']}/GroundTruth/{mask}").astype(int)
            if labels.ndim == 3:
                labels = labels[..., 0] * 65536 + labels[..., 1] * 256 + labels[..., 2]
            stem = listing[int(number)].removesuffix(".ppm")
            counts[match["seq"], stem] = int((labels != background).sum())
    return counts


CASES = {
    "DAVIS-data-sample": ("davis2016", count_above_128(r".*Annotations/480p/(?P<seq>[^/]+)/(?P<stem>\d+)\.png"), 199),
    "FBMS_Trainingset-sample": ("fbms", count_fbms, 7),
    "SegTrackv2-sample": (
        "segtrackv2",
        count_above_128(r".*GroundTruth/(?P<seq>[^/]+)/(?:1/)?(?P<stem>[^/]+)\.(?:bmp|png)"),
        33,
    ),
    "ViSal-sample": ("visal", count_above_128(r".*GroundTruth/(?P<stem>[^/]+)\.(?:bmp|png)"), 10),
    "DUTS-TR-sample": ("duts", count_above_128(r".*DUTS-TR-Mask/(?P<stem>[^/]+)\.png"), 200),
    "MSRA10K_Imgs_GT-sample": ("msra10k", count_above_128(r".*Imgs/(?P<stem>[^/]+)\.png"), 18),
}
EVERY = pytest.mark.parametrize(("archive", "name", "count", "masks"), [(key, *case) for key, case in CASES.items()])


@EVERY
def test_foreground_by_independent_count(
    archive: str, name: str, count: Callable[[zipfile.ZipFile], Counts], masks: int, excerpts: Path, tmp_path: Path
) -> None:
    source = excerpts / f"{archive}.zip"
    manifest = normalize(get(name), [source], tmp_path / "out", Choice(partial=True), jobs=2)
    with zipfile.ZipFile(source) as opened:
        expected = count(opened)
    found = {}
    for one in manifest.sequences:
        for stem in one.annotated:
            mask = np.asarray(Image.open(tmp_path / "out" / one.name / "masks" / f"{stem}.png"))
            assert set(np.unique(mask)) <= {0, 255}
            found[one.name if ("", stem) not in expected else "", stem] = int((mask == 255).sum())
    assert len(expected) == masks
    assert found == expected


def test_known_figures(excerpts: Path, tmp_path: Path) -> None:
    """Figures counted once by hand, so that both readers cannot err alike."""
    normalize(get("fbms"), [excerpts / "FBMS_Trainingset-sample.zip"], tmp_path / "out", Choice(partial=True))

    def foreground(path: str) -> int:
        return int((np.asarray(Image.open(tmp_path / "out" / path)) > 0).sum())

    assert foreground("bear01/masks/bear01_0001.png") == 16898
    assert foreground("cars2/masks/cars2_01.png") == 480 * 640 - 276460
    assert foreground("cars2/masks/cars2_30.png") == 480 * 640 - 288352


def test_jpegs_are_kept_byte_for_byte(excerpts: Path, tmp_path: Path) -> None:
    source = excerpts / "DAVIS-data-sample.zip"
    normalize(get("davis2016"), [source], tmp_path / "out", Choice(partial=True), jobs=2)
    with zipfile.ZipFile(source) as archive:
        for name, match in _matching(archive, r"DAVIS/JPEGImages/480p/(?P<seq>[^/]+)/(?P<stem>\d+)\.jpg"):
            kept = tmp_path / "out" / match["seq"] / "frames" / f"{match['stem']}.jpg"
            assert kept.read_bytes() == archive.read(name)


@pytest.mark.parametrize("partial", [False, True])
def test_truncated_fbms_is_refused_by_its_first_missing_file(partial: bool, excerpts: Path, tmp_path: Path) -> None:
    source = excerpts / "FBMS_Trainingset-truncated.zip"
    with pytest.raises(InputError, match=r"FBMS_Trainingset-truncated\.zip.*horses03/horses03_0013\.jpg"):
        normalize(get("fbms"), [source], tmp_path / "out", Choice(partial=partial))
    assert not (tmp_path / "out").exists()


def test_partial_delivery_lists_what_is_missing(excerpts: Path, tmp_path: Path) -> None:
    source = excerpts / "SegTrackv2-sample.zip"
    normalize(get("segtrackv2"), [source], tmp_path / "out", Choice(partial=True))
    issues = {(issue.kind, issue.where) for issue in read_manifest(tmp_path / "out").issues}
    assert {("frame-count", "bmx"), ("stray-file", "SegTrackv2/JPEGImages/CSI_NY.jpg")} <= issues
    assert len([kind for kind, _ in issues if kind == "missing-sequence"]) == 12
    with pytest.raises(InputError, match="bird_of_paradise is missing"):
        normalize(get("segtrackv2"), [source], tmp_path / "out")


def test_croissant_and_manifest_agree(excerpts: Path, tmp_path: Path) -> None:
    source = excerpts / "MSRA10K_Imgs_GT-sample.zip"
    manifest = normalize(get("msra10k"), [source], tmp_path / "out", Choice(partial=True))
    described = json.loads((tmp_path / "out" / "croissant.json").read_text())
    hashes = [file.get("sha256") for file in described["distribution"]]
    assert manifest.sources[0].sha256 in hashes
