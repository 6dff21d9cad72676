"""The cache: nothing is read or scored twice, and what changed is never missed."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.evaluate_cases import figures, normalized, write_tree
from vsodprep.archives.folder import FolderTree
from vsodprep.errors import InputError
from vsodprep.evaluate import PROTOCOLS, engine, evaluate_folders
from vsodprep.evaluate.frame import Family
from vsodprep.evaluate.protocols import change_protocol
from vsodprep.images import write_png
from vsodprep.shards import ShardSequence, pack_benchmark

LENGTHS = {"drift": 7, "hide": 4, "stop": 3}


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, Path]:
    return write_tree(tmp_path, LENGTHS)


def packed(masks: Path, folder: Path) -> Path:
    """Pack masks as a benchmark of one shard."""
    normalized(folder / "own", masks)
    pack_benchmark(folder / "own", folder / "own.zarr")
    return folder / "own.zarr"


def test_cache_scores_only_what_changed(
    tree: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps, masks = tree
    read: list[str] = []
    original = engine.resize

    def resize_and_count(saliency: Any, height: int, width: int, how: str, where: Path) -> Any:
        read.append(f"{Path(where).parent.name}/{Path(where).stem}")
        return original(saliency, height, width, how, where)

    monkeypatch.setattr(engine, "resize", resize_and_count)
    cache = tmp_path / "cache"
    first = evaluate_folders(maps, masks, cache_folder=cache)
    assert len(read) == 8
    read.clear()
    assert evaluate_folders(maps, masks, cache_folder=cache) == first == evaluate_folders(maps, masks) | {}
    assert len(read) == 8  # of the run without the cache
    read.clear()
    write_png(maps / "hide" / "00001.png", np.zeros((30, 40), np.uint8))
    changed = evaluate_folders(maps, masks, cache_folder=cache)
    assert read == ["hide/00001", "hide/00002"]
    assert changed["sequences"]["drift"] == first["sequences"]["drift"]
    assert changed == evaluate_folders(maps, masks)


@pytest.mark.parametrize("kind", ["folder", "shard"])
def test_a_change_in_one_sequence_reads_only_its_files(
    tree: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    maps, masks = tree
    truth = packed(masks, tmp_path) if kind == "shard" else masks
    read: list[str] = []
    of_file, of_shard = FolderTree.read, ShardSequence.mask

    def read_file(images: FolderTree, name: str) -> bytes:
        read.append(name)
        return of_file(images, name)

    def read_shard(sequence: ShardSequence, frame: int) -> Any:
        read.append(f"{sequence.sequence.name}/{frame}")
        return of_shard(sequence, frame)

    monkeypatch.setattr(FolderTree, "read", read_file)
    monkeypatch.setattr(ShardSequence, "mask", read_shard)
    cache = tmp_path / "cache"
    first = evaluate_folders(maps, truth, cache_folder=cache)
    assert {name.partition("/")[0] for name in read} == set(LENGTHS)
    read.clear()
    assert evaluate_folders(maps, truth, cache_folder=cache) == first
    assert read == []
    write_png(maps / "hide" / "00001.png", np.zeros((30, 40), np.uint8))
    assert evaluate_folders(maps, truth, cache_folder=cache) != first
    assert {name.partition("/")[0] for name in read} == {"hide"}


def test_cache_sees_a_shard_that_was_packed_anew(tree: tuple[Path, Path], tmp_path: Path) -> None:
    maps, masks = tree
    cache = tmp_path / "cache"
    truth = packed(masks, tmp_path)
    first = evaluate_folders(maps, truth, cache_folder=cache)
    write_png(masks / "hide" / "00001.png", np.zeros((30, 40), np.uint8))
    changed = evaluate_folders(maps, packed(masks, tmp_path), cache_folder=cache)
    assert changed["sequences"]["hide"] != first["sequences"]["hide"]
    assert figures(changed) == figures(evaluate_folders(maps, masks))


def test_cache_sees_a_change_that_keeps_the_size(tree: tuple[Path, Path], tmp_path: Path) -> None:
    maps, masks = tree
    for number in range(LENGTHS["hide"]):
        path = maps / "hide" / f"{number:05d}.png"
        cv2.imwrite(str(path.with_suffix(".bmp")), np.full((30, 40), number, np.uint8))
        path.unlink()
    cache = tmp_path / "cache"
    evaluate_folders(maps, masks, cache_folder=cache)
    changed = maps / "hide" / "00001.bmp"
    size = changed.stat().st_size
    cv2.imwrite(str(changed), np.eye(30, 40, dtype=np.uint8) * 255)
    assert changed.stat().st_size == size
    assert evaluate_folders(maps, masks, cache_folder=cache) == evaluate_folders(maps, masks)


@pytest.mark.parametrize("measures", [("mae",), ("mae", "f"), ("t",)])
def test_cache_keeps_the_measures_apart(tree: tuple[Path, Path], tmp_path: Path, measures: tuple[Family, ...]) -> None:
    cache = tmp_path / "cache"
    evaluate_folders(*tree, measures=("mae", "s"), cache_folder=cache)
    expected = evaluate_folders(*tree, measures=measures)
    assert evaluate_folders(*tree, measures=measures, cache_folder=cache) == expected


def test_cache_knows_which_frames_follow_a_missing_map(tree: tuple[Path, Path], tmp_path: Path) -> None:
    maps, masks = tree
    cache = tmp_path / "cache"
    (maps / "drift" / "00003.png").unlink()
    options: dict[str, Any] = {"measures": ("t",), "cache_folder": cache, "allow_missing": True}
    gap = evaluate_folders(maps, masks, **options)["sequences"]["drift"]["per_frame"]
    assert dict(zip(gap["frame"], gap["t"], strict=True))["00004"] is None
    (masks / "drift" / "00003.png").unlink()
    found = evaluate_folders(maps, masks, **options)["sequences"]["drift"]["per_frame"]
    assert found["frame"] == gap["frame"]
    assert dict(zip(found["frame"], found["t"], strict=True))["00004"] is not None


def test_cache_names_a_mask_that_is_gone(tree: tuple[Path, Path], tmp_path: Path) -> None:
    benchmark = normalized(tmp_path / "own", tree[1])
    (benchmark / "hide" / "masks" / "00001.png").unlink()
    with pytest.raises(InputError, match=r"hide/masks/00001\.png: No such file"):
        evaluate_folders(tree[0], benchmark, cache_folder=tmp_path / "cache")


def test_cache_knows_content_wherever_it_lies(
    tree: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps, masks = tree
    cache = tmp_path / "cache"
    first = evaluate_folders(maps, masks, cache_folder=cache)
    maps.rename(tmp_path / "moved")
    monkeypatch.setattr(engine, "score_frame", lambda *_: pytest.fail("scored again"))
    assert evaluate_folders(tmp_path / "moved", masks, cache_folder=cache) == first


@pytest.mark.parametrize("damage", [b"", b"junk"])
def test_a_damaged_cache_is_made_again(tree: tuple[Path, Path], tmp_path: Path, damage: bytes) -> None:
    cache = tmp_path / "cache"
    first = evaluate_folders(*tree, cache_folder=cache)
    for path in cache.rglob("*.*"):
        path.write_bytes(damage)
    assert evaluate_folders(*tree, cache_folder=cache) == first


def test_a_setting_that_changes_frames_changes_the_key(tree: tuple[Path, Path], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    evaluate_folders(*tree, cache_folder=cache)
    other = change_protocol(PROTOCOLS["davsod"], {"beta2": 1.0})
    assert evaluate_folders(*tree, protocol=other, cache_folder=cache) == evaluate_folders(*tree, protocol=other)
