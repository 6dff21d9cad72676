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
class BenchmarkSummary:
    """One normalised benchmark as the page shows it.

    Attributes:
        manifest: Its manifest.
        sha256: Hash of the manifest file, which names every source by its own hash.
        splits: The sequences of each split.
        issues: What was not as promised, by kind, the most frequent first.
        sheet: A frame of every sequence, its mask outlined.
    """

    manifest: Manifest
    sha256: str
    splits: dict[str, tuple[ManifestSequence, ...]]
    issues: dict[str, list[Issue]]
    sheet: Thumbnail


def benchmark(results: Results, name: str) -> BenchmarkSummary:
    """Return a benchmark's part of the page."""
    manifest = results.manifests[name]
    splits = {split: manifest.split(split) for sequence in manifest.sequences for split in sequence.splits}
    counts = Counter(issue.kind for issue in manifest.issues)
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))
    issues = {kind: [issue for issue in manifest.issues if issue.kind == kind] for kind in kinds}
    folder = results.folder(name)
    shown = sum(min(STILLS, len(sequence.frames)) if sequence.still else 1 for sequence in manifest.sequences)
    sheet = thumbnail(contact_sheet(folder, columns=max(1, min(SHEET_COLUMNS, shown))), SHEET_WIDTH)
    return BenchmarkSummary(manifest, sha256(folder / MANIFEST), splits, issues, sheet)


def sizes(sequences: tuple[ManifestSequence, ...]) -> str:
    """Return the frame size, or the range of sizes, as width × height."""
    found = {(s.width, s.height) for s in sequences if s.width and s.height}
    found |= {(width, height) for s in sequences for height, width in s.sizes}
    if not found:
        return ""
    ordered = sorted(found, key=lambda size: (size[0] * size[1], size))
    first, last = (f"{width} × {height}" for width, height in (ordered[0], ordered[-1]))
    return first if first == last else f"{first} to {last}"
