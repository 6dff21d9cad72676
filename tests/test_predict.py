"""Predicting from shards, frames and videos."""

import json

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from official_checkpoints import SHAPES, fill
from onnx_files import write_channels
from safetensors.torch import save_file
from shard_tree import SIZE, STILLS, make_benchmark
from torch import nn

from vsodprep.cli.predict import command
from vsodprep.config.flow import Flow, Policy
from vsodprep.config.models import release
from vsodprep.config.network import NetworkOptions
from vsodprep.config.train import Data, Run, Stage
from vsodprep.errors import InputError, VsodprepError
from vsodprep.files import sha256
from vsodprep.flow.dis import Dis
from vsodprep.flow.sequence import write_sequence
from vsodprep.images import read_gray, write_png
from vsodprep.manifest import frame_paths
from vsodprep.models import build_model, saved
from vsodprep.models.checkpoints import load_official
from vsodprep.models.inference import predict_maps, predict_shard, to_map
from vsodprep.models.network import ClipNetwork
from vsodprep.models.training import Execution, train
from vsodprep.shards import ClipDataset, SplitSource, pack_benchmark


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("predict")
    manifest = make_benchmark(root / "normalized")
    for video in manifest.sequences:
        if not video.still:
            paths = list(frame_paths(root / "normalized", video))
            write_sequence(paths, root / "flow" / f"{video.name}.h5", Dis(), Policy(last_frame="repeat"))
    pack_benchmark(root / "normalized", root / "mini.zarr", flow={"dis": root / "flow"})
    return root


@pytest.fixture(scope="module")
def recipe():
    stage = Stage(data=(Data(benchmark="mini", split="train"),), size=(64, 80), batch=2, steps=2)
    return Run(width=0.05, pretrained=False, flow="dis", stages=(stage,))


@pytest.fixture(scope="module")
def checkpoint(tree, recipe):
    out = tree / "models" / "last.ckpt"
    train("dsnet", recipe, {"mini": tree / "mini.zarr"}, seed=0, out=out, settings=Execution(threads=1))
    return out


def test_every_frame_gets_a_map_of_its_own_size(tree, checkpoint, tmp_path):
    written = predict_shard(checkpoint, tree / "mini.zarr", tmp_path, threads=1, batch=3)
    assert written == {"ball": 6, "coin": 5, "moon": 4, "stills": 3}
    maps = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    assert len(maps) == 18
    assert "moon/00003.png" in maps
    image = cv2.imread(str(tmp_path / "coin" / "00004.png"), cv2.IMREAD_UNCHANGED)
    assert (image.shape, image.dtype) == (SIZE, np.uint8)
    assert {path.stem: read_gray(path).shape for path in (tmp_path / "stills").glob("*.png")} == STILLS


def test_maps_are_those_of_the_network(tree, checkpoint, recipe, tmp_path):
    predict_shard(checkpoint, tree / "mini.zarr", tmp_path, split="test", threads=1)
    network = saved.network_of(saved.load(checkpoint), checkpoint)
    sample = ClipDataset(SplitSource(tree / "mini.zarr", "test"), size=(64, 80), flow="dis", frames="all")[2]
    with torch.no_grad():
        logits = network({key: sample[key][None] for key in ("frames", "flow")})["saliency"]
    expected = cv2.resize(torch.sigmoid(logits)[0, 0].numpy(), SIZE[::-1]) * 255
    assert np.abs(read_gray(tmp_path / "moon" / "00002.png") - expected).max() <= 0.51


def test_a_map_that_is_not_finite_is_named(tree, checkpoint, tmp_path):
    content = saved.load(checkpoint)
    content["weights"] = {
        name: torch.full_like(values, torch.nan) if values.is_floating_point() else values
        for name, values in content["weights"].items()
    }
    saved.save(tmp_path / "broken.ckpt", content)
    with pytest.raises(VsodprepError, match=r"^moon/\d+: the network gives values that are not finite"):
        predict_shard(tmp_path / "broken.ckpt", tree / "mini.zarr", tmp_path / "maps", split="test", threads=1)
    assert not list((tmp_path / "maps").rglob("*.png"))


def test_marker_tells_where_the_maps_are_from(tree, checkpoint, tmp_path):
    predict_shard(checkpoint, tree / "mini.zarr", tmp_path, split="test", threads=1)
    assert json.loads((tmp_path / "predictions.json").read_text()) == {
        "benchmark": "mini",
        "checkpoint_sha256": sha256(checkpoint),
        "frames": 4,
        "sequences": {"moon": 4},
        "split": "test",
    }


@pytest.fixture
def videos(tree, tmp_path):
    """Two sources of one sequence each, of 2 and of 3 frames."""
    for name, count in (("dog", 2), ("cat", 3)):
        (tmp_path / name).mkdir()
        for path in sorted((tree / "normalized" / "moon" / "frames").iterdir())[:count]:
            (tmp_path / name / path.name).write_bytes(path.read_bytes())
    return tmp_path


def predicted(*words):
    return CliRunner().invoke(command, [*map(str, words), "--threads", "1"])


def test_second_prediction_joins_the_first(checkpoint, videos):
    out = videos / "maps"
    assert predicted(checkpoint, videos / "dog", "--out", out).exit_code == 0
    result = predicted(checkpoint, videos / "cat", "--out", out)
    assert result.exit_code == 0, result.output
    assert f"{out}: joined the maps of dog, which were there" in result.stderr
    record = json.loads((out / "predictions.json").read_text())
    assert (record["sequences"], record["frames"]) == ({"dog": 2, "cat": 3}, 5)
    again = predicted(checkpoint, videos / "dog", "--out", out)
    assert "joined the maps of cat" in again.stderr
    assert json.loads((out / "predictions.json").read_text())["sequences"] == {"dog": 2, "cat": 3}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [("00003.png", b"junk", "cat/00003.png: unreadable image"), ("00009.png", None, "cat: cat/00002: followed by")],
)
def test_faults_of_frames_are_told_by_the_folder_given(checkpoint, videos, name, data, message):
    (videos / "cat" / name).write_bytes(data or next((videos / "cat").iterdir()).read_bytes())
    error = predicted(checkpoint, videos / "cat", "--out", videos / "maps").exception
    assert str(error).startswith(f"{videos}/{message}")


def test_prediction_that_fails_leaves_the_record_of_what_was_there(checkpoint, videos, monkeypatch):
    out = videos / "maps"
    predicted(checkpoint, videos / "dog", "--out", out)
    before = (out / "predictions.json").read_bytes()
    monkeypatch.setattr("vsodprep.models.inference.predict_maps", lambda *_, **__: iter([1 / 0 for _ in "x"]))
    assert predicted(checkpoint, videos / "cat", "--out", out).exit_code != 0
    assert (out / "predictions.json").read_bytes() == before


def test_maps_of_another_network_are_not_joined(tree, checkpoint, recipe, videos):
    out = videos / "maps"
    predicted(checkpoint, videos / "dog", "--out", out)
    other = videos / "other.ckpt"
    train("dsnet", recipe, {"mini": tree / "mini.zarr"}, seed=1, out=other, settings=Execution(threads=1))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    result = predicted(other, videos / "cat", "--out", out)
    assert isinstance(result.exception, InputError)
    assert "maps of dog that were made with other settings (checkpoint_sha256)" in str(result.exception)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert predicted(other, videos / "dog", "--out", out).exit_code == 0  # nothing of the other is left
    assert json.loads((out / "predictions.json").read_text())["checkpoint_sha256"] == sha256(other)


WRAPPED = {
    "state_dict": lambda weights, path: torch.save({"state_dict": weights, "epoch": 3}, path),
    "module": lambda weights, path: torch.save({f"module.{key}": each for key, each in weights.items()}, path),
    "safetensors": lambda weights, path: save_file({key: each.contiguous() for key, each in weights.items()}, path),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_weights_of_any_make_give_the_same_maps(tree, checkpoint, recipe, tmp_path, wrap):
    content = saved.load(checkpoint)
    wrap(content["weights"], tmp_path / "foreign")
    words = [tmp_path / "foreign", tree / "mini.zarr", "--split", "test", "--out", tmp_path / "maps"]
    said = predicted(*words, "--model", "dsnet", "--recipe", recipe.model_dump_json())
    assert said.exit_code == 0, said.output
    predict_shard(checkpoint, tree / "mini.zarr", tmp_path / "ours", split="test", threads=1)
    for path in (tmp_path / "ours" / "moon").iterdir():
        assert (tmp_path / "maps" / "moon" / path.name).read_bytes() == path.read_bytes()
    record = json.loads((tmp_path / "maps" / "predictions.json").read_text())
    assert record["checkpoint_sha256"] == sha256(tmp_path / "foreign")
    network = build_model("dsnet", width=recipe.width)
    own = network.state_dict()
    assert str(saved.start_from(network, tmp_path / "foreign")) == f"{len(own)} of {len(own)} tensors"


def test_weights_that_do_not_fit_are_counted_and_named(tree, checkpoint, recipe, tmp_path):
    weights = dict(saved.load(checkpoint)["weights"])
    lacking = [weights.popitem()[0] for _ in range(7)]
    weights["surplus"] = torch.zeros(2)
    torch.save(weights, tmp_path / "part.pth")
    network = build_model("dsnet", width=recipe.width)
    total, named = len(network.state_dict()), ", ".join(lacking[:1:-1])
    found = f"{total - 7} of {total} tensors; not in it: {named} and 2 more; not used: surplus"
    assert str(saved.start_from(network, tmp_path / "part.pth")) == found
    words = [tmp_path / "part.pth", tree / "mini.zarr", "--out", tmp_path / "maps"]
    result = predicted(*words, "--model", "dsnet", "--recipe", recipe.model_dump_json())
    assert isinstance(result.exception, InputError)
    assert found in str(result.exception)
    alone = predicted(*words)
    assert "with --model and --recipe" in str(alone.exception)
    assert predicted(*words, "--model", "dsnet").exit_code == 2


def test_weights_alone_do_not_say_how_their_flow_was_made(tree, checkpoint, recipe, tmp_path):
    torch.save(saved.load(checkpoint)["weights"], tmp_path / "plain.pth")
    words = [tmp_path / "plain.pth", tree / "normalized" / "moon" / "frames", "--out", tmp_path / "maps"]
    result = predicted(*words, "--model", "dsnet", "--recipe", recipe.model_dump_json())
    assert "which do not say how their flow was made; expected a shard" in str(result.exception)


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """DS-Net's weights in the authors' layout, and the network that they make."""
    path = tmp_path_factory.mktemp("official") / "final_bone.pth"
    torch.save(fill(SHAPES["dsnet"]()), path)
    return path, load_official("dsnet", path)


@pytest.mark.parametrize("named", [False, True])
def test_authors_weights_give_the_network_s_maps(tree, official, tmp_path, named):
    path, network = official
    words = ["--recipe", "{size: [64, 80]}", *(["--model", "dsnet"] if named else [])]
    result = predicted(path, tree / "mini.zarr", "--split", "test", "--official", *words, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    sample = ClipDataset(SplitSource(tree / "mini.zarr", "test"), size=(64, 80), flow="dis", frames="all")[2]
    with torch.no_grad():
        logits = network({key: sample[key][None] for key in ("frames", "flow")})["saliency"]
    expected = to_map(torch.sigmoid(logits)[0, 0].numpy(), SIZE, "minmax")
    found = read_gray(tmp_path / "moon" / "00002.png")
    assert np.abs(found.astype(int) - expected).max() <= 1  # frames that pass together round otherwise


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (["--model", "cagdde"], "read as cagdde: no parameter encoder.conv1.weight"),
        (["--model", "stan"], "no weights of stan were released"),
        (["--recipe", "{flow: raft}"], "no flow 'raft'"),
        (["--recipe", "{stages: []}"], "stages"),
    ],
)
def test_authors_weights_that_do_not_fit_are_named(tree, official, tmp_path, words, culprit):
    result = predicted(official[0], tree / "mini.zarr", "--official", *words, "--out", tmp_path / "maps")
    assert isinstance(result.exception, VsodprepError)
    assert culprit in str(result.exception)


def test_flow_that_a_shard_has_several_of_is_asked_for(tree, official, tmp_path):
    pack_benchmark(tree / "normalized", tmp_path / "two.zarr", flow={"a": tree / "flow", "b": tree / "flow"})
    result = predicted(official[0], tmp_path / "two.zarr", "--official", "--out", tmp_path / "maps")
    assert """flow a, b; expected one that --recipe '{"flow": NAME}' names""" in str(result.exception)


def test_authors_weights_read_frames_with_flow_as_theirs(tree, official, tmp_path, monkeypatch):
    asked = []

    def dis(block, *_):
        asked.append(block)
        return Dis()

    monkeypatch.setattr("vsodprep.predict.sources.build_estimator", dis)
    frames = tree / "normalized" / "moon" / "frames"
    result = predicted(official[0], frames, "--official", "--recipe", "{size: [64, 80]}", "--out", tmp_path / "maps")
    assert result.exit_code == 0, result.output
    assert asked == [Flow.model_validate(release("dsnet").flow)]
    result = predicted(official[0], frames, "--official", "--recipe", "{flow: dis}", "--out", tmp_path / "other")
    assert "recipe.flow: dis; expected no flow" in str(result.exception)
    assert len(list((tmp_path / "maps").rglob("*.png"))) == 4


def test_same_checkpoint_same_bytes(tree, checkpoint, tmp_path):
    for name in ("a", "b"):
        predict_shard(checkpoint, tree / "mini.zarr", tmp_path / name, split="test", threads=1)
    files = sorted(path.name for path in (tmp_path / "a" / "moon").iterdir())
    assert [(tmp_path / "a" / "moon" / name).read_bytes() for name in files] == [
        (tmp_path / "b" / "moon" / name).read_bytes() for name in files
    ]


@pytest.fixture(scope="module")
def reference(tree, checkpoint):
    """Maps of the sequence `moon`, from the shard."""
    out = tree / "reference"
    predict_shard(checkpoint, tree / "mini.zarr", out, split="test", threads=1)
    return {path.name: read_gray(path) for path in (out / "moon").iterdir()}


@pytest.mark.parametrize("layout", ["frames", "frames folder of a sequence", "own layout"])
def test_a_folder_of_frames_gives_the_same_maps(tree, checkpoint, reference, tmp_path, layout):
    moon = tree / "normalized" / "moon"
    source = moon / "frames"
    if layout != "frames folder of a sequence":
        source = tmp_path / "given" / "moon"
        source.mkdir(parents=True)
        target = source if layout == "frames" else source / "frames"
        target.mkdir(exist_ok=True)
        for path in (moon / "frames").iterdir():
            (target / path.name).write_bytes(path.read_bytes())
        source = source if layout == "frames" else source.parent
    out = tmp_path / "out"
    words = [str(checkpoint), str(source), "--out", str(out), "--threads", "1"]
    assert CliRunner().invoke(command, words, catch_exceptions=False).exit_code == 0
    maps = {path.name: read_gray(path) for path in (out / "moon").iterdir()}
    assert maps.keys() == reference.keys()
    for name, expected in reference.items():
        np.testing.assert_array_equal(maps[name], expected, err_msg=name)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of images of several sizes, whose numbers have gaps."""
    folder = tmp_path_factory.mktemp("photos") / "my photos"
    for name, size in (("IMG_0003", (30, 40)), ("IMG_0010", (50, 40)), ("IMG_0011", (20, 20))):
        write_png(folder / f"{name}.png", np.full((*size, 3), (200, 100, 50), np.uint8))
    return folder


PHOTOS = {"IMG_0003": (30, 40), "IMG_0010": (50, 40), "IMG_0011": (20, 20)}


def test_a_network_of_single_frames_takes_a_folder_of_images(tree, photos, tmp_path):
    run = Run(
        variant="OS",
        width=0.05,
        pretrained=False,
        options={"reduction": "mean"},
        stages=(Stage(data=(Data(benchmark="mini", split="train"),), size=(64, 80), batch=2, steps=1),),
    )
    train("stan", run, {"mini": tree / "mini.zarr"}, seed=0, out=tmp_path / "x.ckpt", settings=Execution(threads=1))
    result = predicted(tmp_path / "x.ckpt", photos, "--out", tmp_path / "maps")
    assert result.exit_code == 0, result.output
    maps = (tmp_path / "maps" / "my_photos").glob("*.png")
    assert {path.stem: read_gray(path).shape for path in maps} == PHOTOS


def test_a_network_that_reads_flow_takes_none(checkpoint, photos, tmp_path):
    result = predicted(checkpoint, photos, "--out", tmp_path / "maps")
    assert isinstance(result.exception, InputError)


def test_an_onnx_file_on_a_folder_of_images_and_a_shard(tree, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    path = write_channels(tmp_path / "u2net.onnx", (320, 320), channels=(1,))
    plain = ["--recipe", "{mean: [0, 0, 0], std: [1, 1, 1], divide: range, stretch: false}"]
    for name, given in (("file", path), ("name", "u2net")):
        result = predicted(given, photos, "--out", tmp_path / name, *plain)
        assert result.exit_code == 0, result.output
        maps = {each.stem: read_gray(each) for each in (tmp_path / name / "my_photos").glob("*.png")}
        assert {stem: image.shape for stem, image in maps.items()} == PHOTOS
        assert all((image == 100).all() for image in maps.values())
        record = json.loads((tmp_path / name / "predictions.json").read_text())
        assert (record["frames"], record["weights_sha256"]) == (3, sha256(path))
    result = predicted(path, tree / "mini.zarr", "--split", "test", "--out", tmp_path / "shard", *plain)
    assert result.exit_code == 0, result.output
    assert {each.name for each in (tmp_path / "shard").iterdir() if each.is_dir()} >= {"moon"}
    assert read_gray(tmp_path / "shard" / "moon" / "00002.png").shape == SIZE


@pytest.mark.parametrize(
    ("words", "culprit"),
    [
        (["--recipe", "{sizes: 3}"], "unknown key sizes"),
        (["--recipe", "{[]: 1}"], "recipe"),
        (["--recipe", "{method: mbd, weights: null}"], "recipe: method, which"),
        (["--recipe", "{weights: other.onnx}"], "recipe: weights, which"),
        ([], "x.onnx: no such file"),
        (
            ["--batch", "8"],
            "x.onnx, an ONNX file, which reads frames one by one: --batch; expected the command without --batch",
        ),
        (["--classifier", "C.npz"], "one by one: --classifier; expected the command without --classifier"),
    ],
)
def test_an_onnx_file_that_does_not_fit_is_named(photos, tmp_path, words, culprit):
    result = predicted(tmp_path / "x.onnx", photos, "--out", tmp_path / "maps", *words)
    assert isinstance(result.exception, VsodprepError)
    assert culprit in str(result.exception)
    assert not (tmp_path / "maps").exists()


def test_a_network_that_cannot_be_run_leaves_no_folder(photos, tmp_path):
    path = write_channels(tmp_path / "x.onnx", (4, 4))
    result = predicted(path, photos, "--out", tmp_path / "maps")
    assert "output 0 has values from" in str(result.exception)
    assert not (tmp_path / "maps").exists()


def test_a_video_file(tree, checkpoint, tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (80, 64))
    for number in range(5):
        image = np.full((64, 80, 3), 40, np.uint8)
        cv2.circle(image, (15 + 8 * number, 30), 9, (60, 180, 230), -1)
        writer.write(image)
    writer.release()
    out = tmp_path / "out"
    words = [str(checkpoint), str(path), "--out", str(out), "--threads", "1"]
    assert CliRunner().invoke(command, words, catch_exceptions=False).exit_code == 0
    assert sorted(each.name for each in (out / "clip").iterdir()) == [f"{number:05d}.png" for number in range(5)]
    assert read_gray(out / "clip" / "00002.png").shape == (64, 80)
    assert json.loads((out / "predictions.json").read_text())["sequences"] == {"clip": 5}


class ThreeFrames(NetworkOptions):
    """NetworkOptions of a network that reads clips of three frames."""

    @property
    def clip_length(self) -> int:
        return 3


class Mean(ClipNetwork):
    """Predicts a weighted mean of the frames' brightness, and counts what it encodes."""

    def __init__(self) -> None:
        super().__init__(ThreeFrames())
        self.encoded = 0
        self.scale = nn.Parameter(torch.tensor(2.0))

    def encode(self, batch):
        self.encoded += batch["frames"].shape[0] * batch["frames"].shape[1]
        return {"brightness": batch["frames"].mean(dim=2, keepdim=True)}

    def decode(self, features):
        weights = torch.tensor([0.2, 0.3, 0.5]).reshape(1, 3, 1, 1, 1)
        return {"saliency": (features["brightness"] * weights).sum(dim=1) * self.scale, "aux": {}}

    def loss(self, outputs, batch, generator=None):
        raise NotImplementedError


@pytest.mark.parametrize("stride", [1, 2])
def test_a_clip_network_encodes_each_frame_once(tree, recipe, stride):
    network = Mean().eval()
    stages = (recipe.stages[0].model_copy(update={"clip_stride": stride}),)
    run = recipe.model_copy(update={"flow": None, "stages": stages})
    part = SplitSource(tree / "mini.zarr", "train")
    maps = list(predict_maps(network, run, part, batch=4))
    assert len(maps) == 11
    assert network.encoded == 12  # the last of three batches is filled up
    whole = ClipDataset(part, size=(64, 80), clip_length=3, clip_stride=stride, frames="all")
    for number, (sequence, frame, probability, _) in enumerate(maps):
        sample = whole[number]
        assert (sequence, frame) == (sample["sequence"], sample["frame_ids"][-1])
        expected = network({"frames": sample["frames"][None]})["saliency"].sigmoid()[0, 0].detach()
        np.testing.assert_allclose(probability, expected.numpy(), atol=1e-6)


@pytest.mark.parametrize("batch", [1, 4])
def test_references_are_spread_over_the_video_and_encoded_once(tree, recipe, batch):
    network = Mean().eval()
    network.clip = "references"  # whatever the recipe's last stage says
    run = recipe.model_copy(update={"flow": None})
    part = SplitSource(tree / "mini.zarr")
    maps = list(predict_maps(network, run, part, batch=batch))
    # Of 6, 5 and 4 frames, each has two references, in two or three places; 3 stills have none.
    assert network.encoded == -(-len(maps) // batch) * batch + 4 + 4 + 4
    whole = ClipDataset(part, size=(64, 80), clip_length=3, clip="references", frames="all")
    for number, (sequence, frame, probability, _) in enumerate(maps):
        sample = whole[number]
        assert (sequence, frame) == (sample["sequence"], sample["frame_ids"][-1])
        expected = network({"frames": sample["frames"][None]})["saliency"].sigmoid()[0, 0].detach()
        np.testing.assert_allclose(probability, expected.numpy(), atol=1e-6)


@pytest.mark.parametrize(("choice", "references"), [("spread", ["00001", "00004"]), ("past", ["00000", "00001"])])
def test_cosnet_chooses_its_references(tree, recipe, monkeypatch, choice, references):
    torch.manual_seed(0)
    options = {"references": 2, "reference_frames": choice}
    network = build_model("contrastive", "cosnet", width=0.05, **options).eval()
    decode, seen = network.decode, []
    monkeypatch.setattr(network, "decode", lambda features: (seen.append(features["x"]), decode(features))[1])
    part = SplitSource(tree / "mini.zarr", "train")
    run = recipe.model_copy(update={"flow": None})
    names = [place[:2] for place in predict_maps(network, run, part, batch=1)]
    data = ClipDataset(part, size=(64, 80), frames="all")
    frames = {(sample["sequence"], sample["frame_ids"][-1]): sample["frames"] for sample in data}
    found = seen[names.index(("ball", "00002"))]
    for chosen in (references, ["00000", "00004"]):
        clip = torch.cat([frames["ball", name] for name in (*chosen, "00002")])
        with torch.inference_mode():
            expected = network.encode({"frames": clip[None]})["x"]
        # Of the frames one at a time and together, sums differ in their last bits.
        assert ((found - expected).norm() < 1e-3 * expected.norm()) == (chosen == references)


@pytest.mark.parametrize(
    ("maps", "expected"),
    [("round", [51, 102, 204]), ("minmax", [0, 85, 255]), ("truncate", [51, 102, 204])],
)
def test_from_probabilities_to_eight_bits(maps, expected):
    probability = np.array([[0.2, 0.4, 0.8]], np.float32)
    assert to_map(probability, (1, 3), maps).tolist() == [expected]


def test_rounding_and_truncation_differ():
    probability = np.full((2, 2), 0.999, np.float32)
    assert to_map(probability, (2, 2), "round").max() == 255
    assert to_map(probability, (2, 2), "truncate").max() == 254


def test_a_constant_map_is_not_stretched():
    assert (to_map(np.full((2, 3), 0.5, np.float32), (4, 6), "minmax") == 128).all()


def test_resizing_is_bilinear():
    assert to_map(np.array([[0.0, 1.0]], np.float32), (1, 4)).tolist() == [[0, 64, 191, 255]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [("nothing", "nothing"), ("empty", "empty")],
)
def test_a_source_without_frames_is_named(checkpoint, tmp_path, source, expected):
    (tmp_path / "empty").mkdir()
    words = [str(checkpoint), str(tmp_path / source), "--out", str(tmp_path / "out"), "--threads", "1"]
    with pytest.raises(InputError, match=expected):
        CliRunner().invoke(command, words, catch_exceptions=False)


def test_a_network_that_reads_a_prior_needs_its_classifier(tree, checkpoint, tmp_path):
    content = saved.load(checkpoint)
    path = tmp_path / "prior.ckpt"
    saved.save(path, content | {"recipe": content["recipe"] | {"prior": "light"}})
    words = [str(path), str(tree / "normalized" / "moon" / "frames"), "--out", str(tmp_path / "out")]
    with pytest.raises(InputError, match="--classifier"):
        CliRunner().invoke(command, words, catch_exceptions=False)
