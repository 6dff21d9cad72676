"""Single figures, beside those of the report: a class for each kind, with what it is drawn from."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from vsodprep.config.base import Apart, Name, Section
from vsodprep.config.compared import METHODS, Scored
from vsodprep.config.crf import RAW
from vsodprep.config.models import definition
from vsodprep.config.network import NetworkOptions
from vsodprep.config.options import arguments_of
from vsodprep.config.train import Run
from vsodprep.errors import InputError, check_known, expected_one

Rows = Mapping[tuple[str, str], Run | Scored]
_Benchmark = Annotated[Name, Apart, Field(description="Benchmark whose scores, frames or shard it is drawn from.")]
_Model = Annotated[Name, Apart, Field(description="Network whose runs it is drawn from.")]
_Measures = Annotated[
    tuple[Name, ...], Field(description="Keys of the measures in the score files; the figure's own default if empty.")
]
_Measure = Annotated[_Measures, Field(max_length=1)]


class File(NamedTuple):
    """A file that a figure is drawn from, where its command names it.

    Attributes:
        place: The method of `Paths` that says where it lies, or `maps`, those of a method of `methods:`.
        of: What that method takes.
        label: What the figure calls it; empty if nothing.
    """

    place: Literal["checkpoint", "manifest", "maps", "metrics", "predictions", "scores", "shard"]
    of: tuple[Any, ...]
    label: str = ""


Words = list[str | File]


def runs_of(rows: Rows) -> dict[tuple[str, str], Run]:
    """Return those rows that are runs."""
    return {key: row for key, row in rows.items() if isinstance(row, Run)}


class Drawing(Section):
    """A figure below `results/figures/`; `vsodprep figure KIND --help` says what each shows."""

    kind: Annotated[str, Apart]
    """What is drawn."""
    benchmark: Annotated[Name | None, Apart] = None
    """Benchmark that the runs are tested on; any if null."""
    model: Annotated[Name | None, Apart] = None
    """Network whose runs it is drawn from; those of all networks if null."""

    @property
    def sequences(self) -> tuple[str, ...]:
        """Sequences of the benchmark that it shows by name."""
        return ()

    def words(self, rows: Rows, where: str) -> Words:
        """Return the words of its command but for `--out`.

        Args:
            rows: All runs by model and name, and the methods of `methods:`.
            where: What to name in an error.

        Raises:
            InputError: There is nothing to draw it from.
        """
        raise NotImplementedError


class DrawnFromRuns(Drawing):
    """A figure that shows all runs, or some."""

    runs: Annotated[tuple[Name, ...], Apart] = ()
    """Runs of `model` that are drawn; all of them if empty."""

    @model_validator(mode="after")
    def _runs_have_a_model(self) -> "DrawnFromRuns":
        if self.runs and self.model is None:
            raise ValueError("`runs` needs `model` beside it, whose runs they are")
        return self

    def shown(self, rows: Rows, where: str) -> dict[str, tuple[str, str]]:
        """Return the rows that it shows by label; arguments as for `words`."""
        found = self._runs(rows, where)
        if not found:
            nothing = f"no run is tested on {self.benchmark}" if self.benchmark else "no run"
            raise InputError(where, nothing, "a benchmark of some run's test")
        return found

    def _runs(self, rows: Rows, where: str) -> dict[str, tuple[str, str]]:
        runs = runs_of(rows)
        chosen = [key for key in runs if self.model in (None, key[0]) and (not self.runs or key[1] in self.runs)]
        absent = set(self.runs) - {name for _, name in chosen}
        if absent:
            raise InputError(
                where,
                f"no run {self.model}/{min(absent)}",
                expected_one(f"{self.model}/{min(absent)}", map("/".join, runs)),
            )
        if self.benchmark is not None:
            chosen = [key for key in chosen if self.benchmark in {test.benchmark for test in runs[key].test}]
        return {name if self.model is not None else f"{model}/{name}": (model, name) for model, name in chosen}


class DrawnFromScores(DrawnFromRuns):
    """A figure of the scores of runs."""

    protocol: Annotated[Name, Apart] = "davsod"
    """Protocol of the scores."""
    post: Annotated[Name, Apart] = RAW
    """`raw`, or the CRF preset of the runs' maps."""

    def scores(self, label: str, key: tuple[str, str], row: Run | Scored) -> Iterator[File]:
        """Yield a row's scores; its seeds share the label and are averaged."""
        for benchmark in dict.fromkeys(test.benchmark for test in row.test if self.benchmark in (None, test.benchmark)):
            for seed in dict.fromkeys(row.seeds):
                yield File("scores", (*key, seed, self.post_of(key), benchmark, self.protocol), label)

    def post_of(self, key: tuple[str, str]) -> str:
        """Return what refined a row's maps: those of `methods:` are scored as they are."""
        return RAW if key[0] == METHODS else self.post

    def words(self, rows: Rows, where: str) -> Words:
        """See `Drawing`."""
        files = [file for label, key in self.shown(rows, where).items() for file in self.scores(label, key, rows[key])]
        if not files:
            raise InputError(where, "no run has a `test`", "a run with a `test`")
        return [*files, *arguments_of(self)]


class DrawnFromMethods(DrawnFromScores):
    """A figure of the scores of runs and of methods of `methods:`."""

    methods: Annotated[tuple[Name, ...] | None, Apart] = None
    """Methods of `methods:` that are drawn beside the runs; if null all of them, or none where `model` is given."""

    def shown(self, rows: Rows, where: str) -> dict[str, tuple[str, str]]:
        """See `DrawnFromRuns`; the methods stand behind the runs, under their titles."""
        found = self._runs(rows, where)
        others = {key[1]: row for key, row in rows.items() if isinstance(row, Scored)}
        chosen = (() if self.model else tuple(others)) if self.methods is None else self.methods
        check_known(f"{where}.methods", chosen, others)
        for name in chosen:
            if self.benchmark in (None, *(test.benchmark for test in others[name].test)):
                if others[name].title in found:
                    raise InputError(
                        f"{where}.methods",
                        f"two methods with the title {others[name].title!r}",
                        "a title of its own for each method",
                    )
                found[others[name].title] = METHODS, name
            elif self.methods is not None:
                raise InputError(
                    f"{where}.methods", f"{name}, which has no maps of {self.benchmark}", "methods that have maps of it"
                )
        if not found:
            nothing = f"nothing is tested on {self.benchmark}" if self.benchmark else "nothing is tested"
            raise InputError(where, nothing, "a benchmark of a run's test, or of `tests`")
        return found


class PrecisionRecall(DrawnFromMethods):
    """Precision against recall at 256 thresholds."""

    kind: Annotated[Literal["precision-recall"], Apart]
    benchmark: _Benchmark


class FThreshold(DrawnFromMethods):
    """F-measure against the threshold."""

    kind: Annotated[Literal["f-threshold"], Apart]
    benchmark: _Benchmark


class Ranking(DrawnFromMethods):
    """Sequences, ordered by the first method's score."""

    kind: Annotated[Literal["ranking"], Apart]
    benchmark: _Benchmark
    measure: _Measure = ()


class Intervals(DrawnFromMethods):
    """Scores with bootstrap intervals over sequences."""

    kind: Annotated[Literal["intervals"], Apart]
    benchmark: _Benchmark
    measure: _Measure = ()

    def scores(self, label: str, key: tuple[str, str], row: Run | Scored) -> Iterator[File]:
        """See `DrawnFromScores`; sequences are drawn anew from one file, not from a mean over seeds."""
        for file in super().scores(label, key, row):
            yield file._replace(label=f"{label}, seed {file.of[2]}") if len(row.seeds) > 1 else file


class Ablation(DrawnFromScores):
    """Bars of variants, a row of panels per benchmark; each LABEL is the variant's name."""

    kind: Annotated[Literal["ablation"], Apart]
    model: _Model
    run: Annotated[Name, Apart] = "full"
    """Run of `model` that the others are compared with."""
    measure: _Measures = ()

    def words(self, rows: Rows, where: str) -> Words:
        """See `Drawing`."""
        return [*super().words(rows, where), "--full", self.run, "--paper", self.model]


class Sweep(DrawnFromScores):
    """Scores against a parameter such as tau, a line per benchmark."""

    kind: Annotated[Literal["sweep"], Apart]
    model: _Model
    measure: _Measures = ()
    parameter: Name = "tau"
    """A key of a run's `options`, or the name in its variant, as in `tau-0.6`."""
    values: Annotated[dict[Name, float], Apart] = {}
    """Value of `parameter` by run, where neither options nor variant tell it; other runs are left out."""

    def shown(self, rows: Rows, where: str) -> dict[str, tuple[str, str]]:
        """See `DrawnFromRuns`; the labels are the parameter's values."""
        found: dict[str, tuple[str, str]] = {}
        runs = runs_of(rows)
        for key in super().shown(rows, where).values():
            value = self._value(key[1], runs[key], where)
            if value is not None and found.setdefault(f"{value:g}", key) != key:
                both = f"{found[f'{value:g}'][1]} and {key[1]}, which both have {self.parameter} {value:g}"
                raise InputError(where, both, "`runs` that list only one of them")
        if not found:
            raise InputError(
                where,
                f"no run says its value of {self.parameter}",
                "runs that set it by an option or their variant, or the key `values`",
            )
        return found

    def _value(self, name: str, run: Run, where: str) -> float | None:
        """Return a run's value of the parameter, or None if it has none."""
        prefix = f"{self.parameter}-"
        of_variant = run.variant.removeprefix(prefix) if run.variant.startswith(prefix) else None
        value = self.values.get(name, run.options.get(self.parameter, of_variant))
        try:
            return None if value is None else float(value)
        except (TypeError, ValueError) as error:
            raise InputError(f"{where}: {name}", f"{self.parameter} {value!r}", "a number") from error


class Losses(DrawnFromRuns):
    """Training losses; of one run with its terms and stages."""

    kind: Annotated[Literal["losses"], Apart]

    def words(self, rows: Rows, where: str) -> Words:
        """See `Drawing`."""
        runs = runs_of(rows)
        trained = {label: key for label, key in self.shown(rows, where).items() if runs[key].stages}
        if not trained:
            raise InputError(where, "no run is trained", "a run with `stages`")
        return [File("metrics", (*key, runs[key].seeds[0]), label) for label, key in trained.items()]


class DrawnFromNetwork(Drawing):
    """A figure of what a trained network says about its own predictions."""

    benchmark: _Benchmark
    model: _Model
    run: Annotated[Name, Apart] = "full"
    """Run of `model` that it looks into."""

    def missing(self, options: NetworkOptions) -> str | None:
        """Return what a network lacks that the figure shows."""
        raise NotImplementedError

    def words(self, rows: Rows, where: str) -> Words:
        """See `Drawing`."""
        runs = runs_of(rows)
        key, splits = (self.model, self.run), {test.benchmark: test.split for run in runs.values() for test in run.test}
        if key not in runs:
            raise InputError(where, f"no run {'/'.join(key)}", expected_one("/".join(key), map("/".join, runs)))
        if self.benchmark not in splits:
            raise InputError(
                where, f"no run is tested on {self.benchmark}", f"a run with {self.benchmark} in its `test`"
            )
        run = runs[key]
        known = definition(run.network(self.model))
        missing = self.missing(known.choose(run.variant, run.options, where=f"runs.{'.'.join(key)}"))
        if missing is not None:
            raise InputError(
                where,
                f"{'/'.join(key)}, whose network has no {missing}",
                "a run of a network that has them, such as DS-Net",
            )
        files = File("checkpoint", (*key, run.seeds[0])), File("shard", (self.benchmark,))
        return [*files, "--split", splits[self.benchmark], *arguments_of(self)]


class LevelWeights(DrawnFromNetwork):
    """Weights that a network gives its branches at each level (DS-Net, CAG-DDE), or its maps (STAN)."""

    kind: Annotated[Literal["level-weights"], Apart]

    def missing(self, options: NetworkOptions) -> str | None:
        """See `DrawnFromNetwork`."""
        return "weights or scores to show" if options.insight is None else None


class LevelFeatures(DrawnFromNetwork):
    """Features that each branch of a network makes of chosen frames, level by level, with their weights."""

    kind: Annotated[Literal["level-features"], Apart]
    frames: tuple[str, ...] = Field(min_length=1)
    """Frames that it shows, as SEQUENCE/FRAME."""

    @property
    def sequences(self) -> tuple[str, ...]:
        """Sequences of the benchmark that it shows by name."""
        return tuple(frame.partition("/")[0] for frame in self.frames)

    def missing(self, options: NetworkOptions) -> str | None:
        """See `DrawnFromNetwork`."""
        return None if options.branches else "branches of several levels"


class Grid(DrawnFromMethods):
    """Frames, masks and the maps of several methods."""

    kind: Annotated[Literal["grid"], Apart]
    benchmark: _Benchmark
    frames: tuple[str, ...] = Field(min_length=1)
    """Rows, as SEQUENCE/FRAME."""

    @property
    def sequences(self) -> tuple[str, ...]:
        """Sequences of the benchmark that it shows by name."""
        return tuple(frame.partition("/")[0] for frame in self.frames)

    def words(self, rows: Rows, where: str) -> Words:
        """See `Drawing`; the maps and scores are those of the first seed."""
        words: Words = [File("manifest", (self.benchmark,))]
        for label, key in self.shown(rows, where).items():
            of = (*key, rows[key].seeds[0], self.post_of(key), self.benchmark)
            given = key[0] == METHODS
            maps = File("maps", (key[1], self.benchmark), label) if given else File("predictions", of, label)
            words += ["--maps", maps, "--scores", File("scores", (*of, self.protocol), label)]
        return words + arguments_of(self)


class Timeline(DrawnFromMethods):
    """A measure along a sequence, with the frames behind its extremes."""

    kind: Annotated[Literal["timeline"], Apart]
    benchmark: _Benchmark
    measure: _Measure = ()
    sequence: Name
    """The sequence."""

    @property
    def sequences(self) -> tuple[str, ...]:
        """Sequences of the benchmark that it shows by name."""
        return (self.sequence,)

    def words(self, rows: Rows, where: str) -> Words:
        """See `Drawing`."""
        return [*super().words(rows, where), "--normalized", File("manifest", (self.benchmark,))]


Figure = Annotated[
    PrecisionRecall
    | FThreshold
    | Ranking
    | Intervals
    | Ablation
    | Sweep
    | Losses
    | LevelWeights
    | LevelFeatures
    | Grid
    | Timeline,
    Field(discriminator="kind"),
]
