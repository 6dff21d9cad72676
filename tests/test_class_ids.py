"""Masks that are class ids: two layouts, what they become, and that nobody takes them for what is salient."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from scipy.io import savemat

from tests.fakes.archives import make_tar, make_zip
from tests.fakes.fake import paletted, picture
from vsodprep.benchmarks import get
from vsodprep.benchmarks.classes import ClassIds, matlab_ids, palette_ids
from vsodprep.cli import cli
from vsodprep.config import complete, parse
from vsodprep.config.defaults import default
from vsodprep.config.normalize import Choice
from vsodprep.config.pack import Pack
from vsodprep.config.prior import Prior
from vsodprep.config.train import Run, Stage
from vsodprep.errors import InputError, VsodprepError
from vsodprep.manifest import read_manifest
from vsodprep.models.recipe import stage_dataset
from vsodprep.normalize.run import normalize
from vsodprep.prior.fit import FitSource, fit
from vsodprep.shards import ClipDataset, SplitSource, open_shard, pack_benchmark
from vsodprep.shards.clips import collate
from vsodprep.shards.export import ExportOptions, export
from vsodprep.workflow.plan import Plan

HEIGHT, WIDTH = 18, 24
PARTIAL = Choice(partial=True)


def ids(seed: int) -> np.ndarray:
    """A background, two classes that touch, and an edge that is to be ignored."""
    values = np.zeros((HEIGHT, WIDTH), np.uint8)
    values[4:10, 3:12], values[10:15, 6:20], values[4, 3:12] = 1 + seed, 20, 255
    return values


def matlab(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    savemat(stream, {"GTcls": {"Segmentation": values, "CategoriesPresent": np.unique(values)}})
    return stream.getvalue()


def voc2012() -> dict[str, bytes]:
    """Many images have no ids, and other lists lie beside those of segmentation."""
    top = "VOCdevkit/VOC2012"
    files = {f"{top}/JPEGImages/2007_00000{number}.jpg": picture(number) for number in range(5)}
    files |= {f"{top}/SegmentationClass/2007_00000{number}.png": paletted(ids(number)) for number in range(3)}
    files |= {f"{top}/SegmentationObject/2007_00000{number}.png": paletted(ids(0)) for number in range(3)}
    lists = {"Segmentation/train": (0, 2), "Segmentation/val": (1,), "Main/train": (3, 4)}
    for name, numbers in lists.items():
        files[f"{top}/ImageSets/{name}.txt"] = "".join(f"2007_00000{number}\n" for number in numbers).encode()
    return files


def sbd() -> dict[str, bytes]:
    top = "benchmark_RELEASE/dataset"
    files = {f"{top}/img/2008_00000{number}.jpg": picture(number) for number in range(3)}
    files |= {f"{top}/cls/2008_00000{number}.mat": matlab(ids(number)) for number in range(3)}
    files |= {f"{top}/inst/2008_00000{number}.mat": b"instances" for number in range(3)}
    return files | {f"{top}/train.txt": b"2008_000000\n2008_000002\n", f"{top}/val.txt": b"2008_000001\n"}


KINDS = {"voc2012": ("VOC2012", voc2012, "2007_00000", make_tar), "sbd": ("SBD", sbd, "2008_00000", make_zip)}
EACH = pytest.mark.parametrize("name", KINDS)


def delivered(name: str, folder: Path, files: dict[str, bytes] | None = None) -> Path:
    """Unpack a delivery, or what is given in its place."""
    for path, data in (files or KINDS[name][1]()).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@EACH
def test_ids_become_gray_files_and_no_masks(name: str, tmp_path: Path) -> None:
    prefix, _, stem, _ = KINDS[name]
    manifest = normalize(get(name), [delivered(name, tmp_path / "in")], tmp_path / "out", PARTIAL)
    expected = {f"{prefix}-train": (f"{stem}0", f"{stem}2"), f"{prefix}-val": (f"{stem}1",)}
    assert {one.name: one.frames for one in manifest.sequences} == expected
    assert manifest.class_ids and manifest.counts["annotated"] == 0
    assert all(one.still for one in manifest.sequences)
    for sequence, stems in expected.items():
        for one in stems:
            with Image.open(tmp_path / "out" / sequence / "classes" / f"{one}.png") as image:
                assert image.mode == "L"
                np.testing.assert_array_equal(np.asarray(image), ids(int(one[-1])))
    assert not list((tmp_path / "out").glob("*/masks*"))
    normalize(get(name), [tmp_path / "in"], tmp_path / "out", PARTIAL)  # it knows its own files, and replaces them


def gray_png(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "refusal"),
    [
        ("voc2012", paletted(np.full((HEIGHT, WIDTH), 21, np.uint8)), "id 21; expected 0 to 20, and 255"),
        ("voc2012", gray_png(np.zeros((HEIGHT, WIDTH, 3), np.uint8)), "mode RGB, not of a palette"),
        ("voc2012", b"no image", "unreadable as class ids"),
        ("voc2012", paletted(ids(0)[:-1]), "a mask of 24x17 pixels for a frame of 24x18"),
        ("sbd", b"no file", r"unreadable as class ids \(no GTcls.Segmentation"),
        ("sbd", matlab(np.full((HEIGHT, WIDTH), -1, np.int16)), "id -1"),
        ("sbd", matlab(np.zeros((HEIGHT, WIDTH))), "float64 of shape"),
        ("sbd", None, "no mask; expected a mask for every frame"),
    ],
)
def test_what_is_no_ids_is_named(name: str, data: bytes | None, refusal: str, tmp_path: Path) -> None:
    files = KINDS[name][1]()
    path = next(path for path in files if path.endswith("000000.mat" if name == "sbd" else "Class/2007_000000.png"))
    files = files | {path: data} if data is not None else {key: value for key, value in files.items() if key != path}
    with pytest.raises(InputError, match=refusal) as told:
        normalize(get(name), [delivered(name, tmp_path / "in", files)], tmp_path / "out", PARTIAL)
    assert "000000" in str(told.value)


@pytest.mark.parametrize(("decode", "whole"), [(palette_ids, paletted(ids(0))), (matlab_ids, matlab(ids(0)))])
def test_damaged_files_are_errors_of_ours(decode, whole: bytes) -> None:
    for length in range(0, len(whole), max(1, len(whole) // 40)):
        try:
            ClassIds(decode).read([whole[:length]], ["x"])
        except InputError as error:
            assert "x: " in str(error)


@pytest.fixture(scope="module")
def normalized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("voc")
    normalize(get("voc2012"), [delivered("voc2012", root / "in")], root / "voc2012", PARTIAL)
    return root / "voc2012"


@pytest.mark.parametrize("still_size", [None, (9, 12)])
def test_a_shard_gives_ids_as_they_are(normalized: Path, tmp_path: Path, still_size: tuple[int, int] | None) -> None:
    for _ in range(2):  # the second takes the place of the first
        pack_benchmark(normalized, tmp_path / "voc2012.zarr", block=Pack(still_size=still_size))
    shard = open_shard(tmp_path / "voc2012.zarr")
    assert len(shard.digest()) == 64  # which a training's checkpoint has; its masks are no byte
    step = 1 if still_size is None else 2
    np.testing.assert_array_equal(shard["VOC2012-train"].classes(1), ids(2)[::step, ::step])
    assert shard["VOC2012-train"].mask(0) is None
    data = ClipDataset(SplitSource(tmp_path / "voc2012.zarr", "train", labels="classes"), size=(18, 24), clip_length=2)
    assert len(data) == 2
    sample = data[1]
    assert sample["classes"].dtype == torch.int64
    expected = np.kron(ids(2)[::step, ::step], np.ones((step, step), np.int64))
    np.testing.assert_array_equal(sample["classes"].numpy(), np.stack([expected] * 2))
    assert not sample["annotated"].any() and not sample["masks"].any()
    with pytest.raises(InputError, match="no frame with a label"):
        ClipDataset(SplitSource(tmp_path / "voc2012.zarr", "train"))


def test_there_is_no_mask_to_export_or_to_fit_to(normalized: Path, tmp_path: Path) -> None:
    pack_benchmark(normalized, tmp_path / "voc2012.zarr")
    with pytest.raises(InputError, match="no frame with a mask in train"):
        export(tmp_path / "voc2012.zarr", "davsod", tmp_path / "out", ExportOptions(split="train", annotated=True))
    with pytest.raises(InputError, match="whose masks are class ids"):
        fit([FitSource(normalized, tmp_path, "train")], tmp_path / "C.npz", Prior())
    assert not (tmp_path / "out").exists() and not (tmp_path / "C.npz").exists()


def test_beside_saliency_all_is_to_be_ignored(normalized: Path, tmp_path: Path) -> None:
    pack_benchmark(normalized, tmp_path / "voc2012.zarr")
    parts = [SplitSource(tmp_path / "voc2012.zarr", split, labels="classes") for split in ("train", "val")]
    mixed = [parts[0], SplitSource(tmp_path / "voc2012.zarr", "val", labels="classes")]
    batch = collate([ClipDataset(mixed, size=(18, 24))[number] for number in range(3)])
    assert batch["classes"].shape == (3, 1, 18, 24)


DATA = {"benchmark": "voc2012", "split": "train"}


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"data": DATA}, "voc2012 train, whose masks are class ids; expected a split with masks"),
        (
            {"data": {"benchmark": "synth", "split": "train", "labels": "classes"}},
            "synth train, which has no class ids",
        ),
        ({"test": {"benchmark": "voc2012", "split": "val"}}, r"full\.test: voc2012 val, whose masks are class ids"),
        ({"tests": {"benchmark": "voc2012", "split": "val"}}, "tests: voc2012 val, whose masks are class ids"),
    ],
)
def test_a_plan_refuses_to_take_them_for_saliency(over: dict[str, dict[str, str]], refusal: str) -> None:
    base = default().model_dump(mode="json")
    run = base["runs"]["dsnet"]["full"]
    run["stages"][0]["data"] += [over["data"]] if "data" in over else []
    run["test"] += [over["test"]] if "test" in over else []
    values = {"runs": {"dsnet": {"full": run}}}
    if "tests" in over:
        values |= {"tests": [over["tests"]], "methods": {"m": {"maps": {"synth": "maps"}}}}
    with pytest.raises(InputError, match=refusal):
        Plan.of(complete(values, base)).check()


SALIENCY = {"saliency": {"m": {"method": "mbd"}, "n": {"method": "ft"}}}


def labels(**given: object) -> dict[str, Any]:
    return {**SALIENCY, "coarse": {"c": {"maps": ["m", "n"], **given}}, "pack": {"coarse": ["c"]}}


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        (
            {"prior": {"p": {"fit": [DATA]}}, "pack": {"prior": ["p"]}},
            r"prior\.p\.fit: voc2012 train, whose masks are cl",
        ),
        (labels(weights=[DATA]), r"coarse\.c\.weights: voc2012 train, whose masks are class ids"),
        (labels(weights=[{"benchmark": "ecssd", "split": "all"}]), r"c\.weights: ecssd all, which are still images"),
        (labels(splits=[DATA]), r"coarse\.c\.splits: voc2012 train, which are still images"),
    ],
)
def test_a_plan_fits_nothing_to_them_and_labels_videos_alone(values: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InputError, match=refusal):
        Plan.of(complete({"runs": {}, **values}, default().model_dump(mode="json"))).check()


STAGE = {"data": [DATA | {"labels": "classes"}], "size": [64, 64], "steps": 1}
# Networks that score no classes, or too few, and where it is told.
DEAF = [("dcl", "full", {}), ("rfcn", "full", {}), ("dsmt", "code", {}), ("dsmt", "full", {"classes": 20})]


def learner(variant: str, options: dict[str, int]) -> dict[str, Any]:
    return {"variant": variant, "options": options, "pretrained": False, "width": 0.05, "stages": [STAGE]}


@pytest.mark.parametrize(("model", "variant", "options"), DEAF)
def test_a_network_that_would_learn_nothing_from_them_is_refused(
    model: str, variant: str, options: dict[str, int]
) -> None:
    run = learner(variant, options)
    refusal = f"labels: classes, for a network that scores {options.get('classes', 'no')} classes; expected a network"
    base = default().model_dump(mode="json")
    with pytest.raises(InputError, match=rf"runs\.{model}\.full\.stages\.main\.data: {refusal}"):
        Plan.of(complete({"runs": {model: {"full": run}}}, base)).check()
    with pytest.raises(InputError, match=f"stage main: {refusal}"):
        stage_dataset(model, Run.model_validate(run), Stage.model_validate(STAGE), {"voc2012": Path("none")}, 0, 0)


def test_a_plan_trains_on_them_where_it_is_asked_to() -> None:
    base = default().model_dump(mode="json")
    for model, variant in (("rfcn", "pre-training"), ("dsmt", "full")):
        Plan.of(complete({"runs": {model: {"full": learner(variant, {})}}}, base)).check()
    with pytest.raises(VsodprepError, match=r"coarse\.classes: a built-in name"):
        parse({"coarse": {"classes": {"maps": ["mbd"]}}, "saliency": {"mbd": {"method": "mbd"}}})


@pytest.mark.parametrize("command", ["evaluate", "fuse-fit"])
def test_no_command_takes_them_for_saliency(normalized: Path, tmp_path: Path, command: str) -> None:
    for path in normalized.glob("*/classes/*.png"):
        (tmp_path / "maps" / path.parent.parent.name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "maps" / path.parent.parent.name / path.name).write_bytes(path.read_bytes())
    maps, made = str(tmp_path / "maps"), str(tmp_path / "s.json")
    words = ["--pred", maps, "--json", made] if command == "evaluate" else [maps, maps, "--out", made]
    result = CliRunner().invoke(cli, [command, *words, "--gt", str(normalized)])
    assert isinstance(result.exception, InputError)
    assert (
        str(result.exception) == f"{normalized}: voc2012, whose masks are class ids; expected masks of salient objects"
    )
    assert not (tmp_path / "s.json").exists()
    assert json.loads((normalized / "manifest.json").read_text())["extra"]["class_ids"]
    assert read_manifest(normalized).class_ids
