"""The user's own videos in the one layout."""

from dataclasses import replace
from pathlib import Path

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark
from vsodprep.benchmarks.folders import safe_name, scan_folder, with_videos_decoded
from vsodprep.benchmarks.layout import Layout
from vsodprep.config.normalize import Choice
from vsodprep.files import scratch_beside
from vsodprep.manifest import Manifest
from vsodprep.normalize.checks import Finding, allowed_kinds, judge
from vsodprep.normalize.run import check_out, normalize


def normalize_own(benchmark: Benchmark, path: Path, out: Path, choice: Choice, jobs: int = 1) -> Manifest:
    """Bring a user's own folder, or one video file, into the one layout.

    Args:
        benchmark: As `own_benchmark` gives it.
        path: `PATH/SEQ/frames` with optional `PATH/SEQ/masks`, or video files.
        out: The folder that it becomes, as a whole or not at all.
        choice: What the user has chosen.
        jobs: Threads; the result does not depend on it.

    Returns:
        The manifest, which has been written.

    Raises:
        InputError: There is no sequence, a file is unreadable, or there is an issue that is not allowed.
    """
    check_out(out, [path])
    scan_folder(path)  # says what is wrong before anything is decoded
    allowed = allowed_kinds(benchmark, choice.allow, partial=choice.partial)
    with scratch_beside(out) as scratch, with_videos_decoded(path, scratch) as (folders, found):
        folder = path.parent if path.is_file() else path
        issues = [judge(Finding(issue, str(folder / issue.where)), allowed) for issue in found]
        short = {safe_name(Path(issue.where).stem) for issue in issues if issue.kind == "short-video"}

        def layout(delivery: Delivery, resolution: str) -> Layout:
            """Find the frames; those that a short video lacks have been allowed."""
            plain = benchmark.layout(delivery, resolution)
            sequences = tuple(replace(one, issues=()) if one.name in short else one for one in plain.sequences)
            return replace(plain, sequences=sequences, issues=(*issues, *plain.issues))

        return normalize(replace(benchmark, layout=layout), folders, out, choice, jobs, sources=[path])
