"""A miniature normalised benchmark with flow, a prior and coarse labels, for the tests of shards and training."""

from pathlib import Path

import cv2
import h5py
import numpy as np

from vsodprep.flow.pairs import FramePair
from vsodprep.flow.store import write_flow
from vsodprep.images import write_mask
from vsodprep.manifest import Manifest, ManifestSequence, write_manifest

SIZE = (24, 40)
STILLS = {"sheep": (30, 22), "tram": (18, 26), "kite": (24, 40)}


def disc(size: tuple[int, int], x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[: size[0], : size[1]]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def frame_of(mask: np.ndarray, seed: int) -> np.ndarray:
    """A bright disc on dark noise, smooth enough for JPEG."""
    noise = np.random.default_rng(seed).integers(0, 80, (*mask.shape, 3), dtype=np.uint8)
    image = cv2.GaussianBlur(noise, (5, 5), 1.5)
    image[mask] = (230, 180, 60)
    return image


def make_video(
    folder: Path, name: str, frames: int, seed: int, *, every: int = 1, split: str = "train", ending: str = "png"
) -> ManifestSequence:
    """A disc that moves two pixels a frame to the right."""
    names = tuple(f"{number:05d}" for number in range(frames))
    annotated = names[::every]
    for number, frame in enumerate(names):
        mask = disc(SIZE, 8 + 2 * number, 6 + seed % 10, 5)
        path = folder / name / "frames" / f"{frame}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), frame_of(mask, seed + number)[..., ::-1])
        if frame in annotated:
            write_mask(folder / name / "masks" / f"{frame}.png", mask)
    return ManifestSequence(name, (split,), names, annotated, *SIZE)


def make_stills(folder: Path) -> ManifestSequence:
    for seed, (name, size) in enumerate(STILLS.items()):
        mask = disc(size, size[1] / 2, size[0] / 2, 6)
        path = folder / "stills" / "frames" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), frame_of(mask, 50 + seed)[..., ::-1])
        write_mask(folder / "stills" / "masks" / f"{name}.png", mask)
    return ManifestSequence(
        "stills", ("stills",), tuple(STILLS), tuple(STILLS), None, None, still=True, sizes=tuple(STILLS.values())
    )


def make_benchmark(folder: Path) -> Manifest:
    """Two training videos, one of them sparsely annotated, a test video and three still images."""
    sequences = (
        make_video(folder, "ball", 6, seed=1),
        make_video(folder, "coin", 5, seed=12, every=2),
        make_video(folder, "moon", 4, seed=23, split="test", ending="jpg"),
        make_stills(folder),
    )
    manifest = Manifest("mini", "1", "Miniature", "CC0-1.0", "none", "", (), sequences)
    write_manifest(folder, manifest)
    return manifest


def flow_at(number: int) -> np.ndarray:
    """(2, 0) px on the disc's rows, and a frame number's share of motion downwards, all exact in 1/64 px."""
    flow = np.zeros((*SIZE, 2), np.float32)
    flow[..., 0] = 2
    flow[:, number, 1] = 1.5 + number / 64
    return flow


def make_flow(folder: Path, video: ManifestSequence, *, last: bool = True) -> None:
    """Forward flow of every frame; without `last`, the last frame has none."""
    count = len(video.frames) if last else len(video.frames) - 1
    pairs = [FramePair(number, min(number + 1, len(video.frames) - 1), number) for number in range(count)]
    flows = ({"forward": flow_at(number)} for number in range(count))
    folder.mkdir(parents=True, exist_ok=True)
    write_flow(folder / f"{video.name}.h5", pairs, flows, SIZE, {"method": "dis", "last_frame": "repeat"})


def prior_at(number: int) -> np.ndarray:
    return np.full(SIZE, 10 * number, np.uint8)


def make_prior(folder: Path, video: ManifestSequence) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with h5py.File(folder / f"{video.name}.h5", "w") as file:
        file["prior"] = np.stack([prior_at(number) for number in range(len(video.frames))])
        file["frames"] = np.array([frame.encode() for frame in video.frames])


def label_at(number: int) -> np.ndarray:
    return disc(SIZE, 4 * number, 10, 4)


def make_coarse(folder: Path, video: ManifestSequence) -> None:
    for number, frame in enumerate(video.frames):
        write_mask(folder / video.name / f"{frame}.png", label_at(number))


def make_everything(root: Path) -> Manifest:
    """The benchmark in `normalized`, and `flow`, `prior` and `coarse` of its videos."""
    manifest = make_benchmark(root / "normalized")
    for video in manifest.sequences:
        if not video.still:
            make_flow(root / "flow", video, last=video.name != "coin")
            make_prior(root / "prior", video)
            make_coarse(root / "coarse", video)
    return manifest
