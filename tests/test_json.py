"""What commands print for scripts."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from vsodprep.cli import cli


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Masks and maps of two sequences, and their scores."""
    root = tmp_path_factory.mktemp("json")
    for place, seed in (("masks", 0), ("a", 1), ("b", 2)):
        draws = np.random.default_rng(seed)
        for path in (root / place / name / f"{frame}.png" for name in ("cat", "dog") for frame in range(3)):
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.uint8(255) * draws.integers(0, 2, (8, 8), dtype=np.uint8))
    for name in ("a", "b"):
        words = f"evaluate --pred {root / name} --gt {root / 'masks'} --measure mae --jobs 1 --json {root / name}.json"
        assert CliRunner().invoke(cli, words.split()).exit_code == 0
    return root


PRINTED = {
    "benchmarks": ("benchmarks --json", lambda found: {one["name"] for one in found} > {"synth", "visal"}),
    "a benchmark": ("benchmarks visal --json", lambda found: found["counts"]["sequences"] == 17),
    "published maps": ("benchmarks --maps --json", lambda found: all("files" in one for one in found)),
    "plan": ("plan --json", lambda found: found["total"]["disk"] > 0),
    "table": ("table a=a.json b=b.json --measure mae --format json", lambda found: found[1]["method"] == "b"),
    "table by its short option": (
        "table a=a.json b=b.json --measure mae --json",
        lambda found: found[0]["method"] == "a",
    ),
    "compare": ("compare a=a.json b=b.json --measure mae --json -", lambda found: found["first"] == "a"),
    "evaluate": ("evaluate --pred a --gt masks --measure mae --jobs 1 --json -", lambda found: 0 < found["mae"] < 1),
}


@pytest.mark.parametrize(("words", "fits"), PRINTED.values(), ids=PRINTED)
def test_standard_output_is_json_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], words: str, fits: object
) -> None:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(cli, words.split())
    assert result.exit_code == 0, result.output
    assert callable(fits)
    assert fits(json.loads(result.stdout + capfd.readouterr().out))
    assert ("mae" in result.stderr.lower()) == words.endswith("-")  # what a person reads is still there
