"""Reading speed of shards in every form against a folder of PNG files and plain zarr-python, one process, one thread.

Frames are JPEG files: those of DAVIS-data-sample.zip in the folder VSODPREP_EXCERPTS where it is there, else generated
ones of the same size; each with its mask and the colour picture of a flow. Every round reads the same random samples
with each reader in turn; what counts is the median of the rounds, in processor time.

    python speed/shards.py [--frames 64] [--rounds 7] [--size H W]
"""

import argparse
import os
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
import zarr
from PIL import Image
from torch.utils.data import Dataset

from vsodprep.config.pack import Pack
from vsodprep.flow.pairs import FramePair
from vsodprep.flow.picture import colour
from vsodprep.flow.store import open_flow, write_flow
from vsodprep.images import decode, read_frame, read_gray, write_mask, write_png
from vsodprep.manifest import Manifest, ManifestSequence, write_manifest
from vsodprep.shards import ClipDataset, SplitSource, open_shard, pack_benchmark
from vsodprep.shards.transform import IMAGENET_MEAN, IMAGENET_STD, resize_mask

NAME = "clip"


def frames_and_masks(count: int) -> list[tuple[bytes, np.ndarray]]:
    """Return JPEG files and masks."""
    archive = Path(os.environ.get("VSODPREP_EXCERPTS", "")) / "DAVIS-data-sample.zip"
    if archive.is_file():
        with zipfile.ZipFile(archive) as content:
            names = [name for name in sorted(content.namelist()) if name.endswith(".jpg") and "/480p/" in name]
            pairs = []
            for name in names[:count]:
                mask = name.replace("JPEGImages", "Annotations").replace(".jpg", ".png")
                if mask in content.namelist():
                    label = decode(np.frombuffer(content.read(mask), np.uint8), mask, gray=True)
                    pairs.append((content.read(name), label > 128))
            return [pair for pair in pairs if pair[1].shape == pairs[0][1].shape]
    rng = np.random.default_rng(0)
    images = (cv2.GaussianBlur(rng.integers(0, 256, (480, 854, 3), dtype=np.uint8), (9, 9), 3) for _ in range(count))
    return [(cv2.imencode(".jpg", image)[1].tobytes(), image[..., 0] > 128) for image in images]


def prepare(root: Path, count: int, forms: dict[str, Pack]) -> Manifest:
    """Write the benchmark and the same as PNG files, and pack it in each form."""
    pairs = frames_and_masks(count)
    names = tuple(f"{number:05d}" for number in range(len(pairs)))
    folder, png = root / "normalized" / NAME, root / "png"
    (folder / "frames").mkdir(parents=True)
    images = []
    for name, (file, mask) in zip(names, pairs, strict=True):
        (folder / "frames" / f"{name}.jpg").write_bytes(file)
        write_mask(folder / "masks" / f"{name}.png", mask)
        images.append(decode(np.frombuffer(file, np.uint8), name))
        write_png(png / "frames" / f"{name}.png", images[-1])
        write_mask(png / "masks" / f"{name}.png", mask)
    height, width = pairs[0][1].shape
    manifest = Manifest(
        "bench", "1", "", "", "", "", (), (ManifestSequence(NAME, ("all",), names, names, height, width),)
    )
    write_manifest(root / "normalized", manifest)
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    gray = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    flows = [dis.calc(gray[n], gray[min(n + 1, len(gray) - 1)], None) for n in range(len(gray))]
    (root / "flow").mkdir()
    rows = [FramePair(number, min(number + 1, len(flows) - 1), number) for number in range(len(flows))]
    write_flow(root / "flow" / f"{NAME}.h5", rows, ({"forward": flow} for flow in flows), (height, width), {})
    with open_flow(root / "flow" / f"{NAME}.h5") as reader:
        for number, name in enumerate(names):
            flow = reader.of_frame(number)
            assert flow is not None
            write_png(png / "flow" / f"{name}.png", colour(flow))
    for name, form in forms.items():
        pack_benchmark(root / "normalized", root / f"{name}.zarr", form, flow={"dis": root / "flow"})
    return manifest


class PngFolder(Dataset):
    """What VSOD code bases do: one PNG per frame, mask and flow picture, decoded and normalised by each sample."""

    def __init__(self, folder: Path, names: tuple[str, ...], size: tuple[int, int] | None) -> None:
        self.folder, self.names, self.size = folder, names, size
        self.mean = torch.tensor(IMAGENET_MEAN).reshape(3, 1, 1)
        self.std = torch.tensor(IMAGENET_STD).reshape(3, 1, 1)

    def __getitem__(self, number: int) -> dict[str, torch.Tensor]:
        name = f"{self.names[number]}.png"
        image, picture = (read_frame(self.folder / kind / name) for kind in ("frames", "flow"))
        mask = read_gray(self.folder / "masks" / name)
        size = self.size or mask.shape
        return {
            "frames": self._tensor(self._resized(image, size)),
            "flow": self._tensor(self._resized(picture, size)),
            "masks": torch.from_numpy(resize_mask(mask, size)[None]).float().div(255),
        }

    def _resized(self, image: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
        return np.array(Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR))

    def _tensor(self, image: np.ndarray) -> torch.Tensor:
        return (torch.from_numpy(image).permute(2, 0, 1).float().div(255) - self.mean) / self.std


def forms_of(size: tuple[int, int]) -> dict[str, Pack]:
    return {
        "encoded": Pack(pictures=("dis",)),
        "encoded, coloured": Pack(),
        "raw": Pack(pictures=("dis",), video_frames="raw"),
        f"raw {size[0]} x {size[1]}": Pack(pictures=("dis",), video_frames="raw", video_size=size),
    }


def readers(root: Path, manifest: Manifest, size: tuple[int, int]) -> dict[str, Callable[[int], object]]:
    shard = open_shard(root / "raw.zarr")[NAME]
    group = zarr.open_group(root / "raw.zarr" / NAME, mode="r")
    arrays = [group[name] for name in ("frames", "masks", "pictures/dis")]
    names = manifest.sequences[0].frames
    folder = root / "png"
    found: dict[str, Callable[[int], object]] = {
        "raw: zarr-python, arrays": lambda number: [array[number] for array in arrays],
        "raw: open_shard, arrays": lambda number: (
            shard.frame(number),
            shard.mask(number),
            shard.picture("dis", number),
        ),
        "PNG folder: arrays": lambda number: [
            read_frame(folder / "frames" / f"{names[number]}.png"),
            read_gray(folder / "masks" / f"{names[number]}.png"),
            read_frame(folder / "flow" / f"{names[number]}.png"),
        ],
        "PNG folder: native size": PngFolder(folder, names, None).__getitem__,
        f"PNG folder: {size[0]} x {size[1]}": PngFolder(folder, names, size).__getitem__,
    }
    for form, packed in forms_of(size).items():
        part = SplitSource(root / f"{form}.zarr", "all")
        if packed.video_size is None:
            found[f"{form}: native size"] = ClipDataset(part, flow="dis").__getitem__
        for resize_with in ("pillow", "opencv"):
            data = ClipDataset(part, flow="dis", size=size, resize_with=resize_with)
            found[f"{form}: {size[0]} x {size[1]}, {resize_with}"] = data.__getitem__
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=int, nargs=2, default=(512, 512), metavar=("H", "W"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        size = tuple(arguments.size)
        manifest = prepare(root, arguments.frames, forms_of(size))
        timed = readers(root, manifest, size)
        count = len(manifest.sequences[0].frames)
        seconds: dict[str, list[float]] = {name: [] for name in timed}
        for number in range(arguments.rounds + 1):
            order = np.random.default_rng(number).permutation(count)
            for name, read in timed.items():
                start = time.process_time()
                for sample in order:
                    read(int(sample))
                if number:  # the first round warms the page cache
                    seconds[name].append((time.process_time() - start) / count)
        print(f"{count} samples of {manifest.sequences[0].height} x {manifest.sequences[0].width}")
        for form in forms_of(size):
            packed = sum(path.stat().st_size for path in (root / f"{form}.zarr").rglob("*") if path.is_file())
            print(f"{form:32} {packed / count / 1e3:6.0f} kB a frame")
        median = {name: statistics.median(values) for name, values in seconds.items()}
        at_size = f": {size[0]} x {size[1]}"
        png, raw = median[f"PNG folder{at_size}"], median[f"raw{at_size}, pillow"]
        for name, value in median.items():
            ratios = f"  {png / value:5.2f} of PNG  {raw / value:5.2f} of raw" if at_size in name else ""
            print(f"{name:40} {1000 * value:7.2f} ms  {1 / value:7.0f} samples/s{ratios}")


if __name__ == "__main__":
    main()
