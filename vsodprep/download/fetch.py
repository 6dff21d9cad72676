"""One file from one address: resumed where it stopped, and never under its name before it is whole."""

import json
import math
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests import Response, Session

from vsodprep import __version__
from vsodprep.benchmarks.benchmark import DRIVE, web_address
from vsodprep.download.drive import confirmed_address, is_quota_page
from vsodprep.download.verify import Expected
from vsodprep.errors import VsodprepError
from vsodprep.files import free_bytes, write_json
from vsodprep.progress import track

_CHUNK = 1 << 20
_PAGE_LIMIT = 1 << 20
_SPARE = 64 << 20  # left free on the disk
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class AddressError(VsodprepError):
    """This address will not give the file; another may."""


class QuotaError(AddressError):
    """Google Drive has given the file to too many people lately."""


class PassingError(VsodprepError):
    """It may work if tried again.

    Args:
        text: What happened.
        wait: Seconds that the server asked to wait, None if it did not.
    """

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class DiskError(VsodprepError):
    """The file does not fit; no address helps."""


class _StaleError(PassingError):
    """What is here is of no use; begin anew."""


@dataclass(frozen=True)
class RetryPolicy:
    """How patiently addresses are tried.

    Attributes:
        tries: Tries of one address in a row without a byte of progress.
        wait: Seconds before the second try; doubled each time.
        longest_wait: Seconds that are waited at most, whatever a server asks.
        timeout: Seconds to connect, and seconds without a byte.
        drive: Where fetching from Google Drive begins, `{}` for the file's id.
        sleep: What waits.
    """

    tries: int = 5
    wait: float = 1.0
    longest_wait: float = 120.0
    timeout: tuple[float, float] = (20.0, 60.0)
    drive: str = "https://drive.google.com/uc?export=download&id={}"
    sleep: Callable[[float], None] = time.sleep


PATIENT = RetryPolicy()


def part_of(final: Path) -> Path:
    """Return where a file lies while it is not whole."""
    return final.with_name(f".{final.name}.part")


def fetch(url: str, final: Path, expected: Expected, manners: RetryPolicy) -> Path:
    """Fetch a file from one address, trying again where that may help.

    Args:
        url: The address; `drive:ID` for Google Drive.
        final: The name that the file will get; it is left in `part_of(final)` for the caller to verify.
        expected: What is known of it.
        manners: How patiently.

    Returns:
        The part file, with as many bytes as the server announced.

    Raises:
        AddressError: The address does not give the file.
        DiskError: There is no room for it.
    """
    part = part_of(final)
    tries, wait = 0, manners.wait
    with _session() as session:
        while True:
            before = part.stat().st_size if part.exists() else 0
            try:
                _fetch_once(session, url, part, expected, manners)
            except PassingError as error:
                if isinstance(error, _StaleError):
                    discard(part)
                progressed = part.exists() and part.stat().st_size > before
                tries, wait = (1, manners.wait) if progressed else (tries + 1, wait)
                if tries >= manners.tries:
                    raise AddressError(f"{error} ({tries} tries)") from error
                manners.sleep(min(error.wait if error.wait is not None else wait, manners.longest_wait))
                wait *= 2
            else:
                return part


def _session() -> Session:
    session = Session()
    # Identity: a range of a compressed transfer is not a range of the file.
    session.headers.update({"User-Agent": f"vsodprep/{__version__}", "Accept-Encoding": "identity"})
    return session


def _fetch_once(session: Session, url: str, part: Path, expected: Expected, manners: RetryPolicy) -> None:
    have, validator = _resumable(part, url)
    if have and not validator and not expected.checksums:
        # Nothing would tell if the file had changed on the server since.
        discard(part)
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    if have and validator:
        headers["If-Range"] = validator
    try:
        with closing(_open(session, url, headers, manners)) as response:
            start, total = _extent(response, have)
            if start is None:  # the server holds as much as is here already
                return
            if start and validator and _validator(response) not in ("", validator):
                raise _StaleError("the file has changed on the server")
            _check_room(part, total, start, expected)
            _note(part, url, response)
            _write(response, part, start, total if total is not None else expected.bytes)
    except requests.Timeout as error:
        raise PassingError(f"no byte for {manners.timeout[1]:g} s") from error
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise PassingError("the connection broke off") from error
    except requests.RequestException as error:
        raise AddressError(f"unusable ({type(error).__name__})") from error
    except OSError as error:
        raise DiskError(f"{part.parent}: {error.strerror}; what has been fetched is kept") from error


def _open(session: Session, url: str, headers: dict[str, str], manners: RetryPolicy) -> Response:
    """Open an address, through Drive's pages if need be."""
    address = web_address(url, manners.drive)
    for _ in range(3):
        response = session.get(address, headers=headers, stream=True, timeout=manners.timeout)
        _check_status(response)
        if not url.startswith(DRIVE) or not _is_page(response):
            return response
        with closing(response):
            page = next(response.iter_content(_PAGE_LIMIT), b"").decode("utf-8", "replace")
        if is_quota_page(page):
            raise QuotaError("Google Drive says that its download quota for this file is used up; waiting a day helps")
        confirmed = confirmed_address(page, response.url)
        if confirmed is None:
            break
        address = confirmed
    raise AddressError("Google Drive answers with a page instead of the file")


def _is_page(response: Response) -> bool:
    kind = response.headers.get("Content-Type", "")
    return kind.startswith("text/html") and "Content-Disposition" not in response.headers


def _check_status(response: Response) -> None:
    if response.status_code in (200, 206, 416):
        return
    text = f"HTTP {response.status_code} {response.reason}"
    response.close()
    if response.status_code in _PASSING:
        asked = response.headers.get("Retry-After", "")
        raise PassingError(text, float(asked) if asked.isdecimal() else None)
    raise AddressError(text)


def _extent(response: Response, have: int) -> tuple[int | None, int | None]:
    """Return where the answer starts and how long the whole file is; no start if nothing is left to fetch."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status_code == 416:
        whole = response.headers.get("Content-Range", "").rpartition("/")[2]
        if whole == str(have):
            return None, have
        raise _StaleError("the server does not continue the part that is already here")
    if response.status_code == 206:
        if match is None or int(match[1]) != have:
            raise _StaleError("the server does not continue the part that is already here")
        return have, None if match[2] == "*" else int(match[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _check_room(part: Path, total: int | None, start: int, expected: Expected) -> None:
    if total is None:
        return
    if expected.bytes is not None and total != expected.bytes:
        raise AddressError(f"offers {total} bytes, expected {expected.bytes}")
    free = free_bytes(part.parent)
    if free < total - start + _SPARE:
        raise DiskError(f"{part.parent}: {free} bytes free, {expected.name} needs {total - start} more")


def _write(response: Response, part: Path, start: int, total: int | None) -> None:
    left = None if total is None else math.ceil((total - start) / _CHUNK)
    chunks = track(response.iter_content(_CHUNK), f"fetch {part.name[1:].removesuffix('.part')}", left, unit="MiB")
    with part.open("r+b" if start else "wb") as stream:
        stream.seek(start)
        stream.truncate()
        for chunk in chunks:
            stream.write(chunk)
            if total is not None and stream.tell() > total:
                break  # an answer need not end
        size = stream.tell()
    if total is not None and size < total:
        raise PassingError(f"the connection ended after {size} of {total} bytes")
    if total is not None and size > total:
        raise AddressError(f"sent {size} bytes or more, announced {total}")


def _notes_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _note(part: Path, url: str, response: Response) -> None:
    """Note of which version of which address the part is, so that it is continued with the same."""
    write_json(_notes_of(part), {"url": url, "validator": _validator(response)})


def _validator(response: Response) -> str:
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _resumable(part: Path, url: str) -> tuple[int, str]:
    """Return how many bytes of this address are here, and by what the server tells its version."""
    try:
        notes: dict[str, Any] = json.loads(_notes_of(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        notes = {}
    if notes.get("url") != url or not part.exists():
        discard(part)
        return 0, ""
    return part.stat().st_size, notes.get("validator", "")


def discard(part: Path) -> None:
    """Remove a part file and its notes."""
    part.unlink(missing_ok=True)
    _notes_of(part).unlink(missing_ok=True)
