"""A web server on the loopback address that misbehaves as told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Request"], None]


@dataclass
class Request:
    """What a client asked, and how to answer it."""

    handler: BaseHTTPRequestHandler
    body: bytes
    number: int
    tag: str = '"one"'

    @property
    def path(self) -> str:
        """Path with its query."""
        return self.handler.path

    @property
    def start(self) -> int:
        """First byte that is asked for."""
        asked = self.handler.headers.get("Range", "bytes=0-")
        valid = self.handler.headers.get("If-Range", self.tag) == self.tag
        return int(asked.removeprefix("bytes=").split("-")[0]) if valid else 0

    def head(self, status: int, headers: dict[str, str]) -> None:
        """Send status and headers."""
        self.handler.send_response(status)
        for key, value in headers.items():
            self.handler.send_header(key, value)
        self.handler.end_headers()

    def page(self, html: str, status: int = 200) -> None:
        """Send a page."""
        data = html.encode()
        self.head(status, {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(data))})
        self.handler.wfile.write(data)

    def file(self, stop: int | None = None, *, ranges: bool = True, validator: bool = True) -> None:
        """Send the file from the byte that is asked for; only up to `stop`, while announcing all."""
        start = self.start if ranges else 0
        headers = {"Content-Length": str(len(self.body) - start), "Content-Disposition": "attachment"}
        if validator:
            headers["ETag"] = self.tag
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        self.head(206 if start else 200, headers)
        self.handler.wfile.write(self.body[start:stop])
        self.handler.wfile.flush()


@dataclass
class Server:
    """The running server.

    Attributes:
        url: Its address.
        answers: Path without query to what answers it; `number` counts the requests of a path.
        asked: Paths with queries, and the ranges asked for, in order.
        release: Set when the test ends, so that stalled answers end too.
    """

    body: bytes
    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def stall(self, request: Request, stop: int) -> None:
        """Send the file up to a byte, then nothing more."""
        request.file(stop)
        self.release.wait(20)


@contextmanager
def serving(body: bytes) -> Iterator[Server]:
    """Run a server that gives `body` from the paths that have answers, and 404 from others."""
    state = Server(body)
    counts: dict[str, int] = {}
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            plain = self.path.split("?")[0]
            with lock:
                counts[plain] = counts.get(plain, 0) + 1
                number = counts[plain]
                state.asked.append((self.path, self.headers.get("Range", "")))
            answer = state.answers.get(plain, lambda request: request.page("gone", 404))
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has given up
                answer(Request(self, state.body, number))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        state.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
