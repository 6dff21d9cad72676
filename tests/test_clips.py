"""`ClipDataset` and the order in which training reads it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from shard_tree import SIZE, flow_at, label_at, make_everything
from torch.utils.data import DataLoader

from vsodprep.config.pack import Pack
from vsodprep.config.train import Augment, Shares
from vsodprep.errors import InputError
from vsodprep.flow.picture import colour
from vsodprep.shards import ClipDataset, SplitSource, pack_benchmark
from vsodprep.shards.clips import collate
from vsodprep.shards.sampling import BatchSampler, DrawnSample, batches_per_epoch
from vsodprep.shards.transform import IMAGENET_MEAN, IMAGENET_STD, Recolouring, Window, draw_change, resize, resize_mask

MEAN = torch.tensor(IMAGENET_MEAN).reshape(3, 1, 1)
STD = torch.tensor(IMAGENET_STD).reshape(3, 1, 1)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    root = tmp_path_factory.mktemp("clips")
    make_everything(root)
    return packed(root, root / "mini.zarr")


def packed(root: Path, out: Path, **form) -> Path:
    pack_benchmark(
        root / "normalized",
        out,
        Pack(**{"pictures": ("dis",)} | form),
        flow={"dis": root / "flow"},
        prior={"light": root / "prior"},
        coarse={"fused": root / "coarse"},
    )
    return out


def clips(path, split="train", **options) -> ClipDataset:
    labels = options.pop("labels", "masks")
    repeat, weight = options.pop("repeat", 1), options.pop("weight", 1.0)
    return ClipDataset(SplitSource(path, split, labels, repeat, weight), **options)


def pixels(values: torch.Tensor) -> np.ndarray:
    """Undo the normalisation of `(3, H, W)` and return uint8 `(H, W, 3)`."""
    return ((values * STD + MEAN) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


def test_batch_has_the_keys_and_types_that_are_documented(path):
    data = ClipDataset(
        [SplitSource(path, "train"), SplitSource(path, "stills")],
        size=(16, 32),
        clip_length=3,
        flow="dis",
        prior="light",
    )
    batch = collate([data[0], data[len(data) - 1]])
    shapes = {key: (value.dtype, tuple(value.shape)) for key, value in batch.items() if torch.is_tensor(value)}
    assert shapes == {
        "frames": (torch.float32, (2, 3, 3, 16, 32)),
        "flow": (torch.float32, (2, 3, 3, 16, 32)),
        "prior": (torch.float32, (2, 3, 1, 16, 32)),
        "masks": (torch.float32, (2, 3, 1, 16, 32)),
        "annotated": (torch.bool, (2, 3)),
        "weight": (torch.float32, (2, 3)),
        "video": (torch.int64, (2,)),
        "still": (torch.bool, (2,)),
    }
    assert batch["sequence"] == ["ball", "stills"]
    assert batch["frame_ids"] == [["00000"] * 3, ["kite"] * 3]
    assert batch["size"] == [SIZE, (24, 40)]
    assert batch["still"].tolist() == [False, True]
    assert batch["video"].tolist() == [0, 2]


FORMS = {
    "raw": {"video_frames": "raw"},
    "raw, pictures coloured on reading": {"video_frames": "raw", "pictures": ()},
    "encoded, pictures coloured on reading": {"pictures": ()},
    "at the size of training": {"video_frames": "raw", "video_size": (16, 32)},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("flip_flow", ["picture", "vectors"])
def test_every_form_of_a_shard_gives_the_same_samples(path, tmp_path, form, flip_flow):
    other = packed(path.parent, tmp_path / "mini.zarr", **form)
    for size in [(16, 32), None][: 1 if "video_size" in form else 2]:
        chosen = {"size": size, "clip_length": 2, "flow": "dis", "prior": "light"}
        one, two = (
            clips(each, None, **chosen, augment=Augment(flip=0.5, flip_flow=flip_flow)) for each in (path, other)
        )
        for number in range(len(one)):
            pick = DrawnSample(number, step=number)
            for key, value in one[pick].items():
                if torch.is_tensor(value):
                    assert torch.equal(value, two[pick][key]), (number, key)


def test_without_a_size_videos_come_at_that_of_the_shard(path, tmp_path):
    other = packed(path.parent, tmp_path / "mini.zarr", **FORMS["at the size of training"])
    sample = clips(other, flow="dis", prior="light")[1]
    assert {tuple(sample[key].shape[-2:]) for key in ("frames", "masks", "flow", "prior")} == {(16, 32)}
    assert sample["size"] == SIZE


def test_values_are_normalised_as_imagenet(path):
    data = clips(path, flow="dis")
    sample = data[2]
    frame = data._shards[0]["ball"].frame(2)
    np.testing.assert_array_equal(pixels(sample["frames"][-1]), frame)
    expected = (frame[0, 0].astype(np.float64) / 255 - IMAGENET_MEAN) / IMAGENET_STD
    np.testing.assert_allclose(sample["frames"][-1, :, 0, 0].numpy(), expected, rtol=1e-5)
    np.testing.assert_array_equal(pixels(sample["flow"][-1]), colour(flow_at(2)))


def test_other_normalisation(path):
    sample = clips(path, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))[0]
    assert sample["frames"].min() >= 0
    assert sample["frames"].max() <= 1


@pytest.mark.parametrize(
    ("number", "length", "stride", "expected"),
    [(5, 4, 1, [2, 3, 4, 5]), (1, 4, 1, [0, 0, 0, 1]), (5, 3, 2, [1, 3, 5]), (2, 3, 2, [0, 0, 2])],
)
def test_clip_ends_at_the_frame_and_repeats_the_first(path, number, length, stride, expected):
    sample = clips(path, clip_length=length, clip_stride=stride)[number]
    assert sample["frame_ids"] == [f"{frame:05d}" for frame in expected]


def test_samples_end_at_annotated_frames_only(path):
    data = clips(path, clip_length=2)
    assert [data[number]["frame_ids"][-1] for number in range(6, 9)] == ["00000", "00002", "00004"]
    sample = data[7]
    assert sample["annotated"].tolist() == [False, True]
    assert sample["masks"][0].abs().sum() == 0
    assert sample["masks"][1].sum() > 0


def test_a_frame_without_flow_is_no_training_sample(path):
    data = clips(path, flow="dis")
    assert [(data.videos[place.video][1], place.frame) for place in data.places[6:]] == [("coin", 0), ("coin", 2)]


def test_all_frames_are_there_for_prediction(path):
    data = clips(path, frames="all", flow="dis")
    assert len(data) == 11
    assert data[10]["flow"].abs().sum() == 0


def test_coarse_labels_with_their_weight(path):
    data = clips(path, labels="fused", weight=0.25)
    assert len(data) == 11
    np.testing.assert_array_equal(data[2]["masks"][-1, 0].numpy() > 0, label_at(2))
    assert data[2]["weight"].tolist() == [0.25]


def test_parts_repeat(path):
    once, thrice = clips(path, "stills"), clips(path, "stills", repeat=3)
    assert len(thrice) == 3 * len(once)
    assert thrice.places[:3] == thrice.places[3:6] == once.places


@pytest.mark.parametrize("choice", ["zeros", "rest", "frame", "none"])
def test_still_flow(path, choice):
    sample = clips(path, "stills", flow="dis", prior="light", still_flow=choice)[0]
    assert sample["prior"].abs().sum() == 0
    if choice == "none":
        assert "flow" not in sample
    elif choice == "zeros":
        assert sample["flow"].abs().sum() == 0
    elif choice == "rest":
        assert (pixels(sample["flow"][-1]) == 255).all()
    else:
        assert torch.equal(sample["flow"], sample["frames"])


def test_flip_mirrors_everything(path):
    data = clips(path, flow="dis", prior="light", augment=Augment(flip=1.0))
    plain, flipped = clips(path, flow="dis", prior="light")[3], data[DrawnSample(3, step=5)]
    for key in ("frames", "flow", "prior", "masks"):
        assert torch.equal(flipped[key], plain[key].flip(-1)), key
    assert not torch.equal(flipped["frames"], plain["frames"])


def test_flip_of_vectors_colours_the_mirrored_flow(path):
    data = clips(path, flow="dis", augment=Augment(flip=1.0, flip_flow="vectors"))
    mirrored = flow_at(3)[:, ::-1] * np.float32([-1, 1])
    np.testing.assert_array_equal(pixels(data[DrawnSample(3)]["flow"][-1]), colour(mirrored))


def test_draws_depend_on_seed_step_and_slot_alone(path):
    augment = Augment(flip=0.5, crop=0.8)
    data = clips(path, size=SIZE, augment=augment, seed=7)
    again = clips(path, size=SIZE, augment=augment, seed=7, cache_bytes=1 << 20)
    picks = [DrawnSample(3, 0, step, slot) for step in range(4) for slot in range(4)]
    first = [data[pick]["frames"] for pick in picks]
    torch.manual_seed(1)
    for pick, expected in reversed(list(zip(picks, first, strict=True))):
        assert torch.equal(again[pick]["frames"], expected)
    assert len({tuple(frames.flatten()[:50].tolist()) for frames in first}) > 8


def test_crop_takes_one_window_of_frame_and_mask(path):
    data = clips(path, size=SIZE, augment=Augment(crop=0.5), clip_length=2)
    sample = data[DrawnSample(4, step=3)]
    mask = sample["masks"][-1, 0].numpy() > 0
    bright = pixels(sample["frames"][-1])[..., 0] > 150
    assert 0.9 < np.mean(mask == bright) <= 1
    assert not torch.equal(sample["frames"], clips(path, size=SIZE, clip_length=2)[4]["frames"])


def test_crop_of_two_numbers_draws_the_share_between_them():
    shares = [draw_change(Augment(crop=Shares(0.4, 0.9)), (0, step)).window.share for step in range(200)]
    assert 0.4 <= min(shares) < 0.42 and 0.88 < max(shares) <= 0.9
    assert np.mean(shares) == pytest.approx(0.65, abs=0.03)


def test_further_changes_leave_the_others_as_they_are_drawn():
    plain, more = (
        draw_change(each, (3, 5))
        for each in (Augment(flip=0.5, crop=0.8), Augment(flip=0.5, crop=Shares(0.8, 0.8), colour=0.3))
    )
    assert plain == more._replace(recolouring=None)
    assert more.recolouring is not None and all(0.7 <= factor <= 1.3 for factor in more.recolouring)


def test_a_crop_from_more_to_less_is_refused():
    with pytest.raises(ValueError, match=r"crop: 0\.9 to 0\.5; the first number must not be larger"):
        Augment(crop=Shares(0.9, 0.5))


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        ((1, 1, 1), [[200, 100, 50], [40, 40, 40]]),
        ((1.5, 1, 1), [[255, 150, 75], [60, 60, 60]]),
        (
            (1, 0.5, 1),
            [[142, 92, 67], [62, 62, 62]],
        ),  # half way to the mean grey: 0.299 120 + 0.587 70 + 0.114 45 = 82.1
        ((1, 1, 0), [[124, 124, 124], [40, 40, 40]]),  # 0.299 200 + 0.587 100 + 0.114 50 = 124.2
    ],
    ids=["none", "brightness", "contrast", "saturation"],
)
def test_recolouring(factors, expected):
    image = np.array([[[200, 100, 50], [40, 40, 40]]], np.uint8)
    np.testing.assert_allclose(Recolouring(*factors).paint(image)[0], expected, atol=1)


def test_colours_of_frames_alone_change_and_alike_in_a_clip(path):
    chosen = {"size": SIZE, "clip_length": 2, "flow": "dis", "prior": "light"}
    plain = clips(path, **chosen)[4]
    data = clips(path, **chosen, augment=Augment(colour=0.4))
    changed = data[DrawnSample(4, step=1)]
    for key in ("masks", "flow", "prior"):
        assert torch.equal(changed[key], plain[key])
    paint = draw_change(Augment(colour=0.4), (data.seed, 0, 1, 0)).recolouring.paint
    for got, frame in zip(changed["frames"], plain["frames"], strict=True):
        np.testing.assert_array_equal(pixels(got), paint(pixels(frame)))


def test_window_keeps_its_share():
    image = np.arange(100).reshape(10, 10)
    np.testing.assert_array_equal(Window(1.0, 0.0, 0.4).cut(image), image[6:, :4])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(5, 7), (40, 61)])
def test_resizing_minds_no_order_in_memory(channels, size):
    image = np.random.default_rng(0).integers(0, 256, (23, 31, channels)).astype(np.uint8)
    planes = np.moveaxis(np.ascontiguousarray(np.moveaxis(image, -1, 0)), 0, -1)
    wanted = resize(image, size)
    assert wanted.shape == (*size, channels)
    for other in (planes, np.asfortranarray(image), image[..., ::-1][..., ::-1]):
        np.testing.assert_array_equal(resize(other, size), wanted)


def test_resizing_is_bilinear_and_masks_stay_binary():
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, 1] = 100
    assert resize(image, (2, 4), "opencv")[0, :, 0].tolist() == [0, 25, 75, 100]
    assert resize(image, (2, 4), "pillow")[0, :, 0].tolist() == [0, 25, 75, 100]
    mask = np.array([[0, 255]], np.uint8)
    assert resize_mask(mask, (2, 4)).tolist() == [[0, 0, 255, 255]] * 2


@pytest.mark.parametrize("shape", [(48, 80, 3), (48, 80)])
@pytest.mark.parametrize("size", [(20, 31), (64, 64), (100, 161)])
def test_resizing_agrees_with_pillow(shape, size):
    image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8), (3, 3), 1)
    expected = np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR))
    got = resize(image, size, "pillow")
    assert (got.shape, got.dtype) == (expected.shape, np.uint8)
    assert np.abs(got.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("method", ["pillow", "opencv"])
@pytest.mark.parametrize("size", [(20, 31), (96, 161)])
def test_planes_are_resized_as_interleaved_channels_are(method, size):
    image = np.random.default_rng(0).integers(0, 256, (48, 80, 3), dtype=np.uint8)
    planes = np.moveaxis(np.ascontiguousarray(np.moveaxis(image, -1, 0)), 0, -1)
    np.testing.assert_array_equal(resize(planes, size, method), resize(image, size, method))


def test_pillow_smooths_when_it_reduces():
    stripes = np.tile(np.array([0, 0, 0, 200], np.uint8), (16, 8))
    assert np.ptp(resize(stripes, (4, 8), "pillow")[:, 1:-1]) < np.ptp(resize(stripes, (16, 32), "opencv"))


def test_cache_changes_nothing(path):
    plain, cached = clips(path, size=(12, 20)), clips(path, size=(12, 20), cache_bytes=3000)
    for number in (0, 1, 2, 0, 1, 2):
        assert torch.equal(plain[number]["frames"], cached[number]["frames"])


def epochs(path, workers: int, seed: int = 3, **options) -> list[torch.Tensor]:
    """Return the frames of two epochs of an ordinary `DataLoader`, in the dataset's order."""
    data = clips(path, size=SIZE, augment=Augment(flip=0.5), seed=seed)
    context = "forkserver" if workers else None
    loader = DataLoader(
        data, batch_size=4, num_workers=workers, collate_fn=collate, multiprocessing_context=context, **options
    )
    found = []
    for epoch in range(2):
        data.set_epoch(epoch)
        found.append(torch.cat([batch["frames"] for batch in loader]))
    return found


def test_ordinary_loader_draws_from_epoch_and_sample(path):
    plain = clips(path, size=SIZE)
    both = torch.stack([plain[number]["frames"] for number in range(len(plain))])
    first, second = epochs(path, 0)
    for found in (first, second):
        flipped = [not torch.equal(one, want) for one, want in zip(found, both, strict=True)]
        assert 0 < sum(flipped) < len(plain)
        for one, want, turned in zip(found, both, flipped, strict=True):
            assert torch.equal(one, want.flip(-1) if turned else want)
    assert not torch.equal(first, second)
    assert not torch.equal(first, epochs(path, 0, seed=4)[0])


@pytest.mark.parametrize(("workers", "options"), [(1, {}), (2, {}), (2, {"persistent_workers": True})])
def test_ordinary_loader_draws_the_same_in_any_worker(path, workers, options):
    for found, want in zip(epochs(path, workers, **options), epochs(path, 0), strict=True):
        assert torch.equal(found, want)


@pytest.mark.parametrize("augment", [Augment(flip=0.5), Augment(crop=0.9), Augment(scales=(1.0, 1.25))])
def test_changes_without_an_epoch_are_refused(path, augment):
    data = clips(path, size=SIZE, augment=augment)
    with pytest.raises(InputError, match="random changes, but no epoch was set"):
        data[0]


def test_no_changes_may_be_said_by_none(path):
    said, left_out = clips(path, size=SIZE, augment=None), clips(path, size=SIZE)
    said.set_epoch(0)
    assert torch.equal(said[0]["frames"], left_out[0]["frames"])


def test_sizes_of_batches_are_refused_in_an_epoch(path):
    with pytest.raises(InputError, match="scales"):
        clips(path, size=SIZE, augment=Augment(scales=(1.0, 1.25))).set_epoch(0)


def test_references_are_drawn_in_an_epoch(path):
    data = clips(path, size=SIZE, clip="references", clip_length=3)
    still = [data[4]["frame_ids"] for _ in range(3)]
    data.set_epoch(0)
    assert still[0] == still[1]
    assert len({tuple(data[number]["frame_ids"][:2]) for number in range(5)}) > 1
    assert data[-1]["frame_ids"] == data[len(data) - 1]["frame_ids"]


def test_example_of_the_docs_runs(path):
    page = Path("docs/shards.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in page.split("```python\n")[1:]]
    (example,) = [block for block in blocks if "DataLoader" in block]
    names = {"results/shards/davis2016.zarr": str(path), "size=(512, 512)": f"size={SIZE}"}
    for name, instead in names.items():
        assert name in example
        example = example.replace(name, instead)
    exec(example, seen := {"__name__": "__main__"})  # the script guards its main part, as workers import it
    assert seen["epoch"] == 2
    assert seen["batch"]["frames"].shape == (2, 1, 3, *SIZE)


@pytest.mark.parametrize(("method", "workers"), [("spawn", 1), ("forkserver", 2)])
def test_workers_give_the_same_batches(path, method, workers):
    data = clips(path, size=SIZE, flow="dis", augment=Augment(flip=0.5))
    sampler = BatchSampler([place.video for place in data.places], batch=4, steps=4, seed=3)
    expected = [batch["frames"] for batch in DataLoader(data, batch_sampler=sampler, collate_fn=collate)]
    loader = DataLoader(
        data, batch_sampler=sampler, collate_fn=collate, num_workers=workers, multiprocessing_context=method
    )
    for got, want in zip(loader, expected, strict=True):
        assert torch.equal(got["frames"], want)


@pytest.mark.parametrize(
    ("options", "culprit"),
    [
        ({"flow": "raft"}, "no flow 'raft'"),
        ({"prior": "deep"}, "no prior 'deep'"),
        ({"labels": "none"}, "no coarse 'none'"),
        ({"split": "val"}, "no split 'val'"),
    ],
)
def test_what_a_shard_lacks_is_named(path, options, culprit):
    with pytest.raises(InputError, match=culprit):
        clips(path, **options)


def batches(**options):
    defaults = {"videos": [0] * 5 + [1] * 7, "batch": 4, "steps": 9, "seed": 1}
    return [[pick.sample for pick in batch] for batch in BatchSampler(**(defaults | options))]


def test_an_epoch_sees_each_sample_once_and_drops_the_rest():
    drawn = batches(videos=[0] * 14)
    epochs = np.array(drawn).reshape(3, 12)
    assert [len(set(epoch)) for epoch in epochs] == [12, 12, 12]
    assert (epochs[0] != epochs[1]).any()


def test_order_from_a_later_step_is_that_of_the_whole():
    assert batches(start=4) == batches()[4:]
    assert len(BatchSampler([0] * 8, batch=4, steps=9, seed=1, start=4)) == 5


def test_order_depends_on_the_seed():
    assert batches(seed=2) != batches(seed=1)


def test_references_come_before_the_current_frame(path):
    data = clips(path, clip="references", clip_length=3)
    assert data[1]["frame_ids"] == ["00002", "00004", "00001"]
    drawn = {tuple(data[DrawnSample(1, step=step)]["frame_ids"]) for step in range(20)}
    assert len(drawn) > 3
    assert {ids[-1] for ids in drawn} == {"00001"}


def test_a_set_smaller_than_a_batch_fills_it():
    drawn = batches(videos=[0, 0, 0], batch=5, steps=2)
    assert [sorted(set(batch)) for batch in drawn] == [[0, 1, 2]] * 2


def test_clips_of_one_video_stand_together():
    videos = np.array([0] * 5 + [1] * 7 + [2])
    for batch in batches(videos=videos, clips_per_video=2, batch=4, steps=20):
        pairs = videos[np.array(batch)].reshape(2, 2)
        assert (pairs[:, 0] == pairs[:, 1]).all()
    assert batches_per_epoch(videos, 4, 2) == 3


def test_data_take_turns():
    """Of five samples and three, in batches of two: each pass of either is whole, less what fills no batch."""
    turns = [0, 1, 0, 1, 0, 0, 1, 0]
    drawn = batches(videos=range(8), batch=2, steps=12, turns=turns)
    assert [{turns[pick] for pick in batch} for batch in drawn] == [{0}, {1}] * 6
    longer = [pick for batch in drawn[0:4:2] for pick in batch]
    assert len(set(longer)) == 4
    assert len({tuple(batch) for batch in drawn[1::2]}) > 1
    assert drawn[5:] == batches(videos=range(8), batch=2, steps=12, turns=turns, start=5)
    assert batches_per_epoch(range(8), 2, turns=turns) == 4
    assert batches_per_epoch(range(8), 2) == 4
    assert batches_per_epoch(range(8), 2, turns=[0] * 7 + [1]) == 6


def test_clips_per_video_divides_the_batch():
    with pytest.raises(ValueError, match="batch of 4 cannot hold 3"):
        batches(clips_per_video=3)


def test_one_scale_is_drawn_per_batch():
    sampler = BatchSampler([0] * 8, batch=2, steps=40, seed=0, size=(448, 448), scales=(0.75, 1.0, 1.25))
    sizes = [{pick.size for pick in batch} for batch in sampler]
    assert all(len(size) == 1 for size in sizes)
    assert set.union(*sizes) == {(336, 336), (448, 448), (560, 560)}
