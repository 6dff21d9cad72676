"""What a configuration needs from elsewhere, and who brings it."""

import json
from pathlib import Path
from typing import Any

import pytest
import torchvision
import yaml
from click.testing import CliRunner
from torchvision.models.optical_flow import Raft_Large_Weights, Raft_Small_Weights

from vsodprep.cli.plan import command
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.provisions import Provision, provisions
from vsodprep.targets.targets import Targets
from vsodprep.weights import PUBLISHED, cache
from vsodprep.workflow.plan import read_plan

BASE: dict[str, Any] = default().model_dump(mode="json")
FLOWNET2 = {"flow": {"fn2": {"method": "flownet2"}}, "pack": {"flow": ["dis", "fn2"]}}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.chdir(tmp_path)


def needed(over: dict[str, Any]) -> dict[str, Provision]:
    config = complete(over, BASE)
    return {each.file: each for each in provisions(Targets(config, Catalogue(config)))}


def full(**over: Any) -> dict[str, Any]:
    return BASE["runs"]["dsnet"]["full"] | {"width": 1.0, "pretrained": True} | over


def test_the_default_needs_nothing() -> None:
    assert needed({}) == {}


def test_a_run_from_imagenet_needs_its_backbone_once(tmp_path: Path) -> None:
    found = needed({"runs": {"dsnet": {"a": full(), "b": full(seeds=[1])}}})
    assert list(found) == ["resnet34-b627a593.pth"]
    one = found["resnet34-b627a593.pth"]
    assert (one.reader, one.size, one.by_hand, one.here) == ("runs.dsnet.a", "87 MB", False, False)
    assert one.folder == tmp_path / "torch" / "hub" / "checkpoints"
    one.folder.mkdir(parents=True)
    (one.folder / one.file).touch()
    assert needed({"runs": {"dsnet": {"a": full()}}})[one.file].here


@pytest.mark.parametrize(
    ("over", "files"),
    [
        (FLOWNET2, {"FlowNet2_checkpoint.pth.tar": True}),
        ({"flow": {"dis": {"method": "raft", "weights": "small"}}}, {"raft_small_C_T_V2-01064c6d.pth": False}),
        ({"flow": {"dis": {"method": "raft", "weights": __file__}}}, {}),
        ({"flow": {"unused": {"method": "flownet2"}}}, {}),
        ({"prior": {"light": {"features": "vgg16"}}}, {"vgg16-397923af.pth": False}),
        ({"prior": {"light": {"features": "vgg16", "weights": "random"}}}, {}),
        ({"benchmarks": ["vos"]}, {"VOS.zip": True}),
        ({"benchmarks": ["davis2016"]}, {"DAVIS-data.zip": False}),
        ({"benchmarks": ["davis2016"], "sources": {"davis2016": __file__}}, {}),
    ],
)
def test_what_is_used_is_needed(over: dict[str, Any], files: dict[str, bool]) -> None:
    assert {name: each.by_hand for name, each in needed(over).items()} == files


ROOT = Path(__file__).parents[1]
ON_THE_PAGE = {
    "VOS.zip": "VOS",
    "FlowNet2_checkpoint.pth.tar": "FlowNet2",
    "Easy-35.zip": "DAVSOD",
    "HKU-IS.rar": "HKU-IS",
    "resnet34-b627a593.pth": "ResNet-34",
    "resnet101-63fe2227.pth": "ResNet-101",
    "vgg16-397923af.pth": "VGG-16",
    "alexnet-owt-7be5be79.pth": "AlexNet",
    "raft_large_C_T_V1-22a6c225.pth": "RAFT",
}


@pytest.mark.parametrize("paper", ["dsnet", "stan", "msst", "cagdde", "contrastive", "dcl", "rfcn", "dsmt"])
def test_the_page_says_what_a_paper_needs(paper: str) -> None:
    page = (ROOT / "docs" / "papers.md").read_text(encoding="utf-8").partition("## What you have to bring")[2]
    row = next(line.split("|") for line in page.splitlines() if f"`{paper}`" in line and line.startswith("|"))
    found = needed(yaml.safe_load((ROOT / "config" / "paper" / f"{paper}.yaml").read_text(encoding="utf-8")))
    told = {file for file, words in ON_THE_PAGE.items() if words in "".join(row[2:4])}
    assert told == set(ON_THE_PAGE) & set(found)
    assert [file for file, each in found.items() if each.by_hand and ON_THE_PAGE[file] not in row[2]] == []
    weights = {file for file in found if file.endswith((".pth", ".tar")) and not file.startswith("VOC")}
    assert weights <= told


def test_authors_weights_are_brought_by_hand_and_need_no_backbone(tmp_path: Path) -> None:
    over = {"runs": {"cagdde": {"official": {"weights": "theirs/net.pth", "flow": "dis"}}}}
    (one,) = needed(over).values()
    assert (one.reader, one.file, one.size) == ("runs.cagdde.official", "net.pth", "221 MB")
    assert (one.folder, one.by_hand, one.here) == (Path("theirs"), True, False)
    assert "pan.baidu.com" in one.source
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "net.pth").touch()
    assert needed(over)["net.pth"].here


@pytest.mark.parametrize(
    "there", ["downloads/vos/VOS.zip", "downloads/vos/sources.json", "normalized/vos/manifest.json"]
)
def test_an_archive_that_is_there_or_was_used_is_not_asked_for(tmp_path: Path, there: str) -> None:
    path = tmp_path / "results" / there
    path.parent.mkdir(parents=True)
    path.touch()
    (one,) = needed({"benchmarks": ["vos"]}).values()
    assert one.here


def test_every_network_s_weights_are_torchvision_s() -> None:
    enums = {name: torchvision.models.get_model_weights(name) for name in ("resnet34", "resnet101", "alexnet", "vgg16")}
    for network, enum in enums.items():
        for name, weights in PUBLISHED[network].items():
            assert enum[name].url.endswith(f"/{weights.file}")
            assert enum[name].meta["_file_size"] == weights.mebibytes
    for enum in (Raft_Large_Weights, Raft_Small_Weights):
        for one in enum:
            weights = PUBLISHED["raft"][f"{enum.__name__}.{one.name}"]
            assert one.url.endswith(f"/{weights.file}")
            assert one.meta["_file_size"] == weights.mebibytes
    assert PUBLISHED["raft"]["large"].file in Raft_Large_Weights.DEFAULT.url
    assert PUBLISHED["raft"]["small"].file in Raft_Small_Weights.DEFAULT.url


def test_the_cache_is_torch_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hub = pytest.importorskip("torch").hub
    assert cache() == Path(hub.get_dir()) / "checkpoints"
    monkeypatch.delenv("TORCH_HOME")
    assert cache() == Path(hub.get_dir()) / "checkpoints"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache() == Path(hub.get_dir()) / "checkpoints"


def test_the_command_lists_size_and_place(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(json.dumps(FLOWNET2 | {"runs": {"dsnet": {"full": full()}}}))
    text = CliRunner().invoke(command, ["--config", str(file)], catch_exceptions=False).output
    _, by_hand, fetched = (
        text.partition("To be brought by you:")[0],
        *text.partition("To be brought by you:")[2].split("Fetched"),
    )
    assert "FlowNet2_checkpoint.pth.tar (650 MB) from https://drive.google.com" in by_hand
    assert f"into {tmp_path}/torch/hub/checkpoints, for flow.fn2" in by_hand
    assert "resnet34-b627a593.pth (87 MB) from torchvision" in fetched
    record = json.loads(CliRunner().invoke(command, ["--config", str(file), "--json"], catch_exceptions=False).output)
    (tmp_path / "torch" / "hub" / "checkpoints").mkdir(parents=True)
    (tmp_path / "torch" / "hub" / "checkpoints" / "resnet34-b627a593.pth").touch()
    text = CliRunner().invoke(command, ["--config", str(file)], catch_exceptions=False).output
    assert "Fetched" not in text
    assert text.partition("At hand:\n")[2].startswith("  resnet34-b627a593.pth (87 MB) from torchvision into ")
    assert {one["file"]: one["by_hand"] for one in record["files"]} == {
        "FlowNet2_checkpoint.pth.tar": True,
        "resnet34-b627a593.pth": False,
    }


@pytest.mark.parametrize("first", [True, False])
def test_the_start_lists_what_only_a_person_can_fetch(first: bool, capsys: pytest.CaptureFixture[str]) -> None:
    workflow = Path(__file__).parents[1] / "workflow"
    read_plan(workflow.joinpath, FLOWNET2 | {"runs": {"dsnet": {"full": full()}}}, first=first)
    said = capsys.readouterr().err.splitlines()
    assert [line.split(" from ")[0] for line in said] == [
        "vsodprep: to be brought by you: FlowNet2_checkpoint.pth.tar (650 MB)"
    ] * first
