"""What a delivery may do wrong, and what of it stops."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, KnownSequence
from vsodprep.benchmarks.layout import Layout, SequenceFiles
from vsodprep.errors import InputError, check_known
from vsodprep.manifest import Issue


@dataclass(frozen=True)
class IssueKind:
    """A kind of issue.

    Attributes:
        expected: What ought to be there.
        partial: Whether an incomplete delivery may have it.
        note: Whether it is only worth telling and never stops.
    """

    expected: str
    partial: bool = False
    note: bool = False


KINDS: dict[str, IssueKind] = {
    "missing-sequence": IssueKind("every sequence of the benchmark", partial=True),
    "extra-sequence": IssueKind("no sequence that the benchmark does not have"),
    "missing-frame": IssueKind("a frame for every mask", partial=True),
    "missing-mask": IssueKind("a mask for every frame that the benchmark annotates"),
    "listed-missing": IssueKind("every file that the delivery's own list names"),
    "frame-count": IssueKind("as many frames as the benchmark has", partial=True),
    "mask-count": IssueKind("as many masks as the benchmark has", partial=True),
    "list-contradiction": IssueKind("lists in the delivery that agree with one another"),
    "extra-frame": IssueKind("no frame that the benchmark does not have"),
    "extra-mask": IssueKind("no mask that the benchmark does not have"),
    "unknown-region": IssueKind("no mask value but those of the regions that the delivery's list defines"),
    "duplicate-file": IssueKind("one file for a frame and one for its mask"),
    "duplicate-mask": IssueKind("one mask for a frame"),
    "size-mismatch": IssueKind("a mask of its frame's size"),
    "frame-size": IssueKind("frames of one size in a video"),
    "frame-gap": IssueKind("frames numbered without a gap"),
    "short-video": IssueKind("as many frames as the video's container tells"),
    "same-frames": IssueKind("frames that differ"),
    "unused-masks": IssueKind("masks in SEQUENCE/masks"),
    "leading-masks": IssueKind("masks that bear the numbers of their frames"),
    "empty-mask": IssueKind("a mask with foreground in it"),
    "faint-mask": IssueKind("foreground above 128, as in masks of 0 and 255; not 0 and 1"),
    "double-mask": IssueKind("one mask for a frame", note=True),
    "object-mask": IssueKind("a mask of every object for every frame", note=True),
    "ambiguous-region": IssueKind("regions that are clearly object or background", note=True),
    "stray-file": IssueKind("the benchmark's own files only", note=True),
    "renamed": IssueKind("a name that paths and commands can have", note=True),
    "repeated-frames": IssueKind("frames that differ", note=True),
    "rotated": IssueKind("a video that is stored upright", note=True),
    "turned": IssueKind("a frame that is stored upright", note=True),
    "jpeg-end": IssueKind("a JPEG that ends with its last marker", note=True),
}


@dataclass(frozen=True)
class Finding:
    """An issue, with the file to name if it stops."""

    issue: Issue
    culprit: str


def allowed_kinds(benchmark: Benchmark, allow: Collection[str], *, partial: bool) -> frozenset[str]:
    """Return the kinds of issue that do not stop.

    Raises:
        InputError: A kind asked for does not exist.
    """
    check_known("allow", allow, KINDS, "kind of issue")
    own = {kind for kind, about in KINDS.items() if about.note or (partial and about.partial)}
    return frozenset(own | set(allow) | benchmark.tolerated)


def judge(finding: Finding, allowed: frozenset[str]) -> Issue:
    """Return the issue if it is allowed.

    Raises:
        InputError: It is not.
    """
    issue = finding.issue
    if issue.kind in allowed:
        return issue
    kind = KINDS[issue.kind]
    part = ", or --partial for a part of the benchmark" if kind.partial else ""
    remedy = f"{kind.expected} (or {issue.kind!r} among what is allowed{part})"
    raise InputError(finding.culprit, issue.detail, remedy)


def told(issues: Iterable[Issue]) -> Iterator[str]:
    """Yield a line for each kind of issue: how often, and the first."""
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    for kind, found in by_kind.items():
        yield f"{kind}: {len(found)}, first {found[0].where}: {found[0].detail}"


def check_layout(
    benchmark: Benchmark, layout: Layout, delivery: Delivery, only: Collection[str] = ()
) -> Iterator[Finding]:
    """Compare what a delivery holds with what it says of itself, then with what is known of the benchmark.

    Args:
        benchmark: The benchmark.
        layout: What was found.
        delivery: Where it was found.
        only: Sequences that were asked for; the whole benchmark if empty.

    Yields:
        What is wrong, the delivery's contradictions with itself first, as they are the most telling.
    """
    for issue in (*layout.issues, *(issue for sequence in layout.sequences for issue in sequence.issues)):
        yield Finding(issue, f"{delivery}: {issue.where}")
    for sequence in layout.sequences:
        if detail := _leading_masks(sequence):
            issue = Issue("leading-masks", sequence.name, detail)
            yield Finding(issue, f"{_origin(delivery, sequence)}: {sequence.name}")
        for one in sequence.frames:
            for path in one.spare[:1]:
                issue = Issue("duplicate-file", f"{sequence.name}/{one.id}", f"another file of the same name: {path}")
                yield Finding(issue, delivery.where(path))
    known = {sequence.name: sequence for sequence in benchmark.sequences}
    found = {sequence.name: sequence for sequence in layout.sequences}
    for name, files in found.items():
        if name not in known and (benchmark.complete or not files.splits):
            issue = Issue("extra-sequence", name, "a sequence that the benchmark does not have")
            yield Finding(issue, f"{_origin(delivery, files)}: {name}")
    for name, expected in known.items():
        if only and name not in only:
            continue
        if name in found:
            yield from _check_counts(benchmark, expected, found[name], f"{_origin(delivery, found[name])}: {name}")
        else:
            yield Finding(Issue("missing-sequence", name, f"sequence {name} is missing"), str(delivery))
    if not only:
        yield from _check_unlisted(benchmark, [files for name, files in found.items() if name not in known], delivery)


def _leading_masks(files: SequenceFiles) -> str | None:
    """Return what is odd where the first few frames alone have masks, as it is when masks were numbered anew."""
    masked = [bool(one.masks) for one in files.frames if one.frame is not None]
    count = sum(masked)
    missing = any(one.promised and not one.masks for one in files.frames)
    if missing or not 1 < count <= len(masked) // 2 or not all(masked[:count]):
        return None
    first, last = files.frames[0].id, files.frames[count - 1].id
    return f"masks of the first {count} of {len(masked)} frames alone, {first} to {last}; masks numbered anew look so"


def _origin(delivery: Delivery, files: SequenceFiles) -> Path:
    return delivery.origin(next(path for frame in files.frames for path in (frame.frame, *frame.masks) if path))


def _check_unlisted(benchmark: Benchmark, unlisted: Collection[SequenceFiles], delivery: Delivery) -> Iterator[Finding]:
    """Look for sequences that exist and whose names nobody published."""
    for split, about in benchmark.splits.items():
        wanted = about.unnamed if about.sequences is not None else 1
        if sum(split in files.splits for files in unlisted) < wanted:
            issue = Issue("missing-sequence", split, f"no sequence of split {split}, whose names were never published")
            yield Finding(issue, str(delivery))


def _check_counts(
    benchmark: Benchmark, expected: KnownSequence, files: SequenceFiles, culprit: str
) -> Iterator[Finding]:
    name = expected.name
    stems = {frame.id for frame in files.frames if frame.frame is not None}
    listed = benchmark.stems.get(name, ())
    if expected.frames not in (None, len(stems)):
        missing = next((stem for stem in listed if stem not in stems), None)
        first = f", the first that is missing is {missing}" if missing else ""
        yield Finding(Issue("frame-count", name, f"{len(stems)} frames of {expected.frames}{first}"), culprit)
    for stem in sorted(stems.difference(listed)) if listed else ():
        issue = Issue("extra-frame", f"{name}/{stem}", "a frame that the benchmark does not have")
        yield Finding(issue, f"{culprit}/{stem}")
    masks = sum(bool(frame.masks) for frame in files.frames)
    if masks == 0 and benchmark.masks:
        yield Finding(Issue("missing-mask", name, "not one mask"), culprit)
    elif expected.annotated not in (None, masks) and not benchmark.class_ids:
        yield Finding(Issue("mask-count", name, f"{masks} masks of {expected.annotated}"), culprit)
