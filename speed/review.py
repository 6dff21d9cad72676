"""How fast the review page is: a made video of 1920 x 1080, in a headless Chromium.

Run: python speed/review.py [--frames N] [--picture FILE.png]

Prints, for each kind of request, the processor time that the server takes, and for each action the median and the
longest time from the key to the painted page.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from chromium import Browser, Page

from vsodprep.flow.pairs import FramePair
from vsodprep.flow.store import write_flow
from vsodprep.images import encode_jpeg, encode_png, read_frame
from vsodprep.prior.store import write_prior
from vsodprep.review.session import Session

HEIGHT, WIDTH = 1080, 1920
# Resolves to the milliseconds until what an action changes is on the screen.
PAINTED = """(async () => {{
    const start = performance.now();
    await ({action});
    await new Promise(requestAnimationFrame);
    await new Promise((done) => setTimeout(done));
    return performance.now() - start;
}})()"""


def write_video(folder: Path, count: int) -> None:
    """Write frames, labels, flow and priors of a disc that moves over a textured ground."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ground = np.stack([128 + 60 * np.sin(x / 90 + phase) * np.cos(y / 70) for phase in range(3)], axis=-1)
    ground += generator.normal(0, 8, ground.shape)
    names, priors = [f"{number:05d}" for number in range(count)], np.zeros((count, HEIGHT, WIDTH), np.uint8)
    for part in ("labels/made", "frames/made/frames"):
        (folder / part).mkdir(parents=True)
    for number, name in enumerate(names):
        disc = (x - 400 - 12 * number) ** 2 + (y - 500) ** 2 < 180**2
        spots = (x % 480 - 240) ** 2 + (y % 360 - 60) ** 2 < 25**2
        picture = np.where(disc[..., None], np.array([200.0, 80, 60]), ground).clip(0, 255).astype(np.uint8)
        (folder / f"frames/made/frames/{name}.jpg").write_bytes(encode_jpeg(picture, 90))
        (folder / f"labels/made/{name}.png").write_bytes(encode_png((disc | spots).astype(np.uint8) * 255))
        priors[number][disc] = 255
    vectors = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    vectors[..., 0] = 12
    pairs = [FramePair(start, start + 1, start) for start in range(count - 1)]
    settings = {"picture": {"dialect": "raft", "maximum": 16.0}}
    moved = [{"forward": vectors}] * len(pairs)
    write_flow(folder / "flow/made.h5", pairs, moved, (HEIGHT, WIDTH), settings, frames=names)
    write_prior(folder / "prior/made.h5", priors, names, {})


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--pause", type=float, default=0.4, help="seconds for which a person looks at a frame")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(folder, given.frames)
        paths = [folder / part for part in ("labels", "frames", "edits.txt", "flow", "prior")]
        serve(Session(*paths))
        words = [folder / "labels", "--frames", folder / "frames", "--edits", folder / "edits.txt", "--port", 0]
        words += ["--flow", folder / "flow", "--prior", folder / "prior"]
        server = subprocess.Popen(
            [sys.executable, "-m", "vsodprep", "review", *map(str, words)], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        browser = Browser(folder / "profile")
        try:
            page = browser.page(server.stdout.readline().split()[0])
            measure(page, given.frames, given.pause)
            if given.picture is not None:
                given.picture.write_bytes(page.picture())
        finally:
            browser.close()
            server.terminate()
            server.wait()


def measure(page: Page, frames: int, pause: float) -> None:
    """Do what a person does, and print how long each action took."""
    wait = f"new Promise((done) => setTimeout(done, {1000 * pause}))"
    corners = "state.corners.push([300 + 40 * state.corners.length, 300 + 200 * (state.corners.length % 2)])"
    actions = {
        "next frame": ("keys.ArrowRight()", frames - 6),
        "frame before": ("keys.ArrowLeft()", 6),
        "next frame, key held": ("keys.ArrowRight()", 8),
        "zoom": ("zoom(1.2, 600, 400)", 10),
        "move": ("move(.01, .01)", 10),
        "corner of a polygon": (f"({corners}, draw())", 6),
        "polygon": ("choose('shape', 'polygon'), state.corners = [[300, 300], [500, 300], [400, 500]], finish()", 6),
        "suggestion accepted": ("keys.a()", 6),
        "undo": ("keys.u()", 6),
        "mark as reviewed, next frame": ("keys.r()", 6),
        "flow": ("(keys.f(), show())", 2),
    }
    page.kept(wait)
    print("\n| action | ms, median | longest |\n| --- | ---: | ---: |", flush=True)
    for name, (action, count) in actions.items():
        times = []
        for _ in range(count):
            times.append(page.kept(PAINTED.format(action=action)))
            if "held" not in name:
                page.kept(wait)
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} |", flush=True)


def serve(session: Session) -> None:
    """Print what the server computes for each request, in processor time, which a busy machine changes little."""
    (sequence,) = session.sequences
    frames = session.sequences[sequence]
    answers = {
        "frame": lambda frame: encode_jpeg(read_frame(session.frame_file(sequence, frame))),
        "label": lambda frame: session.overlay(sequence, frame),
        "suggestions": lambda frame: session.suggestions(sequence, frame),
        "thumbnail": lambda frame: session.thumbnail(sequence, frame),
        "flow": lambda frame: encode_png(session.flow_picture(sequence, frame)),
    }
    print("\n| request | CPU ms, median |\n| --- | ---: |")
    for name, answer in answers.items():
        times = []
        for frame in frames[:-1]:
            start = time.process_time()
            answer(frame)
            times.append(1000 * (time.process_time() - start))
        print(f"| {name} | {statistics.median(times):.0f} |")


if __name__ == "__main__":
    main()
