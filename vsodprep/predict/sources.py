"""Frames and videos that a network is applied to, made into a shard with all that it reads."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from vsodprep.benchmarks.benchmark import Benchmark
from vsodprep.benchmarks.folders import own_benchmark, safe_name, videos
from vsodprep.config.base import validated
from vsodprep.config.flow import Flow
from vsodprep.config.models import definition
from vsodprep.config.normalize import Choice
from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.files import real_path, scratch_beside, visible
from vsodprep.flow.methods import build_estimator
from vsodprep.flow.picture import drawing_of
from vsodprep.flow.sequence import write_sequence
from vsodprep.images import IMAGE_SUFFIXES, list_images
from vsodprep.manifest import Manifest, frame_paths
from vsodprep.markers import SHARD
from vsodprep.models import saved
from vsodprep.normalize.checks import told
from vsodprep.normalize.own import normalize_own
from vsodprep.progress import note, some
from vsodprep.shards.pack import pack_benchmark
from vsodprep.shards.read import open_shard


@contextmanager
def as_shard(
    source: Path,
    checkpoint: Path,
    out: Path,
    classifier: Path | None = None,
    *,
    allow: tuple[str, ...] = (),
    device: str = "cpu",
    threads: int = 1,
    content: Mapping[str, Any] | None = None,
) -> Iterator[Path]:
    """Give a shard of whatever a network is to be applied to.

    Args:
        source: A shard; a folder of frames; a folder of videos as `SEQ/frames` or as files; or a video file. For a
            network that reads single frames alone, a folder of frames may be one of any images.
        checkpoint: The network; its flow is estimated as for its training.
        out: What is made from it; the temporary shard lies beside, where the next run clears away a killed one's.
        classifier: The motion prior's classifier, where the network reads a prior.
        allow: Kinds of issue of frames and videos that do not stop, as of `vsodprep normalize`.
        device: Where a flow network runs.
        threads: Threads of the flow.
        content: What `saved.adopt` has read of the file, where it is no checkpoint of ours; empty where it is no
            network of ours at all, which reads single frames.

    Yields:
        The shard itself, or a temporary one.

    Raises:
        InputError: The source holds no frames, a classifier is needed and not given, or the checkpoint does not say
            how its flow was made.
    """
    if (source / SHARD).is_file():
        yield source
        return
    content = saved.load(checkpoint) if content is None else content
    run = Run.model_validate(content["recipe"]) if content else None
    flow, prior = (run.flow, run.prior) if run else (None, None)
    block = flow_to_estimate(checkpoint, content, run, classifier) if run else None
    with scratch_beside(out) as root:
        normalized = root / "normalized"
        frames = _sequences(source, root)
        try:
            own = _of_images(frames) if frames != source and _reads_images(content, run) else own_benchmark("own")
            manifest = normalize_own(own, frames, normalized, Choice(allow=allow), threads)
        except InputError as error:
            if frames == source:
                raise
            where = str(error.where)  # in the temporary copy
            for copy in (*frames.glob("*/frames"), frames):
                where = where.replace(str(copy), str(source))
            raise InputError(where, error.found, error.expected) from error
        for line in told(manifest.issues):
            note(line)
        if block is not None:
            _estimate_flow(manifest, root, block, device, threads)
        if prior is not None and classifier is not None:
            _apply_prior(manifest, root, classifier, device)
        shard = root / "own.zarr"
        pack_benchmark(
            normalized,
            shard,
            flow={flow: root / "flow"} if flow else {},
            prior={prior: root / "prior"} if prior else {},
        )
        yield shard


def _reads_images(content: Mapping[str, Any], run: Run | None) -> bool:
    """Return whether a network reads single frames alone; one that is none of ours does."""
    if run is None:
        return True
    options = definition(content["model"]).choose(run.variant, run.options)
    return options.single_frame


def _of_images(frames: Path) -> Benchmark:
    """Return the registry's entry for a folder whose frames are unrelated images: of any sizes and numbers."""
    own = own_benchmark("own")
    still = frozenset(safe_name(path.name) for path in visible(frames))
    return replace(own, still=still, tolerated=own.tolerated | {"frame-gap"})


def flow_of(source: Path, named: str | None) -> str:
    """Return the name of the flow that a network with the authors' weights reads of a source.

    Args:
        source: A shard, or frames or videos, whose flow is made as the authors' was.
        named: The block of a shard; None for the only one.

    Raises:
        InputError: A block is named of what is no shard, or none of a shard with several, or with none.
    """
    if not (source / SHARD).is_file():
        if named is not None:
            told = "no flow (vsodprep makes the flow of frames and videos as the authors did), or a shard as SOURCE"
            raise InputError("recipe.flow", named, told)
        return "flow"
    if named is not None:
        return named
    contents = open_shard(source).contents
    names = sorted({*contents["flow"], *contents["pictures"]})
    if len(names) != 1:
        found = f"flow {', '.join(names) or 'none'}"
        raise InputError(source, found, """one that --recipe '{"flow": NAME}' names""")
    return names[0]


def _sequences(source: Path, root: Path) -> Path:
    """Return the source in the layout of a user's own videos."""
    if not source.is_dir() or not any(path.suffix.lower() in IMAGE_SUFFIXES for path in visible(source)):
        return source
    inside = [path.name for path in visible(source) if path in videos(source) or (path / "frames").is_dir()]
    if inside:
        raise InputError(
            source, f"frames beside {some(inside)}", "either the frames of one sequence, or folders and videos"
        )
    images = list_images(source)
    real = real_path(source)
    name = real.parent.name if source.name == "frames" else real.name
    frames = root / "frames" / name / "frames"
    frames.mkdir(parents=True)
    for image in images:
        shutil.copyfile(image, frames / image.name)
    return root / "frames"


def flow_to_estimate(checkpoint: Path, content: Mapping[str, Any], run: Run, classifier: Path | None) -> Flow | None:
    """Return how the flow of frames and videos is to be estimated for a network, or None if it reads none.

    Raises:
        InputError: A classifier is needed and not given, or the checkpoint does not say how its flow was made.
    """
    if run.prior is not None and classifier is None:
        raise InputError(
            checkpoint, "a network that reads a motion prior", "--classifier with the file of the prior's classifier"
        )
    if run.flow is None:
        return None
    if not content["flow"]:
        raise InputError(checkpoint, "weights alone, which do not say how their flow was made", "a shard as SOURCE")
    if content["flow"].get("provenance") == "given":
        raise InputError(
            checkpoint,
            "a network that learned from ready-made flow, which cannot be made for other frames",
            "a shard as SOURCE",
        )
    return _flow_block(content["flow"], checkpoint)


def _flow_block(record: Mapping[str, Any], checkpoint: Path) -> Flow:
    """Return the block by which the flow that a network was trained on was made."""
    said = {**record, **record["policy"], **record.get("picture", {}), "weights": record.get("weights") or None}
    known = {key: said[key] for key in Flow.model_fields if key in said}
    return validated(Flow, known, f"{checkpoint}: its flow")


def _estimate_flow(manifest: Manifest, root: Path, block: Flow, device: str, threads: int) -> None:
    estimator = build_estimator(block, device, threads)
    for sequence in manifest.sequences:
        paths = list(frame_paths(root / "normalized", sequence))
        out = root / "flow" / f"{sequence.name}.h5"
        write_sequence(paths, out, estimator, block, picture=drawing_of(block))


def _apply_prior(manifest: Manifest, root: Path, classifier: Path, device: str) -> None:
    from vsodprep.prior.apply import apply  # noqa: PLC0415  (few networks read a prior)

    for sequence in manifest.sequences:
        frames = root / "normalized" / sequence.name / "frames"
        name = f"{sequence.name}.h5"
        apply(frames, root / "flow" / name, classifier, root / "prior" / name, device=device)
