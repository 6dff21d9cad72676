"""The exact flow of `synth`: by hand, against its frames, and against its masks."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from synth_film import NAMES, VIDEO, film, grid, named, pure

from vsodprep.benchmarks.synth.cases import SEED
from vsodprep.benchmarks.synth.model import Actor, Camera, Video
from vsodprep.benchmarks.synth.motion import Affine, Placement, clock
from vsodprep.benchmarks.synth.render import flow, render
from vsodprep.benchmarks.synth.scene import Scene, build


def scene_of(camera: Camera, *actors: Actor) -> Scene:
    video = Video("by-hand", "train", (), "clouds", "sky", actors, camera, height=64, width=96, frames=3)
    return build(video, 1)


def test_translation_by_hand() -> None:
    """The camera goes 2 right and 1 up, the fish 5 right and 3 down through the world."""
    still_camera = Camera(pan=(2.0, -1.0), shake=0.0)
    scene = scene_of(still_camera, Actor("fish", "red", "stripes", 16, (40, 30), (5.0, 3.0)))
    motion, visible = flow(scene, 0)
    first, second = render(scene, 0), render(scene, 1)
    body = first.coverage[1] == 16
    np.testing.assert_allclose(motion[body], np.broadcast_to([3.0, 4.0], motion[body].shape), atol=1e-5)
    ground = first.coverage[0] == 16
    np.testing.assert_allclose(motion[ground], np.broadcast_to([-2.0, 1.0], motion[ground].shape), atol=1e-5)
    # Whole pixels: mask and picture are shifted copies of themselves.
    np.testing.assert_array_equal(second.mask[4:, 3:], first.mask[:-4, :-3])
    np.testing.assert_array_equal(second.frame[4:, 3:][body[:-4, :-3]], first.frame[:-4, :-3][body[:-4, :-3]])
    # What goes out of the frame on the left and below is not seen again, nor is the ground in front of the fish.
    assert not visible[:, :2].any()
    assert not visible[-1].any()
    assert not visible[(ground & np.roll(second.mask, (-1, 2), (0, 1)))].any()
    assert visible[body].all()


def test_zoom_and_spin_by_hand() -> None:
    """About the centre, a point at distance r moves outwards by zoom times r, and along the circle by 2 pi spin r."""
    motion, _ = flow(scene_of(Camera(zoom=0.02, shake=0.0)), 0)
    np.testing.assert_allclose(motion[0, 0], [-0.02 * 47.5, -0.02 * 31.5], atol=1e-5)
    motion, _ = flow(scene_of(Camera(spin=0.25, shake=0.0)), 0)  # a quarter turn clockwise
    np.testing.assert_allclose(motion[0, 0], [47.5 + 31.5, 31.5 - 47.5], atol=1e-5)


def test_occlusion_by_hand() -> None:
    """A stone stands still in front of a fish that swims behind it."""
    fish = Actor("fish", "red", "stripes", 16, (36, 32), (4.0, 0.0))
    scene = scene_of(Camera(shake=0.0), fish, Actor("stone", "slate", None, 14, (62, 32)))
    motion, visible = flow(scene, 0)
    picture = render(scene, 0)
    x, y = grid(picture.mask.shape)
    fish_seen = picture.coverage[1] == 16
    behind = scene.layers[2].raster.covers(*scene.layers[2].at(0).to_body(x + 4.0, y))
    np.testing.assert_array_equal(visible[fish_seen], ~behind[fish_seen])
    assert 5 < (fish_seen & behind).sum() < 200
    np.testing.assert_allclose(motion[picture.coverage[2] == 16], 0.0, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_body_points_follow_the_flow(name: str) -> None:
    """Flow leads a point to the place where its layer shows the same point of the body."""
    one = film(name)
    x, y = grid(one.flows[0].shape)
    for time in (0, 7, 18):
        for index, layer in enumerate(one.scene.layers):
            at = one.pictures[time].coverage[index] == 16
            before = layer.at(time).to_body(x[at], y[at])
            after = layer.at(time + 1).to_body(x[at] + one.flows[time][at, 0], y[at] + one.flows[time][at, 1])
            np.testing.assert_allclose(after, before, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_next_frame_warped_back_shows_this_frame(name: str) -> None:
    one = film(name)
    x, y = (axis.astype(np.float32) for axis in grid(one.flows[0].shape))
    error, without = [], []
    for time, (motion, visible) in enumerate(zip(one.flows, one.visible, strict=True)):
        this, following = one.pictures[time], one.pictures[time + 1]
        to_x, to_y = x + motion[..., 0], y + motion[..., 1]
        warped = cv2.remap(following.frame, to_x, to_y, cv2.INTER_LINEAR).astype(np.float64)
        still_pure = cv2.remap(pure(following).astype(np.float32), to_x, to_y, cv2.INTER_LINEAR) == 1
        at = visible & pure(this) & still_pure
        assert at.mean() > 0.75
        error.append(np.abs(warped - this.frame)[at].mean())
        without.append(np.abs(following.frame - this.frame.astype(np.float64))[at].mean())
    assert np.mean(error) < 3.0
    assert np.mean(error) < 0.5 * np.mean(without)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {*named("small-object"), *named("occlusion")}))
def test_masks_move_with_the_flow(name: str) -> None:
    one = film(name)
    x, y = grid(one.flows[0].shape)
    for time, (motion, visible) in enumerate(zip(one.flows, one.visible, strict=True)):
        at = one.pictures[time].mask & visible
        column, row = (np.rint(axis[at] + motion[at, i]).astype(int) for i, axis in enumerate((x, y)))
        following = one.pictures[time + 1].mask
        assert following[row, column].mean() > 0.93
        arrived = np.zeros_like(following)
        arrived[row, column] = True
        # Outlines grow and pixels are skipped where the body stretches; all else must have come from somewhere.
        closed = cv2.morphologyEx(arrived.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
        assert closed[following].mean() > 0.85


def test_occluded_pixels_are_the_ones_that_warp_wrongly() -> None:
    one = film("crossing-fish")
    x, y = (axis.astype(np.float32) for axis in grid(one.flows[0].shape))
    time = 8
    warped = cv2.remap(one.pictures[time + 1].frame, x + one.flows[time][..., 0], y + one.flows[time][..., 1], 1)
    error = np.abs(warped.astype(float) - one.pictures[time].frame).max(axis=2)
    inside = (slice(12, -12), slice(12, -12))
    hidden = ~one.visible[time][inside]
    assert hidden.sum() > 100
    assert np.median(error[inside][hidden]) > 10 * np.median(error[inside][~hidden])


@pytest.mark.parametrize("time", [0, 9])
@pytest.mark.parametrize("name", NAMES)
def test_placements_invert_exactly(name: str, time: int) -> None:
    x, y = grid((5, 7))
    for layer in film(name).scene.layers:
        np.testing.assert_allclose(layer.at(time).to_image(*layer.at(time).to_body(x, y)), (x, y), atol=1e-9)


def test_affine_maps_compose() -> None:
    turn, shift = Affine(0, -2, 1, 2, 0, 5), Affine(c=3, f=-4)
    assert turn.apply(1.0, 2.0) == (-3.0, 7.0)
    assert turn.after(shift).apply(1.0, 2.0) == turn.apply(4.0, -2.0)
    assert turn.inverse().apply(*turn.apply(1.0, 2.0)) == (1.0, 2.0)


def test_wave_bends_the_tail_and_not_the_nose() -> None:
    body = Placement(Affine(), wave=4.0, phase=0.25, size=10.0)
    assert body.to_image(np.array(10.0), np.array(0.0))[1] == 0.0
    # At the tail, x = -10: all of the amplitude, times sin(2 pi (-1/3 + 1/4)) = -1/2.
    assert float(body.to_image(np.array(-10.0), np.array(0.0))[1]) == pytest.approx(-2.0, abs=1e-6)


@pytest.mark.parametrize(
    ("stop", "lived"),
    [
        (None, [0, 1, 2, 3, 4, 5, 6, 7]),
        ((2, 99), [0, 1, 2, 2 + 2 / 3, 3, 3, 3, 3]),
        ((1, 4), [0, 1, 1 + 2 / 3, 2, 2, 2 + 1 / 3, 3, 4]),
    ],
)
def test_clock(stop: tuple[int, int] | None, lived: list[float]) -> None:
    assert [clock(stop, time) for time in range(8)] == pytest.approx(lived)


def test_actors_are_drawn_from_back_to_front() -> None:
    back = Actor("fish", "red", "stripes", 16, (48, 32))
    front = replace(back, coat="blue")
    scene = scene_of(Camera(shake=0.0), back, front)
    picture = render(scene, 0)
    assert not picture.coverage[1].any()
    assert picture.coverage[2].any()


def test_flow_is_the_same_when_built_again() -> None:
    again = flow(build(VIDEO["zoom-turtle"], SEED), 3)
    np.testing.assert_array_equal(again[0], film("zoom-turtle").flows[3])
