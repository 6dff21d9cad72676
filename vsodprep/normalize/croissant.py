"""A normalised benchmark described in Croissant, which data set search engines read."""

from collections.abc import Collection
from typing import Any

from vsodprep.manifest import Manifest
from vsodprep.markers import MANIFEST

CROISSANT = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"

# The context that the Croissant 1.0 specification prescribes.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
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
        "@context": _CONTEXT,
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


def _file(identity: str, name: str, mime: str, sha256: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": identity,
        "name": name,
        "contentUrl": name,
        "encodingFormat": mime,
        "sha256": sha256,
    }


def _set(kind: str, suffix: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{kind}{suffix}",
        "name": f"{kind}{suffix}",
        "encodingFormat": _FORMATS[suffix],
        "includes": f"*/{kind}/*{suffix}",
    }


def _sequences() -> dict[str, Any]:
    fields = (("name", "name", "sc:Text"), ("height", "height", "sc:Integer"), ("width", "width", "sc:Integer"))
    return {
        "@type": "cr:RecordSet",
        "@id": "sequences",
        "name": "sequences",
        "description": "Sequences of the benchmark; the manifest says more of each.",
        "key": {"@id": "sequences/name"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"sequences/{name}",
                "name": name,
                "dataType": kind,
                "source": {"fileObject": {"@id": MANIFEST}, "extract": {"jsonPath": f"$.sequences[*].{key}"}},
            }
            for name, key, kind in fields
        ],
    }


def _images(kind: str, suffix: str, description: str) -> dict[str, Any]:
    name = f"{kind}-{suffix.removeprefix('.')}"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/path",
                "name": "path",
                "dataType": "sc:Text",
                "source": {"fileSet": {"@id": f"{kind}{suffix}"}, "extract": {"fileProperty": "fullpath"}},
            },
            {
                "@type": "cr:Field",
                "@id": f"{name}/image",
                "name": "image",
                "dataType": "sc:ImageObject",
                "source": {"fileSet": {"@id": f"{kind}{suffix}"}, "extract": {"fileProperty": "content"}},
            },
        ],
    }
