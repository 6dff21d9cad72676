"""The files beside an ONNX file that hold its weights, as exporters write those of large networks."""

import mmap
import re
from pathlib import Path

from vsodprep.files import sha256

# An entry of `external_data` in ONNX's protobuf: field 1, `location`, then field 2, a path of up to 127 bytes, or of up
# to 16383, relative to the file.
_LOCATION = re.compile(rb"\x0a\x08location\x12(?:([\x00-\x7f])|([\x80-\xff])([\x01-\x7f]))")


def external_files(path: Path) -> list[str]:
    """Return the names of the files beside an ONNX file that hold its weights, sorted; none of most."""
    if not path.stat().st_size:
        return []
    found = set()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for entry in _LOCATION.finditer(content):
            short, low, high = entry.groups()
            length = short[0] if short else low[0] - 128 + 128 * high[0]
            found.add(content[entry.end() : entry.end() + length].decode("utf-8", "replace"))
    return sorted(found)


def external_digests(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each of those files, by name; empty where one is not there."""
    files = ((name, path.parent / name) for name in external_files(path))
    return {name: sha256(file) if file.is_file() else "" for name, file in files}
