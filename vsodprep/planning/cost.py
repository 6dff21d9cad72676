"""Add up what a configuration will take, from the registry alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vsodprep import benchmarks
from vsodprep.config import Config, Run, SplitOf, Stage, Test
from vsodprep.config.crf import RAW
from vsodprep.config.models import definition
from vsodprep.planning import rates
from vsodprep.planning.parts import Part, bytes_of, part_of
from vsodprep.targets.catalogue import Catalogue

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
        unknown_disk: Whether some of the disk is missing, because nobody published a size.
    """

    stage: str
    what: str
    sequences: int
    frames: int
    guessed: bool = False
    disk: float = 0.0
    cpu: float = 0.0
    gpu: float = 0.0
    unknown_disk: bool = False


class Estimate:
    """The costs of a configuration.

    Args:
        config: The configuration.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.catalogue = Catalogue(config)
        self.on_card = config.device == "cuda"

    def costs(self) -> tuple[Cost, ...]:
        """Return the costs of all parts of the work, in pipeline order.

        Raises:
            InputError: A benchmark, split or folder does not exist.
        """
        parts = [part_of(self.catalogue, name) for name in self._names()]
        found = [cost for part in parts for cost in self._preparing(part)]
        for model, runs in self.config.runs.items():
            for name, run in runs.items():
                found += self._running(model, name, run)
        return tuple(found)

    def _names(self) -> list[str]:
        runs = [run for runs in self.config.runs.values() for run in runs.values()]
        used = [data.benchmark for run in runs for stage in run.stages for data in stage.data]
        used += [test.benchmark for run in runs for test in run.test]
        return list(dict.fromkeys([*self.config.benchmarks, *self.config.folders, *used]))

    def _preparing(self, part: Part) -> Iterator[Cost]:
        config, videos = self.config, part.video_megapixels
        if config.source(part.name) is None and part.name not in config.folders:
            yield from self._downloading(part)
        yield self._cost(
            "normalize", part, cpu=part.megapixels * rates.NORMALIZE, disk=part.megapixels * rates.DISK_NORMALIZED * 1e6
        )
        if part.video:
            yield from self._video_stages(part, videos)
        packed = part.megapixels * rates.PACK + videos * len(config.pack.pictures) * rates.PICTURE
        of_video = rates.DISK_SHARD + len(config.pack.pictures) * rates.DISK_PICTURE
        of_video += len(config.pack.flow) * rates.DISK_FLOW
        of_still = rates.DISK_NORMALIZED if config.pack.still_size is None else rates.DISK_SHARD
        bytes_packed = videos * of_video + (part.megapixels - videos) * of_still
        yield self._cost("pack", part, cpu=packed, disk=bytes_packed * 1e6)

    def _downloading(self, part: Part) -> Iterator[Cost]:
        sizes = [bytes_of(file) for file in benchmarks.get(part.name).files if not file.optional]
        if sizes:
            cost = self._cost("download", part, disk=float(sum(size or 0 for size in sizes)))
            yield replace(cost, unknown_disk=None in sizes)

    def _video_stages(self, part: Part, videos: float) -> Iterator[Cost]:
        config = self.config
        coarse_blocks = {name: config.coarse[name] for name in config.pack.coarse}
        supports = [prior for coarse in coarse_blocks.values() for prior in coarse.priors]
        priors = {name: config.prior[name] for name in (*config.pack.prior, *supports)}
        flows = {*config.pack.flow, *config.pack.pictures, *(prior.flow for prior in priors.values())}
        flows |= {flow for coarse in coarse_blocks.values() for flow in coarse.flows}
        labelled = {name: self._share(part, coarse.splits) for name, coarse in coarse_blocks.items()}
        maps: dict[str, float] = {}
        for coarse in coarse_blocks.values():
            fitted = [where for where in coarse.weights if isinstance(where, SplitOf)]
            share = self._share(part, None if coarse.splits is None else [*coarse.splits, *fitted])
            maps |= {name: max(share, maps.get(name, 0.0)) for name in coarse.maps}
        for name in sorted(flows):
            flow = config.flow[name]
            number = part.flows(flow)
            work = number * part.pixels / rates.MEGAPIXEL
            cpu, card = rates.NETWORK_FLOW.get(flow.method.split(":")[0], (rates.FLOW[flow.preset], 0.0))
            gpu = work * card if self.on_card else 0.0
            cost = self._cost(
                f"flow {name}", part, cpu=work * (0.05 if gpu else cpu), gpu=gpu, disk=work * rates.DISK_FLOW * 1e6
            )
            guessed = part.guessed or (flow.frames == "annotated" and part.annotated < part.frames)
            yield replace(cost, frames=number, guessed=guessed)
        for name, prior in priors.items():
            cpu = videos * (rates.PRIOR_FRAME + len(prior.levels) * prior.scale**2 * rates.PRIOR_LEVEL)
            regions = part.video * len(prior.levels) * rates.PRIOR_REGIONS
            core, card = rates.PRIOR_REGION[prior.features]
            cpu, gpu = (cpu, regions * card) if self.on_card else (cpu + regions * core, 0.0)
            yield self._cost(f"prior {name}", part, cpu=cpu, gpu=gpu, disk=videos * rates.DISK_PRIOR * 1e6)
        for name, share in sorted(maps.items()):
            method = config.saliency[name].method
            if method is not None and share:
                work = videos * share
                cpu = work * rates.SALIENCY[method]
                yield self._cost(f"saliency {name}", part, cpu=cpu, disk=work * rates.DISK_SALIENCY * 1e6)
        for name, coarse in coarse_blocks.items():
            if labelled[name]:
                work = videos * labelled[name]
                cpu = work * (rates.COARSE + (self._crf(coarse.crf) if "crf" in coarse.order else 0.0))
                cpu += work * (rates.SUBSTITUTE * ("substitute" in coarse.order) + rates.CARRY * len(coarse.flows))
                yield self._cost(f"coarse {name}", part, cpu=cpu, disk=work * rates.DISK_COARSE * 1e6)

    def _share(self, part: Part, splits: Iterable[SplitOf] | None) -> float:
        """Return which share of a benchmark's videos some splits hold; all of them if None."""
        if splits is None:
            return 1.0
        chosen = [where.split for where in splits if where.benchmark == part.name]
        videos = {name for split in chosen for name in self.catalogue.videos(part.name, split)}
        return len(videos) / len(self.catalogue.videos(part.name))

    def _crf(self, name: str) -> float:
        return rates.CRF_FRAME + rates.CRF_ITERATION * self.config.crf_presets[name].iterations

    def _running(self, model: str, name: str, run: Run) -> Iterator[Cost]:
        for stage in run.stages:
            yield self._training(model, name, run, stage)
        for test in run.test:
            yield from self._testing(model, name, run, test)

    def _network(self, model: str, run: Run, megapixels: float) -> tuple[float, float]:
        """Return hours of processor and of graphics card for forward passes over so many megapixels."""
        billions = definition(model).operations * run.width**2 * megapixels
        if self.on_card:
            return 0.0, billions / rates.GIGAFLOPS_CARD
        return billions / rates.GIGAFLOPS_CORE, 0.0

    def _training(self, model: str, name: str, run: Run, stage: Stage) -> Cost:
        parts = [(part_of(self.catalogue, data.benchmark, data.split), data) for data in stage.data]
        samples = stage.steps * stage.batch if stage.steps is not None else 0
        if stage.epochs is not None:
            per_epoch = sum(
                data.repeat * (part.annotated if data.labels == "masks" else part.frames) for part, data in parts
            )
            samples = round(stage.epochs * per_epoch)
        samples *= len(run.seeds)
        megapixels = samples * stage.clip_length * stage.size[0] * stage.size[1] / rates.MEGAPIXEL
        cpu, gpu = self._network(model, run, rates.BACKWARD * megapixels)
        return Cost(
            f"train {stage.name}",
            f"{model}/{name}",
            sum(part.sequences for part, _ in parts),
            samples,
            any(part.guessed for part, _ in parts) and stage.steps is None,
            cpu=cpu / _HOUR,
            gpu=gpu / _HOUR,
        )

    def _testing(self, model: str, name: str, run: Run, test: Test) -> Iterator[Cost]:
        part = part_of(self.catalogue, test.benchmark, test.split)
        size = run.size or run.stages[-1].size
        seeds = len(run.seeds)
        what = f"{model}/{name}"
        cpu, gpu = self._network(model, run, seeds * part.frames * size[0] * size[1] / rates.MEGAPIXEL)
        disk = seeds * part.megapixels * rates.DISK_PREDICTION * 1e6
        yield self._cost(f"predict {part.name}", part, what=what, cpu=cpu, gpu=gpu, disk=disk)
        for post in test.post:
            if post != RAW:
                cpu = seeds * part.megapixels * self._crf(post)
                yield self._cost(f"crf {post} {part.name}", part, what=what, cpu=cpu, disk=disk)
        scored = seeds * len(test.post) * len(test.protocols) * part.annotated * part.pixels / rates.MEGAPIXEL
        yield self._cost(f"evaluate {part.name}", part, what=what, cpu=scored * rates.EVALUATE)

    def _cost(
        self,
        stage: str,
        part: Part,
        *,
        what: str = "",
        disk: float = 0.0,
        cpu: float = 0.0,
        gpu: float = 0.0,
    ) -> Cost:
        """Make a cost of seconds into one of hours."""
        return Cost(
            stage,
            what or part.name,
            part.sequences,
            part.frames,
            part.guessed,
            disk,
            cpu / _HOUR,
            gpu / _HOUR,
        )
