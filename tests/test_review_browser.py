"""The review page in a real browser; skipped where there is none."""

import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from chromium import CHROMIUM, Browser

from vsodprep.flow.pairs import FramePair
from vsodprep.flow.store import write_flow
from vsodprep.images import read_gray, write_mask, write_png
from vsodprep.prior.store import write_prior
from vsodprep.review.server import serve
from vsodprep.review.session import Session

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")]

# How opaque the label is over the middle of the blob; 0 where nothing is left of it.
LABEL = """(([x, y]) => { const box = canvas.getBoundingClientRect();
    return [...pen.getImageData((x - box.left) * devicePixelRatio, (y - box.top) * devicePixelRatio, 1, 1).data][3];
    })(place(8, 7))"""


def served(session):
    server = serve(session, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    return server, thread


@pytest.fixture
def session(tmp_path):
    label = np.zeros((24, 32), dtype=bool)
    label[4:10, 4:12], label[16:20, 20:28] = True, True
    prior = np.zeros((8, 24, 32), dtype=np.uint8)
    prior[:, 16:20, 20:28] = 255
    frames = [str(number) for number in range(8)]
    for sequence in ("bear", "camel"):
        for frame in frames:
            write_mask(tmp_path / "labels" / sequence / f"{frame}.png", label)
            write_png(tmp_path / f"frames/{sequence}/frames/{frame}.png", np.full((24, 32, 3), 90, dtype=np.uint8))
        rest = {"forward": np.zeros((24, 32, 2), dtype=np.float32)}
        pairs = [FramePair(start, start + 1, start) for start in range(7)]
        picture = {"picture": {"dialect": "flownet2", "maximum": 8.0}}
        write_flow(tmp_path / f"flow/{sequence}.h5", pairs, [rest] * 7, (24, 32), picture, frames=frames)
        write_prior(tmp_path / f"prior/{sequence}.h5", prior, frames, {})
    folders = (tmp_path / "labels", tmp_path / "frames", tmp_path / "edits.txt", tmp_path / "flow", tmp_path / "prior")
    return Session(*folders)


@pytest.fixture
def server(session):
    server, thread = served(session)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def page(browser, server):
    return browser.page(server.address)


def shown(page, sequence, frame):
    page.until("$('sequence').value", sequence)
    page.until("$('place').textContent.split(' ')[0]", frame)


def recorded(session):
    return [edit.line() for edit in session.all_edits()]


def test_click_shows_after_many_frames_and_in_another_sequence(page, session):
    for step in range(1, 8):
        page.key("ArrowRight")
        shown(page, "bear", str(step))
    for step in range(6, 2, -1):  # back to frames that the page has shown before
        page.key("ArrowLeft")
        shown(page, "bear", str(step))
    page.until(f"{LABEL} > 0", True)
    page.click(8, 7)
    page.until("$('total').textContent", "1 edit in the file")
    page.until(LABEL, 0)
    page.value("$('sequence').value = 'camel'; $('sequence').dispatchEvent(new Event('change'))")
    shown(page, "camel", "0")
    page.until(f"{LABEL} > 0", True)
    page.click(8, 7)
    page.until("$('total').textContent", "2 edits in the file")
    page.until(LABEL, 0)
    page.key("u")
    page.until(f"{LABEL} > 0", True)
    assert recorded(session) == ["bear 3 erase component 8,7"]
    page.key("y")
    page.until(LABEL, 0)
    assert recorded(session) == ["bear 3 erase component 8,7", "camel 0 erase component 8,7"]


def test_what_was_clicked_is_gone_from_the_label_that_is_made_again(page, session, tmp_path):
    page.click(8, 7)
    page.until("$('total').textContent", "1 edit in the file")
    for name in ("bear/0.png", "bear/1.png"):
        (tmp_path / "maps" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(session.labels / name, tmp_path / "maps" / name)
    frames = tmp_path / "two/bear/frames"
    frames.mkdir(parents=True)
    for name in ("0.png", "1.png"):
        shutil.copy(session.frames / "bear/frames" / name, frames / name)
    words = ["--maps", tmp_path / "maps/bear", "--out", tmp_path / "out/bear", "--order", "fuse,otsu,edits"]
    command = [sys.executable, "-m", "vsodprep", "coarse", "label", frames, *words, "--edits", session.edits]
    subprocess.run(list(map(str, command)), check=True)
    assert not read_gray(tmp_path / "out/bear/0.png")[:12].any()
    assert (read_gray(tmp_path / "out/bear/1.png")[4:10, 4:12] == 255).all()


def test_polygon_range_and_keys(page, session):
    page.key("p")
    page.key("s")
    page.value("$('count').value = 3")
    for corner in ((2, 2), (8, 2), (8, 12), (2, 12)):
        page.click(*corner)
    page.key("Enter")
    page.until("$('total').textContent", "1 edit in the file")
    page.key("w")
    page.key("k")
    page.key("v")
    page.key("Enter")
    page.until("$('total').textContent", "2 edits in the file")
    assert recorded(session) == ["bear 0..2 erase polygon 2,2 8,2 8,12 2,12", "bear * keep all"]


def test_an_edit_goes_along_the_flow_and_is_undone_as_one(page, session):
    page.key("c")
    page.value("$('count').value = 4")
    page.click(8, 7)
    page.until("$('total').textContent", "4 edits in the file")
    assert [line.split()[1] for line in recorded(session)] == ["0", "1", "2", "3"]
    page.key("u")
    page.until("$('total').textContent", "0 edits in the file")


def test_suggestions_are_accepted_and_refused_by_a_key(page, session):
    page.until("state.suggestions.length", 1)  # the other blob moves
    page.key("d")
    page.until("state.suggestions.length", 0)
    page.key("ArrowRight")
    page.until("state.suggestions.length", 1)
    page.key("a")
    page.until(LABEL, 0)
    assert recorded(session) == ["bear 1 erase component 4,4"]
    assert session.all_marks().refused == {("bear", "0", "4,4")}


def test_reviewed_frames_are_counted_and_the_next_one_comes(page, session):
    for frame in ("0", "1", "2"):
        shown(page, "bear", frame)
        page.key("r")
    shown(page, "bear", "3")
    page.until("$('done').textContent", "3 of 16 frames")
    page.until("[...$('strip').children].filter((thumb) => thumb.className === 'reviewed').length", 3)
    page.until("$('sequence').options[0].textContent", "bear (3 of 8)")
    assert session.all_marks().reviewed == {("bear", "0"), ("bear", "1"), ("bear", "2")}
    page.value("location.reload(); state.label = null")
    page.until("typeof state !== 'undefined' && state.label !== null && $('done').textContent", "3 of 16 frames")


def test_filmstrip_shows_and_opens_frames(page):
    page.until("[...$('strip').children].every((thumb) => thumb.style.backgroundImage.startsWith('url'))", True)
    page.value("$('strip').children[5].click()")
    shown(page, "bear", "5")


def test_zoomed_and_moved_a_click_still_meets_its_pixel(page, session):
    x, y = map(round, page.value("place(20, 15)"))
    before = page.value(f"pixel({x}, {y})")
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-600)
    page.until("state.zoom > 2", True)
    assert page.value(f"pixel({x}, {y})") == pytest.approx(before)  # it stays under the pointer
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    page.mouse("mouseMoved", x + 150, y + 100, button="left", buttons=1)
    page.mouse("mouseReleased", x + 150, y + 100, button="left", clickCount=1)
    assert page.value(f"pixel({x + 150}, {y + 100})") == pytest.approx(before)
    assert recorded(session) == []  # a drag is no click
    page.click(20, 15)
    page.until("$('total').textContent", "1 edit in the file")
    assert recorded(session) == ["bear 0 erase component 20,15"]
    page.key("0")
    assert page.value("state.zoom") == 1


def test_brightness_and_outlines_of_neighbours(page):
    page.key("]")
    assert page.value("below.style.filter") == "brightness(1.1)"
    page.key("o")
    page.until("state.neighbours.length", 1)  # the first frame has none before it
    page.key("ArrowRight")
    page.until("state.neighbours.length", 2)


def test_two_tabs_edit_one_file(browser, page, server, session):
    other = browser.page(server.address)
    page.click(8, 7)
    page.until("$('total').textContent", "1 edit in the file")
    other.key("ArrowRight")
    shown(other, "bear", "1")
    other.click(8, 7)
    other.until("$('total').textContent", "2 edits in the file")
    page.value("dispatchEvent(new Event('focus'))")
    page.until("$('total').textContent", "2 edits in the file")
    assert recorded(session) == ["bear 0 erase component 8,7", "bear 1 erase component 8,7"]


def test_a_killed_server_is_named_and_loses_nothing(browser, session):
    folders = ("--frames", session.frames, "--edits", session.edits)
    command = [sys.executable, "-m", "vsodprep", "review", session.labels, *folders, "--port", "0"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    page = browser.page(process.stdout.readline().split()[0])
    page.click(8, 7)
    page.until("$('total').textContent", "1 edit in the file")
    process.kill()
    process.wait()
    page.key("ArrowRight")
    page.until("$('message').textContent.includes('the server has ended')", True)
    assert recorded(session) == ["bear 0 erase component 8,7"]


def test_token_leaves_the_address_and_a_reload_needs_none(page):
    assert page.value("location.search") == ""
    page.value("state.label = null; location.reload()")
    page.until("typeof state !== 'undefined' && state.label !== null", True)
    page.ask("Network.clearBrowserCookies")
    page.key("ArrowRight")
    page.until("$('message').textContent", "open the address that vsodprep review prints")


def test_a_key_pressed_twice_accepts_two_suggestions(browser, server, session):
    label = np.zeros((24, 32), dtype=bool)
    label[4:10, 4:12], label[16:20, 20:28], label[2:5, 20:24] = True, True, True
    write_mask(session.labels / "bear" / "0.png", label)
    page = browser.page(server.address)
    page.until("state.suggestions.length", 2)  # one of the three blobs moves
    # What was asked before the first edit is void: its answer would bring the suggestion back.
    assert page.value("before = state.ticket, keys.a(), state.ticket > before")
    page.value("keys.a(), null")
    page.until("$('total').textContent", "2 edits in the file")
    page.until("state.suggestions.length", 0)
    assert sorted(recorded(session)) == ["bear 0 erase component 20,2", "bear 0 erase component 4,4"]
