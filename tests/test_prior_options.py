"""Keys of a configuration block are the options of its command."""

import shlex

import pytest

from vsodprep.cli.coarse import label
from vsodprep.cli.prior import fit
from vsodprep.config.coarse import Coarse
from vsodprep.config.prior import DRFI, LIGHT, Prior
from vsodprep.workflow.options import options


def parsed(command, *words):
    return command.make_context("command", list(words)).params


@pytest.mark.parametrize(
    "block",
    [
        Prior(),
        Prior(levels=DRFI, scale=1, backend="skimage", features="alexnet", weights="random", hidden=(9,), seed=3),
    ],
    ids=["default", "other"],
)
def test_prior_block_becomes_options(block):
    levels = [word for level in block.levels for word in ("--level", *map(str, level))]
    rest = shlex.split(options(block, skip={"flow", "fit", "levels"}))
    values = parsed(fit, "--train", "n", "f", "train", "--out", "c.npz", *levels, *rest)
    for key, value in block.model_dump(exclude={"flow", "fit", "levels"}).items():
        assert values[key] == value
    assert values["level"] == block.levels


def test_prior_defaults_are_the_configuration_s():
    values = parsed(fit, "--train", "n", "f", "train", "--out", "c.npz")
    for key, value in Prior().model_dump(exclude={"flow", "fit", "levels"}).items():
        assert values[key] == value
    assert values["level"] == LIGHT


def test_drfi_has_fifteen_levels():
    assert len(set(DRFI)) == 15
    assert set(LIGHT) <= set(DRFI)


def test_coarse_defaults_are_the_configuration_s():
    values, block = parsed(label, "frames", "--maps", "m", "--out", "o", "--record", "r.json"), Coarse()
    assert values["order"] == ",".join(block.order)
    assert (values["weights"], values["crf"], values["certainty"]) == (block.weights, block.crf, block.certainty)
