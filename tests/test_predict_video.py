"""Predicting from a video file in one pass, and the videos that are made of it."""

import gc
import resource
import shutil
import weakref
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from tests.onnx_files import write_channels
from tests.video_files import disc, read, turn, write
from vsodprep.benchmarks.videos import Video
from vsodprep.cli.predict import command
from vsodprep.config.flow import Flow, Policy
from vsodprep.config.train import Data, Run, Stage
from vsodprep.errors import InputError
from vsodprep.flow.dis import Dis
from vsodprep.flow.pairs import record_of
from vsodprep.images import read_gray
from vsodprep.models import build_model, saved
from vsodprep.predict.encode import ALPHA, OPAQUE, Clock, clock_of, writing_video
from vsodprep.predict.streamed import StreamedVideo
from vsodprep.predict.video import cutout, overlay, side_by_side
from vsodprep.prior import classifier as priors
from vsodprep.shards import layout

STAGE = Stage(data=(Data(benchmark="mini", split="train"),), size=(32, 48), steps=1)
DESCRIBED = 86  # numbers that describe a region
FIXED = Clock(Fraction(1, 25), Fraction(25), tuple(range(8)))
# As a telephone records: one frame is missing, and one comes early.
VARIED = Clock(Fraction(1, 90_000), Fraction(27), (0, 3000, 6000, 12_000, 13_500, 18_000, 21_000, 24_000))


def checkpoint(path: Path, model: str = "dsnet", policy: Policy | None = None, **said: Any) -> Path:
    """Write a network that has learned nothing."""
    torch.manual_seed(0)
    reads = {"flow": "dis"} if model == "dsnet" else {}
    run = Run.model_validate({"width": 0.05, "pretrained": False, "stages": (STAGE,)} | reads | said)
    network = build_model(model, run.variant, width=run.width, **run.options)
    flow = {**Dis().record, "policy": record_of(policy or Policy(last_frame="repeat"))} if run.flow else {}
    content = {"model": model, "recipe": run.model_dump(mode="json"), "weights": network.state_dict(), "flow": flow}
    saved.save(path, {"format": saved.FORMAT, **content})
    return path


def predicted(*words: object) -> Result:
    return CliRunner().invoke(command, [*map(str, words), "--threads", "1"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write(folder / "clip.mp4", map(disc, range(9)))
    checkpoint(folder / "net.ckpt")
    (folder / "junk.mp4").write_bytes(b"junk" * 100)
    return folder


@pytest.fixture
def clip(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copy(made / "clip.mp4", tmp_path))


@pytest.fixture
def net(made: Path) -> Path:
    return made / "net.ckpt"


NETWORKS: dict[str, tuple[str, Policy, dict[str, Any]]] = {
    "flow over two frames, the first two without": (
        "dsnet",
        Policy(direction="backward", stride=2, first_frame="drop"),
        {},
    ),
    "clips of a motion prior": ("stan", Policy(last_frame="repeat"), {"flow": "dis", "prior": "light"}),
    "references": ("contrastive", Policy(), {"variant": "cosnet", "options": {"reference_frames": "spread"}}),
}


@pytest.mark.parametrize(("model", "policy", "said"), NETWORKS.values(), ids=NETWORKS)
def test_the_maps_are_those_of_a_shard(
    tmp_path: Path, clip: Path, model: str, policy: Policy, said: dict[str, Any]
) -> None:
    net = checkpoint(tmp_path / "net.ckpt", model, policy, **said)
    words: list[object] = []
    if "prior" in said:
        numbers = np.random.default_rng(0).normal(size=(2, DESCRIBED)).astype(np.float32)
        settings = priors.Settings(features="contrast", levels=((0.8, 20, 10),), min_regions=1)
        zeros = np.zeros(DESCRIBED, np.float32)
        made = priors.Classifier(zeros, zeros + 1, (numbers,), (np.zeros(2, np.float32),), settings, {})
        priors.save(tmp_path / "C.npz", made)
        words = ["--classifier", tmp_path / "C.npz"]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "clip.mp4").symlink_to(clip)
    for source, out in ((clip, "streamed"), (tmp_path / "folder", "packed")):
        result = predicted(net, source, "--out", tmp_path / out, "--batch", 4, *words)
        assert result.exit_code == 0, result.output
    files = sorted(path.relative_to(tmp_path / "packed") for path in (tmp_path / "packed").rglob("*") if path.is_file())
    assert len([name for name in files if name.suffix == ".png"]) == 9
    for name in files:
        assert (tmp_path / "streamed" / name).read_bytes() == (tmp_path / "packed" / name).read_bytes(), name


def test_an_onnx_network_makes_videos_too(tmp_path: Path, clip: Path) -> None:
    net = write_channels(tmp_path / "u2net.onnx", (320, 320), channels=(1,))
    result = predicted(net, clip, "--out", tmp_path / "streamed", "--side-by-side", tmp_path / "a.mp4")
    assert result.exit_code == 0, result.output
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "clip.mp4").symlink_to(clip)
    assert predicted(net, tmp_path / "folder", "--out", tmp_path / "packed").exit_code == 0
    for name in ("predictions.json", "clip/00000.png", "clip/00008.png"):
        assert (tmp_path / "streamed" / name).read_bytes() == (tmp_path / "packed" / name).read_bytes()
    found = read(tmp_path / "a.mp4")[0]
    assert np.abs(found[8, :, 64:, 0].astype(int) - read_gray(tmp_path / "packed" / "clip" / "00008.png")).mean() < 4


def test_videos_are_drawn_of_the_maps_at_the_rate_of_the_source(tmp_path: Path, net: Path) -> None:
    clip = write(tmp_path / "clip.mp4", map(disc, range(8)), VARIED.times, VARIED.unit)
    drawn = {"--overlay": "a.mp4", "--side-by-side": "b.webm", "--cutout": "c.mov"}
    words = [word for option, name in drawn.items() for word in (option, tmp_path / name)]
    result = predicted(net, clip, "--out", tmp_path / "maps", *words)
    assert result.exit_code == 0, result.output
    frames = read(clip)[0][..., :3]
    maps = np.stack([read_gray(path) for path in sorted((tmp_path / "maps" / "clip").iterdir())])
    expected = {
        "a.mp4": np.stack([overlay(*each) for each in zip(frames, maps, strict=True)]),
        "b.webm": np.concatenate([frames, np.repeat(maps[..., None], 3, axis=3)], axis=2),
        "c.mov": np.concatenate([frames, maps[..., None]], axis=3),
    }
    for name, pictures in expected.items():
        found, times = read(tmp_path / name)
        assert np.abs(found[..., : pictures.shape[3]].astype(int) - pictures).mean() < 4
        np.testing.assert_allclose(times, [float(time * VARIED.unit) for time in VARIED.times], atol=0.001)


def test_without_a_folder_there_are_videos_alone(tmp_path: Path, clip: Path, net: Path) -> None:
    (tmp_path / "made").mkdir()
    turn(clip, 90)
    result = predicted(
        net, clip, "--overlay", tmp_path / "made" / "a.mp4", "--side-by-side", tmp_path / "made" / "b.gif"
    )
    assert result.exit_code == 0, result.output
    assert "rotated: 1, first clip.mp4: frames turned by 90 degrees" in result.stderr
    assert [path.name for path in sorted((tmp_path / "made").iterdir())] == ["a.mp4", "b.gif"]
    assert read(tmp_path / "made" / "a.mp4")[0].shape == (9, 64, 48, 4)
    assert read(tmp_path / "made" / "b.gif")[0].shape == (9, 64, 96, 4)


def test_few_frames_are_in_memory_however_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_on, most, living = Video.__iter__, 0, weakref.WeakSet[Any]()

    class Frame(np.ndarray):
        """An array that can be counted."""

        __hash__ = object.__hash__

    def counted(video: Video) -> Any:
        nonlocal most
        for frame in read_on(video):
            living.add(own := frame.view(Frame))
            most = max(most, len(living))
            del frame
            yield own
            del own

    monkeypatch.setattr(Video, "__iter__", counted)
    found = []
    for count in (30, 90):
        clip = write(tmp_path / f"{count}.mp4", (disc(number % 15) for number in range(count)))
        streamed = StreamedVideo(clip, ("dis", Flow(method="dis", last_frame="repeat")))
        gc.collect()
        most = 0
        sequence = streamed[str(count)]
        for number in range(count):
            sequence.frame(number)
            assert sequence.picture("dis", number) is not None
        found.append(most)
    assert 2 < found[1] <= found[0] + 2 < 24, found


def test_a_streamed_video_says_what_it_has(clip: Path) -> None:
    sequence = StreamedVideo(clip, ("dis", Flow(method="dis", last_frame="drop")), kept=2)["clip"]
    assert [sequence.has(layout.FRAMES, 8), sequence.has("flow/dis", 8), sequence.has_picture("dis", 7)] == [
        True,
        False,
        True,
    ]
    assert sequence.mask(0) is None
    assert sequence.picture("dis", 8) is None
    third = sequence.frame(2)
    assert not np.array_equal(third, sequence.frame(7))
    assert np.array_equal(third, sequence.frame(2))  # read again from the beginning
    clip.write_bytes(write(clip.with_name("short.mp4"), map(disc, range(3))).read_bytes())
    with pytest.raises(InputError, match="3 frames now, and 9 when it was first read"):
        sequence.frame(0), sequence.frame(8)


@pytest.mark.parametrize(
    ("rate", "milliseconds", "expected"),
    [
        (25, [0, 40, 80], Clock(Fraction(1, 25), Fraction(25), (0, 1, 2))),
        (29.97002997, [0, 33, 67, 100], Clock(Fraction(1001, 30_000), Fraction(30_000, 1001), (0, 1, 2, 3))),
        (25, [80, 120, 160], Clock(Fraction(1, 25), Fraction(25), (0, 1, 2))),
        (25, [0, 40, 120], Clock(Fraction(1, 90_000), Fraction(25), (0, 3600, 10_800))),
        (1000, [0, 40, 80], Clock(Fraction(1, 90_000), Fraction(25), (0, 3600, 7200))),
        (0, [0, 0, 0], Clock(Fraction(1, 25), Fraction(25), (0, 1, 2))),
        (24, [5], Clock(Fraction(1, 24), Fraction(24), (0,))),
    ],
)
def test_when_frames_are_shown(rate: float, milliseconds: list[float], expected: Clock) -> None:
    assert clock_of(SimpleNamespace(rate=rate, milliseconds=milliseconds)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", OPAQUE)
@pytest.mark.parametrize("clock", [FIXED, VARIED], ids=["fixed", "varied"])
def test_every_kind_of_file_keeps_pictures_and_times(tmp_path: Path, ending: str, clock: Clock) -> None:
    pictures = [disc(number, (33, 47)) for number in range(8)]
    for name in ("a", "b"):
        with writing_video(tmp_path / f"{name}{ending}", clock, OPAQUE[ending]) as add:
            for picture in pictures:
                add(picture)
    found, times = read(tmp_path / f"a{ending}")
    assert found.shape == (8, 33 + (ending != ".gif"), 47 + (ending != ".gif"), 4)  # H.264 and VP9 halve colours
    error = np.abs(found[:, :33, :47, :3].astype(int) - np.stack(pictures))
    assert error.mean() < 6  # most at the edges of the disc
    assert np.median(error) <= 3
    unit = Fraction(1, 100) if ending == ".gif" else clock.unit
    expected = [round(time * clock.unit / unit) * float(unit) for time in clock.times]
    np.testing.assert_allclose(times, expected, atol=0.0006)
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_a_gif_leaves_out_what_browsers_would_slow_down(tmp_path: Path) -> None:
    with writing_video(
        tmp_path / "a.gif", Clock(Fraction(1, 100), Fraction(100), tuple(range(8))), OPAQUE[".gif"]
    ) as add:
        for number in range(8):
            add(disc(number))
    found, times = read(tmp_path / "a.gif")
    np.testing.assert_allclose(times, [0, 0.02, 0.04, 0.06])
    assert np.abs(found[2, ..., :3].astype(int) - disc(4)).mean() < 4


@pytest.mark.parametrize("ending", ALPHA)
def test_a_cutout_keeps_its_alpha(tmp_path: Path, ending: str) -> None:
    columns = np.indices((48, 64))[1]
    levels = (0, 90, 255) if ending != ".gif" else (0, 0, 255)  # a GIF's pixels are there or not
    saliency = np.select([columns < 20, columns < 40], [0, 90], 255).astype(np.uint8)
    with writing_video(tmp_path / f"a{ending}", FIXED, ALPHA[ending]) as add:
        for number in range(3):
            add(cutout(disc(number), saliency))
    found = read(tmp_path / f"a{ending}")[0]
    for column, level in zip((8, 30, 52), levels, strict=True):
        assert abs(int(found[1, 24, column, 3]) - level) <= 3
    seen = found[1, :, 44:]
    assert np.abs(seen[..., :3].astype(int) - disc(1)[:, 44:]).mean() < 4


def test_pictures_by_hand() -> None:
    frame = np.array([[[100, 100, 100], [0, 200, 50], [10, 20, 30]]], np.uint8)
    saliency = np.array([[0, 255, 128]], np.uint8)
    # Half way to (255, 0, 90) where the map is white, a quarter of the way where it is grey.
    assert overlay(frame, saliency).tolist() == [[[100, 100, 100], [128, 100, 70], [71, 15, 45]]]
    assert side_by_side(frame, saliency)[0, 3:].tolist() == [[0, 0, 0], [255, 255, 255], [128, 128, 128]]
    assert cutout(frame, saliency)[0, 2].tolist() == [10, 20, 30, 128]


@pytest.mark.parametrize("fault", ["an error", "a full disk"])
def test_what_fails_leaves_nothing(tmp_path: Path, fault: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def film() -> None:
        with writing_video(tmp_path / "a.mp4", FIXED, OPAQUE[".mp4"]) as add:
            for number in range(8):
                add(disc(number))
            if fault == "an error":
                raise InputError("b", "c", "d")
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))

    try:
        with pytest.raises(
            InputError, match="b: c" if fault == "an error" else "a.mp4: File too large, .* expected room"
        ):
            film()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("net.ckpt clip.mp4", 2, "nothing to write: give --out, --overlay, --side-by-side or --cutout"),
        ("net.ckpt clip.mp4 --overlay a.png", 2, "a.png ends in none of .mp4, .mov, .webm, .gif"),
        ("net.ckpt clip.mp4 --cutout a.mp4", 2, "a.mp4 ends in none of .webm, .mov, .gif"),
        ("net.ckpt . --overlay a.mp4", 2, "--overlay takes a video file as SOURCE"),
        ("net.ckpt clip.mp4 --overlay clip.mp4", 1, "clip.mp4: the input, or a file that another option writes"),
        (
            "net.ckpt clip.mp4 --overlay a.gif --cutout a.gif",
            1,
            "a.gif: the input, or a file that another option writes",
        ),
        ("net.ckpt none.mp4 --overlay a.gif", 1, "none.mp4: no such file"),
        ("net.ckpt junk.mp4 --overlay a.gif", 1, "junk.mp4: no frame that can be decoded"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    made: Path, monkeypatch: pytest.MonkeyPatch, words: str, code: int, said: str
) -> None:
    monkeypatch.chdir(made)
    before = {path.name for path in made.iterdir()}
    result = predicted(*words.split())
    text = result.output if code == 2 else str(result.exception)
    assert said in text
    assert isinstance(result.exception, SystemExit if code == 2 else InputError)
    assert {path.name for path in made.iterdir()} == before


def test_a_video_that_is_cut_is_refused_unless_allowed(tmp_path: Path, net: Path) -> None:
    clip = write(tmp_path / "clip.webm", map(disc, range(40)))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    words = [net, clip, "--overlay", tmp_path / "a.gif"]
    assert "'short-video' among what is allowed" in str(predicted(*words).exception)
    assert not (tmp_path / "a.gif").exists()
    result = predicted(*words, "--allow", "short-video")
    assert result.exit_code == 0, result.output
    assert 1 < len(read(tmp_path / "a.gif")[0]) < 38
