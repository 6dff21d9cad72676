"""Building a network by name, and the ImageNet weights of its backbones."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from vsodprep.errors import InputError, VsodprepError
from vsodprep.models import build_model
from vsodprep.weights import imagenet

ROOT = Path(__file__).parents[1]


def test_models_and_vsodprep_models_are_one_module():
    code = (
        "import models.network, models.parts.layers, vsodprep.models.network as canonical;"
        "import models, vsodprep.models, vsodprep.models.parts.layers; from models.network import Network;"
        "assert models is vsodprep.models; assert models.network is canonical;"
        "assert models.parts.layers is vsodprep.models.parts.layers; assert Network is canonical.Network;"
        "assert canonical.__name__ == canonical.__spec__.name == 'vsodprep.models.network'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_importing_models_imports_no_torch():
    code = "import sys, models; assert 'torch' not in sys.modules and 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("dsnets",), {}, r"model: unknown name 'dsnets'; expected one of dsnet, "),
        (("dsnet", "M9"), {}, r"model dsnet: unknown variant 'M9'"),
        (("dsnet",), {"tua": 0.5}, r"model dsnet: options: unknown key tua; expected one of generator, "),
        (("dsnet",), {"direction": "sideways"}, r"model dsnet: options: direction: Input should be 'top-down' or"),
        (("dsnet",), {"tau": -0.1}, r"model dsnet: options: tau: Input should be greater than or equal to 0"),
        (("msst",), {"hidden": 0}, r"model msst: options: hidden: Input should be greater than or equal to 1"),
        (("msst",), {"pool4_stride": 3}, r"model msst: options: pool4_stride: Input should be 1 or 2"),
        (("contrastive",), {"references": 0}, r"model contrastive: options: references: Input should be greater"),
        (
            ("contrastive",),
            {"temperature": 0},
            r"model contrastive: options: temperature: Input should be",
        ),
        (("stan", "dcl"), {"fc6_dilation": 3}, r"options: .*an even dilation only"),
        (("msst",), {"alpha": "positives"}, r"model msst: options: alpha"),
        (("cagdde",), {"decoder": "deeplab"}, r"options: .*gate: false, fusion: cat"),
        (
            ("dsnet",),
            {"generator_kernels": (3, 3, 4, 7, 3)},
            r"model dsnet: options: generator_kernels.2: Input",
        ),
        (("stan", "OS"), {"combine": "attention"}, r"model stan: options: .*combine: sum"),
        (("dsnet",), {"width": 0.0}, r"model dsnet: width 0.0"),
        (("dsnet",), {"width": 0.5, "pretrained": True}, r"pretrained with width 0.5"),
    ],
)
def test_a_wrong_choice_is_named(arguments, options, message):
    with pytest.raises(VsodprepError, match=message):
        build_model(*arguments, **options)


def refuse(*_: object, **__: object) -> None:
    raise OSError("no network")


@pytest.mark.parametrize(
    ("backbone", "file"),
    [
        ("resnet34", "resnet34-b627a593.pth"),
        ("resnet101", "resnet101-63fe2227.pth"),
        ("vgg16", "vgg16-397923af.pth"),
    ],
)
def test_imagenet_weights_that_are_not_there_are_named(tmp_path, monkeypatch, backbone, file):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    message = f"{file}: this file is missing.*expected {file} from https.* in {tmp_path}/hub/checkpoints"
    with pytest.raises(VsodprepError, match=message):
        imagenet(backbone)


def test_damaged_imagenet_weights_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = tmp_path / "hub" / "checkpoints" / "resnet34-b627a593.pth"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"sha256 .*expected b627a593"):
        imagenet("resnet34")
