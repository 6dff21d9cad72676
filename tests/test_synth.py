"""`synth` as a folder: what is in it, and that its bytes are always the same."""

import ast
import hashlib
import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from vsodprep import benchmarks
from vsodprep.benchmarks.synth import generate as stage
from vsodprep.benchmarks.synth.cases import CASES, STILL_COUNT, STILLS, VIDEOS
from vsodprep.benchmarks.synth.generate import describe, write_benchmark
from vsodprep.benchmarks.synth.png import encode_png
from vsodprep.benchmarks.synth.portable import Pcg32, cosine, lattice, sine, stream
from vsodprep.benchmarks.synth.shapes import SHAPES
from vsodprep.benchmarks.synth.textures import BACKDROPS, PALETTES, PATTERNS, noise
from vsodprep.config.normalize import Choice
from vsodprep.images import decode
from vsodprep.manifest import Manifest, frame_path, mask_path, read_manifest
from vsodprep.normalize.generated import normalize_generated

# SHA-256 of whole files; they change only with VERSION.
GOLDEN = {
    "plain-fish/frames/00007.png": "21923717a5c6f4dea488909d4714de4e1fb57c024fe71d14ac264d5c5362f8ca",
    "plain-fish/masks/00007.png": "92c8acc20e2ddf46c8c3d96aea06ad975feec1924218c315b39c1285a5b74ccb",
    "zoom-turtle/frames/00019.png": "65cd66e1b32b6e815418ffeecb16d2d9846a7640f29efc6ee7f2ba397e33577e",
    "zoom-turtle/flow_gt/00012.flo": "bede5a2179e037df015df5a2d07a6895c27ddb59824cdef4538b7de7a8395499",
    "zoom-turtle/flow_gt/00012.png": "27765ddcee2ac7a5775b427752faa7c9993126b578fc66be8566f57db43257af",
    "several-bees/masks/00013.png": "c4db67ff86c15407accf52b74390c85e6f0887b8dfdb6c8a8713b14a3f1c8124",
    "occlusion-beetles/frames/00010.png": "a6693693faec9bc2ad8073a1145dc9f8b84a5a98d0d52d5ac11e94cdb85d0889",
    "small-bird/flow_gt/00004.flo": "71b6de743925dfac4927cd068c01170827201502c1213bd11f7dcea5d30502a8",
    "stills/frames/00017.png": "cd26d9f49ca4dd1efc7aa8838dbd0a218f6f8603bb5c33866d7c3c1651b4bdce",
    "stills/masks/00101.png": "bbf861e435aed28d99a0bd24aad7e8badfbcbdf9a864557ecf537b8964f20bf0",
    "manifest.json": "c4c1a2e11868a6d64eab99ca18ff318206eea3f91feb71f918ac023af3c785b1",
}

# What rounds differently from one machine, library or order of addition to another.
FORBIDDEN = {
    *("sin", "cos", "tan", "exp", "log", "power", "hypot", "arctan2", "cbrt", "float_power"),
    *("dot", "matmul", "einsum", "tensordot", "inner", "linalg", "mean", "cumsum", "convolve"),
    *("random", "math", "float32", "float16", "longdouble"),
}  # fmt: skip


SOME = range(3, STILL_COUNT, 7)  # of every size


@pytest.fixture(scope="module", params=["some stills", pytest.param("all stills", marks=pytest.mark.slow)])
def synth(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The whole benchmark, or all of it but most still images, which take longest."""
    folder = tmp_path_factory.mktemp("normalized") / "synth"
    write = stage._write

    def write_some(folder: Path, seed: int, job: stage.Job) -> None:
        write(folder, seed, [index for index in job if index in SOME] if isinstance(job, range) else job)

    with pytest.MonkeyPatch.context() as patch:
        if request.param == "some stills":
            patch.setattr(stage, "_write", write_some)
        write_benchmark(folder)
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three videos of three frames and five still images instead of all."""
    videos = tuple(
        replace(video, frames=3) for video in VIDEOS if video.name in ("plain-fish", "small-bee", "pan-bird")
    )
    monkeypatch.setattr(stage, "VIDEOS", videos)
    monkeypatch.setattr(stage, "STILL_COUNT", 5)
    monkeypatch.setattr(stage, "_STILLS_PER_JOB", 2)


@pytest.mark.parametrize("file", GOLDEN)
def test_golden_bytes(synth: Path, file: str) -> None:
    assert hashlib.sha256((synth / file).read_bytes()).hexdigest() == GOLDEN[file]


@pytest.mark.usefixtures("short")
def test_bytes_do_not_depend_on_jobs(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "one", jobs=1)
    write_benchmark(tmp_path / "four", jobs=4)
    one = digests(tmp_path / "one")
    assert len(one) == 3 * (3 * 2 + 2 * 2) + 5 * 2 + 1
    assert digests(tmp_path / "four") == one


@pytest.mark.usefixtures("short")
def test_seeds_differ(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "one", seed=1)
    write_benchmark(tmp_path / "two", seed=2)
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert one.keys() == two.keys()
    assert not [file for file in one if "frames" in file and one[file] == two[file]]


@pytest.mark.usefixtures("short")
def test_a_sequence_does_not_depend_on_the_others(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "all")
    write_benchmark(tmp_path / "some", sequences=("pan-bird",))
    some = {file: digest for file, digest in digests(tmp_path / "some").items() if file != "manifest.json"}
    assert some
    assert some.items() <= digests(tmp_path / "all").items()


def test_bytes_do_not_depend_on_vector_units() -> None:
    """NumPy's plain loops give what its AVX, NEON or other loops give."""
    code = (
        "import hashlib\n"
        "from vsodprep.benchmarks.synth.cases import SEED, VIDEOS\n"
        "from vsodprep.benchmarks.synth.render import flow, render\n"
        "from vsodprep.benchmarks.synth.scene import build\n"
        "scene = build(VIDEOS[2], SEED)\n"
        "picture = render(scene, 11)\n"
        "data = picture.frame.tobytes() + picture.coverage.tobytes() + flow(scene, 11)[0].tobytes()\n"
        "print(hashlib.sha256(data).hexdigest())\n"
    )
    present = [feature for feature in __cpu_dispatch__ if __cpu_features__.get(feature)]
    if not present:
        pytest.skip("this processor has no units that NumPy could leave out")
    plain = os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(present)}
    outputs = [
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
        for env in (dict(os.environ), plain)
    ]
    assert len(outputs[0].strip()) == 64
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("module", ["motion", "portable", "render", "scene", "shapes", "sprites", "stills", "textures"])
def test_drawing_uses_portable_arithmetic_only(module: str) -> None:
    found = importlib.util.find_spec(f"vsodprep.benchmarks.synth.{module}")
    assert found is not None
    assert found.origin is not None
    tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    # The one place for float32 is the last rounding of the flow.
    allowed = {"float32"} if module == "render" else set()
    assert not used & (FORBIDDEN - allowed)
    operators = {type(node.op) for node in ast.walk(tree) if isinstance(node, ast.BinOp)}
    assert not operators & {ast.Pow, ast.MatMult}


def test_manifest_lists_what_is_there(synth: Path) -> None:
    manifest = read_manifest(synth)
    assert manifest == describe()
    assert manifest.counts == {"sequences": 17, "frames": 440, "annotated": 440}
    assert [len(manifest.split(split)) for split in ("train", "test", "stills")] == [10, 6, 1]
    assert {case for sequence in manifest.sequences for case in sequence.attributes} == set(CASES)


def sizes(manifest: Manifest) -> list[tuple[str, str, tuple[int, int]]]:
    return [
        (sequence.name, frame, sequence.sizes[index] if sequence.still else (sequence.height or 0, sequence.width or 0))
        for sequence in manifest.sequences
        for index, frame in enumerate(sequence.frames)
    ]


def test_files_are_as_documented(synth: Path) -> None:
    stills = {path.stem for path in (synth / STILLS / "frames").iterdir()}
    assert len(stills) in (len(SOME), STILL_COUNT)
    for sequence, frame, size in sizes(describe()):
        if sequence == STILLS and frame not in stills:
            continue
        image = cv2.imread(str(frame_path(synth, sequence, frame)), cv2.IMREAD_UNCHANGED)
        mask = cv2.imread(str(mask_path(synth, sequence, frame)), cv2.IMREAD_UNCHANGED)
        assert image.shape == (*size, 3)
        assert mask.shape == size
        assert mask.dtype == np.uint8
        assert set(np.unique(mask)) == {0, 255}


def test_flow_is_there_for_every_pair(synth: Path) -> None:
    for video in VIDEOS:
        folder = synth / video.name / "flow_gt"
        assert len(list(folder.iterdir())) == 2 * (video.frames - 1)
    motion = cv2.readOpticalFlow(str(synth / "stop-gecko" / "flow_gt" / "00018.flo"))
    assert motion.shape == (128, 192, 2)
    # The gecko rests by then, and the camera pans by (-1.2, 0.5) and sways a little.
    assert np.ptp(motion, axis=(0, 1)).max() < 1e-5
    np.testing.assert_allclose(motion[0, 0], [1.2, -0.5], atol=0.3)


def test_nothing_appears_unless_all_of_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, "write_manifest", fail)
    monkeypatch.setattr(stage, "VIDEOS", ())
    monkeypatch.setattr(stage, "STILL_COUNT", 1)
    with pytest.raises(KeyboardInterrupt):
        normalize_generated(benchmarks.get("synth"), tmp_path / "synth", Choice())
    assert not list(tmp_path.iterdir())


def test_pcg32_gives_the_published_numbers() -> None:
    """First six numbers that the author's demonstration program prints for state 42, sequence 54."""
    numbers = Pcg32(42, 54)
    expected = [0xA15C02B7, 0x7B47F409, 0xBA1D3330, 0x83D2F293, 0xBFA4784B, 0xCBED606E]
    assert [numbers.bits() for _ in expected] == expected


def test_streams_are_unrelated() -> None:
    first, second = ([one.bits() for one in [stream(7, name)] for _ in range(64)] for name in ("a", "b"))
    assert not set(first) & set(second)


def test_numbers_stay_in_their_range() -> None:
    numbers = stream("range")
    drawn = [numbers.uniform(2.0, 3.0) for _ in range(2000)]
    assert min(drawn) >= 2.0
    assert max(drawn) < 3.0
    assert np.mean(drawn) == pytest.approx(2.5, abs=0.03)
    assert {numbers.below(5) for _ in range(200)} == set(range(5))


def test_sine_and_cosine() -> None:
    turns = np.linspace(-3, 3, 10_001)
    np.testing.assert_allclose(sine(turns), np.sin(2 * np.pi * turns), atol=1e-7)
    np.testing.assert_allclose(cosine(turns), np.cos(2 * np.pi * turns), atol=1e-7)


def test_lattice_is_uniform_and_uncorrelated() -> None:
    values = lattice(np.arange(200)[None, :], np.arange(-100, 100)[:, None], 5)
    assert np.histogram(values, 10, (0, 1))[0] == pytest.approx(4000, abs=250)
    for other in (values[:, 1:], values[1:]):
        part = values[: other.shape[0], : other.shape[1]]
        assert abs(np.corrcoef(part.ravel(), other.ravel())[0, 1]) < 0.03


def test_noise_meets_the_lattice_and_is_smooth_between() -> None:
    x, y = np.meshgrid(np.arange(0, 8, 0.125), np.arange(-3, 5, 0.125))
    values = noise(x, y, 9)
    np.testing.assert_array_equal(values[::8, ::8], lattice(np.arange(8)[None, :], np.arange(-3, 5)[:, None], 9))
    assert np.abs(np.diff(values, axis=1)).max() < 0.2


@pytest.mark.parametrize("kind", BACKDROPS)
def test_backdrops_stay_within_their_palette(kind: str) -> None:
    x, y = np.meshgrid(np.arange(120.0), np.arange(100.0))
    values = BACKDROPS[kind](x, y, 3)
    assert values.min() >= 0
    assert values.max() < 1
    assert values.std() > 0.08, "it has contrast"


def test_patterns_are_regular_and_backdrops_are_not() -> None:
    """A pattern's autocorrelation comes back at its period; a backdrop's does not come back."""
    x, y = np.meshgrid(np.arange(160.0), np.arange(160.0))

    def comes_back(values: np.ndarray) -> float:
        values = values - values.mean()
        correlation = np.fft.ifft2(np.abs(np.fft.fft2(values)) ** 2).real
        correlation = np.roll(correlation / correlation[0, 0], (80, 80), (0, 1))
        away = np.hypot(x - 80, y - 80)
        return float(correlation[(away > 15) & (away < 40)].max())

    regular = min(comes_back(PATTERNS[kind](x, y, 10.0)) for kind in set(PATTERNS) - {"rings"})
    irregular = max(comes_back(BACKDROPS[kind](x, y, 3)) for kind in BACKDROPS)
    assert regular > 0.65
    assert irregular < 0.6


@pytest.mark.parametrize("shape", [(3, 5), (200, 150, 3), (1, 65534), (1, 65535)])
def test_png_round_trip(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = encode_png(image)
    decoded = decode(np.frombuffer(data, np.uint8), "memory", gray=len(shape) == 2)
    np.testing.assert_array_equal(decoded, image)


def test_names_in_the_cases_exist() -> None:
    for video in VIDEOS:
        assert video.ground in BACKDROPS
        assert video.palette in PALETTES
        assert {actor.shape for actor in video.actors} <= SHAPES.keys()
    assert len(VIDEOS) == 16
    assert STILL_COUNT == 120
