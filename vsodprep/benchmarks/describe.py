"""The registry in words and as plain values."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from vsodprep.benchmarks.benchmark import STATUSES, Benchmark, SourceFile
from vsodprep.benchmarks.published import PublishedMaps, published_of


def total(numbers: Iterable[int | None]) -> int | None:
    """Return a sum, None if a term is unknown."""
    known = [*numbers]
    return None if None in known else sum(filter(None, known))


def as_record(benchmark: Benchmark) -> dict[str, Any]:
    """Return a benchmark as JSON values; null is what nobody published."""
    sequences = benchmark.sequences
    whole = benchmark.complete
    counted = {
        "sequences": len(sequences) if whole else None,
        "frames": total(one.frames for one in sequences) if whole else None,
        "annotated": total(one.annotated for one in sequences) if whole else None,
    }
    facts = ("name", "title", "version", "licence", "citation", "homepage", "resolutions", "complete")
    return {key: getattr(benchmark, key) for key in facts} | {
        "notes": [note for note in (*benchmark.notes, benchmark.revised) if note],
        "counts": {key: benchmark.published.get(key) if value is None else value for key, value in counted.items()},
        "splits": {name: asdict(split) for name, split in benchmark.splits.items()},
        "sequences": {one.name: asdict(one) for one in sequences},
        "files": [_file_record(file) for file in benchmark.files],
        "maps": list(published_of(benchmark.name)),
    }


def _file_record(file: SourceFile) -> dict[str, Any]:
    told = {"size": size_text(file), "resolution": file.resolution or None}
    return asdict(file) | told


def size_text(file: SourceFile) -> str:
    """Return a file's size in words."""
    return f"{file.bytes} bytes" if file.bytes is not None else file.about or "size unknown"


def counted(benchmark: Benchmark) -> tuple[str, ...]:
    """Return the numbers of sequences, frames and masks in words: `?` is unknown, `7+` the 7 that are known of more."""
    least = {
        "sequences": len(benchmark.sequences),
        "frames": sum(one.frames or 0 for one in benchmark.sequences),
        "annotated": sum(one.annotated or 0 for one in benchmark.sequences),
    }
    counts = as_record(benchmark)["counts"]
    return tuple(
        (f"{known:,}+" if known else "?") if counts[key] is None else f"{counts[key]:,}" for key, known in least.items()
    )


def as_table(benchmarks: Sequence[Benchmark]) -> str:
    """Return one line per benchmark, with the numbers of `counted`."""
    rows: list[tuple[str, ...]] = [("name", "sequences", "frames", "masks", "title")]
    rows += [(benchmark.name, *counted(benchmark), benchmark.title) for benchmark in benchmarks]
    return "\n".join(aligned(rows, left=(0, 4)))


def aligned(rows: Sequence[Sequence[str]], left: Collection[int]) -> list[str]:
    """Return a line of text per row; the columns of these numbers are aligned to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        padded = zip(row, widths, strict=True)
        cells = [cell.ljust(w) if at in left else cell.rjust(w) for at, (cell, w) in enumerate(padded)]
        lines.append("  ".join(cells).rstrip())
    return lines


def as_text(benchmark: Benchmark) -> str:
    """Return a page of plain text on a benchmark."""
    record = as_record(benchmark)
    sequences, frames, masks = counted(benchmark)
    lines = [
        f"{benchmark.title} ({benchmark.name})",
        f"  version   {benchmark.version}",
        f"  counts    {sequences} sequences, {frames} frames, {masks} masks",
        f"  licence   {benchmark.licence}",
        f"  cite      {benchmark.citation}",
    ]
    if benchmark.homepage:
        lines.append(f"  homepage  {benchmark.homepage}")
    if benchmark.resolutions:
        lines.append(f"  sizes     {', '.join(benchmark.resolutions)} (the first is the default)")
    lines.append("  splits")
    for name, split in benchmark.splits.items():
        number = "?" if split.sequences is None else len(split.sequences)
        lines.append(f"    {name}: {number} sequences; {split.origin}")
    if benchmark.files:
        lines.append("  files")
    for file in benchmark.files:
        lines += _file_lines(file)
    if record["maps"]:
        lines.append(f"  published maps (`vsodprep benchmarks --maps`): {', '.join(record['maps'])}")
    lines += [f"  note: {note}" for note in record["notes"]]
    return "\n".join(lines)


def _file_lines(file: SourceFile) -> list[str]:
    optional = ", optional" if file.optional else ""
    return [
        f"    {file.name}: {size_text(file)}, {file.checksum or 'no checksum published'}{optional}",
        *(f"      {url}" for url in file.opened),
        *([f"      page: {file.page}"] if file.page else []),
        f"      {STATUSES[file.status]}" + (f"; {file.note}" if file.note else ""),
    ]


def maps_record(maps: PublishedMaps) -> dict[str, Any]:
    """Return published maps as JSON values; null is what nobody published."""
    files = [
        _file_record(each.file) | {"benchmarks": list(each.benchmarks), "method": each.method or None}
        for each in maps.files
    ]
    return asdict(maps) | {"benchmarks": list(maps.benchmarks), "files": files}


def maps_table(every: Sequence[PublishedMaps]) -> str:
    """Return one line for each entry of published maps."""
    rows = [("name", "year", "fetched", "title", "benchmarks")]
    for maps in every:
        by_hand = sum(not each.file.urls for each in maps.files)
        how = "by hand" if by_hand == len(maps.files) else "in part by hand" if by_hand else "by address"
        title = f"{maps.title}, {len(maps.methods)} methods" if maps.methods else maps.title
        rows.append((maps.name, str(maps.year), how, title, ", ".join(maps.benchmarks)))
    return "\n".join(aligned(rows, left=(0, 2, 3, 4)))


def maps_text(maps: PublishedMaps) -> str:
    """Return a page of plain text on published maps."""
    lines = [f"{maps.title} ({maps.name}, {maps.year})", f"  page     {maps.page}", f"  licence  {maps.licence}"]
    if maps.methods:
        lines.append(f"  methods  {', '.join(maps.methods)}")
    lines.append("  files")
    for each in maps.files:
        first, *more = _file_lines(each.file)
        lines += [f"{first}; {', '.join(each.benchmarks)}", *more]
    lines += [f"  note: {note}" for note in maps.notes]
    return "\n".join(lines)
