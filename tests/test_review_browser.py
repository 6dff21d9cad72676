"""The review page in a real browser, driven over the pipe of its debugging protocol; skipped where there is none."""

import json
import os
import shutil
import subprocess
import threading
import time

import numpy as np
import pytest

from vsodprep.images import write_mask, write_png
from vsodprep.review.server import serve
from vsodprep.review.session import Session

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium")]

# The level of red over the middle of the blob: 90 is the frame, more is the label.
RED = "[...pen.getImageData(8, 7, 1, 1).data][0]"


class Page:
    """A page of a headless Chromium, which reads commands from descriptor 3 and answers on 4."""

    def __init__(self, folder):
        (theirs, self._to), (self._from, answers) = os.pipe(), os.pipe()
        options = f"--headless=new --no-sandbox --disable-gpu --remote-debugging-pipe --user-data-dir={folder}"
        script = f"exec {BROWSER} {options} about:blank 3<&{theirs} 4>&{answers} 2>/dev/null"
        self._process = subprocess.Popen(["bash", "-c", script], pass_fds=(theirs, answers))
        os.close(theirs)
        os.close(answers)
        self._rest, self._number, self._session = b"", 0, {}
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}

    def ask(self, method, **params):
        self._number += 1
        command = {"id": self._number, "method": method, "params": params, **self._session}
        os.write(self._to, json.dumps(command).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                piece = os.read(self._from, 1 << 16)
                assert piece, "the browser has ended"
                self._rest += piece
            answer, self._rest = self._rest.split(b"\0", 1)
            answer = json.loads(answer)
            if answer.get("id") == self._number:
                return answer["result"]

    def value(self, script):
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def until(self, script, wanted):
        end = time.monotonic() + 30
        while (found := self.value(script)) != wanted:
            assert time.monotonic() < end, f"{script} is {found}, not {wanted}"
            time.sleep(0.05)

    def click(self, column, row):
        box = self.value("(({left, top, width, height}) => [left, top, width, height])(canvas.getBoundingClientRect())")
        place = {"x": box[0] + (column + 0.5) * box[2] / 32, "y": box[1] + (row + 0.5) * box[3] / 24}
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, **place, button="left", clickCount=1)

    def key(self, name):
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=name)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=name)

    def close(self):
        self._process.terminate()
        self._process.wait(20)
        os.close(self._to)
        os.close(self._from)


@pytest.fixture
def server(tmp_path):
    label = np.zeros((24, 32), dtype=bool)
    label[4:10, 4:12] = True
    for sequence in ("bear", "camel"):
        for frame in range(8):
            write_mask(tmp_path / "labels" / sequence / f"{frame}.png", label)
            write_png(tmp_path / f"frames/{sequence}/frames/{frame}.png", np.full((24, 32, 3), 90, dtype=np.uint8))
    server = serve(Session(tmp_path / "labels", tmp_path / "frames", tmp_path / "edits.txt"), 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(tmp_path, server):
    page = Page(tmp_path / "profile")
    page.ask("Page.navigate", url=server.address)
    page.until("typeof state !== 'undefined' && state.label !== null", True)
    yield page
    page.close()


def shown(page, sequence, frame):
    page.until("$('sequence').value", sequence)
    page.until("$('place').textContent.split(' ')[0]", frame)


def test_click_shows_after_many_frames_and_in_another_sequence(page, server, tmp_path):
    for step in range(1, 8):
        page.key("ArrowRight")
        shown(page, "bear", str(step))
    for step in range(6, 2, -1):  # back to frames that the page has shown before
        page.key("ArrowLeft")
        shown(page, "bear", str(step))
    page.until(f"{RED} > 100", True)
    page.click(8, 7)
    page.until("$('total').textContent", "1 edit in the file")
    page.until(RED, 90)
    page.value("$('sequence').value = 'camel'; $('sequence').dispatchEvent(new Event('change'))")
    shown(page, "camel", "0")
    page.until(f"{RED} > 100", True)
    page.click(8, 7)
    page.until("$('total').textContent", "2 edits in the file")
    page.until(RED, 90)
    page.key("u")
    page.until(f"{RED} > 100", True)
    lines = (tmp_path / "edits.txt").read_text().splitlines()
    assert [line for line in lines if line[0] != "#"] == ["bear 3 erase component 8,7"]


def test_token_leaves_the_address_and_a_reload_needs_none(page, server):
    assert page.value("location.search") == ""
    page.value("state.label = null; location.reload()")
    page.until("typeof state !== 'undefined' && state.label !== null", True)
    page.ask("Network.clearBrowserCookies")
    page.key("ArrowRight")
    page.until("$('message').textContent", "open the address that vsodprep review prints")
