import json

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import vsodprep.prior.frame
from vsodprep.cli import cli
from vsodprep.errors import InputError
from vsodprep.flow.pairs import FramePair
from vsodprep.flow.picture import colour
from vsodprep.flow.store import write_flow
from vsodprep.images import write_mask, write_png
from vsodprep.manifest import Manifest, ManifestSequence, write_manifest
from vsodprep.prior.segmentation import segmentations
from vsodprep.prior.store import open_prior, write_prior

SIZE = (48, 64)
FRAMES = tuple(f"{index:05d}" for index in range(4))
VIDEOS = {"left": "train", "right": "train", "up": "test"}


def square(video, index):
    mask = np.zeros(SIZE, dtype=bool)
    top, left = {"left": (14, 36 - 3 * index), "right": (18, 10 + 3 * index), "up": (24 - 3 * index, 26)}[video]
    mask[top : top + 14, left : left + 16] = True
    return mask


@pytest.fixture
def tree(tmp_path):
    """Squares that move against a drifting background: two videos to learn from, one to test on."""
    sequences = []
    rng = np.random.default_rng(0)
    for video, split in VIDEOS.items():
        flows = []
        for index, frame in enumerate(FRAMES):
            mask = square(video, index)
            picture = np.where(mask[..., None], (180, 90, 80), (70, 110, 90)) + rng.integers(0, 20, (*SIZE, 3))
            write_png(tmp_path / "zoo" / video / "frames" / f"{frame}.png", picture.astype(np.uint8))
            write_mask(tmp_path / "zoo" / video / "masks" / f"{frame}.png", mask)
            motion = {"left": (-3, 0), "right": (3, 0), "up": (0, -3)}[video]
            flow = np.where(mask[..., None], motion, (0.5, 0.4)) + rng.normal(0, 0.05, (*SIZE, 2))
            flows.append({"forward": flow.astype(np.float32)})
        pairs = [FramePair(index, index + 1, index) for index in range(3)]
        write_flow(tmp_path / "flow" / f"{video}.h5", pairs, flows[:3], SIZE, {"method": "exact"})
        sequences.append(ManifestSequence(video, (split,), FRAMES, FRAMES, *SIZE))
    write_manifest(tmp_path / "zoo", Manifest("zoo", "1", "Zoo", "", "", "", (), tuple(sequences)))
    return tmp_path


def run(*words):
    result = CliRunner().invoke(cli, ["prior", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def fit(tree, *options, out="c.npz"):
    quick = ["--scale", 1, "--hidden", 32, "--level", 0.8, 100, 40, "--level", 0.8, 200, 60]
    return run("fit", "--train", tree / "zoo", tree / "flow", "train", "--out", tree / out, *quick, *options)


def apply(tree, video="up", out="p.h5", classifier="c.npz"):
    run("apply", tree / "zoo" / video / "frames", tree / "flow" / f"{video}.h5", tree / classifier, "--out", tree / out)
    return read_whole(tree / out)


def read_whole(path):
    with open_prior(path) as prior:
        values = [prior.of_frame(frame) for frame in prior.frames]
        return np.array(values, np.uint8).reshape(prior.shape), prior.frames


def test_moving_square_is_found_in_an_unseen_video(tree):
    output = fit(tree, "--epochs", 40)
    assert "regions" in output
    assert "of 6 frames" in output
    prior, frames = apply(tree)
    assert prior.shape == (3, *SIZE)
    assert frames == FRAMES[:3]  # the last frame has no flow
    for index in range(3):
        mask = square("up", index)
        assert prior[index][mask].mean() > 200
        assert prior[index][~mask].mean() < 30


def test_regions_are_cut_from_the_picture_as_its_block_draws_it(tree, monkeypatch):
    cut = []

    def watched(picture, *arguments, **options):
        cut.append(picture)
        return segmentations(picture, *arguments, **options)

    monkeypatch.setattr(vsodprep.prior.frame, "segmentations", watched)
    fit(tree, "--epochs", 1)
    moving = np.where(square("up", 0)[..., None], (0, -3), (0.5, 0)).astype(np.float32)
    attributes = {"picture": {"dialect": "flownet2", "maximum": 5.0}}
    write_flow(tree / "flow" / "up.h5", [FramePair(0, 1, 0)], [{"forward": moving}], SIZE, attributes)
    apply(tree)
    np.testing.assert_array_equal(cut[-1], colour(moving, 5.0, "flownet2"))
    assert len(cut) == 6 + 1  # frames


def test_file_records_regions_and_what_made_them(tree):
    fit(tree, "--epochs", 2, "--min-regions", 12)
    output = run("apply", tree / "zoo/up/frames", tree / "flow/up.h5", tree / "c.npz", "--out", tree / "p.h5")
    assert "3 frames, regions " in output
    assert "of 6 segmentations made finer" in output
    with h5py.File(tree / "p.h5") as file:
        assert file["prior"].dtype == np.uint8
        assert file["regions"].shape == file["halvings"].shape == (3, 2)
        assert (file["regions"][:] >= 2).all()
        assert file["halvings"][:].max() > 0
        settings = json.loads(file.attrs["settings"])
        training = json.loads(file.attrs["training"])
        flow = json.loads(file.attrs["flow"])
    assert settings["levels"] == [[0.8, 100, 40], [0.8, 200, 60]]
    assert settings["min_regions"] == 12
    assert training["splits"] == [["zoo", "train"]]
    assert training["frames"] == 6
    assert flow["method"] == "exact"


def test_two_runs_give_the_same_bytes(tree):
    for out in ("a", "b"):
        fit(tree, "--epochs", 3, out=f"{out}.npz")
        apply(tree, out=f"{out}.h5", classifier=f"{out}.npz")
    assert (tree / "a.npz").read_bytes() == (tree / "b.npz").read_bytes()
    assert (tree / "a.h5").read_bytes() == (tree / "b.h5").read_bytes()
    assert str(tree).encode() not in (tree / "a.npz").read_bytes() + (tree / "a.h5").read_bytes()


def test_test_videos_are_never_learned_from(tree):
    fit(tree, "--epochs", 3)
    before = (tree / "c.npz").read_bytes()
    for path in (tree / "zoo" / "up" / "masks").iterdir():
        path.write_bytes(b"not to be opened")
    fit(tree, "--epochs", 3)
    assert (tree / "c.npz").read_bytes() == before


def test_frames_per_sequence(tree):
    assert "of 2 frames" in fit(tree, "--epochs", 1, "--frames-per-sequence", 1)


def test_several_splits(tree):
    both = ["--train", tree / "zoo", tree / "flow", "test", "--epochs", 1]
    assert "of 9 frames" in fit(tree, *both)


def test_skimage_backend(tree):
    fit(tree, "--epochs", 40, "--backend", "skimage")
    prior, _ = apply(tree)
    assert prior[1][square("up", 1)].mean() > 200


def test_missing_flow_is_named(tree):
    (tree / "flow" / "left.h5").unlink()
    with pytest.raises(InputError, match=r"left\.h5: no such file"):
        fit(tree)


def test_unknown_split_is_named(tree):
    with pytest.raises(InputError, match="no split 'val'"):
        run("fit", "--train", tree / "zoo", tree / "flow", "val", "--out", tree / "c.npz")


def test_mask_of_another_size_is_named(tree):
    write_mask(tree / "zoo" / "left" / "masks" / "00000.png", np.zeros((10, 10), dtype=bool))
    with pytest.raises(InputError, match=r"00000\.png: 10 x 10 pixels; expected 48 x 64, as its flow"):
        fit(tree)


def test_frame_of_another_size_is_named(tree):
    fit(tree, "--epochs", 1)
    write_png(tree / "zoo" / "up" / "frames" / "00001.png", np.zeros((10, 10, 3), dtype=np.uint8))
    with pytest.raises(InputError, match=r"00001\.png: 10 x 10 pixels; expected 48 x 64"):
        apply(tree)
    assert not (tree / "p.h5").exists()


def test_flow_of_another_sequence_is_named(tree):
    fit(tree, "--epochs", 1)
    for frame in FRAMES[2:]:
        (tree / "zoo" / "up" / "frames" / f"{frame}.png").unlink()
    (tree / "zoo" / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"up\.h5: flow of frame 2; expected 2 frames"):
        apply(tree)


@pytest.mark.slow
@pytest.mark.parametrize("windows", ["mdf", "roi"])
def test_windows_of_alexnet(tree, windows):
    network = ("--features", "alexnet", "--weights", "random", "--windows", windows)
    fit(tree, "--epochs", 5, *network, "--frames-per-sequence", 1)
    prior, _ = apply(tree)
    assert prior.shape == (3, *SIZE)
    assert prior[1][square("up", 1)].mean() > prior[1][~square("up", 1)].mean() + 50


@pytest.mark.parametrize("frames", [0, 2])
def test_store_round_trip(frames, tmp_path):
    prior = np.random.default_rng(0).integers(0, 255, (frames, 5, 7)).astype(np.uint8)
    write_prior(tmp_path / "p.h5", prior, FRAMES[:frames], {"a": 1})
    read, names = read_whole(tmp_path / "p.h5")
    np.testing.assert_array_equal(read, prior)
    assert names == FRAMES[:frames]


def test_a_frame_without_a_prior_has_none(tmp_path):
    write_prior(tmp_path / "p.h5", np.full((1, 5, 7), 9, np.uint8), FRAMES[1:2], {"a": 1})
    with open_prior(tmp_path / "p.h5") as prior:
        assert prior.of_frame(FRAMES[0]) is None
        assert (prior.of_frame(FRAMES[1]) == 9).all()
        assert prior.attributes == {"a": 1}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(b"x"), "no HDF5 file"),
        (lambda path: h5py.File(path, "w").close(), "holds nothing"),
    ],
)
def test_store_names_a_bad_file(make, message, tmp_path):
    make(tmp_path / "p.h5")
    with pytest.raises(InputError, match=rf"p\.h5: {message}"), open_prior(tmp_path / "p.h5"):
        pass
