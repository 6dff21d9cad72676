"""The maps that no network has learned."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from shard_tree import SIZE, STILLS, make_everything, prior_at

from vsodprep.cli import cli
from vsodprep.config.pack import Pack
from vsodprep.errors import InputError
from vsodprep.flow.picture import Picture
from vsodprep.images import read_gray
from vsodprep.shards import pack_benchmark
from vsodprep.trivial import SIGMA, centre_prior, flow_magnitude, write_trivial


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trivial")
    make_everything(root)
    pack_benchmark(root / "normalized", root / "mini.zarr", flow={"dis": root / "flow"})
    pack_benchmark(root / "normalized", root / "bare.zarr")
    return root / "mini.zarr"


def test_centre_prior_is_a_gaussian_stretched_to_the_frame() -> None:
    prior = centre_prior(101, 201)
    assert prior[50, 100] == 1.0
    # One sigma below, and one to the right: a quarter of each side.
    assert np.interp(50 + SIGMA * 101, np.arange(101), prior[:, 100]) == pytest.approx(np.exp(-0.5), abs=1e-3)
    assert np.interp(100 + SIGMA * 201, np.arange(201), prior[50]) == pytest.approx(np.exp(-0.5), abs=1e-3)
    np.testing.assert_array_equal(prior, prior[::-1, ::-1])


def test_flow_magnitude_is_scaled_by_the_fastest_pixel() -> None:
    flow = np.zeros((2, 2, 2), np.float32)
    flow[0, 0] = (3, -4)
    flow[1, 1] = (0, 2)
    np.testing.assert_allclose(flow_magnitude(flow), [[1, 0], [0, 0.4]])


def test_flow_magnitude_of_rest_is_empty() -> None:
    np.testing.assert_array_equal(flow_magnitude(np.zeros((3, 4, 2), np.float32)), np.zeros((3, 4)))


def test_flow_magnitude_of_a_shard(shard: Path, tmp_path: Path) -> None:
    write_trivial("flow-magnitude", shard, tmp_path, "test")
    # moon: (2, 0) px everywhere, but on column t (2, 1.5 + t/64).
    for frame in range(4):
        fastest = np.hypot(2, 1.5 + frame / 64)
        image = read_gray(tmp_path / "moon" / f"{frame:05d}.png")
        assert image[5, frame] == 255
        assert image[5, frame + 5] == int(255 * 2 / fastest + 0.5)
    marker = json.loads((tmp_path / "predictions.json").read_text())
    assert marker == {
        "method": "flow-magnitude",
        "settings": {"flow": "dis"},
        "benchmark": "mini",
        "sequences": {"moon": 4},
        "frames": 4,
    }


@pytest.mark.parametrize("block", [Pack(), Pack(video_frames="raw", video_size=(48, 80))])
def test_the_motion_prior_is_the_shard_s_at_each_frame_s_own_size(tmp_path: Path, block: Pack) -> None:
    make_everything(tmp_path)
    pack_benchmark(tmp_path / "normalized", tmp_path / "mini.zarr", block, prior={"light": tmp_path / "prior"})
    arguments = [
        "trivial",
        "motion-prior",
        str(tmp_path / "mini.zarr"),
        "--out",
        str(tmp_path / "maps"),
        "--split",
        "test",
    ]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    for frame in range(4):
        np.testing.assert_array_equal(read_gray(tmp_path / "maps" / "moon" / f"{frame:05d}.png"), prior_at(frame))
    assert json.loads((tmp_path / "maps" / "predictions.json").read_text())["settings"] == {"prior": "light"}


def test_a_shard_without_a_prior_is_named(shard: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no prior"):
        write_trivial("motion-prior", shard, tmp_path, "test")


def test_flow_magnitude_is_of_the_flow_that_pictures_show(tmp_path: Path) -> None:
    make_everything(tmp_path)
    for path in (tmp_path / "flow").glob("*.h5"):
        with h5py.File(path, "a") as file:
            file.attrs["picture"] = json.dumps(Picture(camera="subtracted").record)
    pack_benchmark(tmp_path / "normalized", tmp_path / "mini.zarr", flow={"dis": tmp_path / "flow"})
    write_trivial("flow-magnitude", tmp_path / "mini.zarr", tmp_path / "maps", "test")
    image = read_gray(tmp_path / "maps" / "moon" / "00002.png")
    assert image[5, 2] == 255
    assert np.delete(image, 2, axis=1).max() < 40  # (2, 0) px everywhere else is the camera's


def test_maps_made_otherwise_are_refused(shard: Path, tmp_path: Path) -> None:
    write_trivial("centre-prior", shard, tmp_path, "test")
    with pytest.raises(InputError, match=r"maps of moon that were made with other settings \(method, settings\)"):
        write_trivial("flow-magnitude", shard, tmp_path, "train")
    write_trivial("centre-prior", shard, tmp_path, "train")
    marker = json.loads((tmp_path / "predictions.json").read_text())
    assert marker["sequences"] == {"moon": 4, "ball": 6, "coin": 5}


def test_a_frame_without_flow_gets_an_empty_map(
    shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_trivial("flow-magnitude", shard, tmp_path, "train", "dis")
    assert read_gray(tmp_path / "coin" / "00004.png").max() == 0
    assert read_gray(tmp_path / "coin" / "00003.png").max() == 255
    assert "1 frames have no flow; their maps are black" in capsys.readouterr().err


def test_centre_prior_has_each_image_s_own_size(shard: Path, tmp_path: Path) -> None:
    write_trivial("centre-prior", shard, tmp_path, "stills")
    shapes = {name: read_gray(tmp_path / "stills" / f"{name}.png").shape for name in STILLS}
    assert shapes == STILLS


def test_no_marker_is_left_from_an_earlier_run(shard: Path, tmp_path: Path) -> None:
    write_trivial("centre-prior", shard, tmp_path, "test")
    (tmp_path / "moon" / "00003.png").unlink()
    (tmp_path / "moon" / "00003.png").mkdir()  # the last map cannot be written
    with pytest.raises(InputError, match="00003"):
        write_trivial("centre-prior", shard, tmp_path, "test")
    assert not (tmp_path / "predictions.json").exists()


@pytest.mark.parametrize(
    ("store", "split", "flow", "culprit"),
    [
        ("mini.zarr", "val", None, "no split 'val'"),
        ("mini.zarr", "test", "raft", "no flow 'raft'"),
        ("mini.zarr", "stills", None, "holds still images \\(stills\\)"),
        ("bare.zarr", "test", None, "no flow"),
        ("none.zarr", "test", None, "no Zarr store"),
    ],
)
def test_bad_input_is_named(
    *, shard: Path, tmp_path: Path, store: str, split: str, flow: str | None, culprit: str
) -> None:
    with pytest.raises(InputError, match=culprit):
        write_trivial("flow-magnitude", shard.parent / store, tmp_path, split, flow)


def test_command(shard: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["trivial", "centre-prior", str(shard), "--out", str(tmp_path), "--split", "test"])
    assert result.exit_code == 0, result.output
    expected = np.floor(centre_prior(*SIZE) * 255 + 0.5)
    np.testing.assert_array_equal(read_gray(tmp_path / "moon" / "00000.png"), expected)


def test_command_refuses_an_unknown_map(shard: Path, tmp_path: Path) -> None:
    arguments = ["trivial", "luck", str(shard), "--out", str(tmp_path), "--split", "test"]
    assert CliRunner().invoke(cli, arguments).exit_code == 2
