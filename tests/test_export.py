"""Shards in other code bases' layouts."""

import json
import tarfile

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from shard_tree import SIZE, STILLS, flow_at, make_everything

from vsodprep.cli.export import command
from vsodprep.config.pack import Pack
from vsodprep.errors import InputError
from vsodprep.flow.picture import colour
from vsodprep.images import decode, read_frame, read_gray
from vsodprep.shards import export as exporting
from vsodprep.shards import open_shard, pack_benchmark
from vsodprep.shards.export import ExportOptions, export


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    root = tmp_path_factory.mktemp("export")
    make_everything(root)
    pack_benchmark(root / "normalized", root / "mini.zarr", flow={"dis": root / "flow"})
    return root / "mini.zarr"


@pytest.mark.parametrize("form", [Pack(), Pack(video_frames="raw", video_size=(12, 20))], ids=["encoded", "small"])
def test_frames_masks_and_pictures_have_one_size_in_every_form(shard, tmp_path, form):
    root = shard.parent
    pack_benchmark(root / "normalized", tmp_path / "mini.zarr", form, flow={"dis": root / "flow"})
    export(tmp_path / "mini.zarr", "davsod", tmp_path / "out", ExportOptions("test", "dis", "png"))
    paths = sorted((tmp_path / "out").rglob("00001.png"))
    assert [read_gray(path).shape for path in paths] == [form.video_size or SIZE] * 3


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("layout", "paths"),
    [
        ("davsod", ("moon/Imgs/{}", "moon/ground-truth/{}", "moon/flow/{}")),
        ("fsnet", ("moon/Frame/{}", "moon/GT/{}", "moon/OF_FlowNet2/{}")),
        ("davis", ("JPEGImages/480p/moon/{}", "Annotations/480p/moon/{}", "OpticalFlow/480p/moon/{}")),
    ],
)
def test_folders_hold_frames_masks_and_flow_pictures(shard, tmp_path, layout, paths):
    frame, mask, picture = (path.format("00001.png") for path in paths)
    count = export(shard, layout, tmp_path / "out", ExportOptions(split="test", flow="dis", image_format="png"))
    arrays = open_shard(shard)["moon"]
    assert count == 4
    np.testing.assert_array_equal(read_frame(tmp_path / "out" / frame), arrays.frame(1))
    np.testing.assert_array_equal(read_gray(tmp_path / "out" / mask), arrays.mask(1))
    np.testing.assert_array_equal(read_frame(tmp_path / "out" / picture), colour(flow_at(1)))
    assert len([name for name in files(tmp_path / "out") if name.endswith(".png")]) == 12


def test_davis_lists_pair_frames_with_masks(shard, tmp_path):
    export(shard, "davis", tmp_path / "out")
    lists = tmp_path / "out" / "ImageSets" / "480p"
    assert sorted(path.name for path in lists.iterdir()) == ["test.txt", "train.txt"]
    lines = (lists / "train.txt").read_text().splitlines()
    assert len(lines) == 6 + 3
    assert lines[7] == "/JPEGImages/480p/coin/00002.jpg /Annotations/480p/coin/00002.png"
    assert all((tmp_path / "out" / path[1:]).is_file() for line in lines for path in line.split())


def test_jpeg_is_the_default_and_close(shard, tmp_path):
    export(shard, "davsod", tmp_path / "out", ExportOptions(split="test"))
    image = read_frame(tmp_path / "out" / "moon" / "Imgs" / "00000.jpg")
    assert np.abs(image.astype(int) - open_shard(shard)["moon"].frame(0)).mean() < 12


def test_frames_without_mask_can_be_left_out(shard, tmp_path):
    assert export(shard, "davsod", tmp_path / "all", ExportOptions(split="train")) == 11
    assert export(shard, "davsod", tmp_path / "some", ExportOptions(split="train", annotated=True)) == 9
    assert len(list((tmp_path / "all" / "coin" / "Imgs").iterdir())) == 5
    assert len(list((tmp_path / "all" / "coin" / "ground-truth").iterdir())) == 3
    assert len(list((tmp_path / "some" / "coin" / "Imgs").iterdir())) == 3


def test_still_images_are_laid_out_as_duts(shard, tmp_path):
    export(shard, "davsod", tmp_path / "out", ExportOptions(split="stills"))
    assert files(tmp_path / "out") == sorted(
        [f"stills/stills-Image/{name}.jpg" for name in STILLS] + [f"stills/stills-Mask/{name}.png" for name in STILLS]
    )


def test_webdataset_tars_hold_whole_samples(shard, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "SAMPLES_PER_TAR", 4)
    assert (
        export(shard, "webdataset", tmp_path / "out", ExportOptions(split="train", flow="dis", image_format="png"))
        == 11
    )
    tars = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in tars] == ["mini-000000.tar", "mini-000001.tar", "mini-000002.tar"]
    with tarfile.open(tars[1]) as tar:
        names = tar.getnames()
        assert names[:4] == ["ball/00004.png", "ball/00004.mask.png", "ball/00004.flow.png", "ball/00004.json"]
        content = {name: tar.extractfile(name).read() for name in names[:4]}
    image = decode(np.frombuffer(content["ball/00004.png"], np.uint8), "frame")
    np.testing.assert_array_equal(image, open_shard(shard)["ball"].frame(4))
    assert json.loads(content["ball/00004.json"]) == {
        "sequence": "ball",
        "frame": "00004",
        "splits": ["train"],
        "still": False,
    }


def test_webdataset_bytes_are_the_same_each_time(shard, tmp_path):
    for name in ("a", "b"):
        export(shard, "webdataset", tmp_path / name)
    assert (tmp_path / "a" / "mini-000000.tar").read_bytes() == (tmp_path / "b" / "mini-000000.tar").read_bytes()


@pytest.mark.parametrize(
    ("layout", "choice", "culprit"),
    [
        ("fsnet", ExportOptions(), "--flow"),
        ("davsod", ExportOptions(flow="raft"), "no flow 'raft'"),
        ("davsod", ExportOptions(split="val"), "no split 'val'"),
    ],
)
def test_what_is_missing_is_named(shard, tmp_path, layout, choice, culprit):
    with pytest.raises(InputError, match=culprit):
        export(shard, layout, tmp_path / "out", choice)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(shard, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match=r"mine\.txt: would be deleted with its folder"):
        export(shard, "davsod", tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_command_exports(shard, tmp_path):
    words = [str(shard), "--layout", "fsnet", "--flow", "dis", "--out", str(tmp_path / "out"), "--split", "test"]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert "4 frames" in result.output
    picture = cv2.imdecode(np.frombuffer((tmp_path / "out/moon/OF_FlowNet2/00003.jpg").read_bytes(), np.uint8), 1)
    assert picture.shape == (24, 40, 3)
