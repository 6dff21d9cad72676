"""A delivery becomes a normalised benchmark."""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from vsodprep import manifest as manifests
from vsodprep.ahead import map_ordered
from vsodprep.archives import ARCHIVE_ENDINGS, Delivery, open_delivery
from vsodprep.benchmarks.benchmark import Benchmark
from vsodprep.benchmarks.layout import FrameFiles, Layout, SequenceFiles
from vsodprep.benchmarks.masks import MaskCoding, Threshold
from vsodprep.coding import Reading, recognise_files
from vsodprep.config.normalize import Choice
from vsodprep.errors import InputError, check_known
from vsodprep.files import LISTS, atomic_directory, check_replaceable, real_path, scratch_beside, sha256, write_json
from vsodprep.manifest import Issue, Manifest, Source, write_manifest
from vsodprep.markers import MANIFEST
from vsodprep.normalize.checks import Finding, allowed_kinds, check_layout, judge
from vsodprep.normalize.convert import Converted, convert
from vsodprep.normalize.croissant import CROISSANT, describe
from vsodprep.normalize.ours import files_of_benchmark
from vsodprep.normalize.splits import check_overrides, splits_of
from vsodprep.progress import track


def normalize(
    benchmark: Benchmark,
    paths: Sequence[Path],
    out: Path,
    choice: Choice = Choice(),
    jobs: int = 1,
    *,
    sources: Sequence[Path] | None = None,
) -> Manifest:
    """Bring a benchmark into the one layout, with a manifest.

    Args:
        benchmark: The benchmark.
        paths: Archives, unpacked folders, or a download's folder.
        out: The folder that it becomes, as a whole or not at all.
        choice: What the user has chosen.
        jobs: Threads; the result does not depend on it.
        sources: What the manifest names as sources, if not the archives and folders themselves.

    Returns:
        The manifest, which has been written.

    Raises:
        InputError: The delivery is of something else, is unsafe, or has an issue that is not allowed; or the output
            would replace a folder of other things.
    """
    check_out(out, paths if sources is None else sources)
    resolution = benchmark.resolution(choice.resolution)
    allowed = allowed_kinds(benchmark, choice.allow, partial=choice.partial)
    with scratch_beside(out) as scratch, open_delivery(paths, scratch=scratch) as delivery:
        layout = chosen(find_layout(benchmark, delivery, resolution), choice.sequences)
        issues = [judge(finding, allowed) for finding in check_layout(benchmark, layout, delivery, choice.sequences)]
        check_overrides(benchmark, [sequence.name for sequence in layout.sequences], choice.splits)
        origins = delivery.paths if sources is None else tuple(sources)
        reading = _recognise(delivery, layout, choice)
        with atomic_directory(out, files_of_benchmark) as folder, ThreadPoolExecutor(jobs) as pool:
            hashes = [None if path.is_dir() else pool.submit(sha256, path) for path in origins]
            sequences, found, digest = _convert_all(
                benchmark, delivery, layout, Threshold(reading), folder=folder, allowed=allowed, pool=pool, jobs=jobs
            )
            result = benchmark.manifest(
                sources=tuple(map(_source, origins, hashes)),
                sequences=splits_of(benchmark, sequences, choice.splits),
                issues=tuple(issues + found),
                extra=_extra(benchmark, layout, choice, resolution, digest)
                | ({"coding": str(reading)} if reading.means else {}),
            )
            write_records(folder, result, benchmark.year)
    return result


def check_out(out: Path, sources: Sequence[Path] = ()) -> None:
    """Check that what the output replaces as a whole is nothing of the user's own.

    Args:
        out: The folder that a normalised benchmark becomes.
        sources: What it is made from.

    Raises:
        InputError: It is a source or has one in it, or holds a file that is not of a normalised benchmark.
    """
    for source in sources:
        if real_path(source).is_relative_to(real_path(out)):
            raise InputError(
                out,
                f"the output would replace this folder, and the source {source} lies in it",
                "another folder for the output",
            )
    check_replaceable(out, files_of_benchmark)


def write_records(folder: Path, manifest: Manifest, year: int) -> None:
    """Write the manifest, its copy that stays when Snakemake removes it, and `croissant.json`."""
    for place in (folder, folder / LISTS):
        write_manifest(place, manifest)
    suffixes = {path.suffix for frames in folder.glob("*/frames") for path in frames.iterdir()}
    write_json(folder / CROISSANT, describe(manifest, sha256(folder / MANIFEST), year, suffixes))


def find_layout(benchmark: Benchmark, delivery: Delivery, resolution: str) -> Layout:
    """Find a benchmark's files in a delivery.

    Raises:
        InputError: There are none.
    """
    layout = benchmark.layout(delivery, resolution)
    if not any(frame.frame for sequence in layout.sequences for frame in sequence.frames):
        first = f"{len(delivery.names)} files, the first is {delivery.names[0]}" if delivery.names else "nothing in it"
        inner = any(name.endswith(ARCHIVE_ENDINGS) for name in delivery.names)
        remedy = f"{benchmark.expects}{'; unpack the archives in it first' if inner else ''}"
        raise InputError(str(delivery), f"not a delivery of {benchmark.title} ({first})", remedy)
    return layout


def chosen(layout: Layout, names: Sequence[str]) -> Layout:
    """Keep only the named sequences of a layout; all of them if none is named.

    Raises:
        InputError: The delivery does not hold a named sequence.
    """
    check_known("the delivery", names, (sequence.name for sequence in layout.sequences), "sequence")
    return replace(layout, sequences=tuple(one for one in layout.sequences if not names or one.name in names))


def _recognise(delivery: Delivery, layout: Layout, choice: Choice) -> Reading:
    """Tell how all masks are coded that are not of a coding of their own."""
    generic = [sequence for sequence in layout.sequences if sequence.coding is None]
    names = [name for sequence in generic for files in sequence.frames if files.frame for name in files.masks]
    return recognise_files(names, delivery.read, "masks", asked=choice.coding, void=choice.void, where=delivery.where)


def _convert_all(
    benchmark: Benchmark,
    delivery: Delivery,
    layout: Layout,
    coding: MaskCoding,
    *,
    folder: Path,
    allowed: frozenset[str],
    pool: ThreadPoolExecutor,
    jobs: int,
) -> tuple[list[manifests.ManifestSequence], list[Issue], str]:
    work = [(sequence, files) for sequence in layout.sequences for files in sequence.frames]

    def task(item: tuple[SequenceFiles, FrameFiles]) -> Converted:
        return convert(delivery, item[0], item[1], item[0].coding or coding, folder)

    originals = {
        f"{sequence.name}/{files.id}": f"{sequence.name}/{original}"
        for sequence in layout.sequences
        for files, original in zip(sequence.frames, sequence.original, strict=False)
    }
    converted: dict[str, list[Converted]] = {sequence.name: [] for sequence in layout.sequences}
    issues: list[Issue] = []
    digest = hashlib.sha256()
    with closing(map_ordered(pool, task, work, window=4 * jobs)) as results:
        labelled = track(results, f"normalize {benchmark.name}", total=len(work))
        for (owner, _), result in zip(work, labelled, strict=True):
            issues += [
                finding.issue if _is_known(benchmark, originals, finding) else judge(finding, allowed)
                for finding in result.findings
            ]
            for path, hashed in result.digests:
                digest.update(f"{hashed}  {path}\n".encode())
            if result.size is not None:
                converted[owner.name].append(result)
    sequences = []
    for files in layout.sequences:
        results_of = converted[files.name]
        if results_of:
            finished, found = _sequence(benchmark, files, results_of)
            sequences.append(finished)
            issues += [judge(finding, allowed) for finding in found]
    return sequences, issues, digest.hexdigest()


def _is_known(benchmark: Benchmark, originals: Mapping[str, str], finding: Finding) -> bool:
    where = finding.issue.where
    return finding.issue.kind == "empty-mask" and originals.get(where, where) in benchmark.known_empty


def _sequence(
    benchmark: Benchmark, files: SequenceFiles, results: list[Converted]
) -> tuple[manifests.ManifestSequence, list[Finding]]:
    sizes = [result.size for result in results if result.size is not None]
    one = sizes[0] if len(set(sizes)) == 1 else None
    findings = []
    if one is None and files.name not in benchmark.still:
        odd = next(result for result in results if result.size != sizes[0])
        detail = f"frames of {sizes[0]} and of {odd.size} pixels (height, width)"
        findings.append(Finding(Issue("frame-size", f"{files.name}/{odd.id}", detail), f"{files.name}/{odd.id}"))
    original = dict(zip((frame.id for frame in files.frames), files.original, strict=bool(files.original)))
    return manifests.ManifestSequence(
        name=files.name,
        splits=files.splits,
        frames=tuple(result.id for result in results),
        annotated=tuple(result.id for result in results if result.annotated),
        height=one[0] if one else None,
        width=one[1] if one else None,
        still=files.name in benchmark.still,
        sizes=() if one else tuple(sizes),
        attributes=tuple(benchmark.attributes.get(files.name, ())),
        original=tuple(original[result.id] for result in results) if files.original else (),
    ), findings


def _source(path: Path, hashed: Future[str] | None) -> Source:
    if hashed is None:
        total = sum(file.stat().st_size for file in sorted(path.rglob("*")) if file.is_file())
        return Source(real_path(path).name, None, total)
    return Source(path.name, hashed.result(), path.stat().st_size)


def _extra(benchmark: Benchmark, layout: Layout, choice: Choice, resolution: str, digest: str) -> dict[str, Any]:
    extra: dict[str, Any] = {"layout": layout.kind, "partial": choice.partial, "sha256": digest}
    if resolution:
        extra["resolution"] = resolution
    if benchmark.classes:
        extra["classes"] = True
    if benchmark.class_ids:
        extra["class_ids"] = True
    extra["open_splits"] = sorted(name for name, split in benchmark.splits.items() if split.open)
    return extra | user_splits(choice)


def user_splits(choice: Choice) -> dict[str, Any]:
    """Return what the manifest's `extra` says of the user's own splits."""
    if not choice.splits:
        return {}
    return {"splits": {name: list(sequences) for name, sequences in sorted(choice.splits.items())}}
