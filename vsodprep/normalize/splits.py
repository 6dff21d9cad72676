"""Which splits a sequence belongs to: the benchmark's own, the user's, and what only a delivery tells."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from vsodprep import manifest as manifests
from vsodprep.benchmarks.benchmark import Benchmark
from vsodprep.config.yaml_text import read_given
from vsodprep.errors import InputError, check_known


def splits_of(
    benchmark: Benchmark,
    sequences: Collection[manifests.ManifestSequence],
    overrides: Mapping[str, tuple[str, ...]],
) -> tuple[manifests.ManifestSequence, ...]:
    """Return the sequences with their splits.

    Args:
        benchmark: The benchmark.
        sequences: The normalised sequences.
        overrides: Splits that replace the benchmark's own of the same name, or join them; see `check_overrides`.
    """
    own = {sequence.name: sequence.splits for sequence in benchmark.sequences}
    return tuple(
        replace(
            sequence,
            splits=joined_splits(sequence.name, (*own.get(sequence.name, ()), *sequence.splits), overrides),
        )
        for sequence in sequences
    )


def joined_splits(name: str, own: tuple[str, ...], overrides: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return a sequence's splits after overrides, each once, its own first."""
    kept = [split for split in own if split not in overrides]
    kept += [split for split, chosen in sorted(overrides.items()) if name in chosen]
    return tuple(dict.fromkeys(kept))


def check_overrides(benchmark: Benchmark, present: Collection[str], overrides: Mapping[str, Collection[str]]) -> None:
    """Check that overrides name sequences that exist.

    Raises:
        InputError: One does not.
    """
    known = {sequence.name for sequence in benchmark.sequences} | set(present)
    for split, names in sorted(overrides.items()):
        check_known(f"splits.{benchmark.name}.{split}", names, sorted(known), "sequence")


def parse_splits(text: str | None) -> dict[str, tuple[str, ...]]:
    """Read `{"SPLIT": ["SEQUENCE", ...]}` from JSON text, or from the file that the text names.

    Raises:
        InputError: It is neither.
    """
    if text is None:
        return {}
    expected = 'JSON like {"train": ["bear", "bus"]}, or a file of it'
    where, value = read_given(text, "--splits", expected)
    if not isinstance(value, dict) or not all(isinstance(names, list) for names in value.values()):
        raise InputError(where, "splits in a form that is not understood", expected)
    return {str(split): tuple(map(str, names)) for split, names in value.items()}
