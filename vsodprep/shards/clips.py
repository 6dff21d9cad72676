"""`ClipDataset`: clips of videos and still images as the networks read them."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from vsodprep.config.train import Augment, StillFlow
from vsodprep.errors import InputError
from vsodprep.flow.picture import picture_of
from vsodprep.images import IGNORED
from vsodprep.prepared import reference_frames
from vsodprep.shards import layout
from vsodprep.shards.derived import MAKE
from vsodprep.shards.read import UNPACKED, Shard, ShardSequence, open_shard
from vsodprep.shards.sampling import DrawnSample
from vsodprep.shards.transform import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    DrawnChange,
    Resize,
    draw_change,
    normalisation_tables,
    resize,
    resize_mask,
)

Sample = dict[str, Any]

_LISTS = ("sequence", "frame_ids", "size")
_REFERENCES, _EPOCHS = 4, 5  # keep these draws apart from those of the changes, and of a step
_UNIT_TABLE = (np.arange(256, dtype=np.float32) / 255).reshape(256, 1)
_REST = 255  # white, as both colour wheels draw what rests beside what moves


def unpacked(arrays: ShardSequence, frame: int, lacking: int) -> InputError:
    """Return the error for a frame whose clip holds another one that was not packed."""
    names = arrays.sequence.frames
    return InputError(
        arrays.path, f"the clip of frame {names[frame]} lacks {names[lacking]}, which was not packed", UNPACKED
    )


@dataclass(frozen=True)
class SplitSource:
    """A split of a shard, with the labels to learn from.

    Attributes:
        shard: The shard, or where it lies.
        split: One of its splits; None takes every sequence.
        labels: `masks`, `classes` for class ids, or the name of a block of coarse labels.
        repeat: How many times it enters one pass.
        weight: Weight of its samples in the loss.
    """

    shard: Path | Shard
    split: str | None = None
    labels: str = layout.MASKS
    repeat: int = 1
    weight: float = 1.0


class SampleIndex(NamedTuple):
    """A frame of the dataset: which part, which sequence of all parts, which frame of it."""

    part: int
    video: int
    frame: int


@dataclass(eq=False, kw_only=True, repr=False)
class ClipDataset(Dataset[Sample]):
    """Clips that end at a labelled frame, over one or more shards.

    A sample is one entry of the batch that docs/shards.md describes. Indexing with a `DrawnSample` gives it with the
    random changes of that step, at that step's size; indexing with a number, as a `DataLoader` does, with those of the
    epoch that `set_epoch` has told, and where it has not, the plain sample.

    Args:
        parts: What to read; one part, or several that follow one another.
        size: Height and width that everything is resized to; None keeps the frame's own.
        clip_length: Frames of a clip (T).
        clip_stride: How many frames apart neighbours of a clip are; before the first, the first is repeated (MSST).
        clip: `past`: the frames before. `references`: frames from anywhere in the video come first, drawn for a
            `DrawnSample` or an epoch, and evenly spread otherwise (COSNet).
        derived: What is computed of each frame, after its resizing: keys of `vsodprep.shards.derived.MAKE`.
        flow: Flow block whose colour picture is read, if any.
        prior: Prior block that is read, if any.
        frames: `labelled`: clips end at frames with a label, and none of their frames lacks a flow that is asked
            for. `all`: one clip per frame that maps are made of (`ShardSequence.predicted`), in order; a frame without
            flow is treated as a still image. `packed`: likewise, one per frame that was packed.
        still_flow: Flow picture of a still image: `zeros` once normalised (DS-Net), `rest` (white), the `frame`
            (CAG-DDE); `none` leaves flow out of every sample.
        augment: Random changes of a `DrawnSample`, or of an epoch; a number alone is refused with them. None for none.
        resize_with: `pillow` or `opencv`, see `vsodprep.shards.transform.resize`.
        mean: Subtracted from frames and flow pictures in [0, 1], per RGB channel.
        std: Divides them thereafter.
        seed: Seed of all draws.
        cache_bytes: Resized images that may stay in memory; those used least lately go first.

    Raises:
        InputError: A shard, split or block does not exist, or no frame fits.
    """

    parts: InitVar[SplitSource | Sequence[SplitSource]] = field(kw_only=False)
    size: tuple[int, int] | None = None
    clip_length: int = 1
    clip_stride: int = 1
    clip: Literal["past", "references"] = "past"
    derived: tuple[str, ...] = ()
    flow: str | None = None
    prior: str | None = None
    frames: Literal["labelled", "all", "packed"] = "labelled"
    still_flow: StillFlow = "zeros"
    augment: Augment | None = None
    resize_with: Resize = "pillow"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    seed: int = 0
    cache_bytes: int = 0

    def __post_init__(self, parts: SplitSource | Sequence[SplitSource]) -> None:
        self._parts = (parts,) if isinstance(parts, SplitSource) else tuple(parts)
        self._augment = self.augment or Augment()
        self.flow = None if self.still_flow == "none" else self.flow
        self._epoch: torch.Tensor | None = None
        self._tables = normalisation_tables(self.mean, self.std)
        self._cache = _Cache(self.cache_bytes)
        self._shards = [each if isinstance(each := part.shard, Shard) else open_shard(each) for part in self._parts]
        self.videos: list[tuple[int, str]] = []
        self.places: list[SampleIndex] = []
        for number, (part, shard) in enumerate(zip(self._parts, self._shards, strict=True)):
            self._add(number, part, shard)
        if not self.places:
            where = ", ".join(str(shard.path) for shard in self._shards)
            raise InputError(where, "no frame with a label and everything else that is read", "at least one")

    def _add(self, number: int, part: SplitSource, shard: Shard) -> None:
        if part.labels not in (layout.MASKS, layout.CLASSES):
            shard.require("coarse", part.labels)
        chosen = shard.manifest.sequences if part.split is None else shard.manifest.split(part.split)
        if any(not sequence.still for sequence in chosen):
            if self.flow is not None:
                shard.flow_array(self.flow)
                if self._augment.flip and self._augment.flip_flow == "vectors":
                    shard.require(layout.FLOW, self.flow)
            if self.prior is not None:
                shard.require(layout.PRIOR, self.prior)
        added: list[SampleIndex] = []
        for sequence in chosen:
            arrays = shard[sequence.name]
            video = len(self.videos)
            self.videos.append((number, sequence.name))
            for frame in self._ends(arrays):
                if self.frames != "labelled" or self._fits(arrays, frame, part):
                    self._check_packed(arrays, frame)
                    added.append(SampleIndex(number, video, frame))
        self.places += added * part.repeat

    def _ends(self, arrays: ShardSequence) -> tuple[int, ...]:
        """Return the frames that a clip may end at."""
        return arrays.predicted if self.frames == "all" else arrays.prepared

    def _check_packed(self, arrays: ShardSequence, frame: int) -> None:
        """Check that all frames of a clip were packed; references are drawn of the whole video where not spread."""
        prepared = arrays.prepared
        if len(prepared) == len(arrays):
            return
        drawn = self.clip == "references" and self.clip_length > 1 and self.frames == "labelled"
        needed = range(len(arrays)) if drawn else self._clip(arrays, frame)
        lacking = sorted(set(needed).difference(prepared))
        if lacking:
            raise unpacked(arrays, frame, lacking[0])

    def _fits(self, arrays: ShardSequence, frame: int, part: SplitSource) -> bool:
        if not arrays.has(layout.labels_path(part.labels), frame):
            return False
        if self.flow is None or arrays.sequence.still:
            return True
        needed = self._clip(arrays, frame) if self.clip == "past" else [frame]
        return all(arrays.has_picture(self.flow, each) for each in needed)

    def _clip(self, arrays: ShardSequence, frame: int, seed: tuple[int, ...] | None = None) -> list[int]:
        """Return the frames of the clip that ends at `frame`; a still image is repeated."""
        if arrays.sequence.still:
            return [frame] * self.clip_length
        if self.clip == "references":
            return [*reference_frames(len(arrays.sequence.frames), frame, self.clip_length - 1, seed), frame]
        return [max(0, frame - back * self.clip_stride) for back in range(self.clip_length - 1, -1, -1)]

    def __len__(self) -> int:
        return len(self.places)

    def sequence(self, video: int) -> ShardSequence:
        """Return the arrays of one of `videos`."""
        part, name = self.videos[video]
        return self._shards[part][name]

    def set_epoch(self, epoch: int) -> None:
        """Draw the random changes of a pass, each from seed, epoch and sample: no matter which worker reads it.

        Args:
            epoch: Number of the pass over the data, from 0; to be told before each.

        Raises:
            InputError: Sizes are to be drawn, which is done for a whole batch.
        """
        if self._augment.scales != (1.0,):
            raise InputError("augment", "scales, which need a BatchSampler", "a BatchSampler, or no scales")
        if self._epoch is None:
            # shared, so that it also reaches workers that stay (`persistent_workers`)
            self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()
        self._epoch.fill_(epoch)

    def __getitem__(self, pick: "int | DrawnSample") -> Sample:
        """Return a sample.

        Args:
            pick: Its number, or a `DrawnSample` that also tells the step, the place in the batch and the batch's size.

        Raises:
            InputError: Random changes are wanted of a number, and `set_epoch` has not told which.
        """
        if isinstance(pick, DrawnSample):
            sample, size = pick.sample, pick.size or self.size
            seed = (self.seed, pick.stage, pick.step, pick.slot)
        elif self._epoch is not None:
            sample, size = range(len(self))[pick], self.size
            seed = (self.seed, int(self._epoch), sample, _EPOCHS)
        elif self._augment != Augment(flip_flow=self._augment.flip_flow):
            raise InputError(
                "augment", "random changes, but no epoch was set", "a call of data.set_epoch(n) before each pass"
            )
        else:
            return self._sample(self.places[pick], DrawnChange(), self.size)
        return self._sample(self.places[sample], draw_change(self._augment, seed), size, (*seed, _REFERENCES))

    def _sample(
        self, place: SampleIndex, change: DrawnChange, size: tuple[int, int] | None, seed: tuple[int, ...] | None = None
    ) -> Sample:
        part, shard = self._parts[place.part], self._shards[place.part]
        _, name = self.videos[place.video]
        arrays = shard[name]
        sequence = arrays.sequence
        size = size or (None if sequence.still else shard.video_size)  # masks and flow are of the frames' own
        clip = self._clip(arrays, place.frame, seed)
        load = _Loader(self, arrays, place.video, change, size)
        frames = [load.frame(frame) for frame in clip]
        if change.recolouring is not None:
            frames = [change.recolouring.paint(frame) for frame in frames]
        of_classes = part.labels == layout.CLASSES
        labels = [None if of_classes else load.mask(part.labels, frame) for frame in clip]
        annotated = torch.tensor([label is not None for label in labels])
        blank = np.zeros(frames[-1].shape[:2], dtype=np.uint8)
        sample: Sample = {
            "frames": self._normalised(frames),
            "masks": _unit([blank if label is None else label for label in labels]),
            "annotated": annotated,
            "weight": torch.full((len(clip),), part.weight),
            "video": torch.tensor(place.video),
            "still": torch.tensor(sequence.still),
            "sequence": name,
            "frame_ids": [sequence.frames[frame] for frame in clip],
            "size": sequence.size(place.frame),
        }
        if any(each.labels == layout.CLASSES for each in self._parts):
            unknown = np.full_like(blank, IGNORED)
            ids = [(load.classes(frame) if of_classes else None) for frame in clip]
            sample["classes"] = torch.from_numpy(np.stack([unknown if each is None else each for each in ids])).long()
        if "segments" in self.derived:
            labels_of = [load.derived("segments", frame) for frame in clip]
            sample["segments"] = torch.from_numpy(np.stack(labels_of)[:, None].astype(np.int64))
        if "contrast" in self.derived:
            sample["contrast"] = _unit([load.derived("contrast", frame) for frame in clip])
        if self.flow is not None:
            sample["flow"] = self._flow(load, clip, frames)
        if self.prior is not None:
            priors = [load.prior(self.prior, frame) for frame in clip]
            sample["prior"] = _unit([blank if prior is None else prior for prior in priors])
        return sample

    def _flow(self, load: "_Loader", clip: list[int], frames: list[NDArray[np.uint8]]) -> torch.Tensor:
        assert self.flow is not None
        pictures = [load.picture(self.flow, frame) for frame in clip]
        missing = [place for place, picture in enumerate(pictures) if picture is None]
        instead = frames if self.still_flow == "frame" else [np.full_like(frame, _REST) for frame in frames]
        flow = self._normalised([instead[n] if picture is None else picture for n, picture in enumerate(pictures)])
        if self.still_flow == "zeros":
            flow[missing] = 0
        return flow

    def _normalised(self, images: list[NDArray[np.uint8]]) -> torch.Tensor:
        values = np.empty((len(images), 3, *images[0].shape[:2]), dtype=np.float32)
        for number, image in enumerate(images):
            # A shard, and OpenCV's resizing, give planes that only look like an image; splitting would copy them twice.
            planes = cv2.split(image) if image.flags.c_contiguous else np.moveaxis(image, -1, 0)
            for channel, plane in enumerate(planes):
                cv2.LUT(plane, self._tables[channel], dst=values[number, channel])
        return torch.from_numpy(values)


@dataclass(frozen=True)
class _Loader:
    """The images of one sample, resized and changed."""

    _data: ClipDataset
    _arrays: ShardSequence
    _video: int
    _change: DrawnChange
    _size: tuple[int, int] | None

    def _load(
        self,
        kind: str,
        frame: int,
        read: Callable[[], NDArray[np.uint8] | None],
        fit: Callable[[NDArray[np.uint8], tuple[int, int]], NDArray[Any]],
    ) -> NDArray[Any] | None:
        def make() -> NDArray[Any] | None:
            image = read()
            if image is None:
                return None
            if self._change.window is not None:
                image = self._change.window.cut(image)
            return fit(image, self._size or (image.shape[0], image.shape[1]))

        # A window is drawn anew each time, so that nothing is gained by keeping its result.
        key = None if self._change.window is not None else (self._video, kind, frame, self._size)
        image = self._data._cache.get(key, make)
        return np.ascontiguousarray(image[:, ::-1]) if image is not None and self._change.flip else image

    def _resized(self, image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        return resize(image, size, self._data.resize_with)

    def frame(self, frame: int) -> NDArray[np.uint8]:
        image = self._load(layout.FRAMES, frame, lambda: self._arrays.frame(frame), self._resized)
        assert image is not None
        return image

    def derived(self, name: str, frame: int) -> NDArray[Any]:
        make = MAKE[name]
        fit = lambda image, size: make(np.ascontiguousarray(self._resized(image, size)))  # noqa: E731
        image = self._load(name, frame, lambda: self._arrays.frame(frame), fit)
        assert image is not None
        return image

    def mask(self, labels: str, frame: int) -> NDArray[np.uint8] | None:
        return self._load(layout.labels_path(labels), frame, lambda: self._arrays.mask(frame, labels), resize_mask)

    def classes(self, frame: int) -> NDArray[np.uint8] | None:
        return self._load(layout.CLASSES, frame, lambda: self._arrays.classes(frame), resize_mask)

    def prior(self, name: str, frame: int) -> NDArray[np.uint8] | None:
        if self._arrays.sequence.still:  # whose shard may have no such block
            return None
        return self._load(f"prior/{name}", frame, lambda: self._arrays.prior(name, frame), self._resized)

    def picture(self, name: str, frame: int) -> NDArray[np.uint8] | None:
        if self._arrays.sequence.still:
            return None
        if self._change.flip and self._data._augment.flip_flow == "vectors":
            return self._load(f"turned/{name}", frame, lambda: self._turned(name, frame), self._resized)
        return self._load(f"pictures/{name}", frame, lambda: self._arrays.picture(name, frame), self._resized)

    def _turned(self, name: str, frame: int) -> NDArray[np.uint8] | None:
        """Return the picture of the flow with u turned round; mirrored, it is the picture of the mirrored flow."""
        flow = self._arrays.flow(name, frame)
        if flow is None:
            return None
        attributes = self._arrays.attributes(f"{layout.FLOW}/{name}")
        return picture_of(flow * np.array([-1, 1], dtype=np.float32), attributes)


class _Cache:
    """Images by key, up to a number of bytes."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._bytes = 0
        self._images: OrderedDict[Any, NDArray[np.uint8] | None] = OrderedDict()

    def get(self, key: Any, make: Callable[[], NDArray[np.uint8] | None]) -> NDArray[np.uint8] | None:
        if key is None or not self._capacity:
            return make()
        if key in self._images:
            self._images.move_to_end(key)
            return self._images[key]
        image = self._images[key] = make()
        self._bytes += 0 if image is None else image.nbytes
        while self._bytes > self._capacity:
            _, oldest = self._images.popitem(last=False)
            self._bytes -= 0 if oldest is None else oldest.nbytes
        return image

    def __reduce__(self) -> tuple[Any, ...]:
        return _Cache, (self._capacity,)


def _unit(images: list[NDArray[np.uint8]]) -> torch.Tensor:
    """Return uint8 `(H, W)` images as float `(T, 1, H, W)` in [0, 1]."""
    values = np.empty((len(images), 1, *images[0].shape), dtype=np.float32)
    for number, image in enumerate(images):
        cv2.LUT(image, _UNIT_TABLE, dst=values[number, 0])
    return torch.from_numpy(values)


def collate(samples: Sequence[Sample]) -> Sample:
    """Join samples into a batch: tensors are stacked; `sequence`, `frame_ids` and `size` become lists."""
    return {
        key: [sample[key] for sample in samples] if key in _LISTS else torch.stack([sample[key] for sample in samples])
        for key in samples[0]
    }
