"""Flow that exists as colour pictures: read from packs as people have them, stored, packed, trained on."""

import json
import shlex
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from flow_cases import write_frames
from pipeline import ask, snakemake
from shard_tree import make_everything

from tests.fakes import uvos
from tests.fakes.fake import Fake
from vsodprep.cli.export import command as export_command
from vsodprep.cli.flow import command
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.config.flow import Flow, Policy
from vsodprep.config.train import Augment
from vsodprep.errors import InputError
from vsodprep.flow.pictures import given_pairs
from vsodprep.flow.store import open_flow
from vsodprep.images import encode_png, read_frame, read_gray, write_png
from vsodprep.manifest import read_manifest
from vsodprep.normalize.run import normalize
from vsodprep.shards import ClipDataset, open_shard, pack_benchmark
from vsodprep.shards.clips import SplitSource
from vsodprep.trivial import write_trivial
from vsodprep.workflow.plan import Plan

SIZE = (48, 64)
FRAMES = 4


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def failure(result: Result) -> str:
    assert isinstance(result.exception, InputError), result.output
    return str(result.exception)


def picture(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 256, (*size, 3), np.uint8)


def write_pictures(folder: Path, count: int, first: int = 0) -> Path:
    for index in range(first, first + count):
        write_png(folder / f"{index:05d}.png", picture(index))
    return folder


def frames(folder: Path) -> Path:
    """The frames of a sequence `bear` of a benchmark `zoo`."""
    return write_frames(folder / "zoo" / "bear" / "frames", FRAMES)


def stored(path: Path) -> list[int | str | None]:
    """Return which picture each frame has, by number; `rest` for a white one."""
    known = {picture(index).tobytes(): index for index in range(9)} | {bytes([255]) * (48 * 64 * 3): "rest"}
    with open_flow(path, pictures=True) as flow:
        found = [flow.picture(index) for index in range(FRAMES)]
    return [None if image is None else known[image.tobytes()] for image in found]


@pytest.mark.parametrize(
    "place",
    ["bear", "bear/OF_FlowNet2", "JPEGFlows/480p/bear", "davis2017-flow/bear", "zoo/bear", "flow/zoo/bear", "up/Bear"],
)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_packs_as_people_have_them(tmp_path: Path, place: str, packed: bool) -> None:
    write_pictures(tmp_path / "pack" / place, 3)
    for other in (place.replace("bear", "dog").replace("Bear", "dog"), "JPEGImages/480p/bear", "bear/Frame", "bear/GT"):
        if place.endswith("bear") and other == "bear/GT":
            continue
        write_pictures(tmp_path / "pack" / other, 4, first=5)
    if "flow" not in place.lower():  # nothing tells which of a sequence's folders is meant but its place
        shutil.rmtree(tmp_path / "pack" / "JPEGImages")
        shutil.rmtree(tmp_path / "pack" / "bear" / "Frame")
        if place != "bear/OF_FlowNet2":
            shutil.rmtree(tmp_path / "pack" / "bear" / "GT", ignore_errors=True)
    source = tmp_path / "pack"
    if packed:
        source = Path(shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path, "pack"))
    result = run("pictures", frames(tmp_path), "--folder", source, "--out", tmp_path / "a.h5", "--last-frame", "drop")
    assert result.exit_code == 0, result.exception
    assert stored(tmp_path / "a.h5") == [0, 1, 2, None]
    with open_flow(tmp_path / "a.h5", pictures=True) as flow:
        assert flow.datasets == ()
        assert (flow.attributes["method"], flow.attributes["provenance"]) == ("pictures", "given")
        assert flow.pairs.tolist() == [[0, 1], [1, 2], [2, 3]]
        assert flow.size == SIZE


def test_a_pack_in_folders_of_class_and_video(tmp_path: Path) -> None:
    for place in ("JPEGFlows/bird/0001", "JPEGImages/bird/0001"):
        write_pictures(tmp_path / "pack" / place, FRAMES, first=0 if "Flows" in place else 5)
    write_pictures(tmp_path / "pack/JPEGFlows/boat/0001", FRAMES, first=2)
    own = write_frames(tmp_path / "zoo" / "bird_0001" / "frames", FRAMES)
    result = run("pictures", own, "--folder", tmp_path / "pack", "--out", tmp_path / "a.h5")
    assert result.exit_code == 0, result.exception
    assert stored(tmp_path / "a.h5") == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("count", "first", "policy", "expected"),
    [
        (4, 0, {}, [0, 1, 2, 3]),
        (4, 0, {"last_frame": "drop"}, [0, 1, 2, 3]),  # it has one
        (3, 0, {"last_frame": "drop"}, [0, 1, 2, None]),
        (3, 0, {"last_frame": "repeat"}, [0, 1, 2, 2]),
        (3, 0, {}, [0, 1, 2, 2]),  # nobody has the pair turned round
        (2, 0, {"stride": 2, "last_frame": "drop"}, [0, 1, None, None]),
        (2, 0, {"stride": 2, "last_frame": "repeat"}, [0, 1, 1, 1]),
        (3, 1, {"show_at": "to"}, ["rest", 1, 2, 3]),
        (3, 1, {"show_at": "to", "first_frame": "repeat"}, [1, 1, 2, 3]),
        (3, 1, {"direction": "backward", "first_frame": "drop"}, [None, 1, 2, 3]),
        (4, 0, {"show_at": "to"}, [0, 1, 2, 3]),
    ],
    ids=str,
)
def test_frames_without_a_partner(tmp_path: Path, count: int, first: int, policy: dict, expected: list) -> None:
    source = write_pictures(tmp_path / "pack" / "bear", count, first).parent
    words = [word for key, value in policy.items() for word in (f"--{key.replace('_', '-')}", value)]
    result = run("pictures", frames(tmp_path), "--folder", source, "--out", tmp_path / "a.h5", *words)
    assert result.exit_code == 0, result.exception
    assert stored(tmp_path / "a.h5") == expected
    assert ("no flow of 00003 of bear, which gets its neighbour's" in result.output) == (
        expected == [0, 1, 2, 2] and not policy
    )


@pytest.mark.parametrize(
    "policy", [{}, {"stride": 2}, {"direction": "backward"}, {"show_at": "to", "last_frame": "drop"}]
)
@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_file_for_every_frame_is_that_frames_own(length: int, policy: dict) -> None:
    given = given_pairs([str(index) for index in range(length)], Policy(**policy), range(length))
    assert [pair.shown for pair in given.pairs] == list(given.files) == list(range(length))


def test_only_what_annotated_frames_need_has_to_be_there() -> None:
    given = given_pairs([str(index) for index in range(9)], Policy(), {2, 6, 7}, only=[2, 6])
    assert given.files == (2, 6)


@pytest.mark.parametrize(
    ("count", "first", "line"),
    [
        (
            2,
            0,
            r"2 files for 4 frames, none of 00002; expected one for each frame, or .* the 3 frames, 00000 to 00002",
        ),
        (3, 1, r"3 files for 4 frames, none of 00000; expected .* 00000 to 00002, that have a partner"),
        (
            5,
            0,
            r"5 files, among them some of no frame: .*00004.png; expected files named after the 4 frames",
        ),
        (0, 0, r"no flow of bear"),
    ],
)
def test_other_numbers_are_refused(tmp_path: Path, count: int, first: int, line: str) -> None:
    write_pictures(tmp_path / "pack" / "dog", 4)  # equal in number, and not the sequence's
    write_pictures(tmp_path / "pack" / "bear", count, first)
    result = run("pictures", frames(tmp_path), "--folder", tmp_path / "pack", "--out", tmp_path / "a.h5")
    with pytest.raises(InputError, match=line):
        raise result.exception
    assert not (tmp_path / "a.h5").exists()


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("00002.png", encode_png(picture(0)[..., 0]), "expected a flow picture of 8 bits in colour"),
        ("00002.png", cv2.imencode(".png", picture(0).astype(np.uint16))[1].tobytes(), "an image of uint16"),
        ("00002.png", encode_png(picture(0, (24, 64))), "24 x 64 pixels; expected 48 x 64, as the other pictures"),
        ("00002.png", b"no image", "unreadable"),
        (
            "00000.png",
            cv2.imencode(".png", picture(0).astype(np.uint16))[1].tobytes(),
            "flow vectors; expected pictures",
        ),
        ("00002.jpg", encode_png(picture(0)), "a second map of the frame"),
    ],
)
def test_what_is_no_flow_picture_is_named(tmp_path: Path, name: str, data: bytes, line: str) -> None:
    write_pictures(tmp_path / "pack" / "bear", 4)
    (tmp_path / "pack" / "bear" / name).write_bytes(data)
    assert line in failure(run("pictures", frames(tmp_path), "--folder", tmp_path / "pack", "--out", tmp_path / "a.h5"))


def test_two_folders_of_a_sequence_are_asked_about(tmp_path: Path) -> None:
    for place in ("flow_forward/bear", "flow_backward/bear"):
        write_pictures(tmp_path / "pack" / place, 4)
    line = failure(run("pictures", frames(tmp_path), "--folder", tmp_path / "pack", "--out", tmp_path / "a.h5"))
    assert "images of bear in flow_backward/bear, flow_forward/bear" in line


def test_pictures_of_another_size_are_stretched_in_words(tmp_path: Path) -> None:
    for index in range(4):
        write_png(tmp_path / "pack" / "bear" / f"{index}.png", np.full((24, 40, 3), (10 * index, 20, 30), np.uint8))
    result = run("pictures", frames(tmp_path), "--folder", tmp_path / "pack", "--out", tmp_path / "a.h5")
    assert result.output.count("24 x 40 pixels, stretched over the frame's 48 x 64") == 1
    with open_flow(tmp_path / "a.h5", pictures=True) as flow:
        assert flow.attributes["stretched_from"] == "[24, 40]"
        np.testing.assert_array_equal(flow.picture(2), np.full((*SIZE, 3), (20, 20, 30)))


def test_alpha_is_left_out(tmp_path: Path) -> None:
    for index in range(4):
        bgra = np.dstack([picture(index)[..., ::-1], np.full(SIZE, 99, np.uint8)])
        (tmp_path / "pack" / "bear").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / "pack" / "bear" / f"{index}.png"), bgra)
    run("pictures", frames(tmp_path), "--folder", tmp_path / "pack", "--out", tmp_path / "a.h5")
    assert stored(tmp_path / "a.h5") == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", ["folder", "zip", "zip of the folder"])
def test_what_was_exported_is_read_back(tmp_path: Path, kind: str) -> None:
    shown = frames(tmp_path)
    assert run("dis", shown, "--out", tmp_path / "a.h5").exit_code == 0
    assert run("export", tmp_path / "a.h5", "--as", "picture", "--out", tmp_path / "p").exit_code == 0
    source = tmp_path / "p"
    if kind != "folder":
        below = ".", tmp_path / "p"
        source = Path(
            shutil.make_archive(str(tmp_path / "all"), "zip", *(reversed(below) if kind == "zip" else (tmp_path, "p")))
        )
    result = run("import", source, shown, "--out", tmp_path / "b.h5")
    assert "4 pairs of pictures" in result.output
    assert run("export", tmp_path / "b.h5", "--as", "picture", "--out", tmp_path / "q").exit_code == 0
    with open_flow(tmp_path / "a.h5") as first, open_flow(tmp_path / "b.h5", pictures=True) as second:
        for index in range(FRAMES):
            np.testing.assert_array_equal(first.picture(index), second.picture(index))
            name = f"{index:05d}.png"
            np.testing.assert_array_equal(read_frame(tmp_path / "p" / name), read_frame(tmp_path / "q" / name))


@pytest.mark.parametrize("layout", ["fsnet", "davis", "davsod"])
def test_what_a_shard_exported_is_read_back_and_packed(tmp_path: Path, layout: str) -> None:
    make_everything(tmp_path)
    pack_benchmark(tmp_path / "normalized", tmp_path / "mini.zarr", flow={"dis": tmp_path / "flow"})
    words = [tmp_path / "mini.zarr", "--layout", layout, "--flow", "dis", "--format", "png", "--out", tmp_path / "pack"]
    assert CliRunner().invoke(export_command, [str(word) for word in words]).exit_code == 0
    for name in ("ball", "coin", "moon"):
        shown, out = tmp_path / "normalized" / name / "frames", tmp_path / "given" / f"{name}.h5"
        last = "drop" if name == "coin" else "backward"  # of which the flow has none
        done = run("pictures", shown, "--folder", tmp_path / "pack", "--out", out, "--last-frame", last)
        assert done.exit_code == 0, done.exception
    pack_benchmark(tmp_path / "normalized", tmp_path / "given.zarr", flow={"mine": tmp_path / "given"})
    first, second = open_shard(tmp_path / "mini.zarr"), open_shard(tmp_path / "given.zarr")
    assert second.contents["flow"] == ()
    assert second.contents["pictures"] == ("mine",)
    for name, length in (("ball", 6), ("coin", 5), ("moon", 4)):
        for index in range(length):
            drawn, given = first[name].picture("dis", index), second[name].picture("mine", index)
            np.testing.assert_array_equal(np.asarray(drawn), np.asarray(given))
    with pytest.raises(InputError, match="no flow 'mine'"):
        second["ball"].flow("mine", 0)


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """A shard of a benchmark whose flow is pictures: one fewer than frames, dropped for `coin` alone."""
    make_everything(tmp_path)
    for name, length in (("ball", 6), ("coin", 5), ("moon", 4)):
        for index in range(length - 1):
            write_png(tmp_path / "pack" / name / f"{index:05d}.png", np.full((24, 40, 3), 9 * index, np.uint8))
        shown, out = tmp_path / "normalized" / name / "frames", tmp_path / "given" / f"{name}.h5"
        last = "drop" if name == "coin" else "repeat"
        assert run("pictures", shown, "--folder", tmp_path / "pack", "--out", out, "--last-frame", last).exit_code == 0
    pack_benchmark(tmp_path / "normalized", tmp_path / "given.zarr", flow={"mine": tmp_path / "given"})
    return tmp_path / "given.zarr"


def test_networks_read_the_pictures(shard: Path) -> None:
    data = ClipDataset(SplitSource(shard, "train"), flow="mine", mean=(0, 0, 0), std=(1, 1, 1), clip_length=2)
    assert len(data) == 6 + 2  # of coin's three annotated frames the last has no picture
    np.testing.assert_allclose(data[3]["flow"][:, 0, 0, 0] * 255, [18, 27])
    np.testing.assert_allclose(data[5]["flow"][:, 0, 0, 0] * 255, [36, 36])


def test_what_needs_vectors_refuses(shard: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no flow 'mine'"):
        ClipDataset(SplitSource(shard, "train"), flow="mine", augment=Augment(flip=0.5, flip_flow="vectors"))
    with pytest.raises(InputError, match="no flow vectors"):
        write_trivial("flow-magnitude", shard, tmp_path / "maps", "test")
    with (
        pytest.raises(InputError, match="pictures of flow, without vectors"),
        open_flow(tmp_path / "given" / "ball.h5"),
    ):
        pass
    for words in (
        ("export", tmp_path / "given" / "ball.h5", "--out", tmp_path / "flo"),
        (
            "view",
            tmp_path / "given" / "ball.h5",
            tmp_path / "normalized" / "ball" / "frames",
            "--out",
            tmp_path / "a.png",
        ),
    ):
        assert "pictures of flow, without vectors" in failure(run(*words))
    words = ("export", tmp_path / "given" / "ball.h5", "--as", "picture", "--maximum", 3, "--out", tmp_path / "q")
    assert "a flow of ready-made pictures" in failure(run(*words))


def test_one_video_of_vectors_among_pictures_is_refused(shard: Path, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "flow" / "moon.h5", tmp_path / "given" / "moon.h5")
    with pytest.raises(InputError, match=r"moon\.h5"):
        pack_benchmark(tmp_path / "normalized", tmp_path / "b.zarr", flow={"mine": tmp_path / "given"})


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"folder": "p", "dialect": "raft"}, "dialect means nothing to method pictures"),
        ({"folder": "p", "maximum": 3}, "maximum means nothing"),
        ({"folder": "p", "direction": "both"}, "direction: both means nothing"),
        ({"folder": "p", "weights": "w"}, "weights means nothing to method pictures"),
    ],
)
def test_keys_that_mean_nothing(keys: dict, line: str) -> None:
    with pytest.raises(ValueError, match=line):
        Flow.model_validate({"method": "pictures", **keys})


@pytest.mark.parametrize("pack", [uvos.davis2016_pack, uvos.fbms_pack, uvos.ytobjects_pack])
def test_one_delivery_feeds_frames_masks_and_flow(pack: Callable[[], Fake], tmp_path: Path) -> None:
    """As `sources` of the configuration, to a block without a folder of its own."""
    fake = pack()
    (source,) = fake.zipped(tmp_path)
    over = {
        "runs": {},
        "benchmarks": [fake.name],
        "sources": {fake.name: {"path": str(source), "partial": True}},
        "flow": {"theirs": {"method": "pictures"}},
        "pack": {"flow": ["theirs"], "pictures": ["theirs"], "prior": [], "coarse": []},
        "report": {"trivial": False},
    }
    plan = Plan.of(complete(over, default().model_dump()))
    plan.check()
    normalize(fake.benchmark, [source], tmp_path / fake.name)
    manifest = read_manifest(tmp_path / fake.name)
    assert {one.name for one in manifest.sequences} == {*fake.frames}
    for one in manifest.sequences:
        words = plan.flow.options(SimpleNamespace(flow="theirs", benchmark=fake.name, seq=one.name))
        out = tmp_path / f"{one.name}.h5"
        own = tmp_path / fake.name / one.name / "frames"
        assert run("pictures", own, "--out", out, *shlex.split(words)).exit_code == 0
        with open_flow(out, pictures=True) as flow:
            for frame, picture in zip(one.frames, map(flow.picture, range(len(one.frames))), strict=True):
                shown = cv2.imdecode(np.frombuffer(fake.flow[one.name, frame], np.uint8), cv2.IMREAD_COLOR)
                assert picture is not None
                assert np.array_equal(picture, shown[..., ::-1])


def test_a_folder_must_be_told_by_hand(tmp_path: Path) -> None:
    assert "no folder; expected a folder" in failure(run("pictures", frames(tmp_path), "--out", tmp_path / "a.h5"))


GIVEN = {"flow": {"mine": {"method": "pictures", "folder": "pack"}}, "pack": {"flow": ["mine"], "pictures": ["mine"]}}


@pytest.mark.parametrize(
    ("over", "line"),
    [
        (
            {"prior": {"light": {"flow": "mine"}}},
            "prior.light.flow: needs flow vectors, and flow.mine has only pictures",
        ),
        (
            {
                "coarse": {
                    "c": {"order": ["fuse", "otsu", "substitute"], "substitute": {"support": "truth", "flow": "mine"}}
                }
            },
            "coarse.c.substitute.flow: needs flow vectors",
        ),
        (
            {
                "runs": {
                    "dsnet": {
                        "full": {
                            "flow": "mine",
                            "stages": [
                                {
                                    "data": [{"benchmark": "synth", "split": "train"}],
                                    "size": [64, 96],
                                    "steps": 1,
                                    "augment": {"flip": 0.5, "flip_flow": "vectors"},
                                }
                            ],
                        }
                    }
                }
            },
            "runs.dsnet.full.stages.main.augment.flip_flow: needs flow vectors",
        ),
        ({"flow": {"mine": {"method": "pictures", "folder": "nowhere"}}}, "flow.mine.folder: no nowhere"),
        (
            {"flow": {"mine": {"method": "pictures", "folder": None}}},
            "flow.mine: no folder; expected a folder here, or exactly one",
        ),
    ],
    ids=["prior", "carried masks", "flips", "folder", "source"],
)
def test_the_plan_refuses_what_needs_vectors(tmp_path: Path, over: dict, line: str) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "mine.yaml").write_text(json.dumps({"runs": {}, **GIVEN, **over}))
    done = ask(tmp_path, "-n", "--configfile", str(tmp_path / "mine.yaml"), "--", "all")
    assert done.returncode != 0
    assert line in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.slow
def test_training_from_pictures_is_training_from_the_flow_that_they_show(tmp_path: Path) -> None:
    models = ("dsnet", "cagdde")
    run_of = {
        "width": 0.125,
        "pretrained": False,
        "stages": [{"data": [{"benchmark": "synth", "split": "train"}], "size": [64, 96], "batch": 4, "steps": 2}],
        "test": [{"benchmark": "synth", "split": "test"}],
    }
    over = {
        "sequences": {"synth": ["plain-fish", "plain-turtle"]},
        "pack": {"prior": [], "coarse": []},
        "report": {"trivial": False},
    }

    def snake(results: str, flow: str, more: dict) -> None:
        runs = {model: {"full": run_of | {"flow": flow}} for model in models}
        config = over | {"results": results, "runs": runs} | more
        (tmp_path / "mine.yaml").write_text(json.dumps(config))
        done = snakemake(tmp_path, "--configfile", str(tmp_path / "mine.yaml"), "--", "all")
        assert done.returncode == 0, done.stdout[-3000:]

    maps = [f"predictions/{model}/full/seed0/raw/synth" for model in models]
    snake("drawn", "dis", {})
    for path in sorted((tmp_path / "drawn" / "flow" / "dis" / "synth").glob("*.h5")):
        out = tmp_path / "pack" / path.stem / "OF_FlowNet2"
        assert run("export", path, "--as", "picture", "--out", out).exit_code == 0
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as archive:
        for path in sorted((tmp_path / "pack").rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path))
    given = {"flow": {"mine": {"method": "pictures", "folder": "pack.zip"}}}
    snake("given", "mine", given | {"pack": {"flow": ["mine"], "pictures": ["mine"], "prior": [], "coarse": []}})
    for folder in maps:
        drawn = sorted((tmp_path / "drawn" / folder).glob("*/*.png"))
        assert len(drawn) == 20
        for path in drawn:
            other = tmp_path / "given" / path.relative_to(tmp_path / "drawn")
            np.testing.assert_array_equal(read_gray(path), read_gray(other))
    assert "pictures" in (tmp_path / "given" / "report" / "index.html").read_text()
