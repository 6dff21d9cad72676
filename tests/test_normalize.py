"""The same tests over every benchmark, on miniature deliveries in their official and other layouts."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.fakes import davis2016, fbms
from tests.fakes.archives import make_rar, make_tar, make_zip
from tests.fakes.every import OFFICIAL, OTHER
from tests.fakes.fake import Fake, blob, encoded, gray, picture
from vsodprep.ahead import map_ordered
from vsodprep.benchmarks.benchmark import present_sequences
from vsodprep.benchmarks.layout import FrameFiles, original_names
from vsodprep.config.normalize import Choice
from vsodprep.errors import InputError
from vsodprep.images import read_mask
from vsodprep.manifest import read_manifest
from vsodprep.normalize.run import normalize

EVERY = pytest.mark.parametrize("make", {**OFFICIAL, **OTHER}.values(), ids=[*OFFICIAL, *OTHER])


def tree(folder: Path) -> dict[str, str]:
    """Hash every file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run(fake: Fake, tmp_path: Path, options: Choice | None = None) -> Path:
    out = tmp_path / "out"
    normalize(fake.benchmark, fake.zipped(tmp_path / "in"), out, options or Choice())
    return out


@EVERY
def test_masks_are_right(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    out = run(fake, tmp_path)
    manifest = read_manifest(out)
    assert {one.name: one.frames for one in manifest.sequences} == fake.frames
    assert {(one.name, stem) for one in manifest.sequences for stem in one.annotated} == set(fake.truth)
    for (name, stem), mask in fake.truth.items():
        with Image.open(out / name / "masks" / f"{stem}.png") as image:
            assert image.mode == "L"
            assert np.array_equal(np.asarray(image), gray(mask)), (name, stem)
    masks = {(path.parent.parent.name, path.stem) for path in out.glob("*/masks/*")}
    assert masks == set(fake.truth)


@EVERY
def test_frames_are_kept(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    out = run(fake, tmp_path)
    delivered = {data for members in fake.archives.values() for data in members.values()}
    pixels = {_pixels(data) for path, data in _images(fake)}
    frames = list(out.glob("*/frames/*"))
    assert len(frames) == sum(map(len, fake.frames.values()))
    for path in frames:
        assert path.suffix in (".jpg", ".png")
        assert path.read_bytes() in delivered or (path.suffix == ".png" and _pixels(path.read_bytes()) in pixels)


def _images(fake: Fake) -> list[tuple[str, bytes]]:
    endings = (".jpg", ".png", ".bmp")
    return [item for members in fake.archives.values() for item in members.items() if _is_image(item, endings)]


def _is_image(item: tuple[str, bytes], endings: tuple[str, ...]) -> bool:
    return item[0].endswith(endings) and item[1] != b"junk"


def _pixels(data: bytes) -> bytes:
    import io

    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


@EVERY
def test_manifest_tells_layout_originals_and_issues(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    manifest = read_manifest(run(fake, tmp_path))
    assert manifest.extra["layout"] == fake.layout
    assert {issue.kind for issue in manifest.issues} == fake.notes
    assert {one.name: one.original for one in manifest.sequences if one.original} == fake.original
    assert [source.file for source in manifest.sources] == list(fake.archives)
    assert all(len(source.sha256 or "") == 64 for source in manifest.sources)


@EVERY
def test_odd_masks_are_kept_beside(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    out = run(fake, tmp_path)
    kept = {(path.parent.parent.name, path.name.split(".")[0]): path for path in out.glob("*/masks_raw/*")}
    allowed = fake.raw | ({("DUTS-TR", "n01532829_13482")} if fake.name == "duts" else set())
    assert fake.raw <= set(kept) <= allowed
    delivered = {data for members in fake.archives.values() for data in members.values()}
    assert all(path.read_bytes() in delivered for path in kept.values())


@EVERY
def test_same_bytes_on_one_and_eight_jobs(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    paths = fake.zipped(tmp_path / "in")
    normalize(fake.benchmark, paths, tmp_path / "one", jobs=1)
    normalize(fake.benchmark, paths, tmp_path / "eight", jobs=8)
    assert tree(tmp_path / "one") == tree(tmp_path / "eight")


@EVERY
def test_unpacked_folder_gives_the_same(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    normalize(fake.benchmark, fake.zipped(tmp_path / "zip"), tmp_path / "one")
    normalize(fake.benchmark, fake.unpacked(tmp_path / "folder"), tmp_path / "two")
    one, two = read_manifest(tmp_path / "one"), read_manifest(tmp_path / "two")
    assert one.sequences == two.sequences
    assert one.extra["sha256"] == two.extra["sha256"]


@EVERY
def test_unreadable_frame_is_named(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    whole = next(members[fake.a_frame] for members in fake.archives.values() if fake.a_frame in members)
    fake.put(fake.a_frame, whole[: len(whole) // 2])
    with pytest.raises(InputError, match=f"{_literal(fake.a_frame)}: unreadable image"):
        run(fake, tmp_path)
    assert not (tmp_path / "out").exists()


@EVERY
def test_mask_of_another_size(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    with Image.open(_file(fake, fake.a_mask)) as image:
        small = np.asarray(image)[:-1]
        mode = "P" if image.mode == "P" else None
        palette = image.getpalette()
    smaller = Image.fromarray(small, mode) if mode else Image.fromarray(small)
    if mode:
        smaller.putpalette(palette or [])
    target = tmp_path / f"small{Path(fake.a_mask).suffix}"
    smaller.save(target)
    fake.put(fake.a_mask, target.read_bytes())
    with pytest.raises(InputError, match=f"{_literal(fake.a_mask)}: a mask of 24x17 pixels for a frame of 24x18"):
        run(fake, tmp_path)
    manifest = read_manifest(run(fake, tmp_path, Choice(allow=("size-mismatch",))))
    assert "size-mismatch" in {issue.kind for issue in manifest.issues}


@EVERY
def test_missing_mask(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    fake.drop(fake.a_mask)
    with pytest.raises(InputError, match=r"no mask|masks of|listed in the region file|not delivered"):
        run(fake, tmp_path)


@EVERY
def test_missing_sequence_is_for_partial_only(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    benchmark = fake.benchmark
    known = {name for split in benchmark.splits.values() for name in split.sequences or ()}
    if len(known & set(fake.frames)) < 2:
        pytest.skip("a delivery of one known sequence")
    lost = sorted(known)[0]
    for members in fake.archives.values():
        for path in [path for path in members if _of(lost, path, fake)]:
            del members[path]
    with pytest.raises(InputError, match=f"sequence {lost} is missing"):
        normalize(benchmark, fake.zipped(tmp_path / "in"), tmp_path / "out")
    manifest = normalize(benchmark, fake.zipped(tmp_path / "in"), tmp_path / "out", Choice(partial=True))
    assert ("missing-sequence", lost) in {(issue.kind, issue.where) for issue in manifest.issues}
    assert {one.name for one in manifest.sequences} == set(fake.frames) - {lost}
    found = present_sequences(benchmark, fake.zipped(tmp_path / "in"))
    assert [one.name for one in found] == sorted(set(fake.frames) - {lost})
    assert {one.name: one.frames for one in found} == {one.name: len(one.frames) for one in manifest.sequences}


def _of(sequence: str, path: str, fake: Fake) -> bool:
    own = any(path.rsplit("/", 1)[-1].split(".", maxsplit=1)[0].startswith(stem) for stem in fake.frames[sequence])
    if fake.name == "msrab":
        return path.rsplit("/", 1)[-1].rpartition(".")[0] in fake.frames[sequence]
    if fake.name == "ytobjects":
        return re.search(sequence.replace("_", "/(data/)?"), path) is not None
    return f"/{sequence}/" in f"/{path}" or path.endswith(f"/{sequence}.txt") or (own and fake.name == "visal")


@EVERY
def test_delivery_of_something_else(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    fake.archives = {"other.zip": {"readme.txt": b"nothing here"}}
    with pytest.raises(InputError, match="not a delivery of"):
        run(fake, tmp_path)


@EVERY
def test_splits_of_the_user_replace_and_join(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    first = sorted(fake.frames)[0]
    manifest = read_manifest(run(fake, tmp_path, Choice(splits={"mine": (first,)})))
    assert [one.name for one in manifest.split("mine")] == [first]
    assert manifest.extra["splits"] == {"mine": [first]}
    with pytest.raises(InputError, match="no sequence 'nowhere'"):
        run(fake, tmp_path, Choice(splits={"mine": ("nowhere",)}))


def _literal(text: str) -> str:
    return re.escape(text)


def _file(fake: Fake, path: str) -> "object":
    import io

    return io.BytesIO(next(members[path] for members in fake.archives.values() if path in members))


def test_first_of_several_faults_is_named_on_any_number_of_jobs(tmp_path: Path) -> None:
    fake = davis2016.official()
    for stem in ("00001", "00003"):
        fake.put(f"DAVIS/JPEGImages/480p/bear/{stem}.jpg", b"\xff\xd8\xff broken")
    for jobs in (1, 8):
        with pytest.raises(InputError, match=r"bear/00001\.jpg"):
            normalize(fake.benchmark, fake.zipped(tmp_path / "in"), tmp_path / "out", jobs=jobs)


def test_frame_without_its_promised_mask_stops_a_partial_delivery_too(tmp_path: Path) -> None:
    fake = davis2016.official()
    fake.drop("DAVIS/Annotations/480p/dog/00001.png")
    with pytest.raises(InputError, match=r"DAVIS-data\.zip.*dog/00001\.jpg: no mask"):
        run(fake, tmp_path, Choice(partial=True))
    manifest = read_manifest(run(fake, tmp_path, Choice(partial=True, allow=("missing-mask",))))
    assert manifest.sequence("dog").annotated == ("00000", "00002")


def test_mask_without_its_frame(tmp_path: Path) -> None:
    fake = davis2016.official()
    fake.drop("DAVIS/JPEGImages/480p/dog/00001.jpg")
    with pytest.raises(InputError, match="2 frames of 3"):
        run(fake, tmp_path)
    manifest = read_manifest(run(fake, tmp_path, Choice(partial=True)))
    assert manifest.sequence("dog").frames == ("00000", "00002")
    assert ("missing-frame", "dog/00001") in {(issue.kind, issue.where) for issue in manifest.issues}


def test_empty_mask_that_the_release_does_not_have(tmp_path: Path) -> None:
    fake = davis2016.official()
    fake.put(fake.a_mask, encoded(gray(blob(1) & False), ".png"))
    with pytest.raises(InputError, match=r"dog/00001\.png: no foreground"):
        run(fake, tmp_path)


def test_extra_sequence(tmp_path: Path) -> None:
    fake = davis2016.official()
    fake.put("DAVIS/JPEGImages/480p/mine/00000.jpg", picture(1))
    with pytest.raises(InputError, match="mine: a sequence that the benchmark does not have"):
        run(fake, tmp_path)


def test_full_resolution_is_a_choice(tmp_path: Path) -> None:
    fake = davis2016.official("1080p")
    manifest = read_manifest(run(fake, tmp_path, Choice(resolution="1080p")))
    assert manifest.extra["resolution"] == "1080p"
    with pytest.raises(InputError, match="not a delivery of DAVIS-2016"):
        run(fake, tmp_path)
    with pytest.raises(InputError, match="resolution '4k'; expected one of 480p, 1080p"):
        run(fake, tmp_path, Choice(resolution="4k"))


def test_chosen_sequences_only(tmp_path: Path) -> None:
    manifest = read_manifest(run(davis2016.official(), tmp_path, Choice(sequences=("dog",))))
    assert [one.name for one in manifest.sequences] == ["dog"]


def test_unknown_kind_of_issue(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no kind of issue .*; expected one of missing-sequence"):
        run(davis2016.official(), tmp_path, Choice(allow=("missing",)))


def test_broken_delivery_replaces_nothing(tmp_path: Path) -> None:
    fake = davis2016.official()
    out = run(fake, tmp_path)
    before = tree(out)
    fake.put(fake.a_frame, b"")
    with pytest.raises(InputError):
        run(fake, tmp_path)
    assert tree(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.parametrize("partial", [False, True])
def test_fbms_delivery_that_contradicts_its_own_list(partial: bool, tmp_path: Path) -> None:
    fake = fbms.official()
    fake.drop("Trainingset/cars2/cars2_03.jpg")
    with pytest.raises(InputError, match=r"Trainingset/cars2/cars2_03\.jpg: listed in cars2\.bmf, not delivered"):
        run(fake, tmp_path, Choice(partial=partial))


def test_fbms_value_that_no_region_has(tmp_path: Path) -> None:
    fake = fbms.official()
    fake.put("Testset/tennis/GroundTruth/tennis454.pgm", encoded(np.where(blob(6), 7, 153).astype(np.uint8), ".pgm"))
    with pytest.raises(InputError, match="values that no region has, the first is 460551"):
        run(fake, tmp_path)


def test_fbms_frame_number_that_is_not_the_frame(tmp_path: Path) -> None:
    fake = fbms.official()
    path = "Trainingset/cars2/GroundTruth/cars2Def.dat"
    text = fake.archives["FBMS_Trainingset.zip"][path].decode().replace("Frame number:\n3", "Frame number:\n2")
    fake.put(path, text.encode())
    with pytest.raises(InputError, match="frame 2 is cars2_04 here and cars2_03 in the list"):
        run(fake, tmp_path)


@pytest.mark.parametrize("ending", [".rar", ".tar", ".tar.gz"])
def test_visal_as_rar_and_tar(ending: str, tmp_path: Path) -> None:
    """ViSal was first published as DataViSal.rar."""
    fake = OFFICIAL["visal"]()
    (files,) = fake.archives.values()
    archive = (make_rar if ending == ".rar" else make_tar)(tmp_path / f"DataViSal{ending}", files)
    one = normalize(fake.benchmark, [archive], tmp_path / "one")
    two = normalize(fake.benchmark, fake.zipped(tmp_path / "in"), tmp_path / "two")
    assert one.sequences == two.sequences
    assert one.extra["sha256"] == two.extra["sha256"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [archive.name, "in", "one", "two"]


def test_unlisted_sequences_get_the_split_that_the_delivery_tells(tmp_path: Path) -> None:
    manifest = read_manifest(run(OFFICIAL["davsod"](), tmp_path))
    assert [one.name for one in manifest.split("test-normal")] == ["select_0999"]
    manifest = read_manifest(run(OFFICIAL["vos"](), tmp_path))
    assert "9999" in [one.name for one in manifest.split("easy")]


def test_unlisted_sequences_in_archives_of_other_names(tmp_path: Path) -> None:
    """Inside a folder that names both sets; one archive is known by the list of a download only."""
    fake = OFFICIAL["davsod"]()
    normal = fake.archives["Normal-25.zip"]
    fake.archives["Normal-25.zip"] = {path.removeprefix("Normal-25/"): data for path, data in normal.items()}
    folder = tmp_path / "normal-25 and difficult-20"
    archives = fake.zipped(folder)
    (folder / "Normal-25.zip").rename(folder / "download(1).zip")
    files = [{"file": path.name.replace("Normal-25", "download(1)"), "name": path.name} for path in archives]
    (folder / "sources.json").write_text(json.dumps({"files": files}))
    manifest = normalize(fake.benchmark, [folder], tmp_path / "out")
    splits = {sequence.name: sequence.splits for sequence in manifest.sequences}
    assert splits["select_0998"] == ("test-difficult",)
    assert splits["select_0999"] == ("test-normal",)


def test_manifest_is_valid_json_without_paths_of_this_machine(tmp_path: Path) -> None:
    text = (run(davis2016.official(), tmp_path) / "manifest.json").read_text()
    assert str(tmp_path) not in text
    assert json.loads(text)["counts"] == {"annotated": 11, "frames": 11, "sequences": 3}


def test_only_a_window_of_frames_is_in_memory_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    begun: list[int] = []

    def note(number: int) -> int:
        begun.append(number)
        return number

    with ThreadPoolExecutor(2) as pool:
        for done, result in enumerate(map_ordered(pool, note, range(1000), window=8)):
            assert result == done
            assert len(begun) <= done + 8 + 1
    assert sorted(begun) == list(range(1000))


@pytest.mark.parametrize(
    ("numbers", "first", "expected"),
    [
        ((0, 1, 2), 56, ("gokart56", "gokart57", "gokart58")),  # renumbered from zero
        ((56, 57), 56, ("gokart56", "gokart57")),  # the benchmark's own numbers
        ((0, 2), 56, ("gokart56", "gokart58")),  # a frame is missing
        ((3, 4), 56, ()),  # who knows from where it counts
        ((3, 4), 0, ("gokart03", "gokart04")),  # the benchmark counts from zero too
    ],
)
def test_original_names_of_a_repack(numbers: tuple[int, ...], first: int, expected: tuple[str, ...]) -> None:
    files = [FrameFiles(f"gokart_{number:05d}", "x") for number in numbers]
    assert original_names(files, "gokart", first, 2) == expected


@pytest.mark.parametrize(
    ("path", "data", "where"),
    [
        ("JPEGImages/480p/dog/00001.png", picture(3, ".png"), "JPEGImages/480p/dog/00001.png"),
        ("Annotations/480p/dog/00001.bmp", encoded(gray(blob(9)), ".bmp"), "Annotations/480p/dog/00001.png"),
    ],
)
def test_two_files_of_one_name_and_two_endings(path: str, data: bytes, where: str, tmp_path: Path) -> None:
    fake = davis2016.official()
    fake.put(f"DAVIS/{path}", data)
    archives = fake.zipped(tmp_path)
    with pytest.raises(InputError, match=rf"{where}: another file of the same name"):
        normalize(fake.benchmark, archives, tmp_path / "out")
    manifest = normalize(fake.benchmark, archives, tmp_path / "out", Choice(allow=("duplicate-file",)))
    assert [issue.where for issue in manifest.issues if issue.kind == "duplicate-file"] == ["dog/00001"]


@pytest.mark.parametrize("make", OFFICIAL.values(), ids=list(OFFICIAL))
def test_same_archives_twice(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    archives = fake.zipped(tmp_path)
    with pytest.raises(InputError, match=r"same name|in two places|2 masks"):
        normalize(fake.benchmark, [*archives, *archives], tmp_path / "out")


@pytest.mark.parametrize("make", OFFICIAL.values(), ids=list(OFFICIAL))
def test_folder_of_archives(make: Callable[[], Fake], tmp_path: Path) -> None:
    fake = make()
    archives = fake.zipped(tmp_path / "archives")
    (tmp_path / "archives" / "README.txt").write_text("mine")
    manifest = normalize(fake.benchmark, [tmp_path / "archives"], tmp_path / "out")
    assert [source.file for source in manifest.sources] == sorted(path.name for path in archives)
    assert all(source.sha256 for source in manifest.sources)
    assert {sequence.name: sequence.frames for sequence in manifest.sequences} == fake.frames


def test_archive_in_an_archive_is_told(tmp_path: Path) -> None:
    fake = davis2016.official()
    (archive,) = fake.zipped(tmp_path)
    outer = make_zip(tmp_path / "outer.zip", {"DAVIS-data.zip": archive.read_bytes()})
    with pytest.raises(InputError, match=r"the first is DAVIS-data\.zip.*unpack the archives in it first"):
        normalize(fake.benchmark, [outer], tmp_path / "out")


@pytest.mark.parametrize("name", ["davis2016", "davsod"])
def test_mask_that_is_too_faint_is_no_empty_mask(name: str, tmp_path: Path) -> None:
    fake = OFFICIAL[name]()
    fake.put(fake.a_mask, cv2.imencode(".png", blob(4).astype(np.uint8))[1].tobytes())
    with pytest.raises(InputError, match=r"values other than 0, none of them foreground.*faint-mask"):
        normalize(fake.benchmark, fake.zipped(tmp_path), tmp_path / "out")


@pytest.mark.parametrize("high", [255, 65535])
def test_sixteen_bits_are_brought_to_eight(high: int, tmp_path: Path) -> None:
    fake = davis2016.official()
    fake.put(fake.a_mask, cv2.imencode(".png", blob(4).astype(np.uint16) * high)[1].tobytes())
    normalize(fake.benchmark, fake.zipped(tmp_path), tmp_path / "out")
    assert np.array_equal(read_mask(tmp_path / "out" / "dog" / "masks" / "00001.png"), blob(4))


def test_segtrack_list_with_nothing_in_it(tmp_path: Path) -> None:
    fake = OFFICIAL["segtrackv2"]()
    fake.put("SegTrackv2/ImageSets/bmx.txt", b"")
    with pytest.raises(InputError, match=r"bmx_06668: delivered, not listed"):
        normalize(fake.benchmark, fake.zipped(tmp_path), tmp_path / "out")


def test_folder_of_one_fbms_sequence(tmp_path: Path) -> None:
    fake = OFFICIAL["fbms"]()
    fake.unpacked(tmp_path)
    with pytest.raises(InputError, match="not a delivery of FBMS-59"):
        normalize(fake.benchmark, [tmp_path / "Trainingset" / "cars2"], tmp_path / "out", Choice(partial=True))


def test_nothing_of_the_users_own_is_replaced(tmp_path: Path) -> None:
    fake = davis2016.official()
    (source,) = fake.unpacked(tmp_path / "mine" / "davis")
    for out in (source, source.parent):
        with pytest.raises(InputError, match="the output would replace this folder, and the source"):
            normalize(fake.benchmark, [source], out)
    other = tmp_path / "photos"
    other.mkdir()
    (other / "a.jpg").write_bytes(picture(1))
    with pytest.raises(InputError, match=r"photos/a\.jpg: would be deleted with its folder"):
        normalize(fake.benchmark, [source], other)
    assert (other / "a.jpg").is_file()
    assert (source / fake.a_frame).is_file()


def test_a_normalised_benchmark_is_replaced(tmp_path: Path) -> None:
    fake = davis2016.official()
    archives, out = fake.zipped(tmp_path), tmp_path / "out"
    out.mkdir()
    normalize(fake.benchmark, archives, out)  # an empty folder is made by Snakemake
    (out / "manifest.json").unlink()  # and what it makes again is removed first
    (out / "stale").mkdir()
    normalize(fake.benchmark, archives, out)
    assert read_manifest(out).counts["sequences"] == 3
    assert not (out / "stale").exists()
