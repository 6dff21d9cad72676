"""The loader of the released checkpoints, against what the authors' code computes.

The digests and the probed values were computed with the authors' own code (TJUMMG/DS-Net 52a6d69,
sillymistake/CAG-DDE 3b32bdf), whose state dict was filled by `official_checkpoints.fill`.
"""

from pathlib import Path

import pytest
import torch
from official_checkpoints import SHAPES, digest, fill, pictures, probe

from vsodprep.config.flow import Flow
from vsodprep.config.models import release
from vsodprep.config.recipe import read_recipe
from vsodprep.errors import InputError, VsodprepError
from vsodprep.models import build_model, saved
from vsodprep.models.checkpoints import adopt, load_official, recognise, rename
from vsodprep.predict.sources import _flow_block

DIGESTS = {
    "dsnet": "b032bf0e83d4cf956196b81e3ee0622bde2b21040be049c2c75625024c43c0b6",
    "cagdde": "4adeb9aa62954125b1b6fa9c6811cae08801ed1971ce3ffecb2cb3d6ceb101f8",
}
DSNET = {
    "saliency": [
        0.308724,
        0.302251,
        0.0790411,
        0.0772279,
        -0.016693,
        0.363069,
        0.250055,
        0.445378,
        -0.0242329,
        0.276821,
        0.369156,
        0.429991,
    ],
    "coarse": [
        0.411624,
        0.411423,
        0.0720774,
        0.0709576,
        0.325948,
        0.435276,
        0.513213,
        0.250931,
        0.313169,
        0.4385,
        0.524521,
        0.231489,
    ],
    "spatial": [
        0.119157,
        0.12712,
        0.0533167,
        0.0507562,
        0.135647,
        0.158327,
        0.0913365,
        0.0102928,
        0.138673,
        0.164673,
        0.111802,
        -0.00847855,
    ],
    "temporal": [
        0.734377,
        0.730717,
        0.134308,
        0.133765,
        0.535957,
        0.740905,
        0.978778,
        0.516489,
        0.50914,
        0.746027,
        0.988035,
        0.50099,
    ],
}
CAGDDE = {
    "saliency": [
        0.299981,
        0.301587,
        0.0383262,
        0.0376099,
        0.120251,
        0.303766,
        0.342266,
        0.103595,
        0.117144,
        0.319635,
        0.319071,
        0.123368,
    ],
    "frame_map_1": [
        -0.0983633,
        -0.0892528,
        0.16208,
        0.162806,
        -0.0462944,
        0.00131182,
        -0.130286,
        0.159289,
        -0.0224521,
        0.00786584,
        -0.146728,
        0.0625403,
    ],
    "flow_map_1": [
        -0.0980064,
        -0.0961951,
        0.167144,
        0.156739,
        -0.0884876,
        0.0702156,
        -0.280466,
        0.104907,
        -0.137067,
        -0.299984,
        -0.0569741,
        0.135716,
    ],
    "frame_map_5": [
        0.292667,
        0.283084,
        0.888026,
        0.888236,
        0.859421,
        0.754727,
        -0.300205,
        -0.388924,
        0.868869,
        0.814014,
        -0.345618,
        -0.383446,
    ],
    "flow_map_5": [
        0.273697,
        0.283207,
        0.890475,
        0.880755,
        0.848042,
        0.783713,
        -0.361962,
        -0.402434,
        0.860895,
        0.749246,
        -0.238705,
        -0.345164,
    ],
    "scores": [
        0.438408,
        0.48718,
        0.417809,
        0.792186,
        0.477469,
        0.437349,
        0.487872,
        0.415539,
        0.792117,
        0.47588,
        0.438016,
        0.488923,
        0.416243,
        0.789747,
        0.476225,
        0.438723,
        0.49073,
        0.418069,
        0.789867,
        0.475968,
    ],
}


@pytest.mark.parametrize("model", SHAPES)
def test_the_names_here_are_those_of_the_authors_code(model):
    assert digest(SHAPES[model]()) == DIGESTS[model]


@pytest.mark.parametrize("model", SHAPES)
def test_every_name_has_its_place_in_the_network(model):
    with torch.device("meta"):
        expected = {key: tuple(value.shape) for key, value in build_model(model, "code").state_dict().items()}
    assert {rename(model, key): shape for key, shape in SHAPES[model]().items()} == expected


def test_a_prefix_of_data_parallel_is_taken_off():
    assert rename("dsnet", "module.ImageBone.aspp.conv1.weight") == "spatial.aspp.project.0.weight"


def test_dsnet_gives_the_authors_maps(tmp_path):
    path = tmp_path / "final_bone.pth"
    torch.save(fill(SHAPES["dsnet"]()), path)
    network = load_official("dsnet", path)
    frame, flow = pictures()
    with torch.no_grad():
        outputs = network({"frames": frame[:, None], "flow": flow[:, None]})
    found = {"saliency": outputs["saliency"], **{key: outputs["aux"][key] for key in ("coarse", "spatial", "temporal")}}
    for name, logits in found.items():
        assert probe(logits) == pytest.approx(DSNET[name], rel=0, abs=1e-4), name


def test_cagdde_gives_the_authors_maps_and_scores(tmp_path):
    path = tmp_path / "best.pth"
    torch.save(fill(SHAPES["cagdde"]()), path)
    network = load_official("cagdde", path)
    frame, flow = pictures()
    with torch.no_grad():
        outputs = network({"frames": frame[:, None], "flow": flow[:, None]})
    found = {"saliency": outputs["saliency"]}
    for level in (1, 5):
        for kind in ("frame", "flow"):
            found[f"{kind}_map_{level}"] = outputs["aux"][f"{kind}_maps"][level - 1]
    for name, logits in found.items():
        assert probe(logits) == pytest.approx(CAGDDE[name], rel=0, abs=1e-4), name
    scores = outputs["aux"]["scores"].flatten().tolist()
    assert scores == pytest.approx(CAGDDE["scores"], rel=0, abs=1e-4)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("model", SHAPES)
def test_a_release_is_recognised_by_its_names(tmp_path, model, prefix):
    path = tmp_path / "given.pth"
    torch.save({"state_dict": {f"{prefix}{key}": torch.zeros(1) for key in SHAPES[model]()}}, path)
    assert recognise(path) == model


@pytest.mark.parametrize("model", SHAPES)
def test_an_adopted_release_is_a_checkpoint_of_ours(tmp_path, model):
    path = tmp_path / "given.pth"
    torch.save(fill(SHAPES[model]()), path)
    run = read_recipe("{flow: dis}", model, weights=str(path))
    saved.save(tmp_path / "last.ckpt", adopt(path, model, run, release(model).flow))
    content = saved.load(tmp_path / "last.ckpt")
    expected = load_official(model, path).state_dict()
    network = saved.network_of(content, tmp_path / "last.ckpt")
    assert network.options == load_official(model, path).options
    assert all(torch.equal(value, expected[key]) for key, value in network.state_dict().items())
    assert _flow_block(content["flow"], path) == Flow.model_validate(release(model).flow)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints") / "tiny.pth"
    torch.save({"conv1.weight": torch.zeros(3)}, path)
    return path


def test_a_checkpoint_of_another_network_is_named(tiny):
    shapes = r"encoder.conv1.weight has shape \(3,\), expected \(64, 3, 7, 7\)"
    with pytest.raises(VsodprepError, match=rf"tiny.pth, read as cagdde: {shapes}"):
        load_official("cagdde", tiny)
    with pytest.raises(VsodprepError, match=r"tiny.pth, read as dsnet: no parameter spatial.backbone.conv1.weight"):
        load_official("dsnet", tiny)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"no checkpoint", "unreadable as weights"), ([1, 2], "no named tensors in it")],
)
def test_a_file_that_is_no_checkpoint_is_named(tmp_path, content, message):
    path = tmp_path / "given.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(InputError, match=f"given.pth: {message}"):
        load_official("cagdde", path)


def test_weights_of_something_else_are_not_recognised(tiny):
    with pytest.raises(
        InputError,
        match=r"tiny\.pth: weights of a network whose release vsodprep does not know; expected the weights",
    ):
        recognise(tiny)


def test_a_network_without_release_is_named(tiny):
    with pytest.raises(InputError, match="no released checkpoint is known of 'stan'; expected one of dsnet, cagdde"):
        load_official("stan", tiny)
