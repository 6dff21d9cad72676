"""What a delivery may do wrong, and what of it stops."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from vsodprep.benchmarks.benchmark import Benchmark
from vsodprep.benchmarks.layout import Layout
from vsodprep.errors import InputError
from vsodprep.manifest import Issue


@dataclass(frozen=True)
class Kind:
    """A kind of issue.

    Attributes:
        expected: What ought to be there.
        partial: Whether an incomplete delivery may have it.
        note: Whether it is only worth telling and never stops.
    """

    expected: str
    partial: bool = False
    note: bool = False


KINDS: dict[str, Kind] = {
    "missing-sequence": Kind("every sequence of the benchmark", partial=True),
    "extra-sequence": Kind("no sequence that the benchmark does not have"),
    "missing-frame": Kind("a frame for every mask", partial=True),
    "missing-mask": Kind("a mask for every frame that the benchmark annotates"),
    "listed-missing": Kind("every file that the delivery's own list names"),
    "frame-count": Kind("as many frames as the benchmark has", partial=True),
    "mask-count": Kind("as many masks as the benchmark has", partial=True),
    "extra-mask": Kind("no mask that the delivery's own list does not name"),
    "size-mismatch": Kind("a mask of its frame's size"),
    "frame-size": Kind("frames of one size in a video"),
    "empty-mask": Kind("a mask with foreground in it"),
    "locked": Kind("what the lock file recorded when the benchmark was first seen"),
    "double-mask": Kind("one mask for a frame", note=True),
    "ambiguous-region": Kind("regions that are clearly object or background", note=True),
    "stray-file": Kind("the benchmark's own files only", note=True),
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
    for kind in allow:
        if kind not in KINDS:
            raise InputError(f"allow {kind}", "no such kind of issue", f"one of {', '.join(KINDS)}")
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
    remedy = f"{KINDS[issue.kind].expected} (or {issue.kind!r} among what is allowed)"
    raise InputError(finding.culprit, issue.detail, remedy)


def check_layout(benchmark: Benchmark, layout: Layout, source: str, only: Collection[str] = ()) -> Iterator[Finding]:
    """Compare what a delivery holds with what it says of itself, then with what is known of the benchmark.

    Args:
        benchmark: The benchmark.
        layout: What was found.
        source: What to name where no file is at fault.
        only: Sequences that were asked for; the whole benchmark if empty.

    Yields:
        What is wrong, the delivery's contradictions with itself first, as they are the most telling.
    """
    for sequence in layout.sequences:
        for issue in sequence.issues:
            yield Finding(issue, f"{source}: {issue.where}")
    known = {sequence.name: sequence for sequence in benchmark.sequences}
    for files in layout.sequences:
        if benchmark.complete and files.name not in known:
            issue = Issue("extra-sequence", files.name, "a sequence that the benchmark does not have")
            yield Finding(issue, f"{source}: {files.name}")
    found = {sequence.name: sequence for sequence in layout.sequences}
    for name, expected in known.items():
        if only and name not in only:
            continue
        if name not in found:
            issue = Issue("missing-sequence", name, f"sequence {name} is missing")
            yield Finding(issue, source)
            continue
        frames = sum(frame.frame is not None for frame in found[name].frames)
        if expected.frames not in (None, frames):
            issue = Issue("frame-count", name, f"{frames} frames of {expected.frames}")
            yield Finding(issue, f"{source}: {name}")
        masks = sum(bool(frame.masks) for frame in found[name].frames)
        if expected.annotated not in (None, masks):
            issue = Issue("mask-count", name, f"{masks} masks of {expected.annotated}")
            yield Finding(issue, f"{source}: {name}")
