"""`croissant.json` is valid, and its records are the frames and masks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.every import OFFICIAL
from tests.fakes.fake import Fake
from vsodprep.files import sha256
from vsodprep.manifest import read_manifest
from vsodprep.normalize.run import normalize

mlcroissant = pytest.importorskip("mlcroissant")


@pytest.mark.parametrize("make", OFFICIAL.values(), ids=list(OFFICIAL))
def test_croissant_is_valid(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    out = tmp_path / "out"
    normalize(fake.benchmark, fake.zipped(tmp_path / "in"), out)
    described = mlcroissant.Dataset(jsonld=out / "croissant.json")
    assert not described.metadata.ctx.issues.errors
    hashes = {file.name: file.sha256 for file in described.metadata.file_objects}
    expected = {path.name: sha256(path) for path in (tmp_path / "in").iterdir()}
    assert hashes == expected | {"manifest.json": sha256(out / "manifest.json")}
    names = [record["sequences/name"].decode() for record in described.records("sequences")]
    assert names == [sequence.name for sequence in read_manifest(out).sequences]
    assert len(list(described.records("masks-png"))) == len(fake.truth)


def test_croissant_is_written_for_own_folders(tmp_path: Path) -> None:
    from tests.fakes.fake import picture
    from vsodprep.benchmarks.folders import own_benchmark
    from vsodprep.config.normalize import Choice
    from vsodprep.normalize.own import normalize_own

    (tmp_path / "mine" / "a" / "frames").mkdir(parents=True)
    (tmp_path / "mine" / "a" / "frames" / "1.jpg").write_bytes(picture(1))
    normalize_own(own_benchmark("mine"), tmp_path / "mine", tmp_path / "out", Choice())
    described = mlcroissant.Dataset(jsonld=tmp_path / "out" / "croissant.json")
    assert [record["sequences/name"] for record in described.records("sequences")] == [b"a"]
