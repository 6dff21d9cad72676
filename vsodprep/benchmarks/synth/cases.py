"""What `synth` holds, as plain data: every sequence, its split, its cases and what is to be seen in it."""

from vsodprep.benchmarks.synth.model import Actor, Camera, Video

NAME = "synth"
VERSION = "1"
SEED = 20240817
STILLS = "stills"
STILL_COUNT = 120
# Height and width of a still image, taken in turn, so that code meets images of several sizes and shapes.
STILL_SIZES = ((128, 192), (120, 184), (136, 176), (144, 192), (128, 160), (152, 136))

CASES = {
    "plain": "one salient object that moves over a nearly still background",
    "moving-camera": "the background moves by more than a pixel a frame: pan, zoom or rotation",
    "stop": "the salient object comes to rest, and then moves as the background does",
    "similar-background": "the salient object wears the background's colours",
    "several-objects": "two or more salient objects",
    "occlusion": "the salient object passes behind something in front",
    "small-object": "salient objects cover less than 2 % of every frame",
    "distractor": "something else moves at least as fast, and is not salient",
}


VIDEOS: tuple[Video, ...] = (
    Video(
        "plain-fish",
        "train",
        ("plain",),
        "water",
        "reef",
        (Actor("fish", "orange", "stripes", 40, (50, 48), (2.6, 0.9), sway=2.0, swim=0.16),),
    ),
    Video(
        "pan-bird",
        "train",
        ("moving-camera",),
        "clouds",
        "sky",
        (Actor("bird", "red", "dots", 38, (130, 52), (2.9, 0.2), sway=3.0, flap=0.18),),
        Camera(pan=(2.6, -0.4), shake=0.6),
    ),
    Video(
        "zoom-turtle",
        "train",
        ("moving-camera",),
        "ripples",
        "sand",
        (Actor("turtle", "lime", "checks", 30, (52, 86), (0.9, -1.2), sway=1.5, flap=0.08),),
        Camera(pan=(-0.5, 0.3), zoom=0.018, spin=0.0035),
    ),
    Video(
        "stop-beetle",
        "train",
        ("stop",),
        "leaves",
        "forest",
        (Actor("beetle", "teal", "stripes", 31, (46, 84), (3.2, -1.5), sway=1.5, stop=(7, 99)),),
        Camera(pan=(0.7, -0.3)),
    ),
    Video(
        "similar-gecko",
        "train",
        ("similar-background", "moving-camera"),
        "pebbles",
        "slate",
        (Actor("gecko", "slate", "rings", 44, (70, 44), (1.9, 1.6), swim=0.22),),
        Camera(pan=(-1.1, 0.6)),
    ),
    Video(
        "several-bees",
        "train",
        ("several-objects",),
        "grass",
        "meadow",
        (
            Actor("bee", "yellow", "stripes", 27, (40, 36), (3.0, 1.8), sway=4.0, flap=0.12),
            Actor("bee", "yellow", "stripes", 23, (152, 44), (-3.0, 1.2), sway=3.0, flap=0.12),
            Actor("bee", "yellow", "stripes", 20, (108, 104), (1.4, -2.0), sway=3.0, flap=0.12),
        ),
        Camera(pan=(0.3, 0.2), shake=1.0),
    ),
    Video(
        "occlusion-bird",
        "train",
        ("occlusion",),
        "leaves",
        "forest",
        (
            Actor("bird", "blue", "checks", 29, (36, 62), (5.0, 0.3), sway=2.0, flap=0.15),
            Actor("trunk", "forest", None, 92, (98, 64), turn=0.02),
        ),
        Camera(pan=(0.4, 0.0)),
    ),
    Video(
        "small-bee",
        "train",
        ("small-object",),
        "grass",
        "heath",
        (Actor("bee", "pink", "stripes", 9, (150, 34), (-4.2, 2.0), sway=5.0, flap=0.2),),
        Camera(pan=(0.4, 0.4), shake=0.8),
    ),
    Video(
        "distractor-snail",
        "train",
        ("distractor",),
        "pebbles",
        "coral",
        (
            Actor("snail", "violet", "rings", 36, (136, 78), (-0.8, 0.1), swim=0.04),
            Actor("leaf", "violet", None, 29, (24, 34), (5.2, 1.6), sway=6.0, roll=0.03),
        ),
        Camera(shake=0.8),
    ),
    Video(
        "crossing-fish",
        "train",
        ("several-objects", "moving-camera", "distractor"),
        "water",
        "reef",
        (
            Actor("puff", "yellow", None, 31, (164, 92), (-5.6, -1.4), sway=4.0),
            Actor("fish", "pink", "dots", 30, (150, 38), (-4.6, 1.6), sway=2.0, swim=0.16),
            Actor("fish", "yellow", "stripes", 35, (38, 80), (3.0, -1.2), sway=2.0, swim=0.16),
        ),
        Camera(pan=(1.9, -0.5)),
    ),
    Video(
        "plain-turtle",
        "test",
        ("plain",),
        "water",
        "sky",
        (Actor("turtle", "red", "dots", 35, (140, 80), (-2.3, -1.1), sway=3.0, flap=0.1),),
    ),
    Video(
        "pan-butterfly",
        "test",
        ("moving-camera", "distractor"),
        "grass",
        "meadow",
        (
            Actor("leaf", "blue", None, 29, (30, 28), (7.0, -0.4), sway=7.0, roll=-0.035),
            Actor("butterfly", "blue", "dots", 34, (62, 80), (3.6, -1.2), sway=4.0, flap=0.4),
        ),
        Camera(pan=(2.2, -0.8), zoom=-0.004, spin=-0.002),
    ),
    Video(
        "stop-gecko",
        "test",
        ("stop", "moving-camera"),
        "ripples",
        "sand",
        (Actor("gecko", "violet", "stripes", 42, (146, 38), (-3.6, 2.3), swim=0.25, stop=(8, 99)),),
        Camera(pan=(-1.2, 0.5)),
    ),
    Video(
        "similar-fish",
        "test",
        ("similar-background", "moving-camera"),
        "leaves",
        "coral",
        (Actor("fish", "coral", "stripes", 40, (58, 80), (2.2, -1.6), sway=2.0, swim=0.14),),
        Camera(pan=(1.2, -0.4)),
    ),
    Video(
        "occlusion-beetles",
        "test",
        ("occlusion", "several-objects"),
        "pebbles",
        "slate",
        (
            Actor("beetle", "orange", "checks", 30, (34, 46), (5.3, 0.6), sway=1.5),
            Actor("beetle", "lime", "stripes", 27, (158, 98), (-1.2, -0.6), sway=1.5),
            Actor("bush", "meadow", None, 35, (92, 50)),
        ),
        Camera(pan=(0.5, 0.2)),
    ),
    Video(
        "small-bird",
        "test",
        ("small-object", "distractor"),
        "clouds",
        "heath",
        (
            Actor("puff", "yellow", None, 27, (160, 88), (-4.8, -0.8), sway=3.0),
            Actor("bird", "yellow", "stripes", 10, (44, 38), (3.2, 1.2), sway=4.0, flap=0.2),
        ),
        Camera(pan=(-0.4, 0.2), shake=0.8),
    ),
)
