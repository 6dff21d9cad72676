"""Packing a benchmark and reading it back."""

import hashlib
import json
import math
import pickle
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import zarr
from click.testing import CliRunner
from shard_tree import SIZE, STILLS, flow_at, label_at, make_everything, prior_at

from vsodprep.cli.pack import command
from vsodprep.config.pack import Pack
from vsodprep.errors import InputError
from vsodprep.flow.picture import colour
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import frame_path
from vsodprep.shards import layout, open_shard, pack_benchmark
from vsodprep.shards.chunks import ChunkReader
from vsodprep.shards.transform import resize


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("mini")
    make_everything(root)
    return root


FOLDERS = ("flow", "prior", "coarse")


def pack(tree: Path, out: Path, **options) -> Path:
    folders = {
        "flow": {"dis": tree / "flow"},
        "prior": {"light": tree / "prior"},
        "coarse": {"fused": tree / "coarse"},
    } | {key: value for key, value in options.items() if key not in Pack.model_fields or key in FOLDERS}
    chosen = {key: value for key, value in options.items() if key in Pack.model_fields and key not in FOLDERS}
    block = Pack(**{"pictures": ("dis",), "frames_per_shard": 4} | chosen)
    pack_benchmark(tree / "normalized", out, block, **folders)
    return out


@pytest.fixture(scope="module")
def shard(tree):
    return open_shard(pack(tree, tree / "shards" / "mini.zarr"))


@pytest.fixture(scope="module")
def raw(tree):
    return open_shard(pack(tree, tree / "shards" / "raw.zarr", video_frames="raw"))


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_manifest_travels_in_the_attributes(shard):
    assert shard.manifest.name == "mini"
    assert [sequence.name for sequence in shard.manifest.sequences] == ["ball", "coin", "moon", "stills"]
    assert shard.contents == {"flow": ("dis",), "pictures": ("dis",), "prior": ("light",), "coarse": ("fused",)}


def test_only_some_sequences(tree, tmp_path):
    shard = open_shard(pack(tree, tmp_path / "some.zarr", sequences=("moon", "ball")))
    assert [sequence.name for sequence in shard.manifest.sequences] == ["ball", "moon"]
    assert sorted(path.name for path in shard.path.iterdir() if path.name[0] not in "z.") == ["ball", "moon"]
    with pytest.raises(InputError, match="no sequence 'mars'"):
        pack(tree, tmp_path / "none.zarr", sequences=("mars",))


@pytest.mark.parametrize("number", [0, 3, 4, 5])
def test_video_frames_and_masks_come_back(tree, shard, number):
    folder = tree / "normalized"
    np.testing.assert_array_equal(shard["ball"].frame(number), read_frame(frame_path(folder, "ball", f"{number:05d}")))
    mask = shard["ball"].mask(number)
    assert set(np.unique(mask)) == {0, 255}
    np.testing.assert_array_equal(mask > 0, read_mask(folder / "ball" / "masks" / f"{number:05d}.png"))


def test_only_annotated_frames_have_masks(shard):
    assert [shard["coin"].mask(number) is not None for number in range(5)] == [True, False, True, False, True]


@pytest.mark.parametrize("number", [0, 3, 5])
def test_flow_comes_back_as_stored(shard, number):
    np.testing.assert_array_equal(shard["ball"].flow("dis", number), flow_at(number))
    np.testing.assert_array_equal(shard["ball"].picture("dis", number), colour(flow_at(number)))
    assert shard["ball"].attributes("flow/dis")["last_frame"] == "repeat"


def test_flow_is_stored_as_int16_in_64ths_of_a_pixel(tree, shard):
    stored = zarr.open_array(shard.path / "ball" / "flow" / "dis", mode="r")
    assert stored.dtype == np.int16
    assert stored.shape == (6, *SIZE, 2)
    assert stored[2, 0, 0].tolist() == [128, 0]
    assert stored.chunks == (1, *SIZE, 2)
    assert stored.shards == (4, *SIZE, 2)


def test_pictures_are_coloured_on_reading_where_none_are_stored(tree, tmp_path):
    shard = open_shard(pack(tree, tmp_path / "bare.zarr", pictures=()))
    np.testing.assert_array_equal(shard["ball"].picture("dis", 1), colour(flow_at(1)))


def test_a_frame_without_flow_has_none(shard):
    assert shard["coin"].flow("dis", 4) is None
    assert shard["coin"].picture("dis", 4) is None
    assert not shard["coin"].has("flow/dis", 4)


def test_prior_and_coarse_labels_come_back(shard):
    np.testing.assert_array_equal(shard["moon"].prior("light", 3), prior_at(3))
    np.testing.assert_array_equal(shard["moon"].mask(2, "fused") > 0, label_at(2))


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda video: video.mask(0, "weightfree"), "no coarse 'weightfree'; it has fused"),
        (lambda video: video.mask(0, "coarse/fused"), "no coarse 'coarse/fused'; it has fused"),
        (lambda video: video.flow("raft", 0), "no flow 'raft'; it has dis"),
        (lambda video: video.picture("raft", 0), "no flow 'raft'; it has dis"),
        (lambda video: video.prior("dark", 0), "no prior 'dark'; it has light"),
        (lambda video: video.has("flow/raft", 0), "no flow 'raft'; it has dis"),
        (lambda video: video.has("fused", 0), "no fused ''; it has none"),
        (lambda video: video.attributes("flow/raft"), "no flow 'raft'; it has dis"),
    ],
)
@pytest.mark.parametrize("name", ["ball", "stills"])
def test_unknown_block_is_an_error_that_lists_what_there_is(shard, name, read, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read(shard[name])


@pytest.mark.parametrize(
    "read",
    [lambda video: video.frame(6), lambda video: video.mask(6), lambda video: video.flow("dis", -1)],
)
def test_there_is_no_such_frame(shard, read):
    with pytest.raises(IndexError, match="of 6 in ball"):
        read(shard["ball"])


def test_shard_has_length_names_and_a_repr(shard):
    assert (len(shard), list(shard)) == (4, ["ball", "coin", "moon", "stills"])
    assert ("moon" in shard, "mars" in shard) == (True, False)
    for part in (str(shard.path), "4 sequences", "flow: dis", "coarse: fused"):
        assert part in repr(shard)
    assert (len(shard["coin"]), len(shard["stills"])) == (5, 3)
    assert repr(shard["coin"]) == f"<sequence coin of {shard.path}, 5 frames, 3 masks>"


@pytest.mark.parametrize("number", range(3))
def test_still_images_are_kept_as_files(tree, shard, number):
    name, size = list(STILLS.items())[number]
    image = shard["stills"].frame(number)
    assert image.shape == (*size, 3)
    np.testing.assert_array_equal(image, read_frame(tree / "normalized" / "stills" / "frames" / f"{name}.jpg"))
    expected = read_mask(tree / "normalized" / "stills" / "masks" / f"{name}.png")
    np.testing.assert_array_equal(shard["stills"].mask(number) > 0, expected)


def test_still_files_are_plain_zarr_arrays(tree, shard):
    group = zarr.open_group(shard.path / "stills" / "frames", mode="r")
    data, offsets = group["data"][:], group["offsets"][:]
    second = cv2.imdecode(data[offsets[1] : offsets[2]], cv2.IMREAD_COLOR)
    assert second.shape == (*STILLS["tram"], 3)


def test_still_images_as_arrays_of_one_size(tree, tmp_path):
    shard = open_shard(pack(tree, tmp_path / "sized.zarr", still_size=(16, 20)))
    assert shard.still_size == (16, 20)
    assert shard["stills"].frame(1).shape == (16, 20, 3)
    mask = shard["stills"].mask(1)
    assert mask.shape == (16, 20)
    assert set(np.unique(mask)) == {0, 255}


def test_bytes_do_not_depend_on_jobs(tree, tmp_path):
    one = hashes(pack(tree, tmp_path / "one.zarr"))
    assert one == hashes(pack(tree, tmp_path / "three.zarr", jobs=3))
    assert len(one) > 30


@pytest.mark.parametrize("name", ["frames", "pictures/dis", "flow/dis", "masks", "prior/light"])
def test_zarr_python_reads_the_same_values(tree, raw, name):
    """Arrays of ours are read past zarr-python, planes of channels among them."""
    ball = raw["ball"]
    read = {"frames": ball.frame, "masks": ball.mask, "prior/light": lambda number: ball.prior("light", number)}
    read |= {"flow/dis": lambda number: ball.flow("dis", number), "pictures/dis": lambda n: ball.picture("dis", n)}
    array = zarr.open_array(raw.path / "ball" / name, mode="r")
    scale = array.attrs.get("scale", 1)
    np.testing.assert_array_equal(array[:] * scale, np.stack([read[name](number) for number in range(6)]))
    assert array.chunks == (1, *array.shape[1:])


@pytest.mark.parametrize("name", ["ball", "moon"])
def test_frames_of_videos_are_kept_as_files(tree, shard, name):
    group = zarr.open_group(shard.path / name / "frames", mode="r")
    data, offsets = group["data"][:], group["offsets"][:]
    paths = [frame_path(tree / "normalized", name, frame) for frame in shard[name].sequence.frames]
    assert {path.suffix for path in paths} == {".png" if name == "ball" else ".jpg"}
    for path, start, stop in zip(paths, offsets[:-1], offsets[1:], strict=True):
        assert data[start:stop].tobytes() == path.read_bytes()


def test_raw_frames_are_the_same_frames(shard, raw):
    assert all(np.array_equal(a, b) for a, b in zip(everything(shard.path), everything(raw.path), strict=True))


def test_videos_at_the_size_of_training(tree, tmp_path, raw):
    size = (12, 20)
    small = open_shard(pack(tree, tmp_path / "small.zarr", video_frames="raw", video_size=size))
    assert (small.video_size, raw.video_size) == (size, None)
    ball, whole = small["ball"], raw["ball"]
    np.testing.assert_array_equal(ball.frame(2), resize(whole.frame(2), size))
    np.testing.assert_array_equal(ball.picture("dis", 2), resize(whole.picture("dis", 2), size))
    np.testing.assert_array_equal(ball.prior("light", 2), resize(whole.prior("light", 2), size))
    np.testing.assert_array_equal(ball.mask(2), whole.mask(2))
    np.testing.assert_array_equal(ball.flow("dis", 2), whole.flow("dis", 2))


def test_only_arrays_have_a_size():
    with pytest.raises(ValueError, match="video_frames: raw"):
        Pack(video_size=(12, 20))


def test_arrays_of_another_layout_are_read_through_zarr(tmp_path):
    values = np.arange(5 * 6 * 7, dtype=np.uint8).reshape(5, 6, 7)
    zarr.create_array(tmp_path / "a.zarr", data=values, chunks=(2, 3, 7))
    reader = ChunkReader(zarr.open_array(tmp_path / "a.zarr", mode="r"))
    np.testing.assert_array_equal(reader[3], values[3])


def test_a_shard_pickles_as_its_path(shard):
    again = pickle.loads(pickle.dumps(shard))
    assert len(pickle.dumps(shard)) < 1000
    np.testing.assert_array_equal(again["ball"].frame(1), shard["ball"].frame(1))


def everything(path: Path, name: str | None = None) -> list[np.ndarray | None]:
    """Return all that a sequence has, or all sequences."""
    shard = open_shard(path)
    found: list[np.ndarray | None] = []
    for sequence in shard.manifest.sequences if name is None else [shard.manifest.sequence(name)]:
        read = shard[sequence.name]
        for frame in range(len(sequence.frames)):
            found += [read.frame(frame), read.mask(frame)]
            if not sequence.still:
                found += [read.mask(frame, "fused"), read.prior("light", frame)]
                found += [read.flow("dis", frame), read.picture("dis", frame)]
    return found


def sequence_of(file: Path, shard: Path) -> str:
    """Return the sequence that a file is of; some sequence, where it is of all."""
    first, *below = file.relative_to(shard).parts
    return first if below and first != ".vsodprep" else "ball"


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


DAMAGE = {
    "missing": None,
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "its beginning gone": lambda data: data[-80:],
    "longer": lambda data: data + b"more",
    "another last byte": lambda data: flipped(data, len(data) - 1),
    "another byte near the end": lambda data: flipped(data, len(data) - 12),  # in the index of a shard file
    "another fifth byte": lambda data: flipped(data, 4),  # in the header of a chunk
    "zeros": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_every_damaged_file_is_a_plain_error_or_makes_no_difference(tree, tmp_path, damage):
    out = pack(tree, tmp_path / "damaged.zarr")
    whole = {name: everything(out, name) for name in open_shard(out)}
    refused = 0
    for file in sorted(path for path in out.rglob("*") if path.is_file()):
        data = file.read_bytes()
        name = sequence_of(file, out)
        file.unlink()
        if damage is not None:
            file.write_bytes(damage(data))
        try:
            found = everything(out, name)
        except InputError as error:
            refused += 1
            assert str(error.where).startswith(str(out))
        else:
            assert all(np.array_equal(one, other) for one, other in zip(whole[name], found, strict=True)), file
        file.write_bytes(data)
    assert refused > 20


def chunks_of(path: Path) -> list[tuple[int, int]]:
    """Return where the chunks of a shard file lie, offset and length, as the index at its end has them."""
    known = json.loads(next(up for up in path.parents if up.name == "c").with_name("zarr.json").read_text())
    if known["codecs"][0]["name"] != "sharding_indexed":
        return [(0, path.stat().st_size)]
    inner = known["codecs"][0]["configuration"]["chunk_shape"]
    count = math.prod(n // m for n, m in zip(known["chunk_grid"]["configuration"]["chunk_shape"], inner, strict=True))
    index = np.frombuffer(path.read_bytes()[-16 * count - 4 : -4], "<u8").reshape(-1, 2)
    return [(int(offset), int(length)) for offset, length in index if offset < 1 << 63]


def test_a_flipped_bit_of_any_chunk_is_an_error(tree, tmp_path):
    out = pack(tree, tmp_path / "flipped.zarr")
    files = sorted(path for path in out.rglob("*") if path.is_file() and "c" in path.relative_to(out).parts)
    flips = [
        (file, offset + (7 * number + 1) % length)
        for file in files
        for number, (offset, length) in enumerate(chunks_of(file))
    ]
    assert len(flips) > 60
    for file, at in flips:
        data = file.read_bytes()
        file.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        with pytest.raises(InputError) as error:
            everything(out, sequence_of(file, out))
        assert str(error.value.where).startswith(str(out))
        file.write_bytes(data)


def test_shards_without_checksums_are_read(tree, shard, tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "_SUMS", ())
    old = pack(tree, tmp_path / "old.zarr")
    assert "crc32c" not in (old / "ball" / "masks" / "zarr.json").read_text().split("index_codecs")[0]
    assert all(np.array_equal(one, other) for one, other in zip(everything(shard.path), everything(old), strict=True))


def test_shards_of_the_earlier_form_are_read(tree, shard, tmp_path, monkeypatch):
    """Flow and pictures were interleaved and LZ4, frames arrays, and nothing was said about their size."""
    codecs = layout._codecs
    monkeypatch.setattr(layout, "_codecs", lambda kind: codecs("maps" if kind == "maps" else "frames"))
    old = pack(tree, tmp_path / "old.zarr", video_frames="raw")
    root = json.loads((old / "zarr.json").read_text())
    del root["attributes"]["video_size"]
    (old / "zarr.json").write_text(json.dumps(root))
    assert "transpose" not in (old / "ball" / "flow" / "dis" / "zarr.json").read_text()
    assert all(np.array_equal(one, other) for one, other in zip(everything(shard.path), everything(old), strict=True))


@pytest.mark.parametrize("name", ["frames", "masks", "flow/dis", "pictures/dis", "prior/light"])
def test_an_array_that_has_gone_is_an_error_each_time(tree, tmp_path, name):
    """Else training would go on without the sequence."""
    out = pack(tree, tmp_path / "gone.zarr")
    shutil.rmtree(out / "ball" / name)
    ball = open_shard(out)["ball"]
    for _ in range(2):
        with pytest.raises(InputError, match=f"ball/{name}: no array; expected a whole shard"):
            ball.has(name, 0)


def test_a_row_beyond_the_end_is_an_index_error(shard):
    with pytest.raises(IndexError, match="frame 6 of 6 in ball"):
        shard["ball"].frame(6)


@pytest.mark.parametrize(
    ("spoil", "culprit"),
    [
        (lambda root: (root / "flow" / "moon.h5").unlink(), "flow/moon.h5"),
        (lambda root: (root / "prior" / "ball.h5").unlink(), "prior/ball.h5"),
        (lambda root: (root / "coarse" / "coin" / "00003.png").unlink(), "coarse/coin/00003.png"),
        (lambda root: (root / "normalized" / "ball" / "masks" / "00002.png").unlink(), "ball/masks/00002.png"),
        (lambda root: (root / "normalized" / "ball" / "frames" / "00002.png").unlink(), "ball/frames/00002"),
        (
            lambda root: cv2.imwrite(str(root / "normalized" / "moon" / "masks" / "00001.png"), np.zeros((5, 5))),
            "moon/masks/00001.png",
        ),
        (lambda root: (root / "normalized" / "stills" / "frames" / "tram.jpg").unlink(), "stills/frames/tram"),
    ],
    ids=["flow", "prior", "coarse", "mask", "frame", "mask size", "still"],
)
def test_what_is_missing_is_named_and_nothing_is_left(tmp_path, spoil, culprit):
    make_everything(tmp_path)
    spoil(tmp_path)
    out = tmp_path / "shards" / "mini.zarr"
    with pytest.raises(InputError, match=culprit):
        pack(tmp_path, out)
    assert list(out.parent.iterdir()) == []


def test_labels_are_those_of_the_sequences_that_their_provenance_lists(tmp_path):
    make_everything(tmp_path)
    (tmp_path / "coarse" / "provenance.json").write_text(json.dumps({"sequences": {"moon": {}}}))
    shard = open_shard(pack(tmp_path, tmp_path / "mini.zarr"))
    assert shard["moon"].has("coarse/fused", 2)
    assert not shard["ball"].has("coarse/fused", 2)  # has a folder, from an earlier configuration
    shutil.rmtree(tmp_path / "coarse" / "moon")
    with pytest.raises(InputError, match="coarse/moon"):
        pack(tmp_path, tmp_path / "again.zarr")


def test_an_error_crosses_from_a_process_of_its_own(tmp_path):
    make_everything(tmp_path)
    (tmp_path / "flow" / "moon.h5").unlink()
    with pytest.raises(InputError, match=r"flow/moon\.h5: no such file"):
        pack(tmp_path, tmp_path / "shards" / "mini.zarr", jobs=2)
    assert list((tmp_path / "shards").iterdir()) == []


def test_pictures_of_a_flow_that_is_not_packed_are_refused(tree, tmp_path):
    with pytest.raises(InputError, match="pictures raft"):
        pack(tree, tmp_path / "x.zarr", pictures=("raft",))


@pytest.mark.parametrize("path", ["nothing", "normalized"])
def test_something_else_is_no_shard(tree, path):
    with pytest.raises(InputError, match=path):
        open_shard(tree / path)


def test_command_packs(tree, tmp_path):
    out = tmp_path / "mini.zarr"
    arguments = [str(tree / "normalized"), "--out", str(out), "--flow", "dis", str(tree / "flow"), "--pictures", "dis"]
    result = CliRunner().invoke(command, [*arguments, "--still-size", "8", "8", "--jobs", "2"], catch_exceptions=False)
    assert result.exit_code == 0
    assert open_shard(out).contents["pictures"] == ("dis",)


@pytest.mark.parametrize("text", ["[1]", "{}", '{"sequences": 3}'])
def test_labels_whose_record_is_none_are_refused(tree, tmp_path, text):
    """Else every sequence would go without labels."""
    labels = tmp_path / "coarse"
    shutil.copytree(tree / "coarse", labels)
    (labels / "provenance.json").write_text(text)
    with pytest.raises(InputError, match=r"coarse/provenance\.json: .*; expected a record written by vsodprep"):
        pack(tree, tmp_path / "x.zarr", coarse={"fused": labels})


@pytest.mark.parametrize(("first", "second", "same"), [(b"", b"", True), (b"", b"a", False), (b"a", b"b", False)])
def test_the_sums_of_an_array_of_bytes_tell_one_byte_from_none(
    first: bytes, second: bytes, same: bool, tmp_path: Path
) -> None:
    found = []
    for number, content in enumerate((first, second)):
        (tmp_path / "image").write_bytes(content)
        group = zarr.create_group(tmp_path / f"{number}.zarr")
        layout.write_files(group, "masks", {0: tmp_path / "image"} if content else {})
        found.append(list(ChunkReader(group["masks/data"]).sums()))
    assert (found[0] == found[1]) == same
