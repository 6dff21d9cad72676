"""A normalised benchmark described in Croissant, which data set search engines read."""

import json
from collections.abc import Collection
from importlib import resources
from typing import Any

from vsodprep.manifest import Manifest
from vsodprep.markers import MANIFEST

CROISSANT = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"

DESCRIPTION = "in the layout of vsodprep: frames, binary masks and a manifest."
_FRAMES = "Frames as delivered."
_MASKS = "Masks of 0 and 255, named as their frames."
_FORMATS = {".jpg": "image/jpeg", ".png": "image/png"}
_ARCHIVES = {".zip": "application/zip", ".rar": "application/vnd.rar", ".tar": "application/x-tar"}


def describe(manifest: Manifest, manifest_sha256: str, year: int, suffixes: Collection[str]) -> dict[str, Any]:
    """Describe a normalised benchmark.

    Args:
        manifest: Its manifest.
        manifest_sha256: SHA-256 of the manifest's file.
        year: Year of publication, 0 if it was never published.
        suffixes: Endings that its frames have.

    Returns:
        The content of `croissant.json`: the manifest, the sources, frames and masks as files; sequences as records.

    Source: Croissant format specification 1.0, sections "Dataset-level information" to "RecordSets".
    """
    record: dict[str, Any] = {
        "@context": _context(),
        "@type": "sc:Dataset",
        "name": manifest.name,
        "description": f"{manifest.title} {DESCRIPTION}",
        "conformsTo": CONFORMS_TO,
        "citeAs": manifest.citation or manifest.title,
        "license": manifest.licence,
        "url": manifest.homepage or f"urn:vsodprep:{manifest.name}",
        "version": manifest.version or "1",
        "distribution": _files(manifest, manifest_sha256, suffixes),
        "recordSet": [_sequences(), *(_images("frames", suffix, _FRAMES) for suffix in sorted(suffixes))],
    }
    if any(sequence.annotated for sequence in manifest.sequences):
        record["recordSet"].append(_images("masks", ".png", _MASKS))
    if year:
        record["datePublished"] = f"{year}-01-01"
    return record


def _context() -> Any:
    """Return the context that the Croissant 1.0 specification prescribes."""
    return json.loads(resources.files("vsodprep.normalize").joinpath("croissant_context.json").read_text("utf-8"))


def _files(manifest: Manifest, manifest_sha256: str, suffixes: Collection[str]) -> list[dict[str, Any]]:
    files = [_file(MANIFEST, MANIFEST, "application/json", manifest_sha256)]
    files += [
        _file(f"source/{source.file}", source.file, _archive_format(source.file), source.sha256)
        for source in manifest.sources
        if source.sha256
    ]
    files += [_set("frames", suffix) for suffix in sorted(suffixes)]
    if any(sequence.annotated for sequence in manifest.sequences):
        files.append(_set("masks", ".png"))
    return files


def _archive_format(name: str) -> str:
    return next((mime for suffix, mime in _ARCHIVES.items() if name.endswith(suffix)), "application/octet-stream")


def _node(kind: str, identity: str, name: str = "", **facts: Any) -> dict[str, Any]:
    return {"@type": f"cr:{kind}", "@id": identity, "name": name or identity, **facts}


def _file(identity: str, name: str, mime: str, sha256: str) -> dict[str, Any]:
    return _node("FileObject", identity, name, contentUrl=name, encodingFormat=mime, sha256=sha256)


def _set(kind: str, suffix: str) -> dict[str, Any]:
    return _node("FileSet", f"{kind}{suffix}", encodingFormat=_FORMATS[suffix], includes=f"*/{kind}/*{suffix}")


def _field(records: str, name: str, kind: str, extract: dict[str, str], **source: dict[str, str]) -> dict[str, Any]:
    return _node("Field", f"{records}/{name}", name, dataType=f"sc:{kind}", source={**source, "extract": extract})


def _sequences() -> dict[str, Any]:
    fields = [
        _field("sequences", name, kind, {"jsonPath": f"$.sequences[*].{name}"}, fileObject={"@id": MANIFEST})
        for name, kind in (("name", "Text"), ("height", "Integer"), ("width", "Integer"))
    ]
    about = "Sequences of the benchmark; the manifest says more of each."
    return _node("RecordSet", "sequences", description=about, key={"@id": "sequences/name"}, field=fields)


def _images(kind: str, suffix: str, description: str) -> dict[str, Any]:
    name = f"{kind}-{suffix.removeprefix('.')}"
    fields = [
        _field(name, field, of, {"fileProperty": read}, fileSet={"@id": f"{kind}{suffix}"})
        for field, of, read in (("path", "Text", "fullpath"), ("image", "ImageObject", "content"))
    ]
    return _node("RecordSet", name, description=description, field=fields)
