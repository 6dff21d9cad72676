"""What a configuration makes, and from what: the answers to the rules' input functions and parameters.

None of them needs a file to exist but the configuration, and a partial delivery or a user's own folder, whose
sequences nobody else knows.
"""

import gc
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from vsodprep import benchmarks
from vsodprep.benchmarks.published import published
from vsodprep.config import Config, Intermediate, complete, read
from vsodprep.config.base import SplitOf
from vsodprep.config.models import FOLDERS, MODELS
from vsodprep.config.report import TRIVIAL, TRIVIAL_MAPS
from vsodprep.errors import InputError, VsodprepError, expected_one
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.provisions import provisions
from vsodprep.targets.targets import Targets
from vsodprep.workflow.check import check_names, rule_names
from vsodprep.workflow.check_methods import check_methods
from vsodprep.workflow.check_runs import check_fits, check_networks_of_maps, check_pictures, check_runs
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.lock_snapshot import lock_snapshot
from vsodprep.workflow.rule_inputs import one_of
from vsodprep.workflow.rules.coarse import CoarseInputs
from vsodprep.workflow.rules.configuration import ConfigurationInputs
from vsodprep.workflow.rules.evaluate import EvaluateInputs
from vsodprep.workflow.rules.figures import FigureInputs
from vsodprep.workflow.rules.flow import FlowInputs
from vsodprep.workflow.rules.normalize import NormalizeInputs
from vsodprep.workflow.rules.pack import PackInputs
from vsodprep.workflow.rules.prior import PriorInputs
from vsodprep.workflow.rules.report import ReportInputs
from vsodprep.workflow.rules.train import TrainInputs


def _with_null(value: Any) -> Any:
    """Return a value of the configuration with null for the text `null`, which Snakemake makes of it in `--config`."""
    if isinstance(value, Mapping):
        return {key: _with_null(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_null(each) for each in value]
    return None if value == "null" else value


def read_plan(
    own: Callable[[str], str | Path],
    over: Mapping[str, Any],
    files: Iterable[str] = (),
    *,
    first: bool,
    local: bool = False,
) -> "Plan":
    """Read the configuration and plan what it makes; end the program with one line if it does not fit.

    Files that only a person can fetch are listed on stderr, before anything starts.

    Args:
        own: Returns where a file of ours lies on this machine, of its path from the Snakefile's folder.
        over: The user's configuration, laid over the defaults.
        files: Where it is from; Snakemake, which has read them, takes a key's second value without a word.
        first: Whether this is the process that plans the run, and not one of its jobs.
        local: Whether all jobs run on this machine.
    """
    gc.freeze()  # else every collection of a plan's many objects looks at all modules again, a sixth of its time
    try:
        given = [Path(file).absolute() for file in files]
        for file in given if first else ():
            read(file)
        os.environ[FOLDERS] = os.pathsep.join(dict.fromkeys(str(file.parent) for file in given))
        config = complete(_with_null(over), read(Path(own("../config/config.yaml"))))
        plan = Plan.of(config, lock_snapshot(first=first))
        plan.check(rule_names(own))
        if first and local:
            plan.train.check_here()
        for words in plan.targets.left_out if first else ():
            print(f"vsodprep: {words}", file=sys.stderr)
        for needed in provisions(plan.targets) if first else ():
            if needed.by_hand and not needed.here:
                print(f"vsodprep: to be brought by you: {needed}", file=sys.stderr)
    except VsodprepError as error:
        # A traceback into the Snakefile would bury the line that helps.
        sys.exit(f"vsodprep: {error}")
    return plan


class Plan:
    """Everything that one configuration makes, stage by stage.

    Args:
        targets: What the answers are made from.
    """

    def __init__(self, targets: Targets) -> None:
        self.targets, self.config, self.paths = targets, targets.config, targets.paths
        self.configuration = ConfigurationInputs(targets)
        self.normalize = NormalizeInputs(targets)
        self.flow = FlowInputs(targets)
        self.prior = PriorInputs(targets)
        self.coarse = CoarseInputs(targets)
        self.pack = PackInputs(targets)
        self.train = TrainInputs(targets)
        self.evaluate = EvaluateInputs(targets)
        self.figures = FigureInputs(targets)
        self.report = ReportInputs(targets)

    @classmethod
    def of(cls, config: Config, pinned: frozenset[str] | None = None) -> "Plan":
        """Return the plan of a configuration; `pinned` as in `Catalogue`."""
        return cls(Targets(config, Catalogue(config, pinned)))

    def kept(self, stage: Intermediate, place: str, passing: Callable[[str], str]) -> str:
        """Return the place of a stage's output, marked as Snakemake's `temp` by `passing` where it does not stay."""
        stays = self.targets.archives_stay if stage == "archives" else stage in self.config.keep
        return place if stays else passing(place)

    def fingerprint(self, *modules: str) -> str:
        """Return the fingerprint of a stage's code."""
        return fingerprint(*modules)

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Names of all benchmarks, the user's own included."""
        return (*benchmarks.known(), *self.config.folders)

    @cached_property
    def networks(self) -> str:
        """A regular expression that matches the networks: what trains and predicts, beside the trivial maps."""
        return one_of(dict.fromkeys([*MODELS, *self.config.runs]))

    @cached_property
    def wildcard_constraints(self) -> dict[str, str]:
        """Regular expressions that keep one rule's paths apart from another's."""
        config = self.config
        return {
            "seq": "[^/]+",
            "post": "[^/]+",
            "flow": one_of(config.flow),
            "prior": one_of(config.prior),
            "saliency": one_of(name for name, block in config.saliency.items() if block.method),
            "coarse": one_of(config.coarse),
            "part": one_of(self.configuration.parts),
            "figure": one_of(config.figures),
            "ending": "svg|pdf|png",
            "run": one_of([*(name for _, name in self.targets.runs), *TRIVIAL_MAPS]),
            "benchmark": one_of(self.known),
            "model": f"{self.networks}|{TRIVIAL}",
            "trivial": "|".join(TRIVIAL_MAPS),
            "method": one_of(config.methods),
            "published": one_of(published()),
            "seed": r"\d+",
            "protocol": "[^/.]+",
        }

    def check(self, rules: Collection[str] = ()) -> None:
        """Check what only the registry and the disk know.

        Args:
            rules: Names of all rules, which no folder of the user's may have.

        Raises:
            InputError: A benchmark, sequence, split, local source or run to start from does not exist.
        """
        config = self.config
        named = (config.sources, config.splits, config.sequences, config.resolution, config.allow)
        of_methods = (*self.targets.tested, *(name for method in config.methods.values() for name in method.maps))
        for name in (*self.targets.benchmarks, *(name for block in named for name in block), *of_methods):
            if name not in self.known:
                raise InputError(f"benchmark {name!r}", "no such benchmark", expected_one(name, self.known))
        for name in config.sources:
            source = config.source(name)
            for path in source.path if source else ():
                if not Path(path).exists():
                    raise InputError(path, "no such file or folder", f"the source of {name} that is configured")
        check_names(config, self.targets.catalogue, rules)
        self.coarse.check()
        for where in self._splits():
            self.targets.catalogue.split(where.benchmark, where.split)
        check_fits(self.targets)
        check_runs(self.targets)
        check_pictures(self.targets)
        check_networks_of_maps(self.targets)
        check_methods(self.targets)
        self.figures.check()

    def _splits(self) -> list[SplitOf]:
        used = [SplitOf(benchmark=benchmark, split=split) for benchmark, split in self.targets.tested.items()]
        used += [data for run in self.targets.runs.values() for stage in run.stages for data in stage.data]
        used += [where for fit in (*self.targets.classifiers.values(), *self.targets.weights.values()) for where in fit]
        for name in self.config.pack.coarse:
            used += self.config.coarse[name].splits or ()
        return used
