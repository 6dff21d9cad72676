import json

import numpy as np
import pytest
from click.testing import CliRunner
from coarse_folders import FRAMES, SIZE, truth, write_sequence

from vsodprep.cli import cli
from vsodprep.config.flow import Policy
from vsodprep.errors import InputError
from vsodprep.files import sha256
from vsodprep.flow.pairs import make_pairs
from vsodprep.flow.store import write_flow
from vsodprep.images import read_gray, read_mask, write_png
from vsodprep.prior.store import write_prior


@pytest.fixture
def tree(tmp_path):
    return write_sequence(tmp_path)


def label(tree, *options, maps=("good",), name="bear"):
    words = ["coarse", "label", tree / "frames" / name, *(word for m in maps for word in ("--maps", tree / m / name))]
    words += ["--out", tree / "coarse" / name, *options]
    result = CliRunner().invoke(cli, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads((tree / "coarse" / name / "record.json").read_text())


def labels(tree, name="bear"):
    return {frame: read_gray(tree / "coarse" / name / f"{frame}.png") for frame in FRAMES}


def test_labels_are_coded_as_masks(tree):
    record = label(tree, "--order", "fuse,otsu")
    for index, (frame, written) in enumerate(labels(tree).items()):
        expected = truth(index)
        expected[26:30, 32:38] = True
        np.testing.assert_array_equal(written, expected * 255)
        assert record["frames"][frame]["foreground"] == pytest.approx(expected.mean(), abs=1e-6)
        assert 30 <= record["frames"][frame]["threshold"] < 220
    assert list(record["frames"]) == sorted(FRAMES)


def test_edits_are_applied_and_recorded(tree):
    edits = tree / "edits.txt"
    edits.write_text("bear 9..10 erase component 34,27\nbear 8 erase component 0,0\nfox * erase all\n")
    record = label(tree, "--order", "fuse,otsu,edits", "--edits", str(edits))
    for index, (frame, written) in enumerate(labels(tree).items()):
        assert (written[27, 34] == 255) == (frame == "8")
        np.testing.assert_array_equal(written[:22] > 0, truth(index)[:22])
    assert record["frames"]["9"]["edits"] == ["bear 9..10 erase component 34,27"]
    assert record["frames"]["9"]["edits_without_effect"] == []
    assert record["frames"]["8"]["edits_without_effect"] == ["bear 8 erase component 0,0"]


def test_record_tells_how_the_labels_came_about(tree):
    write_png(tree / "good" / "bear" / "extra.png", np.zeros(SIZE, dtype=np.uint8))
    record = label(tree, "--weights", "0.9,0.1", "--crf", "dss", maps=("good", "bad"))
    assert record["weights"] == [0.9, 0.1]
    assert record["order"] == ["fuse", "otsu", "crf", "edits"]
    assert (record["crf"]["unary"], record["crf"]["iterations"], record["certainty"]) == ("dss", 1, 0.7)
    assert record["methods"] == [
        {"method": "given", "coding": "values (8-bit gray)"},
        {"method": "given", "coding": "values (8-bit gray)"},
    ]
    assert len({*record["maps"]}) == 2
    assert str(tree) not in json.dumps(record)


@pytest.fixture
def prior(tree):
    """A prior that sees the object in two frames of three; the middle one has none."""
    values = np.array([truth(index) * 200 for index in (0, 2)], dtype=np.uint8)
    write_prior(tree / "prior.h5", values, [FRAMES[0], FRAMES[2]], {})
    return tree / "prior.h5"


def test_the_substitute_by_the_prior_is_applied_and_recorded(tree, prior):
    options = ("--order", "fuse,otsu,substitute", "--substitute-prior", prior, "--substitute-share", "0.75")
    record = label(tree, *map(str, options))
    written = labels(tree)
    for index in (0, 2):
        np.testing.assert_array_equal(written[FRAMES[index]] > 0, truth(index))
        erased = {"components": 2, "erased_components": 1, "erased_pixels": 4 * 6, "spared": False}
        assert record["frames"][FRAMES[index]]["substitute"] == erased
    assert written["9"][27, 34] == 255
    assert record["frames"]["9"]["substitute"] is None
    settings = {"instead_of": "erasing by hand", "support": "prior", "threshold": 0.5, "share": 0.75}
    assert record["substitute"] == settings
    assert record["support"] == {"prior": sha256(prior)}


@pytest.mark.parametrize("high", [255, 1])
def test_the_substitute_by_a_carried_mask_is_applied_and_recorded(tree, high):
    pairs = make_pairs(len(FRAMES), Policy())
    flows = ({"forward": np.full((*SIZE, 2), (4 * (pair.target - pair.source), 0), np.float32)} for pair in pairs)
    write_flow(tree / "flow.h5", pairs, flows, SIZE, {}, frames=FRAMES)
    for frame in (FRAMES[0], FRAMES[2]):
        (tree / "masks" / "bear" / f"{frame}.png").unlink()
    mask = tree / "masks" / "bear" / f"{FRAMES[1]}.png"
    write_png(mask, read_mask(mask).astype(np.uint8) * np.uint8(high))
    options = ("--substitute-flow", tree / "flow.h5", "--substitute-masks", tree / "masks" / "bear")
    record = label(tree, "--order", "fuse,otsu,substitute", *map(str, options))
    for index, (frame, written) in enumerate(labels(tree).items()):
        np.testing.assert_array_equal(written > 0, truth(index))
        assert record["frames"][frame]["substitute"]["erased_pixels"] == 4 * 6
        assert record["frames"][frame]["substitute"]["carried_from"] == FRAMES[1]
    assert record["substitute"]["support"] == "truth"
    assert record["support"].keys() == {"flow", "masks"}


def test_without_the_step_the_record_says_so(tree):
    record = label(tree)
    assert record["substitute"] is None
    assert "substitute" not in record["frames"]["9"]


def test_a_step_without_support_is_refused(tree):
    with pytest.raises(InputError, match="substitute: no support; expected --substitute-prior"):
        label(tree, "--order", "fuse,otsu,substitute")


def test_a_prior_of_another_size_is_named(tree):
    write_prior(tree / "prior.h5", np.zeros((3, 4, 4), dtype=np.uint8), FRAMES, {})
    with pytest.raises(InputError, match=r"8\.png: 32 x 40 pixels; expected 4 x 4, as its prior"):
        label(tree, "--order", "fuse,otsu,substitute", "--substitute-prior", str(tree / "prior.h5"))


def test_collect_counts_what_the_substitute_erased(tree, prior):
    label(tree, "--order", "fuse,otsu,substitute", "--substitute-prior", str(prior))
    joined = collect(tree, tree / "coarse" / "bear" / "record.json")
    erased = {"erased_components": 2, "erased_pixels": 2 * 4 * 6, "spared": 0}
    assert joined["counts"] == {"sequences": 1, "frames": 3} | erased
    assert joined["substitute"]["support"] == "prior"


def test_maps_of_another_size_are_resized(tree):
    for index, frame in enumerate(FRAMES):
        write_png(tree / "small" / "bear" / f"{frame}.png", (truth(index)[::2, ::2] * 255).astype(np.uint8))
    label(tree, "--order", "fuse,otsu", maps=("small",))
    assert all((written > 0).sum() == pytest.approx(144, rel=0.2) for written in labels(tree).values())


def test_two_runs_give_the_same_bytes(tree):
    label(tree)
    before = {path: path.read_bytes() for path in (tree / "coarse").rglob("*") if path.is_file()}
    label(tree)
    assert before == {path: path.read_bytes() for path in (tree / "coarse").rglob("*") if path.is_file()}


def test_missing_map_is_named_and_leaves_no_record(tree):
    (tree / "good" / "bear" / "9.png").unlink()
    with pytest.raises(InputError, match=r"good/bear/9\.png: no map of this frame"):
        label(tree)
    assert not (tree / "coarse" / "bear" / "record.json").exists()


def collect(tree, *records):
    out = tree / "provenance.json"
    result = CliRunner().invoke(cli, ["coarse", "collect", *map(str, records), "--out", str(out)])
    if result.exception:
        raise result.exception
    return json.loads(out.read_text())


def test_collect_joins_sequences(tree):
    write_sequence(tree, "fox")
    for name in ("fox", "bear"):
        label(tree, name=name)
    joined = collect(tree, tree / "coarse" / "fox" / "record.json", tree / "coarse" / "bear" / "record.json")
    assert joined["counts"] == {"sequences": 2, "frames": 6}
    assert list(joined["sequences"]) == ["bear", "fox"]
    assert joined["sequences"]["fox"]["frames"]["10"]["threshold"] >= 30
    assert joined["crf"]["bilateral_sxy"] == 60


def test_collect_refuses_records_of_other_settings(tree):
    write_sequence(tree, "fox")
    label(tree)
    label(tree, "--order", "fuse,otsu", name="fox")
    with pytest.raises(InputError, match=r"fox/record\.json: order"):
        collect(tree, tree / "coarse" / "fox" / "record.json", tree / "coarse" / "bear" / "record.json")


def test_collect_refuses_what_is_no_record(tree):
    (tree / "x.json").write_text("{}")
    with pytest.raises(InputError, match=r"x\.json: no record"):
        collect(tree, tree / "x.json")


@pytest.mark.parametrize("order", ["", "fuse,ostu", "fuse otsu"])
def test_an_unknown_step_is_wrong_usage(tree, order):
    words = [
        "coarse",
        "label",
        tree / "frames",
        "--maps",
        tree,
        "--out",
        tree,
        "--record",
        tree / "r",
        "--order",
        order,
    ]
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == 2
    assert "'--order'" in result.output
