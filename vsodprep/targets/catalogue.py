"""Sequences and splits of a configuration's benchmarks, as far as they are known before anything is downloaded."""

from dataclasses import dataclass, field
from pathlib import Path

from vsodprep import benchmarks
from vsodprep.benchmarks.benchmark import Benchmark, KnownSequence, present_sequences
from vsodprep.benchmarks.folders import scan_folder
from vsodprep.benchmarks.lock import LOCK
from vsodprep.config import Config
from vsodprep.errors import InputError, check_known, expected_one


@dataclass(frozen=True)
class Catalogue:
    """Answers from the registry, with the configuration's own splits and partial deliveries taken into account.

    Attributes:
        config: The configuration.
        pinned: Benchmarks whose sequences the plan takes from the lock file; None for all that are there.
        known: Sequences of benchmarks that have been asked for, or that are known better than the registry knows them.
    """

    config: Config
    pinned: frozenset[str] | None = None
    known: dict[str, tuple[KnownSequence, ...]] = field(default_factory=dict, compare=False)
    _registry: dict[str, Benchmark] = field(default_factory=dict, compare=False)

    def sequences(self, benchmark: str) -> tuple[KnownSequence, ...]:
        """Return a benchmark's sequences, sorted by name.

        A partial delivery, a local one of a benchmark whose lists were never published whole, and a user's own folder
        are looked into; everything else comes from the registry's lists.

        Raises:
            InputError: There is no such benchmark, or the configuration names a sequence that it does not have.
        """
        if benchmark not in self.known:
            self.known[benchmark] = self._find(benchmark)
        return self.known[benchmark]

    def _registered(self, benchmark: str) -> Benchmark:
        # Read once: what normalising adds to the lock file meanwhile is for the next run, not for the rest of this one.
        if benchmark not in self._registry:
            trusted = self.pinned is None or benchmark in self.pinned
            self._registry[benchmark] = benchmarks.get(benchmark, LOCK if trusted else None)
        return self._registry[benchmark]

    def _find(self, benchmark: str) -> tuple[KnownSequence, ...]:
        source = self.config.source(benchmark)
        if benchmark in self.config.folders:
            found = scan_folder(Path(self.config.folders[benchmark]))
        elif source is not None and (source.partial or not self._registered(benchmark).complete):
            paths = [Path(path) for path in source.path]
            resolution = self.config.resolution.get(benchmark)
            found = present_sequences(self._registered(benchmark), paths, resolution)
        else:
            found = self._registered(benchmark).sequences
        chosen = self.config.sequences.get(benchmark)
        if chosen is not None:
            check_known(f"sequences.{benchmark}", chosen, (each.name for each in found), "sequence")
            found = tuple(sequence for sequence in found if sequence.name in chosen)
        return found

    def whole(self, benchmark: str) -> bool:
        """Return whether `sequences` are all that normalising gives: a download may hold some that no list names."""
        config = self.config
        listed = benchmark in config.folders or self._registered(benchmark).complete
        return listed or config.source(benchmark) is not None or benchmark in config.sequences

    def split(self, benchmark: str, split: str) -> tuple[str, ...]:
        """Return the names of a split's sequences, as far as the benchmark's delivery holds them.

        Raises:
            InputError: There is no such split, or the configuration puts a sequence into it that does not exist.
        """
        found = self.sequences(benchmark)
        own = self.config.splits.get(benchmark, {})
        if split in own:
            check_known(f"splits.{benchmark}.{split}", own[split], (each.name for each in found), "sequence")
            return tuple(sequence.name for sequence in found if sequence.name in own[split])
        names = tuple(sequence.name for sequence in found if split in sequence.splits)
        if not names and not self.whole(benchmark) and split in self._registered(benchmark).splits:
            remedy = f"`snakemake {benchmark}` first, which finds the list in the archives, or a local source"
            raise InputError(
                f"benchmark {benchmark}", f"split {split!r}, for which no list of sequences was published", remedy
            )
        if not names:
            known = sorted({*own, *(name for sequence in found for name in sequence.splits)})
            raise InputError(f"benchmark {benchmark}", f"no split {split!r}", expected_one(split, known))
        return names

    def has_split(self, benchmark: str, split: str) -> bool:
        """Return whether the benchmark has a split of that name with any sequence in it."""
        own = self.config.splits.get(benchmark, {})
        return split in own or any(split in sequence.splits for sequence in self.sequences(benchmark))

    def videos(self, benchmark: str, split: str | None = None) -> list[str]:
        """Return the names of the sequences, of one split or all, that are videos: still images have no flow."""
        chosen = None if split is None else self.split(benchmark, split)
        return [
            sequence.name
            for sequence in self.sequences(benchmark)
            if not sequence.still and (chosen is None or sequence.name in chosen)
        ]
