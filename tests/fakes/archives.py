"""Archives of each kind, made from names and contents."""

import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def make_rar(path: Path, files: dict[str, bytes], method: int = 0x30, attributes: int = 0o100644) -> Path:
    """Write a RAR 4 archive: a marker, an archive header, and a header with data for each file.

    Method 0x30 stores, which every reader can undo; any other needs a program.
    """

    def block(kind: int, flags: int, body: bytes, added: bytes = b"") -> bytes:
        rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest + added

    data = b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6))
    for name, content in files.items():
        encoded = name.replace("/", "\\").encode()
        head = struct.pack(
            "<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0, 29, method, len(encoded), attributes
        )
        data += block(0x74, 0x8000, head + encoded, content)
    path.write_bytes(data + block(0x7B, 0, b""))
    return path
