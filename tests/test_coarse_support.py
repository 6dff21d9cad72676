"""Support read from files: motion priors, and masks carried along a stored flow."""

import cv2
import numpy as np
import pytest

from vsodprep.benchmarks.synth.generate import frame_ids, write_benchmark
from vsodprep.coarse.carry import pull, push
from vsodprep.coarse.support import PriorSupport, TruthSupport, choose_source
from vsodprep.config.flow import Policy
from vsodprep.errors import InputError
from vsodprep.flow.pairs import datasets_of, make_pairs
from vsodprep.flow.store import write_flow
from vsodprep.images import read_mask, write_mask, write_png
from vsodprep.prior.store import write_prior

SIZE = (8, 40)
FRAMES = tuple(f"{number:05d}" for number in range(9))
SPEED = 3  # pixels a frame, to the right


def mask_of(frame):
    mask = np.zeros(SIZE, dtype=bool)
    mask[2:6, 2 + SPEED * frame : 8 + SPEED * frame] = True
    return mask


def flow_of(source, target):
    flow = np.zeros((*SIZE, 2), dtype=np.float32)
    flow[mask_of(source), 0] = SPEED * (target - source)
    return flow


@pytest.fixture
def frames(tmp_path):
    paths = [tmp_path / "frames" / f"{frame}.png" for frame in FRAMES]
    for path in paths:
        write_png(path, np.zeros((*SIZE, 3), dtype=np.uint8))
    return paths


def truth(tmp_path, annotated, **policy):
    """Write masks of some frames and the exact flow of a block that moves over a background at rest."""
    policy = Policy(**policy)
    pairs = make_pairs(len(FRAMES), policy)
    flows = (
        {name: flow_of(*(pair if number == 0 else pair[::-1])) for number, name in enumerate(datasets_of(policy))}
        for pair in (pair[:2] for pair in pairs)
    )
    write_flow(tmp_path / "flow.h5", pairs, flows, SIZE, {}, datasets=datasets_of(policy), frames=FRAMES)
    for index in annotated:
        write_mask(tmp_path / "masks" / f"{FRAMES[index]}.png", mask_of(index))
    return TruthSupport(tmp_path / "flow.h5", tmp_path / "masks")


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("show_at", ["from", "to"])
def test_masks_are_carried_both_ways_from_the_nearest_annotated_frame(tmp_path, frames, direction, show_at):
    source = truth(tmp_path, (2, 7), direction=direction, show_at=show_at, last_frame="drop", first_frame="drop")
    found = {support.frame: support for support in source.of_frames(frames)}
    assert {index: support.truth for index, support in found.items()} == dict(enumerate([2] * 5 + [7] * 4))
    for index, support in found.items():
        known, mask = ~np.isnan(support.values), mask_of(index)
        np.testing.assert_array_equal(support.values[known] >= 0.5, mask[known])
        assert known[mask].all() if direction == "both" else known[mask].sum() >= mask.sum() / 2
        assert known[~mask].mean() > 0.8


def test_flows_in_both_directions_tell_what_was_hidden(tmp_path, frames):
    source = truth(tmp_path, (2,), direction="both", last_frame="drop")
    found = {support.frame: support.values for support in source.of_frames(frames)}
    uncovered = mask_of(2) & ~mask_of(3)
    assert np.isnan(found[3][uncovered]).all()
    assert np.isfinite(found[3][~uncovered]).all()
    covered = mask_of(2) & ~mask_of(1)
    assert np.isnan(found[1][covered]).all()


def test_a_sequence_without_masks_is_named(tmp_path, frames):
    with pytest.raises(InputError, match="masks: no mask of any frame; expected an annotated sequence"):
        list(truth(tmp_path, ()).of_frames(frames))


def test_flow_of_another_stride_is_named(tmp_path, frames):
    with pytest.raises(InputError, match=r"flow\.h5: no flow between frames 00002 and 00003; .* stride 1"):
        list(truth(tmp_path, (2,), stride=2).of_frames(frames))


def test_flow_of_other_frames_is_named(tmp_path, frames):
    with pytest.raises(InputError, match=r"flow\.h5: flow of 9 frames, 00000 to 00008; expected the 8 frames"):
        list(truth(tmp_path, (2,)).of_frames(frames[:-1]))


def test_every_mask_counts_in_the_description(tmp_path, frames):
    source = truth(tmp_path, (2, 7))
    before = source.describe(frames)
    assert source.describe(frames) == before
    write_mask(tmp_path / "masks" / "00007.png", mask_of(6))
    assert source.describe(frames)["masks"] != before["masks"]
    assert source.describe(frames)["flow"] == before["flow"]


def test_a_mask_of_another_size_is_named(tmp_path, frames):
    source = truth(tmp_path, (2,))
    write_mask(tmp_path / "masks" / "00002.png", np.zeros((4, 4), dtype=bool))
    with pytest.raises(InputError, match=r"00002\.png: 4 x 4 pixels"):
        list(source.of_frames(frames))


def test_the_prior_of_each_frame_that_has_one(tmp_path, frames):
    values = np.zeros((len(FRAMES) - 1, *SIZE), dtype=np.uint8)
    values[4, 3, 7] = 51
    write_prior(tmp_path / "prior.h5", values, FRAMES[:-1], {})
    found = list(PriorSupport(tmp_path / "prior.h5").of_frames(frames))
    assert [support.frame for support in found] == list(range(len(FRAMES)))
    assert found[4].values[3, 7] == np.float32(0.2)
    assert found[-1].values is None


def test_the_prior_of_another_sequence_is_named(tmp_path, frames):
    write_prior(tmp_path / "prior.h5", np.zeros((1, *SIZE), dtype=np.uint8), ("bear",), {})
    with pytest.raises(InputError, match=r"prior\.h5: holds a prior of frame bear; expected priors of the frames in"):
        list(PriorSupport(tmp_path / "prior.h5").of_frames(frames))


@pytest.mark.parametrize(
    ("given", "asked", "culprit"),
    [
        ("", True, "no support"),
        ("f", True, "--substitute-flow;"),
        ("m", True, "--substitute-masks;"),
        ("pfm", True, "--substitute-prior and --substitute-flow and --substitute-masks"),
        ("p", False, "--substitute-prior is given, but the step substitute is missing"),
    ],
)
def test_files_that_make_no_support_are_named(tmp_path, given, asked, culprit):
    with pytest.raises(InputError, match=culprit):
        choose_source(*(tmp_path if letter in given else None for letter in "pfm"), asked=asked)


def test_one_support_or_none(tmp_path):
    assert choose_source(None, None, None, asked=False) is None
    assert choose_source(tmp_path, None, None, asked=True) == PriorSupport(tmp_path)
    assert choose_source(None, tmp_path, tmp_path, asked=True) == TruthSupport(tmp_path, tmp_path)


@pytest.mark.parametrize("way", [1, -1])
def test_exact_flow_carries_the_mask_of_a_film_to_its_neighbours(tmp_path, way):
    write_benchmark(tmp_path, sequences=("pan-bird",))
    folder, ids = tmp_path / "pan-bird", frame_ids(20)
    values, frame = read_mask(folder / "masks" / f"{ids[10]}.png").astype(np.float32), 10
    for _ in range(5):
        flow = cv2.readOpticalFlow(str(folder / "flow_gt" / f"{ids[min(frame, frame + way)]}.flo"))
        values, frame = push(values, flow) if way == 1 else pull(values, flow), frame + way
    mask, known = read_mask(folder / "masks" / f"{ids[frame]}.png"), ~np.isnan(values)
    carried = values >= 0.5
    assert (carried & mask).sum() / ((carried | mask) & known).sum() > 0.95
    assert known[mask].mean() > 0.75
