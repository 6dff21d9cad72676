"""The registry: what is known, what is not, and how the lock file fills the gaps."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.fakes import davis2016
from tests.fakes.every import OFFICIAL
from vsodprep.benchmarks import get, known, modules
from vsodprep.benchmarks.benchmark import present_sequences
from vsodprep.benchmarks.describe import counted
from vsodprep.benchmarks.lock import pin_file, pin_sequences, pinned_file, read_lock
from vsodprep.cli.benchmarks import command
from vsodprep.config.normalize import Choice
from vsodprep.errors import InputError
from vsodprep.normalize.contact import contact_sheet
from vsodprep.normalize.run import normalize

NINE = ("davis2016", "fbms", "segtrackv2", "visal", "vos", "davsod", "duts", "msra10k", "dutomron")
COUNTS = {
    # benchmark: sequences, frames and masks, by the papers
    "davis2016": (50, 3455, 3455),
    "davis2017": (90, 6208, 6208),
    "visal": (17, 963, 193),
    "duts": (2, 15572, 15572),
    "msra10k": (1, 10000, 10000),
    "dutomron": (1, 5168, 5168),
    "ecssd": (1, 1000, 1000),
    "msrab": (3, 5000, 5000),
    "hkuis": (1, 4447, 4447),
    "pascals": (1, 850, 850),
    "voc2012": (2, 2913, 0),  # class ids are no masks
    "sbd": (2, 11355, 0),
}


@pytest.fixture(autouse=True)
def _no_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock file in the working directory would tell what these tests take for unknown."""
    monkeypatch.chdir(tmp_path)


def test_the_nine_and_synth_are_known() -> None:
    assert known()[0] == "synth"
    assert set(NINE) < set(known())


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_the_papers(name: str) -> None:
    sequences = get(name).sequences
    found = (len(sequences), sum(one.frames or 0 for one in sequences), sum(one.annotated or 0 for one in sequences))
    assert found == COUNTS[name]
    assert get(name).complete


@pytest.mark.parametrize(
    ("name", "split", "count", "frames"),
    [
        ("davis2016", "train", 30, 2079),
        ("davis2016", "val", 20, 1376),
        ("davis2016", "msst-train", 25, 1706),
        ("davis2017", "train", 60, 4209),
        ("davis2017", "val", 30, 1999),
        ("longvideos", "test", 3, 7411),
        ("ytobjects", "test", 126, None),
        ("fbms", "train", 29, None),
        ("fbms", "test", 30, 7306),
        ("fbms", "msst-train", 12, None),
        ("segtrackv2", "all", 14, None),
        ("segtrackv2", "vsod13", 13, 1025),
        ("vos", "train", 119, None),
        ("vos", "val", 40, None),
        ("vos", "test", 40, None),
        ("vos", "easy", 96, None),
        ("vos", "normal", 103, None),
        ("davsod", "train", 61, None),
        ("davsod", "val", 46, None),
        ("davsod", "test", 35, 5332),
        ("duts", "train", 1, 10553),
        ("duts", "test", 1, 5019),
    ],
)
def test_splits_are_those_of_the_literature(name: str, split: str, count: int, frames: int | None) -> None:
    chosen = get(name).splits[split].sequences or ()
    assert len(chosen) == count
    if frames is not None:
        by_name = {one.name: one.frames or 0 for one in get(name).sequences}
        assert sum(by_name[one] for one in chosen) == frames


@pytest.mark.parametrize(
    ("name", "parts"),
    [("davis2016", ("train", "val")), ("davis2017", ("train", "val")), ("vos", ("train", "val", "test"))],
)
def test_splits_do_not_overlap(name: str, parts: tuple[str, ...]) -> None:
    members = [one for part in parts for one in get(name).splits[part].sequences or ()]
    assert len(set(members)) == len(members)


def test_halves_of_davis_that_msst_does_not_name_are_marked_as_ours() -> None:
    splits = get("davis2016").splits
    assert splits["msst-train"].open
    assert splits["msst-test"].open
    assert not set(splits["msst-train"].sequences or ()) & set(splits["msst-test"].sequences or ())


def test_attributes_are_the_fifteen_of_the_paper() -> None:
    attributes = {attribute for one in get("davis2016").sequences for attribute in one.attributes}
    assert attributes == {"AC", "BC", "CS", "DB", "DEF", "EA", "FM", "HO", "IO", "LR", "MB", "OCC", "OV", "SC", "SV"}


def test_splits_of_davis2017_hold_those_of_davis2016() -> None:
    old, new = get("davis2016").splits, get("davis2017").splits
    for split in ("train", "val"):
        assert set(old[split].sequences or ()) < set(new[split].sequences or ())


def test_every_video_of_youtube_objects_has_its_class() -> None:
    classes = Counter(one.attributes for one in get("ytobjects").sequences)
    assert len(classes) == 10
    assert (classes["dog",], classes["train",]) == (27, 5)


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="'davis2061': no such benchmark; expected one of synth, davis2016, davis20"):
        get("davis2061")


def test_modules_of_one_benchmark_are_of_no_other() -> None:
    assert modules("fbms") == ("vsodprep.benchmarks.fbms",)
    assert not set(modules("fbms")) & set(modules("vos"))
    assert modules("my videos") == ("vsodprep.benchmarks.folders",)


def test_present_sequences_of_the_official_archive(tmp_path: Path) -> None:
    found = present_sequences(get("davis2016"), davis2016.official().zipped(tmp_path))
    counts = {one.name: (one.frames, one.annotated) for one in found}
    assert counts == {"bear": (4, 4), "bmx-bumps": (4, 4), "dog": (3, 3)}
    assert "val" in found[2].splits


def test_what_nobody_published_is_pinned_and_held_to(tmp_path: Path) -> None:
    fake, lock = OFFICIAL["davsod"](), tmp_path / "lock.json"
    paths = fake.zipped(tmp_path / "in")
    manifest = normalize(fake.benchmark, paths, tmp_path / "out", Choice())
    whole = get("davsod", lock)
    assert whole.splits["test-normal"].sequences is None
    assert not whole.complete
    pin_sequences(lock, whole, manifest)
    pinned = get("davsod", lock)
    assert pinned.splits["test-normal"].sequences == ("select_0999",)
    assert pinned.splits["test-difficult"].sequences == ("select_0998",)
    assert pinned.complete
    by_name = {one.name: one for one in pinned.sequences}
    assert (by_name["select_0999"].frames, by_name["select_0999"].annotated) == (4, 4)
    assert by_name["select_0043"].frames == 4
    assert by_name["select_0606"].frames == 241
    fake.drop("Normal-25/select_0999/Imgs/0007.png")
    fake.drop("Normal-25/select_0999/GT_object_level/0007.png")
    with pytest.raises(InputError, match=r"Normal-25\.zip: select_0999: 3 frames of 4"):
        normalize(pinned, fake.zipped(tmp_path / "in"), tmp_path / "out", Choice(sequences=("select_0999",)))


def test_lock_knows_files_and_keeps_what_it_has(tmp_path: Path) -> None:
    lock = tmp_path / "sub" / "lock.json"
    assert pinned_file(lock, "vos", "VOS.zip") is None
    pin_file(lock, "vos", "VOS.zip", "ab", 3)
    pin_file(lock, "vos", "VOS.zip", "cd", 4)
    assert pinned_file(lock, "vos", "VOS.zip") == ("ab", 3)
    assert list(read_lock(lock)) == ["vos"]


def test_several_may_pin_at_once(tmp_path: Path) -> None:
    lock, names = tmp_path / "lock.json", [f"{number}.zip" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: pin_file(lock, "vos", name, name, 1), names))
    assert set(read_lock(lock)["vos"]["files"]) == set(names)


def test_lock_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "lock.json").write_text("[")
    with pytest.raises(InputError, match=r"lock\.json: no JSON"):
        get("vos", tmp_path / "lock.json")


def test_video_that_no_list_names_is_pinned(tmp_path: Path) -> None:
    fake, lock = OFFICIAL["vos"](), tmp_path / "lock.json"
    manifest = normalize(fake.benchmark, fake.zipped(tmp_path / "in"), tmp_path / "out")
    pin_sequences(lock, get("vos", lock), manifest)
    pinned = get("vos", lock)
    assert pinned.splits["easy"].sequences is not None
    assert "9999" in pinned.splits["easy"].sequences
    assert len(pinned.sequences) == 200


def test_table_marks_what_is_unknown() -> None:
    lines = CliRunner().invoke(command, []).output.splitlines()
    rows = {line.split()[0]: line.split()[1:4] for line in lines}
    assert rows["davis2016"] == ["50", "3,455", "3,455"]
    assert rows["vos"] == ["200", "116,103", "7,650"]  # as published, where the lists are not whole
    assert rows["fbms"] == ["59", "13,960", "720"]
    assert rows["ytobjects"] == ["126", "?", "?"]
    assert set(rows) == {"name", *known()}


def test_known_parts_of_unknown_totals_are_told() -> None:
    assert counted(get("segtrackv2")) == ("14", "1,025+", "1,025+")


PAGE = (Path(__file__).parents[1] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
HEADINGS = (
    "What it is",
    "Size",
    "Splits",
    "Licence",
    "Source",
    "Layout and traps",
    "What vsodprep does",
    "Used by",
    "Citation",
)


@pytest.mark.parametrize("name", known())
def test_the_page_tells_of_a_benchmark_what_the_registry_knows(name: str) -> None:
    section = PAGE.split(f"\n### {name}\n")[1].split("\n## ")[0].split("\n### ")[0]
    found = dict(re.findall(r"- \*\*(.+?)\.\*\* (.+?)(?=\n- \*\*|\Z)", section, re.DOTALL))
    assert tuple(found) == HEADINGS
    told = {heading: " ".join(text.split()) for heading, text in found.items()}
    benchmark = get(name)
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| [`{name}`](#{name}) |"))
    assert tuple(cell.strip() for cell in row.split("|")[2:5]) == counted(benchmark)
    for number in counted(benchmark)[1:]:
        assert number.strip("+?") in told["Size"]
    assert benchmark.title in told["What it is"]
    assert benchmark.licence.lower() in told["Licence"].lower()
    assert benchmark.citation in told["Citation"]
    assert [file.name for file in benchmark.files if f"`{file.name}`" not in told["Source"]] == []
    by_hand = any(not file.urls for file in benchmark.files if not file.optional)
    assert ("by hand" in told["Source"].lower()) == by_hand
    sizes = dict(re.findall(r"`([\w-]+)` \(([^)]+)\)", told["Splits"]))
    assert set(sizes) == set(benchmark.splits)
    for key, split in benchmark.splits.items():
        inside = [one for one in benchmark.sequences if key in one.splits]
        frames = [one.frames for one in inside]
        words = ["unknown"] if split.sequences is None else [f"{len(inside)} sequences"]
        if inside and None not in frames:
            words.append(f"{sum(filter(None, frames)):,} {'images' if inside[0].still else 'frames'}")
        assert sizes[key] == (words[-1] if inside and inside[0].still else ", ".join(words))


@pytest.mark.parametrize("name", known())
def test_every_benchmark_is_described(name: str) -> None:
    text = CliRunner().invoke(command, [name]).output
    benchmark = get(name)
    for part in (benchmark.title, benchmark.licence, benchmark.citation, *benchmark.splits):
        assert part in text
    record = json.loads(CliRunner().invoke(command, [name, "--json"]).output)
    assert [line.removeprefix("  note: ") for line in text.splitlines() if "  note: " in line] == record["notes"]
    assert set(record["notes"]) == {*benchmark.notes, benchmark.revised} - {""}
    assert set(record["splits"]) == set(benchmark.splits)
    assert all({"urls", "bytes", "checksum", "status"} <= set(file) for file in record["files"])


def test_contact_sheet_shows_every_sequence(tmp_path: Path) -> None:
    fake = davis2016.official()
    normalize(fake.benchmark, fake.zipped(tmp_path / "in"), tmp_path / "out")
    sheet = contact_sheet(tmp_path / "out", tile=(60, 80), columns=2)
    assert sheet.shape == (2 * (60 + 14 + 4) + 4, 2 * (80 + 4) + 4, 3)
    assert sheet.dtype == np.uint8
    outline = (sheet == (255, 0, 255)).all(axis=-1)
    for row, column in ((0, 0), (0, 1), (1, 0)):
        tile = outline[4 + row * 78 : 64 + row * 78, 4 + column * 84 : 84 + column * 84]
        assert tile.sum() > 10
    assert not outline[82:, 90:].any()
    assert np.array_equal(sheet, contact_sheet(tmp_path / "out", tile=(60, 80), columns=2))


def test_outline_follows_the_mask(tmp_path: Path) -> None:
    """At the frames' own size the outline is the mask's border, and nothing else is painted over."""
    fake = davis2016.official()
    normalize(fake.benchmark, fake.zipped(tmp_path / "in"), tmp_path / "out", Choice(sequences=("dog",)))
    sheet = contact_sheet(tmp_path / "out", tile=(18, 24))
    outline = (sheet[4:22, 4:28] == (255, 0, 255)).all(axis=-1)
    mask = fake.truth["dog", "00001"]
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:] & mask
    assert (outline <= mask).all()
    assert ((mask & ~inner) <= outline).all()


def test_contact_sheet_of_still_images_shows_several(tmp_path: Path) -> None:
    fake = OFFICIAL["msra10k"]()
    normalize(fake.benchmark, fake.zipped(tmp_path / "in"), tmp_path / "out")
    assert contact_sheet(tmp_path / "out", tile=(18, 24), columns=3).shape[1] == 3 * 28 + 4
