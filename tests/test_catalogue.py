"""What the plan knows of benchmarks whose lists were never published whole."""

import shlex
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.fakes.every import OFFICIAL
from vsodprep.benchmarks.lock import LOCK, pin_sequences
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.errors import InputError
from vsodprep.normalize.run import normalize
from vsodprep.workflow.lock_snapshot import VARIABLE, lock_snapshot
from vsodprep.workflow.plan import Plan

BASE: dict[str, Any] = default().model_dump(mode="json")


@pytest.fixture(autouse=True)
def in_a_folder_without_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def plan_of(over: dict[str, Any] | None = None) -> Plan:
    return Plan.of(complete(over or {}, BASE))


def packed(plan: Plan, benchmark: str) -> list[str]:
    """Return the sequences that the shard is limited to."""
    words = shlex.split(plan.pack.arguments(SimpleNamespace(benchmark=benchmark)))
    return [value for option, value in pairwise(words) if option == "--sequence"]


def learn(name: str) -> None:
    """Pin what a miniature delivery tells."""
    fake = OFFICIAL[name]()
    manifest = normalize(fake.benchmark, fake.zipped(Path("archives")), Path("out"))
    assert pin_sequences(LOCK, fake.benchmark, manifest)


def test_shard_of_a_download_holds_what_the_lists_name_until_the_rest_is_known() -> None:
    plan = plan_of()
    assert not plan.targets.catalogue.whole("vos")
    assert packed(plan, "vos") == plan.targets.catalogue.videos("vos")
    assert len(plan.pack.flow(SimpleNamespace(benchmark="vos"))) == 199
    learn("vos")
    assert packed(plan, "vos") == plan.targets.catalogue.videos("vos")  # a run keeps to what it was planned with
    later = plan_of()
    assert later.targets.catalogue.whole("vos")
    assert packed(later, "vos") == []
    assert set(later.targets.catalogue.videos("vos")) - set(plan.targets.catalogue.videos("vos")) == {"9999"}


def test_a_job_on_another_machine_plans_what_the_first_process_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "left by another run")
    config, asked = complete({}, BASE), SimpleNamespace(benchmark="vos")
    first = Plan.of(config, lock_snapshot(first=True))
    planned = (packed(first, "vos"), first.pack.flow(asked))
    learn("vos")
    job = Plan.of(config, lock_snapshot(first=False))
    assert (packed(job, "vos"), job.pack.flow(asked)) == planned
    later = Plan.of(config, lock_snapshot(first=True))
    assert len(later.pack.flow(asked)) == len(planned[1]) + 1


def test_a_job_that_was_left_nothing_goes_by_the_lock_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    learn("vos")
    assert Plan.of(complete({}, BASE), lock_snapshot(first=False)).targets.catalogue.whole("vos")


@pytest.mark.parametrize("name", ["davis2016", "fbms", "segtrackv2", "visal", "duts", "msra10k", "dutomron", "synth"])
def test_shard_of_a_benchmark_with_whole_lists_is_not_limited(name: str) -> None:
    assert plan_of().targets.catalogue.whole(name)
    assert packed(plan_of(), name) == []


def test_local_source_is_looked_into_and_whole_at_once() -> None:
    fake = OFFICIAL["vos"]()
    (archive,) = fake.zipped(Path("archives"))
    plan = plan_of({"sources": {"vos": str(archive)}})
    assert packed(plan, "vos") == []
    assert plan.targets.catalogue.videos("vos") == sorted(fake.frames)


def test_split_whose_names_were_never_published() -> None:
    with pytest.raises(
        InputError, match=r"'test-normal', for which no list of sequences was published.*`snakemake davsod` first"
    ):
        plan_of().targets.catalogue.split("davsod", "test-normal")
    with pytest.raises(InputError, match="no split 'tset'"):
        plan_of().targets.catalogue.split("davsod", "tset")
    learn("davsod")
    assert plan_of().targets.catalogue.split("davsod", "test-normal") == ("select_0999",)
