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
        (Actor("fish", "orange", "stripes", 32, (46, 44), (2.6, 0.9), sway=2.0, swim=0.16),),
    ),
    Video(
        "pan-bird",
        "train",
        ("moving-camera",),
        "clouds",
        "sky",
        (Actor("bird", "red", "dots", 30, (132, 50), (2.9, 0.2), sway=3.0, flap=0.18),),
        Camera(pan=(2.6, -0.4), shake=0.6),
    ),
    Video(
        "zoom-turtle",
        "train",
        ("moving-camera",),
        "ripples",
        "sand",
        (Actor("turtle", "lime", "checks", 27, (52, 84), (0.9, -1.3), sway=1.5, flap=0.08),),
        Camera(pan=(-0.5, 0.3), zoom=0.018, spin=0.0035),
    ),
    Video(
        "stop-beetle",
        "train",
        ("stop",),
        "leaves",
        "forest",
        (Actor("beetle", "teal", "stripes", 25, (44, 88), (3.2, -1.5), sway=1.5, stop=(7, 99)),),
        Camera(pan=(0.7, -0.3)),
    ),
    Video(
        "similar-gecko",
        "train",
        ("similar-background", "moving-camera"),
        "pebbles",
        "slate",
        (Actor("gecko", "slate", "rings", 38, (70, 40), (1.9, 1.6), swim=0.22),),
        Camera(pan=(-1.1, 0.6)),
    ),
    Video(
        "several-bees",
        "train",
        ("several-objects",),
        "grass",
        "meadow",
        (
            Actor("bee", "yellow", "stripes", 22, (40, 36), (3.0, 1.8), sway=4.0, flap=0.12),
            Actor("bee", "yellow", "stripes", 20, (150, 44), (-3.0, 1.2), sway=3.0, flap=0.12),
            Actor("bee", "yellow", "stripes", 18, (112, 106), (1.4, -2.0), sway=3.0, flap=0.12),
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
            Actor("bird", "blue", "checks", 25, (38, 64), (4.9, 0.3), sway=2.0, flap=0.15),
            Actor("trunk", "forest", None, 130, (98, 64), turn=0.02),
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
            Actor("snail", "violet", "rings", 29, (138, 82), (-0.8, 0.1), swim=0.04),
            Actor("leaf", "meadow", None, 24, (24, 30), (5.2, 1.8), sway=6.0, roll=0.03),
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
            Actor("puff", "sand", None, 21, (160, 96), (-5.0, -1.8), sway=4.0),
            Actor("fish", "pink", "dots", 24, (150, 38), (-4.6, 1.6), sway=2.0, swim=0.16),
            Actor("fish", "yellow", "stripes", 28, (34, 82), (3.0, -1.2), sway=2.0, swim=0.16),
        ),
        Camera(pan=(-1.4, 0.5)),
    ),
    Video(
        "plain-turtle",
        "test",
        ("plain",),
        "water",
        "sky",
        (Actor("turtle", "red", "dots", 28, (142, 88), (-2.3, -1.1), sway=3.0, flap=0.1),),
    ),
    Video(
        "pan-butterfly",
        "test",
        ("moving-camera", "distractor"),
        "grass",
        "meadow",
        (
            Actor("leaf", "coral", None, 22, (28, 30), (6.2, 1.6), sway=7.0, roll=-0.035),
            Actor("butterfly", "blue", "dots", 28, (62, 84), (3.6, -1.2), sway=4.0, flap=0.4),
        ),
        Camera(pan=(2.2, -0.8), zoom=-0.004, spin=-0.002),
    ),
    Video(
        "stop-gecko",
        "test",
        ("stop", "moving-camera"),
        "ripples",
        "sand",
        (Actor("gecko", "violet", "stripes", 36, (150, 34), (-3.6, 2.3), swim=0.25, stop=(8, 99)),),
        Camera(pan=(-1.2, 0.5)),
    ),
    Video(
        "similar-fish",
        "test",
        ("similar-background", "moving-camera"),
        "leaves",
        "coral",
        (Actor("fish", "coral", "stripes", 33, (56, 86), (2.2, -1.6), sway=2.0, swim=0.14),),
        Camera(pan=(1.2, -0.4)),
    ),
    Video(
        "occlusion-beetles",
        "test",
        ("occlusion", "several-objects"),
        "pebbles",
        "slate",
        (
            Actor("beetle", "orange", "checks", 24, (36, 40), (4.4, 0.7), sway=1.5),
            Actor("beetle", "lime", "stripes", 22, (160, 104), (-1.2, -0.6), sway=1.5),
            Actor("bush", "forest", None, 33, (94, 50)),
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
            Actor("puff", "sky", None, 25, (160, 88), (-4.8, -0.8), sway=3.0),
            Actor("bird", "yellow", "stripes", 10, (44, 38), (3.2, 1.2), sway=4.0, flap=0.2),
        ),
        Camera(pan=(-0.4, 0.2), shake=0.8),
    ),
)
