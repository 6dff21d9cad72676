"""What a GPU computes: the same as the CPU, twice the same, and training that goes on in the same bytes."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import test_train_ranks as ranks
import torch
from flow_cases import texture
from model_batches import make_batch
from test_crf_refine import textured
from test_train import SETTINGS, TWO_STAGES, StopError, digest, fit, recipe, shard, stage

from vsodprep.config.crf import PRESETS
from vsodprep.config.models import MODELS, definition
from vsodprep.crf.refine import refine
from vsodprep.flow.fit import Fit
from vsodprep.flow.flownet2 import FlowNet2
from vsodprep.flow.network import NetworkEstimator
from vsodprep.flow.raft import Raft
from vsodprep.models import build_model, saved
from vsodprep.models.device import place
from vsodprep.models.history import History
from vsodprep.models.training import Execution, train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that torch can use")

two_cards = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two GPUs")

__all__ = ["shard"]  # a fixture

ON_GPU = Execution("cuda", threads=1, save_seconds=0)


def on_gpu(batch):
    return {key: value.cuda() if isinstance(value, torch.Tensor) else value for key, value in batch.items()}


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return ((found.cpu() - expected).norm() / expected.norm()).item()


@pytest.fixture
def plain_float32():
    """Convolutions without TF32, so that a difference from the CPU is a mistake."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield


@pytest.fixture
def deterministic():
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    yield
    torch.use_deterministic_algorithms(mode=False)


@pytest.mark.parametrize("name", MODELS)
def test_a_network_predicts_what_it_predicts_on_the_cpu(name, plain_float32):
    torch.manual_seed(0)
    network = build_model(name, width=0.25).eval()
    batch = make_batch(2, network.clip_length, (96, 128))
    with torch.no_grad():
        expected = network(batch)["saliency"]
        place(network, "cuda")
        found = network(on_gpu(batch))["saliency"]
    assert found.device.type == "cuda"
    assert relative(found, expected) < 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_a_step_is_that_of_the_cpu(name, plain_float32):
    """In double precision, where batch statistics of few pixels do not spread rounding."""
    torch.manual_seed(0)
    variant = "both" if name == "contrastive" else "full"  # whose loss draws nothing on the device
    options = {"dropout": 0} if "dropout" in definition(name).options.model_fields else {}
    network = build_model(name, variant, width=0.1, **options).double().train()
    batch = make_batch(4, network.clip_length, (64, 96))
    batch = {
        key: value.double() if getattr(value, "is_floating_point", bool)() else value for key, value in batch.items()
    }
    gradients = []
    for device, given in (("cpu", batch), ("cuda", on_gpu(batch))):
        network.to(device).zero_grad()
        network.loss(network(given), given)["loss"].backward()
        gradients.append(torch.cat([each.grad.flatten().cpu() for each in network.parameters()]))
    assert relative(gradients[1], gradients[0]) < 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_a_step_is_twice_the_same(name, deterministic):
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        network = build_model(name, width=0.1)
        place(network, "cuda")
        batch = on_gpu(make_batch(2, network.clip_length))
        generator = torch.Generator("cuda").manual_seed(0)
        network.loss(network.train()(batch), batch, generator)["loss"].backward()
        found.append(torch.cat([each.grad.flatten() for each in network.parameters()]))
    assert torch.equal(*found)


def test_training_twice_and_with_readers_gives_the_same_bytes(shard, tmp_path):
    fit(shard, tmp_path / "one" / "last.ckpt", TWO_STAGES, settings=ON_GPU)
    fit(shard, tmp_path / "two" / "last.ckpt", TWO_STAGES, settings=ON_GPU)
    ahead = Execution("cuda", threads=1, workers=2)
    fit(shard, tmp_path / "ahead" / "last.ckpt", TWO_STAGES, settings=ahead)
    assert len({digest(tmp_path / name / "last.ckpt") for name in ("one", "two", "ahead")}) == 1


def test_an_interrupted_run_goes_on_exactly(shard, tmp_path, monkeypatch):
    whole, broken = tmp_path / "whole" / "last.ckpt", tmp_path / "broken" / "last.ckpt"
    fit(shard, whole, TWO_STAGES, settings=ON_GPU)
    add, calls = History.add, []

    def failing(self, terms):
        calls.append(1)
        if len(calls) > 5:
            raise StopError
        add(self, terms)

    monkeypatch.setattr(History, "add", failing)
    with pytest.raises(StopError):
        fit(shard, broken, TWO_STAGES, settings=ON_GPU)
    monkeypatch.setattr(History, "add", add)
    fit(shard, broken, TWO_STAGES, settings=ON_GPU)
    assert digest(broken) == digest(whole)


def test_training_starts_where_the_cpu_starts(shard, tmp_path):
    """One step from the same seed: the same samples, weights and loss, up to rounding."""
    run = recipe(stage(steps=1))
    losses = []
    for name, settings in (("cpu", SETTINGS), ("gpu", ON_GPU)):
        content = fit(shard, tmp_path / name / "last.ckpt", run, settings=settings)
        assert content["device"] == settings.device
        row = (tmp_path / name / "metrics.csv").read_text().splitlines()
        losses.append(float(dict(zip(row[0].split(","), row[1].split(","), strict=True))["loss"]))
    assert losses[1] == pytest.approx(losses[0], rel=1e-2)


@pytest.mark.parametrize(("network", "multiple"), [(Raft, 8), (FlowNet2, 64)])
def test_flow_is_that_of_the_cpu(network, multiple):
    """Two frames and their flow, network weights drawn at random."""
    torch.manual_seed(0)
    weights = network().state_dict()
    frames = [texture(136, 200, seed) for seed in range(3)]
    flows = {}
    for device in ("cpu", "cuda"):
        fresh = network()
        fresh.load_state_dict(weights)
        estimator = NetworkEstimator(fresh, Fit(multiple, 128), {}, device=device)
        encoded = estimator.encode(frames, [True, True, False])
        flows[device] = np.stack(estimator.estimate(list(pairwise(encoded))))
        if device == "cuda":
            again = estimator.estimate(list(pairwise(estimator.encode(frames, [True, True, False]))))
            assert (np.stack(again) == flows["cuda"]).all()
    error = np.linalg.norm(flows["cuda"] - flows["cpu"]) / np.linalg.norm(flows["cpu"])
    assert error < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_compiled_networks_predict_the_same(name, plain_float32):
    torch.manual_seed(0)
    network = build_model(name, width=0.25).eval().cuda()
    batch = on_gpu(make_batch(1, network.clip_length, (96, 128)))
    with torch.no_grad():
        expected = network(batch)["saliency"]
        found = torch.compile(network)(batch)["saliency"]
    assert relative(found, expected.cpu()) < 1e-3


@pytest.mark.parametrize("name", PRESETS)
def test_a_crf_is_that_of_the_cpu_and_twice_the_same(name):
    frame, probability = textured()
    crf = PRESETS[name].model_copy(update={"engine": "torch", "output": "probability"})
    expected, found, again = (refine(frame, probability, crf, device) for device in ("cpu", "cuda", "cuda"))
    assert ((found > 0.5) == (expected > 0.5)).mean() > 0.999
    assert np.abs(found - expected).mean() < 1e-4
    np.testing.assert_array_equal(found, again)


@two_cards
def test_two_jobs_take_a_card_each():
    """As `tests/test_cards.py` does with pretended cards."""
    code = (
        "import sys; from vsodprep.cards import take_cards; take_cards(); import torch; torch.zeros(1).cuda();"
        "print(torch.cuda.get_device_properties(0).uuid, torch.cuda.device_count(), flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    jobs = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _ in range(2)]
    seen = [job.stdout.readline().split() for job in jobs]
    for job in jobs:
        job.communicate("")
    assert [count for _, count in seen] == ["1", "1"]
    assert seen[0] != seen[1]


@two_cards
def test_two_cards_equal_one(shard, tmp_path):
    """As two processes of the CPU do, as far as convolutions with TF32 tell."""
    run, weights = ranks.recipe(), []
    for devices in (1, 2):
        out = tmp_path / str(devices) / "last.ckpt"
        train(ranks.MODEL, ranks.on(devices, run), {"mini": shard}, seed=0, out=out, settings=ON_GPU)
        weights.append(saved.load(out)["weights"])
    torch.manual_seed(0)
    start = build_model(ranks.MODEL).state_dict()
    for key in ("features.0.weight", "head.weight"):
        one, two = (each[key] - start[key] for each in weights)
        assert relative(two, one) < 0.02, key
