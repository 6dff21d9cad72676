"""A headless Chromium, driven over the pipe of its debugging protocol."""

import base64
import json
import os
import shutil
import subprocess
import time

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class RefusedError(Exception):
    """The browser's answer to a command that it could not follow."""


class Browser:
    """A headless Chromium, which reads commands from descriptor 3 and answers on 4."""

    def __init__(self, folder):
        (theirs, self._to), (self._from, answers) = os.pipe(), os.pipe()
        options = f"--headless=new --no-sandbox --disable-gpu --remote-debugging-pipe --user-data-dir={folder}"
        options += " --window-size=1400,900 --disable-dev-shm-usage"  # containers have little of /dev/shm
        script = f"exec {CHROMIUM} {options} about:blank 3<&{theirs} 4>&{answers} 2>/dev/null"
        self._process = subprocess.Popen(["bash", "-c", script], pass_fds=(theirs, answers))
        os.close(theirs)
        os.close(answers)
        self._rest, self._number = b"", 0

    def ask(self, method, session, **params):
        self._number += 1
        command = {"id": self._number, "method": method, "params": params, **session}
        os.write(self._to, json.dumps(command).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                piece = os.read(self._from, 1 << 16)
                assert piece, "the browser has ended"
                self._rest += piece
            answer, self._rest = self._rest.split(b"\0", 1)
            answer = json.loads(answer)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RefusedError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def page(self, address):
        page = Page(self)
        page.ask("Page.navigate", url=address)
        page.until("typeof state !== 'undefined' && state.label !== null", True)
        return page

    def close(self):
        self._process.terminate()
        self._process.wait(20)
        os.close(self._to)
        os.close(self._from)


class Page:
    """A tab."""

    def __init__(self, browser):
        self._browser, self._session = browser, {}
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}

    def ask(self, method, **params):
        return self._browser.ask(method, self._session, **params)

    def value(self, script):
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def kept(self, script):
        """Return what a script promises, once it has it."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    def until(self, script, wanted):
        end = time.monotonic() + 30
        while (found := self._value_if_loaded(script)) != wanted:
            assert time.monotonic() < end, f"{script} is {found}, not {wanted}"
            time.sleep(0.05)

    def _value_if_loaded(self, script):
        try:
            return self.value(script)
        except RefusedError as refusal:  # a page that is being replaced by the next one takes no script
            return refusal

    def picture(self):
        """Return a PNG of what the tab shows."""
        return base64.b64decode(self.ask("Page.captureScreenshot")["data"])

    def mouse(self, kind, x, y, **more):
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, column, row):
        where = self.value(f"place({column}, {row})")
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, *where, button="left", clickCount=1)

    def key(self, name):
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=name)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=name)
