"""What a training job would refuse hours later, found in the configuration: inputs, clips, labels, starts."""

from collections.abc import Iterable
from pathlib import Path

from vsodprep import benchmarks
from vsodprep.config.methods import flow_method
from vsodprep.config.models import definition, release
from vsodprep.config.network import NetworkOptions, check_classes
from vsodprep.config.train import Data, Reading, Run, Stage, Test
from vsodprep.errors import InputError
from vsodprep.extras import check_installed
from vsodprep.targets.targets import Targets, unique


def check_runs(targets: Targets) -> None:
    """Check every run against the network that it trains.

    Args:
        targets: A configuration whose benchmarks and splits are all known.

    Raises:
        InputError: There is no such variant or option, or an option cannot take its value; ImageNet weights do not fit
            the width; flow, a prior or labels that the network reads are not made; a clip or a batch is too small; a
            stage starts from nothing; or the authors' weights are not there. Names the key.
    """
    for (model, name), run in targets.runs.items():
        where = f"runs.{model}.{name}"
        known = definition(run.network(model))
        options = known.choose(run.variant, run.options, width=run.width, pretrained=run.pretrained, where=where)
        for logger in run.resources.logger:
            check_installed(logger, f"{where}.resources.logger")
        for key in ("flow", "prior"):
            if key in options.inputs and getattr(run, key) is None:
                raise InputError(
                    f"{where}.{key}",
                    f"none, but {known.title} reads {'a prior' if key == 'prior' else 'flow'}",
                    f"a block that pack.{key} lists",
                )
        if run.weights is not None and not Path(run.weights).is_file():
            official = release(model).weights
            expected = f"the authors' {official.file} from {official.address}"
            raise InputError(f"{where}.weights", f"no {run.weights}", expected)
        for stage, start in zip(run.stages, run.starts, strict=True):
            of_stage = f"{where}.stages.{stage.name}"
            _check_shape(of_stage, stage, options, 1 if run.sync_batchnorm else run.resources.ranks)
            for data in stage.data:
                _check_labels(targets, of_stage, data, options)
            _check_prior(targets, of_stage, run, stage.data)
            if start is not None:
                _check_start(targets, f"{where if stage.init is None else of_stage}.init", run, start)
        _check_still_flow(where, run.reading, options)
        _check_prior(targets, f"{where}.test", run, run.test)
        for test in run.test:
            if not annotated(targets, test.benchmark, test.split):
                found = f"{test.benchmark} {test.split}, {without_masks(test.benchmark)}"
                raise InputError(f"{where}.test", found, "a split with masks")


def check_networks_of_maps(targets: Targets) -> None:
    """Check that the networks whose maps are used read single frames, and learn from nothing that is made of those.

    Args:
        targets: A configuration whose benchmarks and splits are all known.

    Raises:
        InputError: A checkpoint is neither a run nor a file, its network reads more than a frame, or its run trains on
            a shard with labels that are made of its own maps. Names the key.
    """
    for name in sorted({block for benchmark in targets.normalized for block in targets.saliency(benchmark)}):
        block = targets.config.saliency[name]
        if block.checkpoint is None or block.method is None:
            continue
        where, of = f"saliency.{name}.checkpoint", f"runs.{block.method}"
        run = targets.runs.get((block.method, block.checkpoint))
        if run is None:
            if not Path(block.checkpoint).is_file():
                found = f"{block.checkpoint}, which is neither a run of {of} nor a file"
                raise InputError(where, found, f"the name of a trained run of {of}, or a checkpoint's file")
            continue
        options = definition(run.network(block.method)).choose(run.variant, run.options)
        if not options.single_frame:
            reads = f"{', '.join(options.inputs)}, {options.clip_length} frames at a time"
            raise InputError(
                where, f"{of}.{block.checkpoint}, which reads {reads}", "a network that reads single frames"
            )
        for benchmark in unique(data.benchmark for stage in run.stages for data in stage.data):
            for coarse in targets.packed_coarse(benchmark):
                if name in targets.config.coarse[coarse].maps:
                    found = f"{of}.{block.checkpoint}, trained on {benchmark}, whose labels are made of its own maps"
                    expected = f"coarse.{coarse}.splits without {benchmark}, or a checkpoint's file"
                    raise InputError(where, found, expected)


def check_fits(targets: Targets) -> None:
    """Check that classifiers of priors and weights of saliency maps are fitted on videos with masks.

    Args:
        targets: A configuration whose benchmarks and splits are all known.

    Raises:
        InputError: A split has no video, or no mask of what is salient. Names the key.
    """
    fits = {f"prior.{prior}.fit": fit for (prior, _), fit in targets.classifiers.items()}
    fits |= {f"coarse.{name}.weights": targets.config.coarse[name].fit for name in targets.config.pack.coarse}
    for where, fit in fits.items():
        for of in fit:
            if not annotated(targets, of.benchmark, of.split):
                found = f"{of.benchmark} {of.split}, {without_masks(of.benchmark)}"
                raise InputError(where, found, "a split with masks")
            if not targets.catalogue.videos(of.benchmark, of.split):
                raise InputError(where, f"{of.benchmark} {of.split}, which are still images", "a split of videos")


def check_pictures(targets: Targets) -> None:
    """Check that flow pictures without a folder of their own have the benchmark's source to come from.

    Raises:
        InputError: The benchmark has no source, or several.
    """
    for benchmark in targets.normalized:
        for name in targets.flows(benchmark):
            block, source = targets.config.flow[name], targets.config.source(benchmark)
            own = block.folder is not None or flow_method(block.method).vectors
            if not own and (source is None or len(source.path) != 1):
                found = "no folder" if source is None else f"no folder, and {len(source.path)} in sources.{benchmark}"
                raise InputError(f"flow.{name}", found, f"a folder here, or exactly one under sources.{benchmark}")


def _check_still_flow(where: str, reading: Reading, options: NetworkOptions) -> None:
    if "flow" in options.inputs and reading.still_flow == "none":
        raise InputError(f"{where}.still_flow", "none, but the network reads flow", "zeros, rest or frame")


def _check_shape(where: str, stage: Stage, options: NetworkOptions, shares: int) -> None:
    if stage.clip_length < options.trained_clip:
        expected = f"at least {options.trained_clip} frames, as the network reads so many"
        raise InputError(f"{where}.clip_length", f"{stage.clip_length}", expected)
    if stage.batch < options.least_batch * shares:
        each = f" for each of {shares} devices" if shares > 1 else ""
        expected = (
            f"at least {options.least_batch}{each}: with fewer, a layer of batch normalisation sees a single value"
        )
        raise InputError(f"{where}.batch", f"{stage.batch}", expected)
    for part in stage.learn:
        if part not in options.parts:
            expected = (
                f"one of {', '.join(options.parts)}"
                if options.parts
                else "no `learn`, because this network has no parts that learn apart"
            )
            raise InputError(f"{where}.learn", part, expected)
    _check_still_flow(where, stage.reading, options)


def _check_labels(targets: Targets, where: str, data: Data, options: NetworkOptions) -> None:
    split = f"{data.benchmark} {data.split}"
    if data.labels == "masks":
        if not annotated(targets, data.benchmark, data.split):
            found = f"{split}, {without_masks(data.benchmark)}"
            raise InputError(f"{where}.data", found, "a split with masks, or `labels` with the name of a coarse block")
        return
    if data.labels == "classes":
        if not _has_class_ids(data.benchmark):
            raise InputError(
                f"{where}.data", f"{split}, which has no class ids", "a benchmark with class ids, such as voc2012"
            )
        check_classes(options, f"{where}.data")
        return
    labelled = targets.labelled(data.labels, data.benchmark)
    if not set(labelled) & set(targets.catalogue.videos(data.benchmark, data.split)):
        found = f"{split}, for which coarse.{data.labels} makes no labels"
        raise InputError(f"{where}.data", found, f"this split among coarse.{data.labels}.splits, or labels: masks")


def _has_class_ids(benchmark: str) -> bool:
    return benchmark in benchmarks.known() and benchmarks.get(benchmark).class_ids


def without_masks(benchmark: str) -> str:
    """Say that a benchmark has no masks of what is salient, and what it may have instead."""
    return "whose masks are class ids" if _has_class_ids(benchmark) else "which has no masks"


def annotated(targets: Targets, benchmark: str, split: str) -> bool:
    """Return whether any sequence of a split has masks, as far as is known."""
    names = targets.catalogue.split(benchmark, split)
    return any(each.annotated != 0 for each in targets.catalogue.sequences(benchmark) if each.name in names)


def _check_prior(targets: Targets, where: str, run: Run, splits: Iterable[Data | Test]) -> None:
    for split in splits:
        videos = targets.catalogue.videos(split.benchmark, split.split)
        if run.prior is not None and videos and run.prior not in targets.packed_priors(split.benchmark):
            found = f"prior.{run.prior}, which is fitted on the split train, and {split.benchmark} has no such split"
            raise InputError(where, found, f"prior.{run.prior}.fit with a split of another benchmark")


def _check_start(targets: Targets, where: str, run: Run, init: str) -> None:
    made = {
        targets.paths.checkpoint(*names, seed): other for names, other in targets.runs.items() for seed in other.seeds
    }
    for path in (targets.filled(init, seed) for seed in run.seeds):
        other = made.get(path)
        if other is None and not Path(path).is_file():
            raise InputError(
                where,
                f"{path}, which is no file, and no run makes it",
                "a checkpoint's file, or one that another run makes",
            )
        if other is not None and other.width != run.width:
            found = f"{path}, of width {other.width:g}"
            raise InputError(where, found, f"a run of width {run.width:g}: weights of another width do not fit")
