"""The embedded benchmark, generated and then finished like any other."""

from dataclasses import replace
from pathlib import Path

from vsodprep.benchmarks.benchmark import Benchmark
from vsodprep.config.normalize import Choice
from vsodprep.files import atomic_directory
from vsodprep.manifest import Manifest
from vsodprep.normalize.ours import files_of_benchmark
from vsodprep.normalize.run import user_splits, write_records
from vsodprep.normalize.splits import check_overrides, joined_splits


def normalize_generated(benchmark: Benchmark, out: Path, choice: Choice, jobs: int = 1) -> Manifest:
    """Generate `synth` as `normalized/synth`.

    Args:
        benchmark: Its entry in the registry.
        out: The folder that it becomes, as a whole or not at all.
        choice: Splits that the user has chosen.
        jobs: Processes; the result does not depend on it.
    """
    from vsodprep.benchmarks.synth.generate import write_benchmark  # noqa: PLC0415  drawing is not needed to plan

    benchmark.resolution(choice.resolution)
    check_overrides(benchmark, (), choice.splits)
    with atomic_directory(out, files_of_benchmark) as folder:
        made = write_benchmark(folder, jobs, sequences=choice.sequences)
        sequences = (replace(one, splits=joined_splits(one.name, one.splits, choice.splits)) for one in made.sequences)
        manifest = replace(made, sequences=tuple(sequences), extra=made.extra | user_splits(choice))
        write_records(folder, manifest, benchmark.year)
    return manifest
