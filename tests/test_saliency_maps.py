import json

import numpy as np
import pytest
from click.testing import CliRunner

from vsodprep.cli import cli
from vsodprep.config.methods import SALIENCY
from vsodprep.config.saliency import Saliency
from vsodprep.errors import InputError
from vsodprep.images import read_gray, write_png
from vsodprep.saliency.maps import grouped, write_maps


@pytest.fixture
def frames(tmp_path):
    folder = tmp_path / "frames"
    for index in range(3):
        frame = np.full((48, 64, 3), (60, 110, 60), dtype=np.uint8)
        frame[16:32, 20 + index : 44 + index] = (200, 60, 50)
        write_png(folder / f"{index:05d}.png", frame)
    return folder


@pytest.mark.parametrize("frames", [0, 1, 7, 8, 15, 16, 17, 20, 23, 24, 25, 40, 41])
def test_groups_are_cut_into_the_batches_of_all_frames_together(frames):
    def batches(count):
        """As `vsodprep predict` makes them: the last is filled up, unless it is the only one."""
        return [min(count, 8)] * -(-count // 8)

    groups = list(grouped(range(frames)))
    assert [frame for group in groups for frame in group] == list(range(frames))
    assert [size for group in groups for size in batches(len(group))] == batches(frames)
    assert all(0 < len(group) < 24 for group in groups)


@pytest.mark.parametrize("method", [name for name, known in SALIENCY.items() if not known.network])
def test_command_writes_a_map_per_frame_and_the_marker(method, frames, tmp_path):
    out = tmp_path / "maps"
    result = CliRunner().invoke(cli, ["saliency", method, str(frames), "--out", str(out)])
    assert result.exit_code == 0, result.output
    marker = json.loads((out / "maps.json").read_text())
    assert (marker["method"], marker["frames"]) == (method, ["00000", "00001", "00002"])
    for index, frame in enumerate(marker["frames"]):
        saliency = read_gray(out / f"{frame}.png")
        assert saliency.shape == (48, 64)
        assert saliency[24, 32 + index] > 200
        assert saliency[4, 4] < 60


def test_two_runs_give_the_same_bytes(frames, tmp_path):
    for name in ("a", "b"):
        write_maps(Saliency(method="mbd"), frames, tmp_path / name)
    a, b = ({path.name: path.read_bytes() for path in (tmp_path / name).glob("[!.]*")} for name in "ab")
    assert a.keys() == {"00000.png", "00001.png", "00002.png", "maps.json"}
    assert a == b


def test_broken_frame_is_named_and_leaves_no_marker(frames, tmp_path):
    (frames / "00001.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"00001\.png: unreadable image"):
        write_maps(Saliency(method="ft"), frames, tmp_path / "maps")
    assert not (tmp_path / "maps" / "maps.json").exists()
