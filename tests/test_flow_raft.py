import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from flow_cases import write_frames
from torchvision.models.optical_flow import raft_large, raft_small

from vsodprep.cli.flow import command
from vsodprep.config.flow import Policy
from vsodprep.errors import VsodprepError
from vsodprep.files import sha256
from vsodprep.flow.fit import Fit
from vsodprep.flow.network import NetworkEstimator
from vsodprep.flow.raft import MINIMUM, MULTIPLE, Raft, from_princeton, known_weights, load_raft
from vsodprep.flow.sequence import write_sequence
from vsodprep.flow.store import SCALE, open_flow
from vsodprep.images import read_frame

KEYS = json.loads((Path(__file__).parent / "data" / "flow_checkpoint_keys.json").read_text())
PARAMETERS = {"large": 5_257_536, "small": 990_162}
BUILDERS = {"large": raft_large, "small": raft_small}


def reference(variant: str, seed: int = 0) -> torch.nn.Module:
    """torchvision's model with random weights."""
    torch.manual_seed(seed)
    return BUILDERS[variant](weights=None).eval()


def network(variant: str, iterations: int = 12) -> Raft:
    raft = Raft(variant, iterations)
    raft.model.load_state_dict(reference(variant).state_dict())
    return raft


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sorted(write_frames(tmp_path_factory.mktemp("raft"), 4, (131, 150)).iterdir())


def plain_loop(variant: str, images: list[np.ndarray], fit: Fit, iterations: int) -> list[np.ndarray]:
    """torchvision's model called on one pair after another, nothing shared."""
    model = reference(variant)
    batches = [fit.apply(torch.from_numpy(image).permute(2, 0, 1)[None].float()) / 127.5 - 1 for image in images]
    with torch.inference_mode():
        flows = [model(first, second, num_flow_updates=iterations)[-1] for first, second in pairwise(batches)]
        return [fit.undo(flow, images[0].shape[:2])[0].permute(1, 2, 0).numpy() for flow in flows]


@pytest.mark.parametrize("variant", ["large", "small"])
@pytest.mark.parametrize("kind", ["pad", "crop", "resize"])
def test_sequence_path_is_torchvision_pair_by_pair(variant: str, kind: str, frames: list[Path], tmp_path: Path) -> None:
    fit = Fit(MULTIPLE, MINIMUM, kind)
    estimator = NetworkEstimator(network(variant, 4), fit, {"versions": {}})
    images = [read_frame(path) for path in frames]
    expected = plain_loop(variant, images, fit, 4)
    encoded = estimator.encode(images, [True, True, True, False])
    direct = estimator.estimate(list(pairwise(encoded)))
    write_sequence(frames, tmp_path / "a.h5", estimator, Policy(last_frame="drop"))
    with open_flow(tmp_path / "a.h5") as flow:
        for row in range(3):
            assert np.abs(expected[row]).max() > 0.5
            np.testing.assert_allclose(direct[row], expected[row], atol=1e-4)
            np.testing.assert_allclose(flow.row(row), expected[row], atol=SCALE / 2 + 1e-4)


def test_each_frame_is_encoded_once_for_both_directions(frames: list[Path], tmp_path: Path) -> None:
    raft = network("small", 1)
    seen: list[int] = []
    raft.model.feature_encoder.register_forward_hook(lambda module, inputs, output: seen.append(len(inputs[0])))
    estimator = NetworkEstimator(raft, Fit(MULTIPLE, MINIMUM), {"versions": {}})
    summary = write_sequence(frames, tmp_path / "a.h5", estimator, Policy(direction="both"))
    assert summary["estimated"] == 6
    assert sum(seen) == 4


def test_frames_that_start_no_flow_get_no_context() -> None:
    encoded = network("small").encode(torch.zeros(2, 3, 128, 128), [True, False])
    assert encoded[0].context is not None
    assert encoded[1].context is None


@pytest.mark.parametrize("variant", ["large", "small"])
def test_princeton_keys_become_torchvisions(variant: str) -> None:
    published = {key: torch.zeros(shape) for key, shape in KEYS[f"princeton-vl/RAFT {variant}"].items()}
    own = BUILDERS[variant](weights=None).state_dict()
    renamed = from_princeton({f"module.{key}": value for key, value in published.items()})
    assert {key: value.shape for key, value in renamed.items()} == {key: value.shape for key, value in own.items()}


def princeton(state: dict[str, torch.Tensor], variant: str) -> dict[str, torch.Tensor]:
    """The same parameters under princeton-vl's names."""
    names = {new: old for old in KEYS[f"princeton-vl/RAFT {variant}"] for new in from_princeton({old: torch.zeros(1)})}
    return {f"module.{names[key]}": value for key, value in state.items()}


@pytest.mark.parametrize("layout", ["torchvision", "princeton"])
@pytest.mark.parametrize("variant", ["large", "small"])
def test_weights_from_a_file(layout: str, variant: str, tmp_path: Path) -> None:
    state = reference(variant).state_dict()
    torch.save(state if layout == "torchvision" else princeton(state, variant), tmp_path / "raft-things.pth")
    raft, record = load_raft(str(tmp_path / "raft-things.pth"), iterations=20)
    assert sum(parameter.numel() for parameter in raft.parameters()) == PARAMETERS[variant]
    assert record["variant"] == variant
    assert record["iterations"] == 20
    assert record["weights"] == "raft-things.pth"
    assert record["weights_sha256"] == sha256(tmp_path / "raft-things.pth")
    for key, value in raft.model.state_dict().items():
        assert torch.equal(value, state[key])


def test_weights_of_another_network(tmp_path: Path) -> None:
    torch.save({"flownetc.conv1.0.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "flownet2.pth")
    with pytest.raises(VsodprepError, match=r"flownet2\.pth: no parameter .*the weights of another network"):
        load_raft(str(tmp_path / "flownet2.pth"))


def test_known_weights_carry_their_hashes() -> None:
    known = known_weights()
    assert known["large"] == known["Raft_Large_Weights.C_T_SKHT_V2"]
    assert known["small"] == known["Raft_Small_Weights.C_T_V2"]
    assert all(url.rsplit("-", 1)[1].removesuffix(".pth").isalnum() for url in known.values())


def test_command_line(frames: list[Path], tmp_path: Path) -> None:
    from click.testing import CliRunner

    torch.save(reference("small").state_dict(), tmp_path / "small.pth")
    out = tmp_path / "a.h5"
    words = ["raft", frames[0].parent, "--out", out, "--weights", tmp_path / "small.pth", "--iterations", 2]
    result = CliRunner().invoke(command, [str(word) for word in [*words, "--fit", "crop", "--border", "zero"]])
    assert result.exit_code == 0, result.output
    with open_flow(out) as flow:
        assert flow.attributes["method"] == "raft"
        assert flow.attributes["iterations"] == 2
        assert flow.attributes["fit"] == "crop"
        assert flow.attributes["border"] == "zero"
        assert set(flow.attributes["versions"]) == {"vsodprep", "h5py", "numpy", "torch", "torchvision"}
        assert not flow.of_frame(0)[:1].any()
        assert flow.of_frame(0)[1:129, 3:147].any()


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_lower_precision_stays_near(precision: str, frames: list[Path]) -> None:
    images = [read_frame(path) for path in frames[:2]]
    flows = {}
    for arithmetic in ("float32", precision):
        estimator = NetworkEstimator(network("small", 4), Fit(MULTIPLE, MINIMUM), {}, arithmetic)
        encoded = estimator.encode(images, [True, False])
        flows[arithmetic] = estimator.estimate([tuple(encoded)])[0]
        assert flows[arithmetic].dtype == np.float32
    difference = np.abs(flows[precision] - flows["float32"])
    assert 0 < difference.mean() < 0.03 * np.abs(flows["float32"]).mean()
