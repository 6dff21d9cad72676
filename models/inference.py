"""Predicting saliency maps with a trained network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from vsodprep.config.device import TOGETHER
from vsodprep.config.network import Clip
from vsodprep.config.train import Run
from vsodprep.errors import VsodprepError
from vsodprep.files import sha256
from vsodprep.images import write_png
from vsodprep.models import saved
from vsodprep.models.device import place
from vsodprep.models.network import ClipNetwork, Network
from vsodprep.models.recipe import dataset_of
from vsodprep.predictions import writing_maps
from vsodprep.prepared import reference_frames
from vsodprep.progress import timed, track
from vsodprep.shards.clips import ClipDataset, SampleIndex, SplitSource, collate, unpacked
from vsodprep.shards.read import open_shard
from vsodprep.shards.transform import IMAGENET_MEAN, IMAGENET_STD
from vsodprep.threads import restores_threads

Maps = Literal["round", "minmax", "truncate"]
Batch = dict[str, Any]
Encoded = dict[str, Tensor]  # a frame's features by name
Item = TypeVar("Item")


@restores_threads
def predict_shard(
    checkpoint: Path,
    shard: Path,
    out: Path,
    *,
    split: str | None = None,
    device: str = "cpu",
    threads: int = 2,
    batch: int = TOGETHER,
    content: Mapping[str, Any] | None = None,
) -> dict[str, int]:
    """Predict a shard's split and write 8-bit maps at the frames' own size.

    Every frame gets one; of a video that was not packed whole, every frame with a mask.

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
    network, run = placed(checkpoint, content or saved.load(checkpoint), device)
    opened = open_shard(shard)
    manifest = opened.manifest
    sequences = manifest.sequences if split is None else manifest.split(split)
    made_by = record_of(checkpoint, manifest.name, split)
    frames = {one.name: [one.frames[number] for number in opened[one.name].predicted] for one in sequences}
    total = sum(map(len, frames.values()))
    spent: dict[str, float] = {}
    maps = predict_maps(network, run, SplitSource(shard, split), device=device, batch=batch, spent=spent)
    with writing_maps(out, made_by, frames):
        for sequence, frame, probability, size in track(maps, f"predict {manifest.name}", total, spent=spent):
            write_png(out / sequence / f"{frame}.png", to_map(probability, size, run.maps))
    return {name: len(ids) for name, ids in frames.items()}


def placed(checkpoint: Path, content: Mapping[str, Any], device: str) -> tuple[Network, Run]:
    """Return the network of a checkpoint, on its device and in evaluation mode, and the recipe it was trained by."""
    network = saved.network_of(content, checkpoint)
    place(network, device)
    return network, Run.model_validate(content["recipe"])


def record_of(checkpoint: Path, benchmark: str, split: str | None) -> dict[str, Any]:
    """Return what the record of a folder of maps says of them beside their sequences."""
    return {"checkpoint_sha256": sha256(checkpoint), "benchmark": benchmark, "split": split}


def predict_maps(
    network: Network,
    run: Run,
    part: SplitSource,
    *,
    device: str = "cpu",
    batch: int = TOGETHER,
    spent: dict[str, float] | None = None,
) -> Iterator[tuple[str, str, NDArray[np.float32], tuple[int, int]]]:
    """Predict a split in order: every frame, or those with a mask where a video was not packed whole.

    Args:
        network: The network on its device, in evaluation mode.
        run: The recipe it was trained by.
        part: The split.
        device: Where the network is.
        batch: Frames that go through the network together.
        spent: Gets the seconds of `network`, its passes without reading and writing.

    Yields:
        Sequence, frame id, the map as probability float32 `(h, w)` at the network's size, and the frame's own size.

    Raises:
        VsodprepError: A map is not finite.
    """
    spent = {} if spent is None else spent
    clip = network.clip or run.reading.clip
    predicted: Iterator[tuple[Batch, Tensor]]
    if isinstance(network, ClipNetwork):
        # It gets single frames, and the clips are put together of what it has encoded.
        dataset = split_of(network, run, part, 1, clip, frames="packed")
        clips = _References if clip == "references" else _Window
        predicted = clips(network, dataset, device, batch, spent, run.reading.clip_stride).predicted()
    else:
        dataset = split_of(network, run, part, network.clip_length, clip)
        predicted = _predicted(network, dataset, device, batch, spent)
    for given, logits in predicted:
        probabilities = logits.float().sigmoid()[:, 0].cpu().numpy()
        if network.options.refines:
            pictures = [pictured(clip[-1]) for clip in given["frames"]]
            refined = [network.refine(*pair) for pair in zip(probabilities, pictures, strict=True)]
            probabilities = np.stack(refined)
        for number, probability in enumerate(probabilities):
            if not np.isfinite(probability).all():
                where = f"{given['sequence'][number]}/{given['frame_ids'][number][-1]}"
                raise VsodprepError(f"{where}: the network gives values that are not finite")
            yield given["sequence"][number], given["frame_ids"][number][-1], probability, tuple(given["size"][number])


def _predicted(
    network: Network, dataset: ClipDataset, device: str, batch: int, spent: dict[str, float]
) -> Iterator[tuple[Batch, Tensor]]:
    """Yield batches with the logits of their last frames."""
    for given in batches(dataset, device=device, batch=batch):
        count = len(given["sequence"])
        with torch.inference_mode(), timed(spent, "network"):
            logits = network(_filled(given, _together(dataset, batch)))["saliency"][:count]
        yield given, logits


def _together(dataset: ClipDataset, batch: int) -> int:
    """Return how many frames go through a network together; what is smaller than one batch is not filled up."""
    return min(len(dataset), batch)


def _filled(given: Batch, count: int) -> Batch:
    """Repeat the last sample until there are `count`: the last bits of a map depend on how many are made together."""

    def fill(value: Any) -> Any:
        if not isinstance(value, Tensor) or len(value) >= count:
            return value
        return torch.cat([value, value[-1:].expand(count - len(value), *value.shape[1:])])

    return {key: fill(value) for key, value in given.items()}


def split_of(
    network: Network,
    run: Run,
    part: SplitSource,
    clip_length: int,
    clip: Clip | None = None,
    frames: Literal["all", "packed"] = "all",
) -> ClipDataset:
    """Open the frames of a split, each with the clip that ends at it, as a network's recipe says.

    Args:
        network: The network.
        run: The recipe that the network was trained by.
        part: The split.
        clip_length: Frames of a clip.
        clip: What a clip holds before its last frame; the recipe says it if None.
        frames: `all` that maps are made of, or all that were `packed`.
    """
    reading = run.reading._replace(clip_length=clip_length, clip=clip or run.reading.clip)
    return dataset_of(network.inputs, run, reading, part, frames=frames)


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


def batched(items: Iterable[Item], count: int) -> Iterator[Sequence[Item]]:
    """Yield items in groups; the last one may be smaller."""  # itertools.batched, which Python 3.11 lacks
    rest = iter(items)
    while group := list(islice(rest, count)):
        yield group


class _Clips:
    """Predicts the last frames of clips while every frame is encoded once.

    Args:
        network: Encodes frames, and decodes a clip's together.
        dataset: Its single frames, all that were packed.
        device: Where the network is.
        batch: Frames that are encoded, and clips that are decoded, together.
        spent: Gets the seconds of `network`.
        stride: Frames between two of a clip.
    """

    def __init__(
        self,
        network: ClipNetwork,
        dataset: ClipDataset,
        device: str,
        batch: int,
        spent: dict[str, float],
        stride: int,
    ) -> None:
        self._network, self._dataset, self._device = network, dataset, device
        self._batch, self._spent, self._stride = batch, spent, stride
        self._kept: dict[int, Encoded] = {}  # by the frame's index in its video
        self._ends = [set(dataset.sequence(video).predicted) for video in range(len(dataset.videos))]

    def predicted(self) -> Iterator[tuple[Batch, Tensor]]:
        """Yield what is known of frames, as lists, with their logits."""
        total = sum(map(len, self._ends))
        for group in batched(self._clips(), self._batch):
            given = {key: [known[key] for known, _ in group] for key in ("sequence", "frame_ids", "size")}
            with torch.inference_mode(), timed(self._spent, "network"):
                together = {name: torch.cat([clip[name] for _, clip in group]) for name in group[0][1]}
                logits = self._network.decode(_filled(together, min(total, self._batch)))["saliency"][: len(group)]
            yield given, logits

    def _clips(self) -> Iterator[tuple[dict[str, Any], Encoded]]:
        """Yield each frame that a map is made of, and the clip that ends at it."""
        places, before = iter(self._dataset.places), -1
        for batch in batches(self._dataset, device=self._device, batch=self._batch):
            with torch.inference_mode(), timed(self._spent, "network"):
                encoded = self._network.encode(_filled(batch, _together(self._dataset, self._batch)))
            for number, still in enumerate(batch["still"].tolist()):
                place = next(places)
                own = {name: value[number : number + 1] for name, value in encoded.items()}
                if place.video != before:
                    before, self._kept = place.video, {}
                    self._begin(place.video, still)
                self._add(own, place.frame, still)
                if place.frame in self._ends[place.video]:
                    length = self._network.clip_length
                    clip = [own] * length if still else [*self._before(place), own]
                    known = {key: batch[key][number] for key in ("sequence", "frame_ids", "size")}
                    yield known, {name: torch.cat([frame[name] for frame in clip], dim=1) for name in own}

    def _begin(self, video: int, still: bool) -> None:
        """Encode what is needed of a video beforehand."""

    def _add(self, own: Encoded, frame: int, still: bool) -> None:
        """Keep what is needed of a frame."""

    def _before(self, place: SampleIndex) -> list[Encoded]:
        """Return the frames of a clip before its last."""
        raise NotImplementedError


class _Window(_Clips):
    """Clips of consecutive frames; features of no more than one are kept."""

    def _add(self, own: Encoded, frame: int, still: bool) -> None:
        oldest = frame - (self._network.clip_length - 1) * self._stride
        self._kept = {number: value for number, value in self._kept.items() if number >= max(0, oldest)} | {frame: own}

    def _before(self, place: SampleIndex) -> list[Encoded]:
        # before the first frame, the first frame is repeated
        back = range(self._network.clip_length - 1, 0, -1)
        needed = [max(0, place.frame - steps * self._stride) for steps in back]
        for frame in needed:
            if frame not in self._kept:
                raise unpacked(self._dataset.sequence(place.video), place.frame, frame)
        return [self._kept[frame] for frame in needed]


class _References(_Clips):
    """Clips of reference frames spread over the video, as COSNet has them, and the frame.

    A video's references lie in few places, whatever frame they are for: they are encoded when the video begins, and
    only they are kept.
    """

    def _references(self, place: SampleIndex) -> list[int]:
        frames = len(self._dataset.sequence(place.video))
        return reference_frames(frames, place.frame, self._network.clip_length - 1)

    def _begin(self, video: int, still: bool) -> None:
        if still:  # its own reference
            return
        own = {at.frame: number for number, at in enumerate(self._dataset.places) if at.video == video}
        ends = [self._dataset.places[own[frame]] for frame in sorted(self._ends[video])]
        for frame in sorted({index for end in ends for index in self._references(end)}):
            if frame not in own:
                raise unpacked(self._dataset.sequence(video), ends[0].frame, frame)
            sample = moved(collate([self._dataset[own[frame]]]), self._device)
            with torch.inference_mode(), timed(self._spent, "network"):
                self._kept[frame] = self._network.encode(sample)

    def _before(self, place: SampleIndex) -> list[Encoded]:
        return [self._kept[index] for index in self._references(place)]


def pictured(frame: Tensor) -> NDArray[np.uint8]:
    """Return the picture, uint8 `(h, w, 3)`, that a normalised frame (3, h, w) was made of."""
    values = frame.float().cpu().permute(1, 2, 0).numpy() * IMAGENET_STD + IMAGENET_MEAN
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


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
