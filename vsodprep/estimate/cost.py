"""Add up what a configuration will take, from the registry alone."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vsodprep import benchmarks
from vsodprep.archives.delivery import expand
from vsodprep.config import Config
from vsodprep.config.base import SplitOf
from vsodprep.config.crf import RAW
from vsodprep.config.methods import SALIENCY, flow_method
from vsodprep.config.models import definition
from vsodprep.config.prior import Prior
from vsodprep.config.report import TRIVIAL
from vsodprep.config.saliency import PRESETS, Saliency
from vsodprep.config.train import Run, Stage
from vsodprep.estimate import rates
from vsodprep.estimate.parts import FrameCounts, bytes_of, part_of
from vsodprep.estimate.shards import still_bytes, video_bytes
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.targets import ScoreTarget, Targets, unique

_HOUR = 3600.0


@dataclass(frozen=True)
class Cost:
    """What one part of the work takes.

    Attributes:
        stage: The stage.
        what: The benchmark, or the run.
        sequences: Number of sequences.
        frames: Number of frames, of flows to estimate, or of training samples.
        guessed: Whether that number is partly a guess, because nobody published it.
        disk: Bytes.
        cpu: Processor hours.
        gpu: Hours of a graphics card.
        passing: Whether those bytes go once all is made that is made of them.
        working: Further bytes that lie on the disk only while it is made.
        unknown_disk: Whether some of the disk is missing, because nobody published a size.
        jobs: How many commands do it.
        needs: The benchmarks that are packed before it is made, where it is no part of one itself.
        late: Whether what goes may go later than its benchmark is packed, as another benchmark's labels wait for it.
        place: Where it is made, a pattern of folders below the results.
    """

    stage: str
    what: str
    sequences: int
    frames: int
    guessed: bool = False
    disk: float = 0.0
    cpu: float = 0.0
    gpu: float = 0.0
    passing: bool = False
    working: float = 0.0
    unknown_disk: bool = False
    jobs: int = 1
    needs: tuple[str, ...] = ()
    late: bool = False
    place: str = ""


class Estimate:
    """The costs of a configuration.

    Args:
        config: The configuration.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.catalogue = Catalogue(config)
        self.targets = Targets(config, self.catalogue)
        self.on_card = config.device == "cuda"

    def costs(self) -> tuple[Cost, ...]:
        """Return the costs of all parts of the work, in pipeline order.

        Raises:
            InputError: A benchmark, split or folder does not exist.
        """
        found = [cost for name in self.targets.normalized for cost in self._preparing(name)]
        found += [self._fitting(prior, fit) for (prior, _), fit in self.targets.classifiers.items()]
        found += [self._fusing(coarse, fit) for coarse, fit in self.targets.weights.items()]
        for (model, name), run in self.targets.runs.items():
            found += [self._training(model, name, run, stage) for stage in run.stages]
        found += self._testing()
        return (*found, self._starting(found))

    def _starting(self, found: Iterable[Cost]) -> Cost:
        """Return what it takes to start all commands, most of the time of a small benchmark, and to draw and report."""
        jobs = [(cost.jobs, cost.stage) for cost in found]
        jobs += [(len(self.targets.figures), "figure"), (1, "report")]
        seconds = sum(count * start_seconds(stage) for count, stage in jobs)
        return Cost("start-up", "commands", sum(count for count, _ in jobs), 0, cpu=seconds / _HOUR)

    def _preparing(self, name: str) -> Iterator[Cost]:
        config, part = self.config, part_of(self.targets, name)
        if config.source(name) is None and name not in config.folders:
            yield from self._downloading(part)
        videos, generated = part.video_megapixels, self._generated(name)
        of_still = self._encoded(part)
        of_video = rates.DISK_GENERATED if generated else of_still
        disk = (videos * of_video + (part.megapixels - videos) * of_still) * 1e6
        seconds = rates.GENERATE if generated else rates.NORMALIZE
        known: dict[str, Any] = {"disk": disk, "place": f"normalized/{name}"}
        yield self._cost("normalize", part, cpu=part.megapixels * seconds, **known)
        yield from self._video_stages(name)
        if name in self.targets.benchmarks:
            packed = self.targets.packed(name)
            everything = len(packed) == len(self.catalogue.sequences(name))
            packed_part = part_of(self.targets, name, packed, unlisted=everything).prepared
            yield self._packing(packed_part, self._encoded(part))

    def _encoded(self, part: FrameCounts) -> float:
        """Return bytes a pixel of a frame as its file, with its mask: JPEGs stay as they were delivered.

        Frames and masks weigh no more than the archives that hold them, where the sizes of these are known.
        """
        if self._generated(part.name):
            return rates.DISK_LOSSLESS
        delivered = self._delivered(part.name)
        return min(rates.DISK_ENCODED, delivered / (part.megapixels * 1e6)) if part.frames else rates.DISK_ENCODED

    def _delivered(self, name: str) -> float:
        """Return the bytes of a benchmark's archives, infinity where they are not known."""
        if name in self.config.folders:
            return math.inf
        source = self.config.source(name)
        if source is not None:
            files = [file for path in source.path for file in expand(Path(path))]
            return sum((file.stat().st_size if file.is_file() else math.inf) for file in files)
        archives = benchmarks.get(name).archives(self.config.resolution.get(name))
        sizes = [bytes_of(file) for file in archives]
        return sum(math.inf if size is None else size for size in sizes) if sizes else math.inf

    def _packing(self, part: FrameCounts, encoded: float) -> Cost:
        pack, videos = self.config.pack, part.video_megapixels
        drawn = len(pack.flow) * rates.PACK_FLOW + len(pack.pictures) * rates.PICTURE
        disk = part.video * video_bytes(pack, part.pixels, encoded)
        disk += (part.frames - part.video) * still_bytes(pack, part.pixels, encoded)
        known: dict[str, Any] = {"disk": disk, "place": f"shards/{part.name}.zarr"}
        return self._cost("pack", part, cpu=part.megapixels * rates.PACK + videos * drawn, **known)

    def _generated(self, name: str) -> bool:
        return name not in self.config.folders and benchmarks.get(name).generated

    def _downloading(self, part: FrameCounts) -> Iterator[Cost]:
        archives = benchmarks.get(part.name).archives(self.config.resolution.get(part.name))
        for fetched in (True, False):
            files = [file for file in archives if bool(file.urls) == fetched]
            sizes = {file.name: bytes_of(file) for file in files}
            if not sizes:
                continue
            # normalising unpacks those first that cannot be read at any place
            unpacked = sum(size or 0 for name, size in sizes.items() if not name.endswith(".zip"))
            known: dict[str, Any] = {"place": f"downloads/{part.name}", "working": float(unpacked)}
            known["passing"] = fetched and not self.targets.archives_stay
            known |= {"disk": float(sum(size or 0 for size in sizes.values())), "unknown_disk": None in sizes.values()}
            yield self._cost("download", part, jobs=int(fetched), **known)

    def _video_stages(self, benchmark: str) -> Iterator[Cost]:
        config, targets = self.config, self.targets
        for name, videos in targets.flows(benchmark).items():
            part, flow = self._videos(benchmark, videos), config.flow[name]
            number = part.flows(flow)
            work = number * part.pixels / rates.MEGAPIXEL
            cpu, card = flow_method(flow.method).seconds(flow)
            gpu = work * card if self.on_card else 0.0
            guessed = part.prepared.guessed
            cpu, disk = work * (0.05 if gpu else cpu), work * rates.DISK_FLOW * 1e6
            passing, place = "flow" not in config.keep, f"flow/{name}/{benchmark}"
            known: dict[str, Any] = {"frames": number, "guessed": guessed, "disk": disk, "passing": passing}
            fitted = (
                (prior, fit) for (prior, _), fit in targets.classifiers.items() if config.prior[prior].flow == name
            )
            known |= {"place": place, "late": _read_late(benchmark, fitted, targets.priors(benchmark))}
            yield self._cost(f"flow {name}", part, cpu=cpu, gpu=gpu, jobs=part.sequences, **known)
        for name, videos in targets.priors(benchmark).items():
            part = self._videos(benchmark, videos).prepared
            cpu, gpu = self._regions(config.prior[name], part.frames, part.megapixels)
            known = {"disk": part.megapixels * rates.DISK_PRIOR * 1e6, "passing": "prior" not in config.keep}
            known["place"] = f"prior/{name}/{benchmark}"
            yield self._cost(f"prior {name}", part, cpu=cpu, gpu=gpu, jobs=part.sequences, **known)
        for name, videos in targets.saliency(benchmark).items():
            part = self._videos(benchmark, videos).prepared
            cpu, gpu = self._saliency(config.saliency[name], part)
            rate = rates.DISK_SALIENCY.get(config.saliency[name].method or "", rates.DISK_SALIENCY_OTHER)
            disk = part.megapixels * rate * 1e6
            passing = name in targets.passing_saliency
            place = f"saliency/{name}/{benchmark}"
            fitted = ((coarse, fit) for coarse, fit in targets.weights.items() if name in config.coarse[coarse].maps)
            late = _read_late(benchmark, fitted, targets.coarse(benchmark))
            known = {"disk": disk, "passing": passing, "late": late, "jobs": part.sequences, "place": place}
            yield self._cost(f"saliency {name}", part, cpu=cpu, gpu=gpu, **known)
        for name, videos in targets.coarse(benchmark).items():
            part, coarse = self._videos(benchmark, videos).prepared, config.coarse[name]
            crf, card = self._crf(coarse.crf) if "crf" in coarse.order else (0.0, 0.0)
            seconds = rates.COARSE + crf + rates.CARRY * len(coarse.flows)
            seconds += rates.SUBSTITUTE * ("substitute" in coarse.order)
            work = part.megapixels
            disk = work * rates.DISK_COARSE * 1e6
            known = {"disk": disk, "jobs": part.sequences, "place": f"coarse/{name}/{benchmark}"}
            yield self._cost(f"coarse {name}", part, cpu=work * seconds, gpu=work * card, **known)

    def _saliency(self, block: Saliency, part: FrameCounts) -> tuple[float, float]:
        """Return seconds of processor and of graphics card for the maps of a block."""
        method = block.method or ""
        if block.checkpoint is not None:
            run = self.targets.runs.get((method, block.checkpoint))
            if run is None:  # a file, taken for the full network that reads frames as they are
                side = round(part.pixels**0.5)
                run = Run(weights=block.checkpoint, pretrained=False, size=(side, side))
            return self._predicting(method, run, part.frames)
        if method != "onnx":
            return part.megapixels * SALIENCY[method].seconds, 0.0
        height, width = block.settings["size"] or (1, part.pixels)  # what its file fixes, nobody knows here
        operations = rates.ONNX if block.preset is None else PRESETS[block.preset].operations
        return self._passes(operations * part.frames * height * width / rates.MEGAPIXEL)

    def _videos(self, benchmark: str, names: list[str]) -> FrameCounts:
        return part_of(self.targets, benchmark, names, unlisted=len(names) == len(self.catalogue.videos(benchmark)))

    def _regions(self, prior: Prior, frames: int, megapixels: float) -> tuple[float, float]:
        """Return seconds of processor and of graphics card for the described regions of so many frames."""
        cpu = megapixels * (rates.PRIOR_FRAME + len(prior.levels) * prior.scale**2 * rates.PRIOR_LEVEL[prior.backend])
        pooled = prior.windows == "roi"
        described = frames if pooled else frames * len(prior.levels) * rates.PRIOR_REGIONS / prior.scale
        core, card = (rates.PRIOR_POOLED if pooled else rates.PRIOR_REGION)[prior.features]
        return (cpu, described * card) if self.on_card else (cpu + described * core, 0.0)

    def _fitting(self, name: str, fit: Iterable[SplitOf]) -> Cost:
        prior, parts, cpu, gpu, frames = self.config.prior[name], self._splits(fit), 0.0, 0.0, 0
        for part in parts:
            learned = sum(min(prior.frames_per_sequence, video.annotated) for video in part.videos)
            seconds, card = self._regions(prior, learned, learned * part.pixels / rates.MEGAPIXEL)
            cpu, gpu, frames = cpu + seconds, gpu + card, frames + learned
        regions = frames * len(prior.levels) * rates.PRIOR_REGIONS / prior.scale
        cpu += prior.epochs * regions * rates.PRIOR_SAMPLE
        return self._cost(f"prior {name} fit", *parts, frames=frames, cpu=cpu, gpu=gpu)

    def _fusing(self, name: str, fit: Iterable[SplitOf]) -> Cost:
        parts, maps = self._splits(fit), len(self.config.coarse[name].maps)
        work = sum(part.annotated * part.pixels / rates.MEGAPIXEL for part in parts)
        frames = sum(part.annotated for part in parts)
        return self._cost(f"coarse {name} fit", *parts, frames=frames, cpu=work * maps * rates.FUSE_FIT)

    def _splits(self, fit: Iterable[SplitOf]) -> list[FrameCounts]:
        """Return the videos of each split."""
        videos = self.catalogue.videos
        return [part_of(self.targets, where.benchmark, videos(where.benchmark, where.split)) for where in fit]

    def _crf(self, name: str) -> tuple[float, float]:
        """Return seconds of processor and of graphics card for a megapixel."""
        crf = self.config.crf_presets[name]
        if crf.engine == "torch" and self.on_card:
            return 0.0, rates.CRF_CARD
        frame, iteration = rates.CRF[crf.engine]
        return frame + iteration * crf.iterations, 0.0

    def _predicting(self, model: str, run: Run, frames: int) -> tuple[float, float]:
        """Return seconds of processor and of graphics card for the maps of so many frames."""
        height, width = run.reading.size
        known = definition(run.network(model))
        options = known.choose(run.variant, run.options)
        megapixels = frames * height * width / rates.MEGAPIXEL
        cpu, gpu = self._network(model, run, options.test_passes * frames, (height, width))
        refined = known.refinement * megapixels if options.refines else 0.0
        return cpu + self._derived(model, run, megapixels) + refined, gpu

    def _derived(self, model: str, run: Run, megapixels: float) -> float:
        """Return seconds of processor for what is computed of so many megapixels of frames as they are read."""
        inputs = definition(run.network(model)).choose(run.variant, run.options).inputs
        return megapixels * sum(seconds for key, seconds in rates.DERIVED.items() if key in inputs)

    def _network(self, model: str, run: Run, frames: float, size: tuple[int, int]) -> tuple[float, float]:
        """Return seconds of processor and of graphics card for forward passes over so many frames of a size."""
        margin = 2 * definition(run.network(model)).choose(run.variant, run.options).margin
        megapixels = frames * (size[0] + margin) * (size[1] + margin) / rates.MEGAPIXEL
        return self._passes(self._operations(run.network(model), run) * megapixels, run.width)

    def _passes(self, billions: float, width: float = 1.0) -> tuple[float, float]:
        """Return seconds of processor and of graphics card for so many billions of operations of a network."""
        if self.on_card:
            return 0.0, billions / rates.GIGAFLOPS_CARD
        return billions / (rates.GIGAFLOPS_CORE * width**rates.NARROW), 0.0

    def _operations(self, network: str, run: Run) -> float:
        """Return billions of operations of a forward pass per megapixel and frame."""
        known = definition(network)
        options = known.choose(run.variant, run.options)
        if known.operations is not None:
            return known.operations * options.operations * run.width**2
        from vsodprep.models.size import size_of_run  # noqa: PLC0415  a network of the user's own has imported torch

        size, (height, width) = size_of_run(network, run)
        return 2 * size.multiply_adds / 1e3 / (height * width * options.clip_length)

    def _parameters(self, network: str, run: Run) -> float:
        """Return the number of a network's parameters."""
        known = definition(network)
        if known.parameters is not None:
            options = known.choose(run.variant, run.options)
            return known.parameters * 1e6 * options.parameters * run.width**2
        from vsodprep.models.size import parameters_of_run  # noqa: PLC0415  as above

        return parameters_of_run(network, run)

    def _training(self, model: str, name: str, run: Run, stage: Stage) -> Cost:
        parts = [(self._split(data), data) for data in stage.data]
        each = [data.repeat * (part.annotated if data.labels == "masks" else part.frames) for part, data in parts]
        samples = stage.steps * stage.batch if stage.steps is not None else 0
        if stage.epochs is not None:
            per_epoch = sum(each) if stage.order == "shuffle" else len(each) * max(each)
            samples = round(stage.epochs * per_epoch)
        samples *= len(set(run.seeds)) * run.rounds
        read = samples * stage.clip_length
        cpu, gpu = self._network(model, run, rates.BACKWARD * read, stage.size)
        cpu += self._derived(model, run, read * stage.size[0] * stage.size[1] / rates.MEGAPIXEL)
        counted = [part for part, _ in parts]
        cpu += _reading(list(zip(each, counted, strict=True)), stage, read)
        guessed = stage.steps is None and any(part.guessed for part in counted)
        what = f"{model}/{name}"
        known: dict[str, Any] = {"frames": samples, "guessed": guessed, "jobs": 0}
        known["needs"] = self.targets.shards_before((model, name))
        if stage is run.stages[-1]:
            known["jobs"] = len(set(run.seeds))
            weights = 4 * self._parameters(run.network(model), run)
            state = weights * (1 + max(rates.SLOTS[each.optimizer.name] for each in run.stages))
            last = weights * (1 + rates.SLOTS[stage.optimizer.name] * run.optimizer_state)
            known |= {"disk": len(set(run.seeds)) * last, "place": f"models/{model}/{name}/seed*/last.ckpt"}
            known["working"] = 2 * state - last  # a saved state is replaced by the next when that is whole
        return self._cost(f"train {stage.name}", *counted, what=what, cpu=cpu, gpu=gpu, **known)

    def _testing(self) -> Iterator[Cost]:
        by_method: dict[tuple[str, str, str], list[ScoreTarget]] = {}
        for score in self.targets.scores:
            by_method.setdefault((score.model, score.run, score.benchmark), []).append(score)
        for (model, name, benchmark), scores in by_method.items():
            part = self._split(scores[0]).predicted
            what, run = f"{model}/{name}", self.targets.runs.get((model, name))
            seeds = len({score.seed for score in scores})
            disk = seeds * part.megapixels * rates.DISK_PREDICTION * 1e6
            needs = self.targets.shards_before((model, name), [benchmark])
            made: dict[str, Any] = {"what": what, "disk": disk, "jobs": seeds, "needs": needs}
            place = f"predictions/{model}/{name}/seed*/{{}}/{benchmark}"
            raw = made | {"place": place.format(RAW)}
            if model == TRIVIAL:
                yield self._cost(f"trivial {benchmark}", part, cpu=part.megapixels * rates.TRIVIAL, **raw)
            elif run is not None:
                cpu, gpu = self._predicting(model, run, seeds * part.frames)
                yield self._cost(f"predict {benchmark}", part, cpu=cpu, gpu=gpu, **raw)
            for post in unique(score.post for score in scores if score.post != RAW):
                cpu, gpu = (seeds * part.megapixels * seconds for seconds in self._crf(post))
                known = made | {"place": place.format(post)}
                yield self._cost(f"crf {post} {benchmark}", part, cpu=cpu, gpu=gpu, **known)
            scored = len(scores) * part.annotated * part.pixels / rates.MEGAPIXEL
            yield self._cost(f"evaluate {benchmark}", part, what=what, cpu=scored * rates.EVALUATE, jobs=len(scores))

    def _split(self, where: SplitOf | ScoreTarget) -> FrameCounts:
        return part_of(self.targets, where.benchmark, self.catalogue.split(where.benchmark, where.split))

    def _cost(
        self,
        stage: str,
        *parts: FrameCounts,
        what: str = "",
        cpu: float = 0.0,
        gpu: float = 0.0,
        **known: Any,
    ) -> Cost:
        """Make a cost of seconds into one of hours; what is not said is that of the parts."""
        what = what or " + ".join(unique(part.name for part in parts))
        counted = {key: sum(getattr(part, key) for part in parts) for key in ("sequences", "frames")}
        counted["guessed"] = any(part.guessed for part in parts)
        return Cost(stage, what, cpu=cpu / _HOUR, gpu=gpu / _HOUR, **(counted | known))


def start_seconds(stage: str) -> float:
    """Return seconds of processor until a command of a stage begins its work.

    Args:
        stage: As `Cost.stage`.
    """
    kind, *rest = stage.split()
    return rates.START.get(f"{kind} fit" if rest[1:] == ["fit"] else kind, rates.START_OTHER)


def _reading(parts: Sequence[tuple[int, FrameCounts]], stage: Stage, frames: int) -> float:
    """Return seconds of processor for reading so many frames of a stage.

    Args:
        parts: Samples of an epoch from each part of the data, and the part.
        stage: The stage; what fits into the memory that a reader keeps is read once.
        frames: Frames that its batches hold.
    """
    samples, known = sum(number for number, _ in parts), sum(part.frames for _, part in parts)
    pixels = sum(number * part.pixels for number, part in parts) / max(1, samples)
    kept = known * stage.size[0] * stage.size[1] * rates.KEPT < rates.CACHE
    return rates.READ * (min(frames, known) if kept else frames) * pixels / rates.MEGAPIXEL


def _read_late(benchmark: str, fitted: Iterable[tuple[str, Iterable[SplitOf]]], packed: Collection[str]) -> bool:
    """Return whether something of a benchmark is read by a fit that its shard does not wait for.

    Args:
        benchmark: The benchmark.
        fitted: The blocks that are fitted with it, and on what.
        packed: The blocks of which the benchmark's shard, or its labels, are made.
    """
    return any(where.benchmark == benchmark for block, fit in fitted if block not in packed for where in fit)
