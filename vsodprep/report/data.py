"""What the page says about a benchmark: where it came from, what it holds, what was not as promised."""

from collections import Counter
from dataclasses import dataclass

from vsodprep.files import sha256
from vsodprep.manifest import Issue, Manifest, ManifestSequence
from vsodprep.markers import MANIFEST
from vsodprep.normalize.contact import STILLS, contact_sheet
from vsodprep.report.collect import Results
from vsodprep.report.thumbnails import Thumbnail, thumbnail

SHEET_COLUMNS, SHEET_WIDTH = 8, 1320  # a row fills the page


@dataclass(frozen=True)
class SplitCounts:
    """Counts of one split."""

    name: str
    sequences: int
    frames: int
    annotated: int
    sizes: str


@dataclass(frozen=True)
class BenchmarkSummary:
    """One normalised benchmark as the page shows it.

    Attributes:
        manifest: Its manifest.
        sha256: Hash of the manifest file, which names every source by its own hash.
        splits: Counts per split.
        issues: What was not as promised, by kind, the most frequent first.
        sheet: A frame of every sequence, its mask outlined.
    """

    manifest: Manifest
    sha256: str
    splits: tuple[SplitCounts, ...]
    issues: dict[str, list[Issue]]
    sheet: Thumbnail


def benchmark(results: Results, name: str) -> BenchmarkSummary:
    """Return a benchmark's part of the page."""
    manifest = results.manifests[name]
    names = list(dict.fromkeys(split for sequence in manifest.sequences for split in sequence.splits))
    splits = tuple(_split(split, manifest.split(split)) for split in names)
    counts = Counter(issue.kind for issue in manifest.issues)
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))
    issues = {kind: [issue for issue in manifest.issues if issue.kind == kind] for kind in kinds}
    folder = results.folder(name)
    shown = sum(min(STILLS, len(sequence.frames)) if sequence.still else 1 for sequence in manifest.sequences)
    sheet = thumbnail(contact_sheet(folder, columns=max(1, min(SHEET_COLUMNS, shown))), SHEET_WIDTH)
    return BenchmarkSummary(manifest, sha256(folder / MANIFEST), splits, issues, sheet)


def _split(name: str, sequences: tuple[ManifestSequence, ...]) -> SplitCounts:
    return SplitCounts(
        name,
        len(sequences),
        sum(len(sequence.frames) for sequence in sequences),
        sum(len(sequence.annotated) for sequence in sequences),
        _sizes(sequences),
    )


def _sizes(sequences: tuple[ManifestSequence, ...]) -> str:
    """Return the frame size, or the range of sizes, as width × height."""
    sizes = {(s.width, s.height) for s in sequences if s.width and s.height}
    sizes |= {(width, height) for s in sequences for height, width in s.sizes}
    if not sizes:
        return ""
    ordered = sorted(sizes, key=lambda size: (size[0] * size[1], size))
    first, last = (f"{width} × {height}" for width, height in (ordered[0], ordered[-1]))
    return first if first == last else f"{first} to {last}"
