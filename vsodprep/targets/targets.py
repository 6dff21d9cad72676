"""What a configuration makes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from vsodprep.benchmarks.published import PublishedMaps, get_published, published
from vsodprep.config import Config
from vsodprep.config.base import SplitOf
from vsodprep.config.compared import METHODS, ComparedMethod, Scored
from vsodprep.config.crf import RAW
from vsodprep.config.figures import DrawnFromScores, File, Words
from vsodprep.config.frames import Prepared
from vsodprep.config.methods import flow_method
from vsodprep.config.models import definition
from vsodprep.config.report import TRIVIAL, TRIVIAL_MAPS, Trivial
from vsodprep.config.train import Reading, Run, ScoredOn
from vsodprep.download.fetched import linked
from vsodprep.errors import check_known
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.paths import Paths

CENTRE_PRIOR: Trivial = "centre-prior"
OWN_SPLIT = "train"
_ALONE = {"clip_length": 1, "references": 0}  # an annotated frame with nothing else
Item = TypeVar("Item")


def unique(items: Iterable[Item]) -> list[Item]:
    """Return the items without repetition, in order of first appearance."""
    return list(dict.fromkeys(items))


class NetworkTarget(NamedTuple):
    """The network of one run with one seed."""

    model: str
    run: str
    seed: int


@dataclass(frozen=True)
class ScoreTarget:
    """The scores of one method's maps.

    Attributes:
        model: Model name, `methods`, or `trivial`.
        run: Run name, or the name of a method or a trivial map.
        seed: Seed of the training.
        post: `raw`, or the CRF preset that refined the maps.
        benchmark: Benchmark name.
        split: Split that is scored.
        protocol: Evaluation protocol.
    """

    model: str
    run: str
    seed: int
    post: str
    benchmark: str
    split: str
    protocol: str

    def path(self, paths: Paths) -> str:
        """Return where they lie."""
        return paths.scores(self.model, self.run, self.seed, self.post, self.benchmark, self.protocol)


@dataclass(frozen=True)
class Targets:
    """Everything that `all` makes of one configuration.

    Attributes:
        config: The configuration.
        catalogue: The sequences and splits of its benchmarks.
    """

    config: Config
    catalogue: Catalogue
    _prepared: dict[str, tuple[Prepared, list[str]]] = field(default_factory=dict, compare=False)

    @cached_property
    def paths(self) -> Paths:
        """Where everything lies."""
        return Paths(self.config.results)

    def filled(self, path: str, seed: int | None = None) -> str:
        """Return the path of a checkpoint with `{results}`, and `{seed}` where it is known, filled in."""
        path = path.replace("{results}", self.config.results)
        return path if seed is None else path.replace("{seed}", str(seed))

    @cached_property
    def runs(self) -> dict[tuple[str, str], Run]:
        """Runs by model and name, which are trained or have the authors' weights.

        Left out are those that are there for maps alone where the maps are not used: runs without a test that only a
        saliency block names, and what only such start from.
        """
        config = self.config
        used = {block for coarse in config.pack.coarse for block in config.coarse[coarse].maps}
        used |= {method.saliency for method in config.methods.values() if method.saliency}
        named = {name: (block.method or "", block.checkpoint or "") for name, block in config.saliency.items()}
        for_others = {*named.values(), *(start for of in self._starts.values() for start in of)}
        every = {(model, name): run for model, runs in config.runs.items() for name, run in runs.items()}
        kept = {key for key, run in every.items() if run.test or key not in for_others}
        waiting = [*kept, *(key for name, key in named.items() if name in used)]
        while waiting:
            key = waiting.pop()
            kept.add(key)
            waiting += [start for start in self._starts.get(key, ()) if start not in kept]
        return {key: run for key, run in every.items() if key in kept}

    @cached_property
    def _starts(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """The runs that each run starts from."""
        every = {(model, name): run for model, runs in self.config.runs.items() for name, run in runs.items()}
        made = {self.paths.checkpoint(*key, seed): key for key, run in every.items() for seed in run.seeds}
        paths = {
            key: [self.filled(start, seed) for start in run.starts if start for seed in run.seeds]
            for key, run in every.items()
        }
        return {key: unique(made[path] for path in of if path in made) for key, of in paths.items()}

    def shards_before(self, run: tuple[str, str], benchmarks: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the benchmarks that are packed before a run has trained and the shards of some benchmarks are there.

        They are those that it trains on, those of the runs that it starts from, and those that the networks train on
        whose maps labels are made of.

        Args:
            run: Its model and name; those of a method or a trivial map are no run.
            benchmarks: The benchmarks.
        """
        found, seen = list(benchmarks), set[tuple[str, str]]()
        waiting = [run, *(network for name in found for network in self._labelling(name))]
        while waiting:
            key = waiting.pop()
            if key in self.runs and key not in seen:
                seen.add(key)
                read = unique(data.benchmark for stage in self.runs[key].stages for data in stage.data)
                found += read
                waiting += [*self._starts[key], *(network for name in read for network in self._labelling(name))]
        return tuple(unique(found))

    def _labelling(self, benchmark: str) -> list[tuple[str, str]]:
        """Return the networks, trained here or not, of whose maps a benchmark's labels are made."""
        names = (name for coarse in self.packed_coarse(benchmark) for name in self.config.coarse[coarse].maps)
        blocks = (self.config.saliency[name] for name in names)
        return [(block.method, block.checkpoint) for block in blocks if block.method and block.checkpoint]

    @cached_property
    def tested(self) -> dict[str, str]:
        """The split that each tested benchmark is tested on; the configuration sees to it that all tests agree."""
        return {test.benchmark: test.split for _, test in self.config.all_tests}

    @cached_property
    def protocols(self) -> dict[str, list[str]]:
        """The protocols by which methods are scored on each tested benchmark: those of its tests and of figures."""
        asked = [(test.benchmark, protocol) for _, test in self.config.all_tests for protocol in test.protocols]
        for name, figure in self.config.figures.items():
            if isinstance(figure, DrawnFromScores):
                shown = figure.shown(self.rows, f"figures.{name}").values()
                scored = [test.benchmark for key in shown if key[0] == METHODS for test in self.rows[key].test]
                asked += [(of, figure.protocol) for of in scored if figure.benchmark in (None, of)]
        return {name: unique(protocol for of, protocol in asked if of == name) for name in self.tested}

    @cached_property
    def methods(self) -> dict[str, ComparedMethod]:
        """The methods of `methods:` in the order of tables and figures: by year, those without one last."""
        by_year = sorted(self.config.methods.items(), key=lambda each: (each[1].year is None, each[1].year or 0))
        return dict(by_year)

    @cached_property
    def rows(self) -> dict[tuple[str, str], Run | Scored]:
        """What figures draw: the runs by model and name, then the methods of `methods:`."""
        tests = {name: ScoredOn(benchmark=name, split=split) for name, split in self.tested.items()}
        methods = {
            (METHODS, name): Scored(method.called(name), tuple(tests[of] for of in tests if self.maps(name, of)))
            for name, method in self.methods.items()
        }
        return {**self.runs, **methods}

    @cached_property
    def benchmarks(self) -> list[str]:
        """Benchmarks with a shard: those that the configuration lists, and those that its runs need."""
        used = [data.benchmark for run in self.runs.values() for stage in run.stages for data in stage.data]
        tested = [test.benchmark for run in self.runs.values() for test in run.test]
        return unique([*self.config.benchmarks, *self.config.folders, *used, *tested])

    @cached_property
    def normalized(self) -> list[str]:
        """Benchmarks that are normalised: with a shard, tested on, or what a classifier or weights learn from."""
        fits = (*self.classifiers.values(), *self.weights.values())
        return unique([*self.benchmarks, *self.tested, *(where.benchmark for fit in fits for where in fit)])

    def packed(self, benchmark: str) -> list[str]:
        """Return the sequences of a benchmark's shard: those that runs read, and that labels are asked for.

        They are all of a benchmark that the configuration lists, or that no run reads, and with `frames: all`.
        """
        config, names = self.config, [one.name for one in self.catalogue.sequences(benchmark)]
        if config.frames == "all" or benchmark in (*config.benchmarks, *config.folders):
            return names
        splits = [of.split for of, _ in self._readers if of.benchmark == benchmark]
        read = {name for split in splits for name in self.catalogue.split(benchmark, split)}
        if not read:
            return names
        asked = (of for coarse in config.pack.coarse for of in config.coarse[coarse].splits or ())
        read.update(self._videos(asked, benchmark))
        return [name for name in names if name in read]

    def packed_videos(self, benchmark: str) -> list[str]:
        """Return those of them that are videos."""
        packed = set(self.packed(benchmark))
        return [name for name in self.catalogue.videos(benchmark) if name in packed]

    def packed_priors(self, benchmark: str) -> list[str]:
        """Return the priors of a benchmark's shard: one that is fitted on its own `train` split needs such a split."""
        has_own = self.catalogue.has_split(benchmark, OWN_SPLIT)
        return [name for name in self.config.pack.prior if has_own or self.config.prior[name].fit != "own"]

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """What `pack` names and shards will not hold, in words."""
        sparse = [name for name in self.normalized if self.prepared(name)[0] != Prepared()]
        frames = "frames without a mask that no sample reads (`frames: all` takes them in)"
        unread = [name for name in self.benchmarks if len(self.packed(name)) < len(self.catalogue.sequences(name))]
        told = (
            (sparse, frames),
            (unread, "sequences that no run reads (naming the benchmark in `benchmarks` takes them in)"),
        )
        return tuple(f"left out of {', '.join(names)}: {what}" for names, what in told if names) + tuple(
            f"prior.{prior} is not in the shard of {benchmark}: it is fitted on its split {OWN_SPLIT}, which is empty"
            for benchmark in self.benchmarks
            if self.catalogue.videos(benchmark)
            for prior in self.config.pack.prior
            if prior not in self.packed_priors(benchmark)
        )

    def packed_coarse(self, benchmark: str) -> list[str]:
        """Return the blocks of labels of a benchmark's shard: those that any of its videos gets."""
        return [name for name in self.config.pack.coarse if self.labelled(name, benchmark)]

    def labelled(self, coarse: str, benchmark: str) -> list[str]:
        """Return the videos of a benchmark that get a block's labels."""
        splits = self.config.coarse[coarse].splits
        return self.packed_videos(benchmark) if splits is None else self._videos(splits, benchmark)

    @cached_property
    def classifiers(self) -> dict[tuple[str, str | None], tuple[SplitOf, ...]]:
        """What each classifier learns from, by prior and, where it is a benchmark's own, by benchmark."""
        found: dict[tuple[str, str | None], tuple[SplitOf, ...]] = {}
        for benchmark in self.benchmarks:
            for prior in self.priors(benchmark):
                fit = self.config.prior[prior].fit
                if fit == "own":
                    found[prior, benchmark] = (SplitOf(benchmark=benchmark, split=OWN_SPLIT),)
                else:
                    found[prior, None] = fit
        return found

    @cached_property
    def weights(self) -> dict[str, tuple[SplitOf, ...]]:
        """What fitted weights of saliency maps learn from, by block of coarse labels."""
        used = unique(name for benchmark in self.benchmarks for name in self.packed_coarse(benchmark))
        return {name: self.config.coarse[name].fit for name in used if self.config.coarse[name].fit}

    @cached_property
    def _readers(self) -> list[tuple[SplitOf, Prepared | None]]:
        """The splits that runs read, each with what is read with an annotated frame; None where it may be any frame."""
        found: list[tuple[SplitOf, Prepared | None]] = []
        for (model, name), run in self.runs.items():
            known = definition(run.network(model))
            options = known.choose(run.variant, run.options, where=f"runs.{model}.{name}")

            def read(reading: Reading, clip: str, length: int) -> Prepared:
                if clip == "references":
                    return Prepared(frames="annotated", references=length - 1)
                return Prepared(frames="annotated", clip_length=(length - 1) * reading.clip_stride + 1)

            for stage in run.stages:
                drawn = stage.clip == "references" and stage.clip_length > 1
                trained = None if drawn else read(stage.reading, "past", stage.clip_length)
                found += [(data, trained) for data in stage.data]
            tested = read(run.reading, options.clip or run.reading.clip, options.clip_length)
            found += [(test, tested) for test in run.test]
        return found

    def prepared(self, benchmark: str) -> tuple[Prepared, list[str]]:
        """Return which frames of a benchmark's videos are prepared, and the videos of which all are.

        All are where there are labels of frames without a mask, where clips are drawn of the whole video, where a
        figure shows frames by name, and where no frame or every frame has a mask.
        """
        if benchmark not in self._prepared:
            self._prepared[benchmark] = self._prepare(benchmark)
        return self._prepared[benchmark]

    def prepared_of(self, benchmark: str, sequence: str) -> Prepared:
        """Return which frames of a video are prepared."""
        block, whole = self.prepared(benchmark)
        return Prepared() if sequence in whole else block

    def _prepare(self, benchmark: str) -> tuple[Prepared, list[str]]:
        videos = self.catalogue.videos(benchmark)
        if self.config.frames == "all":
            return Prepared(), videos
        readers = [
            (self.catalogue.videos(benchmark, of.split), block)
            for of, block in self._readers
            if of.benchmark == benchmark
        ]
        whole = {name for names, block in readers if block is None for name in names}
        whole |= {name for names in self.coarse(benchmark).values() for name in names}
        shown = (one for one in self.config.figures.values() if one.benchmark == benchmark)
        whole |= {name for figure in shown for name in figure.sequences}
        known = self.catalogue.sequences(benchmark)
        whole |= {one.name for one in known if one.annotated is not None and one.annotated in (0, one.frames)}
        chosen = [name for name in videos if name in whole]
        if len(chosen) == len(videos) and self.catalogue.whole(benchmark):
            return Prepared(), videos
        blocks = [block for _, block in readers if block is not None]
        most = {key: max((getattr(one, key) for one in blocks), default=least) for key, least in _ALONE.items()}
        return Prepared(frames="annotated", **most), chosen

    def priors(self, benchmark: str) -> dict[str, list[str]]:
        """Return the videos of a benchmark that get a prior, by block: packed ones, and those that support labels."""
        packed = self.packed_priors(benchmark) if benchmark in self.benchmarks else []
        used = [(prior, self.packed_videos(benchmark)) for prior in packed]
        for coarse, names in self.coarse(benchmark).items():
            used += [(prior, names) for prior in self.config.coarse[coarse].priors]
        return _merged(used)

    def coarse(self, benchmark: str) -> dict[str, list[str]]:
        """Return the videos of a benchmark that get labels, by block."""
        packed = self.packed_coarse(benchmark) if benchmark in self.benchmarks else []
        return {name: self.labelled(name, benchmark) for name in packed}

    @cached_property
    def archives_stay(self) -> bool:
        """Whether fetched archives stay: where `keep` says so, or another project may read them through a link."""
        folders = (Path(self.paths.downloads(name)) for name in self.normalized)
        return "archives" in self.config.keep or any(linked(folder) for folder in folders)

    @cached_property
    def passing_saliency(self) -> list[str]:
        """The saliency blocks whose maps do not stay."""
        shown = {method.saliency for method in self.config.methods.values()}
        made = (name for name, block in self.config.saliency.items() if block.folder is None)
        return [] if "saliency" in self.config.keep else [name for name in made if name not in shown]

    def saliency_maps(self, block: str, benchmark: str, seq: str) -> str:
        """Return what stands for a sequence's saliency maps: their marker, or the folder where they do not stay.

        Snakemake removes what does not stay, and would leave the maps beside a marker.
        """
        place = self.paths.saliency_maps if block in self.passing_saliency else self.paths.saliency
        return place(block, benchmark, seq)

    def saliency(self, benchmark: str) -> dict[str, list[str]]:
        """Return the sequences of a benchmark that get saliency maps, by block; maps made elsewhere are left out.

        Those that labels are made of are videos; a method's are all sequences that are tested on.
        """
        fitted = ((name, self._videos(fit, benchmark)) for name, fit in self.weights.items())
        used = [
            (block, names)
            for coarse, names in (*self.coarse(benchmark).items(), *fitted)
            for block in self.config.coarse[coarse].maps
        ]
        if benchmark in self.tested:
            tested = self.catalogue.split(benchmark, self.tested[benchmark])
            used += [(method.saliency, list(tested)) for method in self.config.methods.values() if method.saliency]
        return _merged((block, names) for block, names in used if self.config.saliency[block].folder is None)

    def saliency_checkpoint(self, name: str) -> str | None:
        """Return the checkpoint of a saliency block's network: a run's first seed, or a file; None of other methods."""
        block = self.config.saliency[name]
        run = self.runs.get((block.method or "", block.checkpoint or ""))
        if run is None or block.method is None or block.checkpoint is None:
            return block.checkpoint
        return self.paths.checkpoint(block.method, block.checkpoint, run.seeds[0])

    def flows(self, benchmark: str) -> dict[str, list[str]]:
        """Return the videos of a benchmark that get flow, by block: for shard, priors, their classifiers and labels."""
        config, used = self.config, list[tuple[str, Iterable[str]]]()
        if benchmark in self.benchmarks:
            used += [(block, self.packed_videos(benchmark)) for block in config.pack.flow]
        used += [(config.prior[prior].flow, names) for prior, names in self.priors(benchmark).items()]
        for (prior, _), fit in self.classifiers.items():
            used.append((config.prior[prior].flow, self._videos(fit, benchmark)))
        for coarse, names in self.coarse(benchmark).items():
            used += [(block, names) for block in config.coarse[coarse].flows]
        return _merged(used)

    @cached_property
    def networks(self) -> tuple[NetworkTarget, ...]:
        """Every run with every seed."""
        return tuple(
            NetworkTarget(model, name, seed) for (model, name), run in self.runs.items() for seed in unique(run.seeds)
        )

    @cached_property
    def trainings(self) -> tuple[NetworkTarget, ...]:
        """Those of them that are trained."""
        return tuple(one for one in self.networks if self.runs[one.model, one.run].stages)

    @cached_property
    def figures(self) -> dict[str, Words]:
        """The words of each figure's command, with the files that it is drawn from."""
        return {name: figure.words(self.rows, f"figures.{name}") for name, figure in self.config.figures.items()}

    @cached_property
    def scores(self) -> tuple[ScoreTarget, ...]:
        """Scores that tests and figures ask for, then those of the methods and, last, of the trivial maps."""
        of_runs = [
            self._score(model, name, seed, post, test.benchmark, protocol)
            for (model, name), run in self.runs.items()
            for test in run.test
            for seed in run.seeds
            for post in test.post
            for protocol in test.protocols
        ]
        of_methods = [
            self._score(METHODS, name, 0, RAW, benchmark, protocol)
            for benchmark, protocols in self.protocols.items()
            for name in self.methods
            if self.maps(name, benchmark) is not None
            for protocol in protocols
        ]
        files = [word for words in self.figures.values() for word in words if isinstance(word, File)]
        of_figures = [self._score(*file.of) for file in files if file.place == "scores"]
        of_trivial = [
            self._score(TRIVIAL, name, 0, RAW, test.benchmark, protocol)
            for run in self.runs.values()
            for test in run.test
            for name in self.trivial(test.benchmark)
            for protocol in test.protocols
        ]
        return tuple(unique([*of_runs, *of_figures, *of_methods, *of_trivial]))

    def maps(self, method: str, benchmark: str, paths: Paths | None = None) -> str | None:
        """Return the folder or archive of a method's maps of a tested benchmark; None where it has none.

        Args:
            method: Name of the method.
            benchmark: Benchmark name.
            paths: Where everything lies, if that is not where the configuration says.
        """
        of = self.config.methods[method]
        if of.published is not None:
            entry, own = self.published(method)
            found = entry.find(own, benchmark)
            if found is None:
                return None
            folder = Path((paths or self.paths).published(entry.name, found.place)).parent
            return str(entry.path(folder, own, benchmark))
        if of.saliency is None:
            return of.maps.get(benchmark)
        elsewhere = self.config.saliency[of.saliency].folder
        if elsewhere is None:
            return (paths or self.paths).saliency_folder(of.saliency, benchmark)
        return str(Path(elsewhere) / benchmark)

    def published(self, method: str) -> tuple[PublishedMaps, str]:
        """Return the published maps that a method's maps are of, and its name among them.

        Raises:
            InputError: There are no such maps, or no such method among them.
        """
        where = f"methods.{method}.published"
        name, _, own = (self.config.methods[method].published or "").partition("/")
        check_known(where, [name], published(), "published maps")
        entry = get_published(name)
        check_known(where, [own or method] if own or entry.methods else [], entry.methods, "method")
        return entry, own or method

    def trivial(self, benchmark: str) -> tuple[Trivial, ...]:
        """Return the trivial maps of a tested benchmark: only one without flow vectors or with still images."""
        if not self.config.report.trivial:
            return ()
        names = self.catalogue.split(benchmark, self.tested[benchmark])
        flows = [self.config.flow[name].method for name in self.config.pack.flow]
        known = any(flow_method(method).vectors for method in flows)
        moves = known and set(names) <= set(self.catalogue.videos(benchmark))
        return TRIVIAL_MAPS if moves else (CENTRE_PRIOR,)

    def _score(self, model: str, run: str, seed: int, post: str, benchmark: str, protocol: str) -> ScoreTarget:
        return ScoreTarget(model, run, seed, post, benchmark, self.tested[benchmark], protocol)

    def _videos(self, splits: Iterable[SplitOf], benchmark: str) -> list[str]:
        """Return the videos of a benchmark that some splits hold."""
        of = (self.catalogue.videos(benchmark, where.split) for where in splits if where.benchmark == benchmark)
        return sorted({name for names in of for name in names})


def _merged(used: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    """Return all names of each block that has any, both sorted."""
    found: dict[str, set[str]] = {}
    for block, names in used:
        found.setdefault(block, set()).update(names)
    return {block: sorted(names) for block, names in sorted(found.items()) if names}
