"""Downloads against a real server that misbehaves: a verified file or a clear error, never a bad file."""

import errno
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.server import Request, Server, serving
from vsodprep.archives.delivery import expand
from vsodprep.benchmarks import get, known
from vsodprep.benchmarks.benchmark import STATUSES, Benchmark, SourceFile
from vsodprep.download import fetch as fetching
from vsodprep.download import run as downloads
from vsodprep.download.drive import confirmed_address, is_quota_page
from vsodprep.download.fetch import RetryPolicy
from vsodprep.download.fetched import linked, remove_fetched
from vsodprep.download.run import download
from vsodprep.errors import InputError, VsodprepError


def archive(seed: int = 0, size: int = 3 << 20) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr("data.bin", np.random.default_rng(seed).bytes(size))
    return stream.getvalue()


BODY = archive()
HALF = len(BODY) // 2
SHA256 = hashlib.sha256(BODY).hexdigest()
MD5 = f"md5:{hashlib.md5(BODY).hexdigest()}"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(BODY) as running:
        yield running


class Case:
    """One benchmark of one file, fetched from a server into a folder."""

    def __init__(self, server: Server, tmp_path: Path) -> None:
        self.server = server
        self.folder = tmp_path / "to"
        self.lock = tmp_path / "lock.json"
        self.slept: list[float] = []
        self.manners = RetryPolicy(
            tries=3,
            wait=0.5,
            longest_wait=60,
            timeout=(5, 0.4),
            drive=f"{server.url}/uc?id={{}}",
            sleep=self.slept.append,
        )

    def benchmark(self, *paths: str, **facts: object) -> Benchmark:
        urls = tuple(path if path.startswith("drive:") else f"{self.server.url}/{path}" for path in paths)
        file = SourceFile("a.zip", urls, page="https://example.org/page", **facts)  # type: ignore[arg-type]
        return replace(get("visal"), files=(file,))

    def run(self, *paths: str, **facts: object) -> Path:
        download(self.benchmark(*paths, **facts), self.folder, lock=self.lock, manners=self.manners)
        return self.folder / "a.zip"

    def nothing_left(self) -> bool:
        """Whether no file lies there under a visible name."""
        return not [path for path in self.folder.glob("*") if not path.name.startswith(".")]


@pytest.fixture
def case(server: Server, tmp_path: Path) -> Case:
    server.answers["/ok"] = Request.file
    return Case(server, tmp_path)


def test_plain_download(case: Case) -> None:
    assert case.run("ok", checksum=MD5, bytes=len(BODY)).read_bytes() == BODY
    record = json.loads((case.folder / "sources.json").read_text())
    assert record["files"] == [{"file": "a.zip", "name": "a.zip", "bytes": len(BODY), "sha256": SHA256}]
    assert sorted(path.name for path in case.folder.iterdir()) == [".a.zip.fetched", "a.zip", "sources.json"]
    assert expand(case.folder) == (case.folder / "a.zip",)
    assert json.loads(case.lock.read_text()) == {"visal": {"files": {"a.zip": {"bytes": len(BODY), "sha256": SHA256}}}}


@pytest.mark.parametrize("whose", ["fetched", "found again", "brought", "replaced"])
def test_only_what_was_fetched_is_removed(whose: str, case: Case) -> None:
    path = case.folder / "a.zip"
    if whose == "brought":
        case.folder.mkdir()
        path.write_bytes(BODY)
    case.run("ok")
    if whose == "replaced":
        path.write_bytes(BODY)
    if whose == "found again":  # as where another file of the benchmark could not be had
        (case.folder / "sources.json").unlink()
        case.run("ok")
    ours = whose in ("fetched", "found again")
    assert remove_fetched(case.folder / "sources.json") == ((path,) if ours else ())
    assert path.exists() != ours
    assert (case.folder / "sources.json").exists() != ours
    assert remove_fetched(case.folder) == ()


@pytest.mark.parametrize("link", ["folder", "parent"])
def test_nothing_is_removed_through_a_link(link: str, case: Case, tmp_path: Path) -> None:
    path = case.run("ok")
    other = tmp_path / "other" / "downloads"
    other.mkdir(parents=True)
    target = case.folder if link == "folder" else case.folder.parent
    (other / "link").symlink_to(target, target_is_directory=True)
    seen = other / "link" if link == "folder" else other / "link" / case.folder.name
    assert (linked(seen), linked(seen / "sources.json"), linked(case.folder)) == (True, True, False)
    assert remove_fetched(seen / "sources.json") == remove_fetched(seen) == ()
    assert path.read_bytes() == BODY
    assert remove_fetched(case.folder) == (path,)


def test_second_run_fetches_nothing(case: Case) -> None:
    case.run("ok")
    record = (case.folder / "sources.json").read_bytes()
    case.server.asked.clear()
    case.run("ok")
    assert case.server.asked == []
    assert (case.folder / "sources.json").read_bytes() == record


def test_truncated_answer_is_resumed(case: Case) -> None:
    case.server.answers["/cut"] = lambda request: request.file(HALF if request.number == 1 else None)
    assert case.run("cut").read_bytes() == BODY
    ranges = [asked for _, asked in case.server.asked]
    assert ranges[0] == ""
    assert ranges[1].startswith("bytes=")
    assert int(ranges[1].strip("bytes=-")) > 0


def test_stalled_answer_is_resumed(case: Case) -> None:
    def answer(request: Request) -> None:
        if request.number == 1:
            case.server.stall(request, HALF)
        else:
            request.file()

    case.server.answers["/stall"] = answer
    assert case.run("stall").read_bytes() == BODY
    assert case.server.asked[1][1].startswith("bytes=")


def test_killed_download_is_resumed_by_the_next_run(case: Case) -> None:
    case.server.answers["/cut"] = lambda request: request.file(HALF if request.number == 1 else None)
    case.manners = replace(case.manners, tries=1)
    with pytest.raises(VsodprepError, match=r"could not be fetched \(.*the connection"):
        case.run("cut")
    assert case.nothing_left()
    assert case.run("cut").read_bytes() == BODY
    assert case.server.asked[1][1].startswith("bytes=")


def test_file_that_changed_meanwhile_is_begun_anew(case: Case) -> None:
    def answer(request: Request) -> None:
        request.tag = f'"{request.number}"'
        request.file(HALF if request.number == 1 else None)

    case.server.answers["/new"] = answer
    assert case.run("new").read_bytes() == BODY
    assert len(case.server.asked) == 2


def test_without_validator_or_checksum_nothing_is_resumed(case: Case) -> None:
    case.server.answers["/cut"] = lambda request: request.file(HALF if request.number == 1 else None, validator=False)
    assert case.run("cut").read_bytes() == BODY
    assert [asked for _, asked in case.server.asked] == ["", ""]


def test_server_that_ignores_ranges(case: Case) -> None:
    case.server.answers["/whole"] = lambda request: request.file(HALF if request.number == 1 else None, ranges=False)
    assert case.run("whole").read_bytes() == BODY


def test_server_that_continues_elsewhere(case: Case) -> None:
    def answer(request: Request) -> None:
        if request.number == 1:
            request.file(HALF)
        elif request.number == 2:
            rest = request.body[1:]
            request.head(206, {"Content-Range": f"bytes 1-{len(rest)}/{len(request.body)}", "ETag": request.tag})
        else:
            request.file()

    case.server.answers["/odd"] = answer
    assert case.run("odd").read_bytes() == BODY


def test_whole_part_file_needs_no_more_bytes(case: Case) -> None:
    def answer(request: Request) -> None:
        if request.number == 1:
            request.file()
        else:
            request.head(416, {"Content-Range": f"bytes */{len(request.body)}"})

    case.server.answers["/full"] = answer
    final = case.run("full")
    final.rename(case.folder / ".a.zip.part")
    (case.folder / ".a.zip.part.json").write_text(json.dumps({"url": f"{case.server.url}/full", "validator": '"one"'}))
    assert case.run("full").read_bytes() == BODY


@pytest.mark.parametrize("status", [429, 503])
def test_busy_server_is_asked_again_when_it_says(status: int, case: Case) -> None:
    def answer(request: Request) -> None:
        if request.number < 3:
            request.head(status, {"Retry-After": "7", "Content-Length": "0"})
        else:
            request.file()

    case.server.answers["/busy"] = answer
    assert case.run("busy").read_bytes() == BODY
    assert case.slept == [7.0, 7.0]


def test_waiting_has_an_end(case: Case) -> None:
    case.server.answers["/busy"] = lambda request: request.head(503, {"Retry-After": "9999", "Content-Length": "0"})
    with pytest.raises(VsodprepError, match=r"HTTP 503 .*\(3 tries\)"):
        case.run("busy")
    assert case.slept == [60, 60]
    assert case.nothing_left()


def test_waits_grow(case: Case) -> None:
    case.server.answers["/busy"] = lambda request: request.head(500, {"Content-Length": "0"})
    case.run("busy", "ok")
    assert case.slept == [0.5, 1.0]


def test_missing_file_goes_to_the_next_mirror(case: Case) -> None:
    assert case.run("gone", "ok").read_bytes() == BODY
    assert [path for path, _ in case.server.asked] == ["/gone", "/ok"]
    assert case.slept == []


def test_wrong_bytes_go_to_the_next_mirror(case: Case) -> None:
    other = archive(seed=1)

    def wrong(request: Request) -> None:
        request.body = other
        request.file()

    case.server.answers["/wrong"] = wrong
    assert case.run("wrong", "ok", checksum=MD5).read_bytes() == BODY
    shutil.rmtree(case.folder)
    with pytest.raises(VsodprepError, match=f"not the file that is meant: md5 .*, expected {MD5[4:]}"):
        case.run("wrong", checksum=MD5)
    assert case.nothing_left()


def test_wrong_size_is_seen_before_anything_is_fetched(case: Case) -> None:
    with pytest.raises(VsodprepError, match=f"offers {len(BODY)} bytes, expected 5"):
        case.run("ok", bytes=5)
    assert not list(case.folder.glob(".*.part"))


def test_error_page_is_no_archive(case: Case) -> None:
    case.server.answers["/page"] = lambda request: request.page("<html>Sorry</html>")
    with pytest.raises(VsodprepError, match="not a whole archive"):
        case.run("page")
    assert case.nothing_left()


def test_answer_of_unknown_length(case: Case) -> None:
    def answer(request: Request) -> None:
        request.head(200, {})
        request.handler.wfile.write(request.body)

    case.server.answers["/open"] = answer
    assert case.run("open").read_bytes() == BODY


def test_answer_of_unknown_length_that_breaks_off(case: Case) -> None:
    def answer(request: Request) -> None:
        request.head(200, {})
        request.handler.wfile.write(request.body[:HALF])

    case.server.answers["/open"] = answer
    with pytest.raises(VsodprepError, match="not a whole archive"):
        case.run("open")
    assert case.nothing_left()


def test_server_that_continues_with_another_version(case: Case) -> None:
    other = archive(seed=1)

    def answer(request: Request) -> None:
        if request.number == 1:
            request.body = other
            request.file(HALF)
        elif request.start:
            # Does not heed If-Range: sends the rest of what it holds now, under its new tag.
            rest = BODY[request.start :]
            head = {"ETag": '"two"', "Content-Range": f"bytes {request.start}-{len(BODY) - 1}/{len(BODY)}"}
            request.head(206, head | {"Content-Length": str(len(rest))})
            request.handler.wfile.write(rest)
        else:
            request.tag = '"two"'
            request.file()

    case.server.answers["/new"] = answer
    assert case.run("new").read_bytes() == BODY
    assert [bool(asked) for _, asked in case.server.asked] == [False, True, False]


def test_answer_that_never_ends(case: Case) -> None:
    def answer(request: Request) -> None:
        request.head(200, {})
        with suppress(OSError):
            while not case.server.release.is_set():
                request.handler.wfile.write(bytes(1 << 16))

    case.server.answers["/endless"] = answer
    with pytest.raises(VsodprepError, match=f"or more, announced {len(BODY)}"):
        case.run("endless", bytes=len(BODY))
    assert case.nothing_left()


def test_damaged_archive_is_not_taken_at_first_sight(case: Case) -> None:
    def answer(request: Request) -> None:
        request.body = BODY[:HALF] + bytes(99) + BODY[HALF + 99 :]
        request.file()

    case.server.answers["/damaged"] = answer
    with pytest.raises(VsodprepError, match="not a whole archive"):
        case.run("damaged")
    assert case.nothing_left()
    assert not case.lock.exists()


def test_disk_that_fills_up_meanwhile(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching, "_write", full)
    with pytest.raises(VsodprepError, match="No space left on device"):
        case.run("ok")
    assert case.nothing_left()


@pytest.mark.parametrize(
    ("to", "expected"), [("/page", "not a whole archive"), ("/away", "TooManyRedirects")], ids=["page", "loop"]
)
def test_redirect_that_leads_nowhere_goes_to_the_next_mirror(to: str, expected: str, case: Case) -> None:
    case.server.answers["/away"] = lambda request: request.head(302, {"Location": to, "Content-Length": "0"})
    case.server.answers["/page"] = lambda request: request.page("<html>Please log in</html>")
    with pytest.raises(VsodprepError, match=expected):
        case.run("away")
    assert case.nothing_left()
    assert case.run("away", "ok").read_bytes() == BODY


def test_another_file_than_the_pinned_one_is_told_of_with_the_remedy(case: Case) -> None:
    case.run("ok")
    (case.folder / "a.zip").write_bytes(archive(seed=1))
    with pytest.raises(InputError, match=r"a\.zip: sha256 .* by the lock file, whose entry can be deleted"):
        case.run("ok")


def test_server_that_is_not_there(case: Case) -> None:
    case.manners = replace(case.manners, tries=2)
    benchmark = case.benchmark("ok")
    dead = replace(benchmark.files[0], urls=("http://127.0.0.1:9/a.zip",))
    with pytest.raises(VsodprepError, match=r"127\.0\.0\.1:9/a\.zip: the connection broke off \(2 tries\)"):
        download(replace(benchmark, files=(dead,)), case.folder, lock=case.lock, manners=case.manners)


CONFIRMATION = """<html><body><p>Google Drive can't scan this file for viruses.</p>
<form id="download-form" action="/download" method="get"><input type="submit" value="Download anyway"/>
<input type="hidden" name="id" value="ID1"><input type="hidden" name="export" value="download">
<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="u-1"></form></body></html>"""
QUOTA = "<html><title>Google Drive - Quota exceeded</title><p>Too many users have viewed or downloaded this file</html>"


def test_drive_confirmation_page(case: Case) -> None:
    case.server.answers["/uc"] = lambda request: request.page(CONFIRMATION)
    case.server.answers["/download"] = lambda request: request.file(HALF if request.number == 1 else None)
    assert case.run("drive:ID1").read_bytes() == BODY
    assert case.server.asked[1][0] == "/download?id=ID1&export=download&confirm=t&uuid=u-1"
    assert case.server.asked[3][1].startswith("bytes=")


def test_drive_file_without_confirmation(case: Case) -> None:
    case.server.answers["/uc"] = Request.file
    assert case.run("drive:ID1").read_bytes() == BODY


def test_drive_quota_page_goes_to_the_next_address_without_a_wait(case: Case) -> None:
    case.server.answers["/uc"] = lambda request: request.page(QUOTA)
    assert case.run("drive:ID1", "ok").read_bytes() == BODY
    assert case.slept == []


def test_drive_quota_page_is_told(case: Case) -> None:
    case.server.answers["/uc"] = lambda request: request.page(QUOTA)
    with pytest.raises(
        VsodprepError, match=r"download quota for this file is used up.*By hand: open https://example\.org"
    ):
        case.run("drive:ID1")


def test_drive_page_that_says_something_else(case: Case) -> None:
    case.server.answers["/uc"] = lambda request: request.page("<html>Sign in</html>")
    with pytest.raises(VsodprepError, match="a page instead of the file"):
        case.run("drive:ID1")


def test_a_person_is_told_addresses_that_open() -> None:
    file = SourceFile("x.zip", ("drive:1Ab-_", "https://d/x.zip"))
    assert file.opened == ("https://drive.google.com/file/d/1Ab-_/view", "https://d/x.zip")


def test_drive_pages_of_former_years() -> None:
    page = '<a id="uc-download-link" href="/uc?export=download&amp;confirm=Ab_1&amp;id=X">Download anyway</a>'
    assert confirmed_address(page, "https://d/uc?id=X") == "https://d/uc?id=X&confirm=Ab_1"
    assert not is_quota_page(page)


def test_what_only_a_person_can_fetch(case: Case) -> None:
    with pytest.raises(VsodprepError) as caught:
        case.run(about="3.33 GB", note="password oip1")
    text = str(caught.value)
    for part in ("only a person", "https://example.org/page", "a.zip", "3.33 GB", str(case.folder), "password oip1"):
        assert part in text


@pytest.mark.parametrize("facts", [{"checksum": MD5}, {"bytes": len(BODY)}, {"checksum": f"sha256:{SHA256}"}])
def test_file_put_there_by_hand_is_recognised_under_any_name(facts: dict[str, object], case: Case) -> None:
    case.folder.mkdir()
    (case.folder / "another (1).zip").write_bytes(archive(seed=1, size=100))
    (case.folder / "download (2).zip").write_bytes(BODY)
    case.run(**facts)
    record = json.loads((case.folder / "sources.json").read_text())
    assert [file["file"] for file in record["files"]] == ["download (2).zip"]
    assert expand(case.folder / "sources.json") == (case.folder / "download (2).zip",)
    assert case.server.asked == []


def test_only_archive_is_taken_for_the_only_file_of_which_nothing_is_known(case: Case) -> None:
    case.folder.mkdir()
    (case.folder / "from a friend.zip").write_bytes(BODY)
    case.run()
    assert json.loads((case.folder / "sources.json").read_text())["files"][0]["file"] == "from a friend.zip"


def test_another_file_of_the_benchmark_is_not_taken_for_the_one_that_is_wanted(case: Case) -> None:
    case.folder.mkdir()
    (case.folder / "b.zip").write_bytes(BODY)
    whole = case.benchmark("gone")
    whole = replace(whole, files=(*whole.files, SourceFile("b.zip", optional=True)))
    with pytest.raises(VsodprepError, match=r"a\.zip could not be fetched"):
        download(whole, case.folder, lock=case.lock, manners=case.manners)
    assert not case.lock.exists()


def test_hash_of_first_sight_is_held_to(case: Case) -> None:
    case.run("ok")
    (case.folder / "a.zip").unlink()
    case.server.body = archive(seed=2)
    with pytest.raises(VsodprepError, match=r"not the file that is meant: sha256|offers"):
        case.run("ok")
    assert not (case.folder / "a.zip").exists()


def test_nothing_is_overwritten(case: Case) -> None:
    case.folder.mkdir()
    (case.folder / "a.zip").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"a\.zip: 4 bytes, expected .* move this one away"):
        case.run("ok", bytes=len(BODY))
    assert (case.folder / "a.zip").read_bytes() == b"mine"


def test_full_disk_is_told_before_anything_is_fetched(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "free_bytes", lambda folder: 10)
    with pytest.raises(InputError, match="10 bytes free"):
        case.run("ok", bytes=len(BODY))
    assert case.server.asked == []


def test_full_disk_with_a_size_that_only_the_server_tells(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from vsodprep.download import fetch as fetching

    monkeypatch.setattr(fetching, "free_bytes", lambda folder: 10)
    with pytest.raises(VsodprepError, match=r"10 bytes free, a\.zip needs"):
        case.run("ok", "ok")
    assert len(case.server.asked) == 1


def test_several_files_at_once_with_a_limit(case: Case, server: Server) -> None:
    import threading

    running, most, lock = 0, 0, threading.Lock()

    def answer(request: Request) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.1)
        with lock:
            running -= 1
        request.file()

    server.answers["/slow"] = answer
    files = tuple(SourceFile(f"{number}.zip", (f"{server.url}/slow",)) for number in range(5))
    benchmark = replace(get("visal"), files=files)
    record = download(benchmark, case.folder, jobs=2, lock=case.lock, manners=case.manners)
    assert [file["file"] for file in record["files"]] == [file.name for file in files]
    assert most == 2


def test_generated_benchmark_has_nothing_to_download(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to download"):
        download(get("synth"), tmp_path)


def test_files_of_a_resolution_and_by_name() -> None:
    davis = get("davis2016")
    assert [file.name for file in downloads.files_of(davis, "1080p")] == ["DAVIS-data.zip"]
    assert [file.name for file in downloads.files_of(davis, None, ["DAVIS.zip"])] == ["DAVIS.zip"]
    with pytest.raises(InputError, match=r"no file 'x'; expected one of DAVIS-data\.zip"):
        downloads.files_of(davis, None, ["x"])


@pytest.mark.parametrize("name", [name for name in known() if name != "synth"])
def test_registry_is_sound(name: str) -> None:
    benchmark = get(name)
    files = benchmark.files
    names = [file.name for file in files]
    assert len(set(names)) == len(names)
    assert any(not file.optional for file in benchmark.files)
    for file in files:
        assert file.status in STATUSES
        assert all(url.startswith(("https://", "http://", "drive:")) for url in file.urls)
        assert file.checksum is None or len(file.checksum) == {"md5": 36, "sha256": 71}[file.checksum.split(":")[0]]
        assert file.urls or (file.page and file.status in ("manual", "listed"))
    for split in benchmark.splits.values():
        assert split.origin
        assert split.sequences is None or len(set(split.sequences)) == len(split.sequences) > 0
