from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from vsodprep.config.flow import Policy
from vsodprep.errors import InputError, VsodprepError
from vsodprep.flow.pairs import FramePair, make_pairs
from vsodprep.flow.store import SCALE, _filters, open_flow, quantise, write_flow
from vsodprep.hdf5 import set_attributes, writing

SIZE = (7, 5)
RNG = np.random.default_rng(0)
FLOWS = RNG.normal(scale=20, size=(4, *SIZE, 2)).astype(np.float32)
PAIRS = make_pairs(4, Policy())


def rows(*names: str) -> Iterator[dict[str, np.ndarray]]:
    for flow in FLOWS:
        yield {name: flow if name == "forward" else -flow for name in names}


def write(path: Path, *names: str) -> Path:
    names = names or ("forward",)
    attributes = {"method": "dis", "policy": {"stride": 1}, "weights_sha256": None}
    write_flow(path, PAIRS, rows(*names), SIZE, attributes, datasets=names, frames=list("abcd"))
    return path


def test_quantise_rounds_to_the_nearest_step() -> None:
    values = np.array([[[0.0, 1.0], [0.0079, -0.0079], [-1.5, 511.98]]], np.float32)
    stored = quantise(values)
    assert stored.values.tolist() == [[[0, 64], [1, -1], [-96, 32767]]]
    assert stored.clipped == 0


def test_quantise_counts_what_it_clips() -> None:
    stored = quantise(np.array([[[600.0, -600.0], [512.0, 0.0]]], np.float32))
    assert stored.values.tolist() == [[[32767, -32767], [32767, 0]]]
    assert stored.clipped == 3


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_quantise_refuses_what_is_not_finite(value: float) -> None:
    flow = np.zeros((2, 2, 2), np.float32)
    flow[1, 1, 1] = value
    with pytest.raises(VsodprepError, match="not finite"):
        quantise(flow)


def test_round_trip_is_exact_to_half_a_step(tmp_path: Path) -> None:
    with open_flow(write(tmp_path / "a.h5")) as flow:
        assert flow.size == SIZE
        assert flow.frame_indices == (0, 1, 2, 3)
        assert flow.frames == ("a", "b", "c", "d")
        for frame in range(4):
            assert np.abs(flow.of_frame(frame) - FLOWS[frame]).max() <= SCALE / 2
        assert flow.of_frame(4) is None
        assert flow.attributes["policy"] == {"stride": 1}
        assert flow.attributes["weights_sha256"] == ""


def test_file_is_as_documented(tmp_path: Path) -> None:
    with h5py.File(write(tmp_path / "a.h5", "forward", "backward")) as file:
        for name in ("forward", "backward"):
            assert file[name].dtype == np.int16
            assert file[name].shape == (4, *SIZE, 2)
            assert file[name].attrs["scale"] == 1 / 64
            assert file[name].attrs["clipped"] == 0
        assert file.attrs["scale"] == 1 / 64
        assert file.attrs["clipped"] == 0
        assert file["pairs"].dtype == file["frame_of_pair"].dtype == np.int32
        assert file["pairs"][:].tolist() == [[0, 1], [1, 2], [2, 3], [3, 2]]
        assert file["frame_of_pair"][:].tolist() == [0, 1, 2, 3]
        np.testing.assert_array_equal(file["backward"][:], -file["forward"][:])


def test_clipped_values_are_counted_per_dataset(tmp_path: Path) -> None:
    flow = np.full((*SIZE, 2), 1000, np.float32)
    flows = [{"forward": flow, "backward": 0 * flow}]
    path = tmp_path / "a.h5"
    write_flow(path, [FramePair(0, 1, 0)], flows, SIZE, {}, datasets=("forward", "backward"))
    with h5py.File(path) as file:
        assert file["forward"].attrs["clipped"] == flow.size
        assert file["backward"].attrs["clipped"] == 0
        assert file.attrs["clipped"] == flow.size


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 4), (1, 200), (480, 854)])
def test_frames_of_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    flow = np.random.default_rng(1).normal(scale=9, size=(*size, 2)).astype(np.float32)
    write_flow(tmp_path / "a.h5", [FramePair(0, 1, 0)], [{"forward": flow}], size, {})
    with open_flow(tmp_path / "a.h5") as stored:
        assert np.abs(stored.of_frame(0) - flow).max() <= SCALE / 2


def test_without_szip_the_file_is_deflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda _: False)
    with h5py.File(write(tmp_path / "a.h5")) as file:
        assert file["forward"].compression == "gzip"
    with open_flow(tmp_path / "a.h5") as flow:
        assert np.abs(flow.of_frame(2) - FLOWS[2]).max() <= SCALE / 2


def test_same_flow_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write(tmp_path / "a.h5", "forward", "backward")
    again = write(tmp_path / "b.h5", "forward", "backward")
    assert first.read_bytes() == again.read_bytes()


@pytest.mark.parametrize(("writers", "size"), [(1, SIZE), (1, (24, 40)), (3, (24, 40))])
def test_chunks_are_those_that_hdf5_writes(writers: int, size: tuple[int, int], tmp_path: Path) -> None:
    """Compressed elsewhere and stored as they are, the same bytes in the same places as by way of HDF5's filters."""
    flows = np.random.default_rng(2).normal(scale=300, size=(6, *size, 2)).astype(np.float32)
    pairs = [FramePair(number, number + 1, number) for number in range(6)]
    given = ({"forward": flow, "backward": -flow, "still": number} for number, flow in enumerate(flows))
    write_flow(tmp_path / "ours.h5", pairs, given, size, {"a": 1}, datasets=("forward", "backward"), writers=writers)
    with h5py.File(tmp_path / "ours.h5") as ours, writing(tmp_path / "plain.h5") as (plain, _):
        for name in ("pairs", "frame_of_pair", "frames"):
            plain[name] = ours[name][:]
        for name in ("forward", "backward"):
            how = {"maxshape": (None, *size, 2), "chunks": (1, *size, 2), **_filters(size)}
            plain.create_dataset(name, (6, *size, 2), "<i2", **how)
        for row, flow in enumerate(flows):
            for name, values in (("forward", flow), ("backward", -flow)):
                plain[name][row] = quantise(values).values
        plain["still"] = np.arange(6, dtype=np.float32)
        assert ours["forward"].attrs["clipped"] == sum(quantise(flow).clipped for flow in flows) > 0
        for name in ("forward", "backward"):
            plain[name].attrs.update({"scale": SCALE, "clipped": int(ours[name].attrs["clipped"])})
        plain.attrs.update({"scale": SCALE, "clipped": 2 * int(ours["forward"].attrs["clipped"])})
        set_attributes(plain, {"a": 1})
    assert (tmp_path / "ours.h5").read_bytes() == (tmp_path / "plain.h5").read_bytes()


def test_what_a_writer_refuses_is_raised(tmp_path: Path) -> None:
    flows = [{"forward": flow} for flow in (*FLOWS[:3], np.full_like(FLOWS[3], np.nan))]
    with pytest.raises(VsodprepError, match="not finite"):
        write_flow(tmp_path / "a.h5", PAIRS, flows, SIZE, {}, writers=2)
    assert not list(tmp_path.iterdir())


def test_no_pairs(tmp_path: Path) -> None:
    write_flow(tmp_path / "a.h5", [], [], SIZE, {})
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.frame_indices == ()
        assert flow.of_frame(0) is None
        assert flow.size == SIZE


def test_wrong_size_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"):
        write_flow(tmp_path / "a.h5", PAIRS, rows("forward"), (9, 9), {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("pairs", "line"), [([*PAIRS, FramePair(0, 0, 0)], "4 flows for 5 pairs"), (PAIRS[:3], "more than 3 flows")]
)
def test_wrong_number_of_flows(tmp_path: Path, pairs: list[FramePair], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        write_flow(tmp_path / "a.h5", pairs, rows("forward"), SIZE, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, b"no HDF5"])
def test_open_names_a_file_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.h5"
    if content:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.h5"), open_flow(path):
        pass


def test_open_names_another_hdf5_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["prior"] = [1]
    with pytest.raises(InputError, match="holds prior"), open_flow(tmp_path / "a.h5"):
        pass
