"""What a job that scores a method's maps would refuse, and rows that nobody could tell apart, found in the plan."""

from pathlib import Path

from vsodprep.archives import archive_of, is_archive
from vsodprep.config.compared import ComparedMethod
from vsodprep.errors import InputError, check_known
from vsodprep.scores.papers import numbers_of
from vsodprep.targets.targets import Targets
from vsodprep.workflow.check_runs import annotated, without_masks


def check_methods(targets: Targets) -> None:
    """Check every method and what methods are scored on.

    Args:
        targets: A configuration whose benchmarks and splits are all known.

    Raises:
        InputError: Maps are not there, not published, or of no benchmark that is tested; a split has no masks; or a
            paper prints nothing about a method. Names the key.
    """
    for test in targets.config.tests:
        if not annotated(targets, test.benchmark, test.split):
            found = f"{test.benchmark} {test.split}, {without_masks(test.benchmark)}"
            raise InputError("tests", found, "a split with masks")
    for name, method in targets.config.methods.items():
        where = f"methods.{name}"
        for benchmark, path in _given(targets, name, method).items():
            archive = archive_of(Path(path))
            if not (archive.is_dir() or (archive.is_file() and is_archive(archive))):
                found = f"{archive}, which is no archive" if archive.exists() else f"no {path}"
                raise InputError(
                    f"{where}.{benchmark}", found, "a folder with its maps, or a zip, tar or rar archive of them"
                )
        if not any(targets.maps(name, benchmark) for benchmark in targets.tested):
            of = targets.published(name)[0].benchmarks if method.published else method.maps
            found = f"maps of {', '.join(of)}, but the tests are on {', '.join(targets.tested)}"
            raise InputError(where, found, "maps of a benchmark that is tested")
        known = numbers_of(method.called(name), name)
        check_known(f"{where}.printed", method.printed or (), known, f"number of {method.called(name)} by")


def _given(targets: Targets, name: str, method: ComparedMethod) -> dict[str, str]:
    """Return the maps of a method that are from elsewhere, by benchmark."""
    if method.saliency is None:
        return method.maps  # none of published ones, which are fetched
    if targets.config.saliency[method.saliency].folder is None:
        return {}
    return {benchmark: targets.maps(name, benchmark) or "" for benchmark in targets.tested}
