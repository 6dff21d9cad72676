"""Methods as the page compares them: one model, run and refinement, averaged over its seeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vsodprep import benchmarks
from vsodprep.config.compared import ComparedMethod
from vsodprep.config.models import DEFINITIONS
from vsodprep.config.report import TRIVIAL
from vsodprep.config.train import Run
from vsodprep.report.collect import Results, Score
from vsodprep.report.paper import departures, omissions
from vsodprep.scores import whole
from vsodprep.scores.read import Scores

TITLES = {
    **{name: known.title for name, known in DEFINITIONS.items()},
    "centre-prior": "centre prior",
    "flow-magnitude": "flow magnitude",
}


def method_name(model: str, run: str, post: str) -> str:
    """Return what the page calls a method, such as `DS-Net full + CRF stan`."""
    if model == TRIVIAL:
        return TITLES.get(run, run)
    refined = "" if post == "raw" else f" + CRF {post}"
    return f"{TITLES.get(model, model)} {run}{refined}"


@dataclass(frozen=True)
class Method:
    """Scores of one model, run and refinement on one benchmark.

    Attributes:
        model: Model name, `methods`, or `trivial`.
        run: Run name, or the name of a method or a trivial map.
        post: `raw`, or a CRF preset.
        config: The run's configuration; None for a method and a trivial map.
        scores: One per seed.
        departures: In which ways it is not the paper's training.
        compared: The configuration of a method of `methods:`.
    """

    model: str
    run: str
    post: str
    config: Run | None
    scores: tuple[Score, ...]
    departures: tuple[str, ...] = ()
    compared: ComparedMethod | None = None

    @property
    def name(self) -> str:
        """What the page calls it."""
        return self._named(self.post)

    @property
    def unrefined(self) -> str:
        """What the page calls it without its refinement."""
        return self._named("raw")

    def _named(self, post: str) -> str:
        if self.compared is not None:
            return self.compared.called(self.run)
        return method_name(self.model, self.run, post)

    @property
    def about(self) -> str:
        """Year and kind of a method of `methods:`, as far as they are given."""
        of = self.compared
        return "" if of is None else ", ".join(str(each) for each in (of.year, of.kind) if each)

    @property
    def trivial(self) -> bool:
        """Whether it is one of the two maps that any network has to beat."""
        return self.model == TRIVIAL

    @property
    def averaged(self) -> Scores:
        """Its scores as figures take them."""
        return Scores(self.name, tuple(score.values for score in self.scores))


@dataclass(frozen=True)
class Comparison:
    """All methods that were scored on one benchmark under one protocol.

    Attributes:
        benchmark: Benchmark name.
        split: Name of the split.
        protocol: Evaluation protocol.
        methods: The methods, trivial maps last.
        omissions: In which ways what was tested on is not the benchmark that papers print numbers of.
    """

    benchmark: str
    split: str
    protocol: str
    methods: tuple[Method, ...]
    omissions: tuple[str, ...] = ()

    @property
    def first(self) -> dict[str, Any]:
        """The first score file: what it says about protocol and frames holds for all."""
        return self.methods[0].scores[0].values

    @property
    def anchor(self) -> str:
        """The id of its section in the page."""
        return f"results-{self.benchmark}-{self.split}"


def comparisons(results: Results) -> list[Comparison]:
    """Return one comparison per benchmark and protocol, in the configuration's order, trivial maps last."""
    groups = _grouped(results.scores, lambda score: (score.benchmark, score.split, score.protocol))
    return [
        Comparison(benchmark, split, protocol, _methods(results, scores), _omitted(results, benchmark, split, scores))
        for (benchmark, split, protocol), scores in groups.items()
    ]


def _omitted(results: Results, benchmark: str, split: str, scores: Sequence[Score]) -> tuple[str, ...]:
    """Say what a comparison lacks of the papers' benchmark: by configuration and manifest, else by what was scored."""
    known = tuple(omissions(results, benchmark, split))
    lacking = known or whole.omissions(*(score.values for score in scores), split=split)
    revised = benchmarks.get(benchmark, None).revised if benchmark in benchmarks.known() else ""
    return (*lacking, revised) if revised else lacking


def _methods(results: Results, scores: Sequence[Score]) -> tuple[Method, ...]:
    made = []
    for (model, name, post), group in _grouped(scores, lambda score: (score.model, score.run, score.post)).items():
        run = results.run(model, name)
        unlike = tuple(departures(results, model, run)) if run else ()
        made.append(Method(model, name, post, run, tuple(group), unlike, results.compared(model, name)))
    return tuple(made)


def _grouped(
    scores: Sequence[Score], key: Callable[[Score], tuple[str, str, str]]
) -> dict[tuple[str, str, str], list[Score]]:
    groups: dict[tuple[str, str, str], list[Score]] = {}
    for score in scores:
        groups.setdefault(key(score), []).append(score)
    return groups
