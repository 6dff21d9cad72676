"""The review page's server: standard library, this machine only, and only for who knows the address it prints."""

import json
import secrets
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from vsodprep.errors import InputError, VsodprepError
from vsodprep.images import encode_jpeg, encode_png, read_frame
from vsodprep.review.session import Session

HOST = "127.0.0.1"
_LARGEST_REQUEST = 1 << 20


class ReviewServer(ThreadingHTTPServer):
    """A server of the page on this machine's loopback address.

    Attributes:
        session: What is under review.
        token: What a request has to know: every user of a machine reaches its loopback address.
    """

    def __init__(self, session: Session, port: int) -> None:
        self.session, self.token = session, secrets.token_urlsafe()
        super().__init__((HOST, port), Handler)

    @property
    def address(self) -> str:
        """Where the page is, with the token."""
        return f"http://{HOST}:{self.server_port}/?token={self.token}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a page that has stepped on, or was closed, before its answer came."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers the page's requests."""

    server: ReviewServer
    protocol_version = "HTTP/1.1"

    @property
    def session(self) -> Session:
        """What is under review."""
        return self.server.session

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing for each request."""

    def do_GET(self) -> None:
        """Send the page, the list of sequences, a picture, or a frame's edits and suggestions."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Add an edit, take back the last one or make it again, or mark a frame."""
        self._answer(self._post)

    def _answer(self, respond: Any) -> None:
        refused = self._refused()
        if refused:
            self.close_connection = True  # a body that nobody reads would be taken for the next request
            self._send_json({"error": refused}, HTTPStatus.FORBIDDEN)
            return
        try:
            respond([unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")])
        except InputError as error:
            self._send_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except VsodprepError as error:
            self._send_json({"error": str(error)}, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _refused(self) -> str | None:
        """Say why a request is refused: another host's name or page, as nothing elsewhere may write, or no token."""
        own = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host") not in own or (origin is not None and origin.removeprefix("http://") not in own):
            return "this page answers its own machine only"
        given = {f"{self._cookie}{each}" for each in parse_qs(urlsplit(self.path).query).get("token", ())}
        given |= {each.strip() for each in self.headers.get("Cookie", "").split(";")}
        wanted = f"{self._cookie}{self.server.token}".encode()
        if not any(secrets.compare_digest(each.encode(), wanted) for each in given):
            return "open the address that vsodprep review prints"
        return None

    @property
    def _cookie(self) -> str:
        """How the cookie begins; browsers keep the cookies of all ports of a host together."""
        return f"vsodprep-{self.server.server_port}="

    def _known(self, sequence: str, frame: str) -> tuple[str, str]:
        """Return sequence and frame if they are under review; nothing else is ever opened."""
        if frame not in self.session.sequences.get(sequence, []):
            raise InputError(f"{sequence}/{frame}", "no label", "a sequence and frame under review")
        return sequence, frame

    def _get(self, parts: list[str]) -> None:
        match parts:
            case [""]:
                page = files("vsodprep.review").joinpath("page.html").read_bytes()
                self._send(page, "text/html; charset=utf-8", cookie=True)
            case ["api", "sequences"]:
                self._send_json(
                    {
                        "sequences": self.session.sequences,
                        "reviewed": sorted(self.session.all_marks().reviewed),
                        "flow": self.session.flow is not None,
                        "suggestions": self.session.prior is not None,
                    }
                )
            case ["api", "edits", sequence, frame]:
                edits = self.session.edits_of(*self._known(sequence, frame))
                lines, total = [edit.line() for edit in edits], len(self.session.all_edits())
                self._send_json({"edits": lines, "total": total})
            case ["api", "suggestions", sequence, frame]:
                self._send_json(self.session.suggestions(*self._known(sequence, frame)))
            case ["label", sequence, frame]:
                self._send(self.session.overlay(*self._known(sequence, frame)), "image/png")
            case ["flow", sequence, frame]:
                self._send(encode_png(self.session.flow_picture(*self._known(sequence, frame))), "image/png")
            case ["frame", sequence, frame]:
                # Pixels, and not the file: a browser would turn a photograph that its camera says is on its side.
                picture = read_frame(self.session.frame_file(*self._known(sequence, frame)))
                self._send(encode_jpeg(picture), "image/jpeg")
            case ["thumbnail", sequence, frame]:
                self._send(self.session.thumbnail(*self._known(sequence, frame)), "image/jpeg")
            case _:
                self._send_json({"error": f"no such page: {self.path}"}, HTTPStatus.NOT_FOUND)

    def _post(self, parts: list[str]) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST_REQUEST:
            self.close_connection = True
            raise InputError("request", f"{length} bytes", f"at most {_LARGEST_REQUEST}")
        body = self.rfile.read(length)
        match parts:
            case ["api", "edits"]:
                given = _given(body, line=str, last=str | None)
                line, last = given["line"], given["last"]
                added = self.session.add(line) if last is None else self.session.carry(line, last)
                self._send_json({"added": added})
            case ["api", "undo"]:
                self._send_json({"removed": self.session.undo()})
            case ["api", "redo"]:
                self._send_json({"added": self.session.redo()})
            case ["api", "marks"]:
                given = _given(body, sequence=str, frame=str, reviewed=bool | None, refused=str | None)
                place = self._known(given["sequence"], given["frame"])
                marks = self.session.mark(*place, reviewed=given["reviewed"], refused=given["refused"])
                self._send_json({"reviewed": sorted(marks.reviewed)})
            case _:
                self._send_json({"error": f"no such page: {self.path}"}, HTTPStatus.NOT_FOUND)

    def _send_json(self, value: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _send(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK, *, cookie: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        if cookie:
            self.send_header("Set-Cookie", f"{self._cookie}{self.server.token}; Path=/; HttpOnly; SameSite=Strict")
        self.end_headers()
        self.wfile.write(body)


def _given(body: bytes, **kinds: Any) -> dict[str, Any]:
    """Return what a request says under each key, None where it says nothing."""
    try:
        given = json.loads(body)
        values = {key: given.get(key) for key in kinds}
    except (ValueError, AttributeError) as error:
        raise InputError("request", "no JSON object", f"an object with {', '.join(kinds)}") from error
    for key, kind in kinds.items():
        value = values[key]
        if not isinstance(value, kind) or (isinstance(value, str) and not value.isprintable()):
            raise InputError("request", f"{key}: {value!r}", "one line of text, or true or false for a mark")
    return values


def serve(session: Session, port: int) -> ReviewServer:
    """Return a server of the page, not yet running.

    Args:
        session: What is under review.
        port: Port; 0 takes a free one.

    Raises:
        InputError: There is no label, or the port is taken.
    """
    session.all_edits()
    if not session.sequences:
        raise InputError(session.labels, "no label", "labels as {seq}/{frame}.png")
    try:
        return ReviewServer(session, port)
    except OSError as error:
        raise InputError(f"port {port}", error.strerror or "unusable", "a free port; --port 0 takes one") from error
