"""Write `synth` as a normalised benchmark, with its exact flow beside it."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from vsodprep.benchmarks.embedded import BENCHMARK
from vsodprep.benchmarks.synth.cases import NAME, SEED, STILL_COUNT, STILL_SIZES, STILLS, VIDEOS
from vsodprep.benchmarks.synth.model import Video
from vsodprep.benchmarks.synth.png import write_png
from vsodprep.benchmarks.synth.render import flow, render
from vsodprep.benchmarks.synth.scene import build
from vsodprep.benchmarks.synth.stills import still
from vsodprep.manifest import Manifest, ManifestSequence, write_manifest
from vsodprep.progress import track
from vsodprep.workers import mapped

_STILLS_PER_JOB = 20

Job = Video | range


def write_benchmark(folder: Path, jobs: int = 1, seed: int = SEED, sequences: tuple[str, ...] = ()) -> Manifest:
    """Generate the benchmark.

    Args:
        folder: What becomes `normalized/synth`.
        jobs: Number of processes; the bytes do not depend on it.
        seed: Chooses textures, phases and still images.
        sequences: Make only these; all if empty.

    Returns:
        The manifest, as written to `manifest.json`.

    Raises:
        InputError: There is no such sequence.
    """
    whole = describe(seed)
    chosen = tuple(whole.sequence(name) for name in sequences) or whole.sequences
    names = {sequence.name for sequence in chosen}
    work: list[Job] = [video for video in VIDEOS if video.name in names]
    if STILLS in names:
        work += [range(at, min(at + _STILLS_PER_JOB, STILL_COUNT)) for at in range(0, STILL_COUNT, _STILLS_PER_JOB)]
    with mapped(partial(_write, folder, seed), work, jobs) as results:
        for _ in track(results, f"generate {NAME}", len(work), unit="part"):
            pass
    manifest = replace(whole, sequences=tuple(one for one in whole.sequences if one.name in names))
    write_manifest(folder, manifest)
    return manifest


def _write(folder: Path, seed: int, job: Job) -> None:
    if isinstance(job, Video):
        _write_video(folder / job.name, job, seed)
        return
    for index in job:
        picture = render(build(still(index, seed), seed), 0)
        write_png(folder / STILLS / "frames" / f"{index:05d}.png", picture.frame)
        write_png(folder / STILLS / "masks" / f"{index:05d}.png", picture.mask.astype(np.uint8) * 255)


def _write_video(folder: Path, video: Video, seed: int) -> None:
    scene = build(video, seed)
    (folder / "flow_gt").mkdir(parents=True)
    for time, frame in enumerate(frame_ids(video.frames)):
        picture = render(scene, time)
        write_png(folder / "frames" / f"{frame}.png", picture.frame)
        write_png(folder / "masks" / f"{frame}.png", picture.mask.astype(np.uint8) * 255)
        if time + 1 < video.frames:
            motion, visible = flow(scene, time)
            path = folder / "flow_gt" / f"{frame}.flo"
            size = np.array(motion.shape[1::-1], "<i4")
            path.write_bytes(b"PIEH" + size.tobytes() + motion.astype("<f4").tobytes())
            write_png(folder / "flow_gt" / f"{frame}.png", visible.astype(np.uint8) * 255)


def frame_ids(count: int) -> tuple[str, ...]:
    """Return the file stems of a sequence's frames: `00000` and so on."""
    return tuple(f"{index:05d}" for index in range(count))


def describe(seed: int = SEED) -> Manifest:
    """Return the manifest without generating anything."""
    sizes = tuple(STILL_SIZES[index % len(STILL_SIZES)] for index in range(STILL_COUNT))
    sequences = (
        ManifestSequence(
            name=one.name,
            splits=one.splits,
            frames=frame_ids(one.frames or 0),
            annotated=frame_ids(one.annotated or 0),
            height=None if one.still else BENCHMARK.size[0],
            width=None if one.still else BENCHMARK.size[1],
            still=one.still,
            sizes=sizes if one.still else (),
            attributes=one.attributes,
        )
        for one in BENCHMARK.sequences
    )
    return BENCHMARK.manifest(sources=(), sequences=tuple(sequences), extra={"seed": seed})
