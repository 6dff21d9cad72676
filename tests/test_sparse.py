"""Videos of which only annotated frames, and what is read with them, are prepared: the same maps and samples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx_files import write_channels
from shard_tree import make_coarse, make_flow, make_prior, make_video

from vsodprep.config.frames import Prepared
from vsodprep.config.saliency import Saliency
from vsodprep.config.train import Data, Run, Stage
from vsodprep.errors import InputError
from vsodprep.images import read_gray, write_png
from vsodprep.manifest import Manifest, write_manifest
from vsodprep.models import build_model
from vsodprep.models.inference import predict_maps
from vsodprep.predict.images import predict_by
from vsodprep.prepared import prepared_frames
from vsodprep.saliency.maps import method_of, write_maps
from vsodprep.shards import ClipDataset, SplitSource, open_shard, pack_benchmark
from vsodprep.shards.export import ExportOptions, export
from vsodprep.shards.sampling import DrawnSample
from vsodprep.trivial import write_trivial

FRAMES, EVERY = 17, 6
MASKS = range(0, FRAMES, EVERY)
BLOCKS = {
    "clips": Prepared(frames="annotated", clip_length=4),
    "references": Prepared(frames="annotated", references=2),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sparse")
    videos = [make_video(root / "normalized", name, FRAMES, seed, every=EVERY) for name, seed in (("a", 1), ("b", 12))]
    write_manifest(root / "normalized", Manifest("mini", "1", "Miniature", "CC0-1.0", "none", "", (), tuple(videos)))
    for video in videos:
        make_flow(root / "flow", video)
        make_prior(root / "prior", video)
        make_coarse(root / "coarse", video)
    for name, block in {"whole": Prepared(), **BLOCKS}.items():
        pack(root, root / f"{name}.zarr", prepared=block)
    return root


def pack(root: Path, out: Path, **which: Any) -> None:
    folders = {key: {"x": root / key} for key in ("flow", "prior", "coarse")}
    pack_benchmark(root / "normalized", out, **folders, **which)


def recipe(**stage: Any) -> Run:
    given = {"size": (64, 64), "steps": 1} | stage
    stages = (Stage(data=(Data(benchmark="mini", split="train"),), **given),)
    return Run(width=0.05, pretrained=False, flow="x", prior="x", stages=stages)


@pytest.mark.parametrize("name", BLOCKS)
def test_rows_are_those_of_the_prepared_frames(tree: Path, name: str) -> None:
    chosen = prepared_frames(BLOCKS[name], FRAMES, MASKS)
    video, whole = open_shard(tree / f"{name}.zarr")["a"], open_shard(tree / "whole.zarr")["a"]
    assert (len(video), video.prepared, video.predicted) == (FRAMES, chosen, tuple(MASKS))
    assert whole.predicted == tuple(range(FRAMES))
    for array in ("frames", "flow/x", "prior/x", "coarse/x"):
        assert [number for number in range(FRAMES) if video.has(array, number)] == list(chosen)
    for number in chosen:
        np.testing.assert_array_equal(video.frame(number), whole.frame(number))
        np.testing.assert_array_equal(video.picture("x", number), whole.picture("x", number))
    with pytest.raises(
        InputError, match="no frame 00007, which was not packed; expected a shard that was packed with longer"
    ):
        video.frame(7)


def test_a_video_may_be_packed_whole(tree: Path, tmp_path: Path) -> None:
    pack(tree, tmp_path / "b.zarr", prepared=Prepared(frames="annotated"), whole=["b"])
    shard = open_shard(tmp_path / "b.zarr")
    assert (shard["a"].prepared, shard["b"].predicted) == (tuple(MASKS), tuple(range(FRAMES)))
    with pytest.raises(InputError, match="no sequence 'c'"):
        pack(tree, tmp_path / "c.zarr", whole=["c"])


@pytest.mark.parametrize(
    ("model", "variant", "options", "name"),
    [
        ("dsnet", "full", {}, "clips"),
        ("stan", "full", {}, "clips"),
        ("contrastive", "cosnet", {"references": 2}, "references"),
    ],
)
def test_maps_of_annotated_frames_are_the_same_to_the_last_bit(
    tree: Path, model: str, variant: str, options: dict[str, Any], name: str
) -> None:
    torch.manual_seed(0)
    network = build_model(model, variant, pretrained=False, width=0.05, **options).eval()
    whole, some = (
        {maps[:2]: maps[2] for maps in predict_maps(network, recipe(), SplitSource(tree / f"{each}.zarr"), batch=3)}
        for each in ("whole", name)
    )
    assert list(some) == [(video, f"{number:05d}") for video in "ab" for number in MASKS]
    assert len(whole) == 2 * FRAMES
    for key, probability in some.items():
        np.testing.assert_array_equal(probability, whole[key])


@pytest.mark.parametrize("length", [1, 4])
def test_samples_are_the_same(tree: Path, length: int) -> None:
    read = {"size": (32, 48), "clip_length": length, "flow": "x", "prior": "x"}
    whole, some = (ClipDataset(SplitSource(tree / f"{name}.zarr", "train"), **read) for name in ("whole", "clips"))
    assert len(some) == len(whole) == 2 * len(MASKS)
    for number in range(len(some)):
        one, other = some[DrawnSample(number, step=3)], whole[DrawnSample(number, step=3)]
        assert one["frame_ids"] == other["frame_ids"]
        for key in ("frames", "flow", "prior", "masks", "annotated"):
            assert torch.equal(one[key], other[key])


@pytest.mark.parametrize(
    ("name", "read", "found"),
    [
        ("clips", {"clip_length": 5}, "frame 00006 lacks 00002"),
        ("clips", {"clip_length": 2, "clip_stride": 3}, None),
        ("references", {"clip_length": 3, "clip": "references", "frames": "all"}, None),
        # to learn, they are drawn of all frames
        ("references", {"clip_length": 3, "clip": "references"}, "frame 00000 lacks 00001"),
    ],
)
def test_a_clip_that_was_not_packed_is_refused(tree: Path, name: str, read: dict[str, Any], found: str | None) -> None:
    if found is None:
        assert ClipDataset(SplitSource(tree / f"{name}.zarr"), **read)[0]["frame_ids"][-1] == "00000"
        return
    with pytest.raises(
        InputError, match=f"{found}, which was not packed; expected a shard that was packed with longer clips"
    ):
        ClipDataset(SplitSource(tree / f"{name}.zarr"), **read)


def test_a_network_of_longer_clips_is_refused(tree: Path) -> None:
    network = build_model("stan", pretrained=False, width=0.05).eval()
    with pytest.raises(InputError, match="the clip of frame 00006 lacks 00003"):
        list(predict_maps(network, recipe(), SplitSource(tree / "references.zarr")))


def test_trivial_maps_are_of_the_frames_with_a_mask(tree: Path, tmp_path: Path) -> None:
    for name in ("whole", "clips"):
        write_trivial("flow-magnitude", tree / f"{name}.zarr", tmp_path / name, "train")
    found = sorted(path.relative_to(tmp_path / "clips") for path in (tmp_path / "clips").rglob("*.png"))
    assert [str(path) for path in found] == [f"{video}/{number:05d}.png" for video in "ab" for number in MASKS]
    for path in found:
        np.testing.assert_array_equal(read_gray(tmp_path / "clips" / path), read_gray(tmp_path / "whole" / path))


def test_maps_by_an_onnx_file_are_of_the_frames_with_a_mask(tree: Path, tmp_path: Path) -> None:
    write_channels(tmp_path / "net.onnx", (16, 16), channels=(1,))
    block = Saliency(method="onnx", weights=str(tmp_path / "net.onnx"), activation="sigmoid")
    method = method_of(block)
    maps = {name: predict_by(block, method, tree / f"{name}.zarr", tmp_path / name) for name in ("whole", "clips")}
    assert maps == {"whole": {"a": FRAMES, "b": FRAMES}, "clips": {"a": len(MASKS), "b": len(MASKS)}}
    written = sorted((tmp_path / "clips").rglob("*.png"))
    assert len(written) == 2 * len(MASKS)
    for path in written:
        assert path.read_bytes() == (tmp_path / "whole" / path.relative_to(tmp_path / "clips")).read_bytes()


def test_export_tells_what_was_not_packed(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = len(prepared_frames(BLOCKS["clips"], FRAMES, MASKS))
    assert export(tree / "clips.zarr", "davsod", tmp_path / "all") == 2 * packed
    assert f"{2 * (FRAMES - packed)} frames were not packed" in capsys.readouterr().err
    assert len(list((tmp_path / "all" / "a" / "Imgs").iterdir())) == packed
    assert export(tree / "clips.zarr", "davsod", tmp_path / "some", ExportOptions(annotated=True)) == 2 * len(MASKS)
    assert "not packed" not in capsys.readouterr().err


def test_saliency_maps_of_prepared_frames(tree: Path, tmp_path: Path) -> None:
    frames = tree / "normalized" / "a" / "frames"
    for name, block in {"all": Prepared(), "some": BLOCKS["clips"]}.items():
        write_maps(Saliency(method="ft"), frames, tmp_path / name, prepared=block)
    some = sorted(path.name for path in (tmp_path / "some").glob("*.png"))
    assert some == [f"{number:05d}.png" for number in prepared_frames(BLOCKS["clips"], FRAMES, MASKS)]
    assert all((tmp_path / "some" / name).read_bytes() == (tmp_path / "all" / name).read_bytes() for name in some)
    write_png(tmp_path / "own" / "0.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match="it is unknown which of the frames are annotated"):
        write_maps(Saliency(method="ft"), tmp_path / "own", tmp_path / "out", prepared=BLOCKS["clips"])
