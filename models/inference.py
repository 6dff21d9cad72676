"""Predicting saliency maps with a trained network."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from vsodprep.config.network import Clip
from vsodprep.config.train import Run
from vsodprep.files import sha256
from vsodprep.images import write_png
from vsodprep.models import saved
from vsodprep.models.device import place
from vsodprep.models.network import ClipNetwork, Network
from vsodprep.models.recipe import dataset_of
from vsodprep.predictions import writing_maps
from vsodprep.progress import timed, track
from vsodprep.shards.clips import ClipDataset, SplitSource, collate
from vsodprep.shards.read import open_shard
from vsodprep.shards.sampling import reference_frames
from vsodprep.threads import restores_threads

Maps = Literal["round", "minmax", "truncate"]
Batch = dict[str, Any]
Encoded = dict[str, Tensor]  # a frame's features by name


@restores_threads
def predict_shard(
    checkpoint: Path,
    shard: Path,
    out: Path,
    *,
    split: str | None = None,
    device: str = "cpu",
    threads: int = 2,
    batch: int = 8,
    content: Mapping[str, Any] | None = None,
) -> dict[str, int]:
    """Predict every frame of a shard's split and write one 8-bit map per frame, at the frame's own size.

    Args:
        checkpoint: The trained network.
        shard: What it is applied to.
        out: Folder that gets `{seq}/{frame}.png`, and `predictions.json` last; it may hold other sequences' maps of the
            same network, which the record then lists too.
        split: Split of the shard; everything if None.
        device: `cpu` or `cuda`.
        threads: Threads of torch.
        batch: Frames that go through the network together.
        content: What `saved.adopt` has read of the file, where it is no checkpoint of ours.

    Returns:
        Frames written, by sequence.

    Raises:
        InputError: The checkpoint or the shard cannot be read, the shard lacks what the network reads, a file of
            somebody else would be overwritten, or the folder holds maps of another prediction.
    """
    torch.set_num_threads(threads)
    content = content or saved.load(checkpoint)
    run = Run.model_validate(content["recipe"])
    network = saved.network_of(content, checkpoint)
    place(network, device)
    manifest = open_shard(shard).manifest
    sequences = manifest.sequences if split is None else manifest.split(split)
    made_by = {"checkpoint_sha256": sha256(checkpoint), "benchmark": manifest.name, "split": split}
    total = sum(len(sequence.frames) for sequence in sequences)
    spent: dict[str, float] = {}
    maps = predict_maps(network, run, SplitSource(shard, split), device=device, batch=batch, spent=spent)
    with writing_maps(out, made_by, {one.name: one.frames for one in sequences}):
        for sequence, frame, probability, size in track(maps, f"predict {manifest.name}", total, spent=spent):
            write_png(out / sequence / f"{frame}.png", to_map(probability, size, run.maps))
    return {one.name: len(one.frames) for one in sequences}


def predict_maps(
    network: Network,
    run: Run,
    part: SplitSource,
    *,
    device: str = "cpu",
    batch: int = 8,
    spent: dict[str, float] | None = None,
) -> Iterator[tuple[str, str, NDArray[np.float32], tuple[int, int]]]:
    """Predict every frame of a split in order.

    Args:
        network: The network on its device, in evaluation mode.
        run: The recipe it was trained by.
        part: The split.
        device: Where the network is.
        batch: Frames that go through the network together.
        spent: Gets the seconds of `network`, its passes without reading and writing.

    Yields:
        Sequence, frame id, the map as probability float32 `(h, w)` at the network's size, and the frame's own size.
    """
    clip = network.clip or run.reading.clip
    # A clip network gets single frames, and the clips are put together of what it has encoded.
    length = 1 if isinstance(network, ClipNetwork) else network.clip_length
    dataset = split_of(run, part, length, clip)
    predict: Callable[[Batch], Tensor]
    if not isinstance(network, ClipNetwork):
        predict = lambda given: network(given)["saliency"]  # noqa: E731
    elif clip == "references":
        predict = _References(network, dataset, device)
    else:
        predict = _Window(network, run.reading.clip_stride)
    for given in batches(dataset, device=device, batch=batch):
        with torch.inference_mode(), timed({} if spent is None else spent, "network"):
            probabilities = predict(given).float().sigmoid()[:, 0].cpu().numpy()
        for number, probability in enumerate(probabilities):
            sequence, frames = given["sequence"][number], given["frame_ids"][number]
            yield sequence, frames[-1], probability, tuple(given["size"][number])


def split_of(run: Run, part: SplitSource, clip_length: int, clip: Clip | None = None) -> ClipDataset:
    """Open every frame of a split, each with the clip that ends at it, as a network's recipe says.

    Args:
        run: The recipe that the network was trained by.
        part: The split.
        clip_length: Frames of a clip.
        clip: What a clip holds before its last frame; the recipe says it if None.
    """
    reading = run.reading._replace(clip_length=clip_length, clip=clip or run.reading.clip)
    return dataset_of(run, reading, part, frames="all")


def batches(dataset: ClipDataset, *, device: str = "cpu", batch: int = 8) -> Iterator[Batch]:
    """Read a dataset in order.

    Args:
        dataset: What is read.
        device: Where the tensors go.
        batch: Clips of a batch.

    Yields:
        Batches; the last one may be smaller.
    """
    for start in range(0, len(dataset), batch):
        samples = [dataset[number] for number in range(start, min(start + batch, len(dataset)))]
        yield moved(collate(samples), device)


class _Clips:
    """Predicts the last frames of clips while every frame is encoded once.

    Args:
        network: Encodes frames, and decodes a clip's together.
    """

    def __init__(self, network: ClipNetwork) -> None:
        self._network = network
        self._video = -1

    def _clip(self, own: Encoded, video: int, still: bool) -> list[Encoded]:
        """Return the frames of the clip that ends at the next frame."""
        raise NotImplementedError

    def __call__(self, batch: Batch) -> Tensor:
        encoded = self._network.encode(batch)
        clips: list[Encoded] = []
        for number, (video, still) in enumerate(zip(batch["video"].tolist(), batch["still"].tolist(), strict=True)):
            own = {name: value[number : number + 1] for name, value in encoded.items()}
            clip = self._clip(own, video, still)
            clips.append({name: torch.cat([frame[name] for frame in clip], dim=1) for name in own})
        together = {name: torch.cat([clip[name] for clip in clips]) for name in encoded}
        saliency: Tensor = self._network.decode(together)["saliency"]
        return saliency


class _Window(_Clips):
    """Clips of consecutive frames; features of no more than one are kept."""

    def __init__(self, network: ClipNetwork, stride: int) -> None:
        super().__init__(network)
        self._back = [steps * stride for steps in range(network.clip_length - 1, -1, -1)]
        self._features: list[Encoded] = []

    def _clip(self, own: Encoded, video: int, still: bool) -> list[Encoded]:
        if video != self._video or still:
            self._video, self._features = video, []
        self._features = [*self._features, own][-self._back[0] - 1 :]
        last = len(self._features) - 1
        # before the first frame, the first frame is repeated
        return [self._features[max(0, last - back)] for back in self._back]


class _References(_Clips):
    """Clips of reference frames spread over the video, as COSNet has them, and the frame.

    A video's references lie in few places, whatever frame they are for: they are encoded when the video begins, and
    only they are kept.
    """

    def __init__(self, network: ClipNetwork, dataset: ClipDataset, device: str) -> None:
        super().__init__(network)
        self._dataset = dataset
        self._device = device
        videos = [place.video for place in dataset.places]  # all frames of a video, in order
        self._frames = {video: videos.count(video) for video in set(videos)}
        self._first = {video: videos.index(video) for video in self._frames}
        self._current = 0
        self._kept: dict[int, Encoded] = {}

    def _references(self, current: int) -> list[int]:
        return reference_frames(self._frames[self._video], current, self._network.clip_length - 1)

    def _encode(self, frame: int) -> Encoded:
        sample = self._dataset[self._first[self._video] + frame]
        return self._network.encode(moved(collate([sample]), self._device))

    def _clip(self, own: Encoded, video: int, still: bool) -> list[Encoded]:
        if still:  # its own reference
            return [own] * self._network.clip_length
        if video != self._video:
            self._video, self._current = video, 0
            chosen = {index for at in range(self._frames[video]) for index in self._references(at)}
            self._kept = {index: self._encode(index) for index in sorted(chosen)}
        clip = [*(self._kept[index] for index in self._references(self._current)), own]
        self._current += 1
        return clip


def moved(batch: Batch, device: str) -> Batch:
    """Return a batch with its tensors on a device."""
    return {key: value.to(device) if isinstance(value, Tensor) else value for key, value in batch.items()}


def to_map(probability: NDArray[np.float32], size: tuple[int, int], maps: Maps = "round") -> NDArray[np.uint8]:
    """Turn a map of probabilities into 8 bits at the frame's own size.

    Args:
        probability: float32 `(h, w)` in [0, 1].
        size: Height and width of the frame.
        maps: `round`: resized bilinearly, then rounded. `minmax`: stretched to [0, 1] first, as DS-Net's code does; a
            constant map stays. `truncate`: cut down to 8 bits, then resized by Pillow, as CAG-DDE's code does.

    Returns:
        uint8 `size`.
    """
    if maps == "truncate":
        image = Image.fromarray((probability * 255).astype(np.uint8))
        return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR))
    if maps == "minmax" and np.ptp(probability) > 0:
        probability = (probability - probability.min()) / np.ptp(probability)
    resized = cv2.resize(probability, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.rint(np.clip(resized * 255, 0, 255)).astype(np.uint8)
