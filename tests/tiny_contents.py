"""What `config/test/tiny.yaml` makes, as one hash a stage, to hold against hashes taken before the code was changed.

    python tests/tiny_contents.py RESULTS > tests/tiny_contents.json

Arrays are hashed, not files: attributes name versions, and a newer compressor may pack the same values otherwise.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import h5py
import numpy as np
import torch
import zarr

from vsodprep.shards import open_shard

# OpenCV's flow and torch's sums differ in their last bits between instruction sets and releases; the rest does not.
PORTABLE = ("normalized", "saliency", "coarse", "predictions/trivial/centre-prior", "scores/trivial/centre-prior")


def processor() -> dict[str, str]:
    """Return what decides the last bits."""
    return {
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "opencv": cv2.__version__,
        "torch": torch.__version__,
    }


def contents(results: Path) -> dict[str, str]:
    """Return a hash of the arrays of every stage, and of every score file."""
    found = {kind: _digest(_images(results / kind)) for kind in ("normalized", "saliency", "coarse")}
    found |= {kind: _digest(_datasets(results / kind)) for kind in ("flow", "prior")}
    found["shards"] = _digest(_arrays(results / "shards" / "synth.zarr"))
    found["models"] = _digest(_weights(results / "models"))
    for folder in sorted((results / "predictions").glob("*/*/*/*")):
        found[str(folder.relative_to(results))] = _digest(_images(folder))
    for path in sorted((results / "scores").rglob("*.json")):
        scores = json.loads(path.read_text(encoding="utf-8"))
        del scores["inputs"]  # what was noticed about the files, of which more is said by and by
        found[str(path.relative_to(results))] = hashlib.sha256(json.dumps(scores).encode()).hexdigest()
    return found


def _digest(arrays: Iterable[tuple[str, np.ndarray]]) -> str:
    digest = hashlib.sha256()
    for name, array in arrays:
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _images(folder: Path) -> Iterable[tuple[str, np.ndarray]]:
    for path in sorted(folder.rglob("*.png")):
        yield str(path.relative_to(folder)), cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def _datasets(folder: Path) -> Iterable[tuple[str, np.ndarray]]:
    for path in sorted(folder.rglob("*.h5")):
        with h5py.File(path) as file:
            for name in sorted(file):
                yield f"{path.relative_to(folder)}:{name}", file[name][()]


def _arrays(shard: Path) -> Iterable[tuple[str, np.ndarray]]:
    """Yield what a shard holds, frames of videos as pixels in whatever form they are stored."""
    opened = open_shard(shard)
    videos = {f"{one.name}/frames": opened[one.name] for one in opened.manifest.sequences if not one.still}
    for name, item in sorted(zarr.open_group(shard, mode="r").members(max_depth=None)):
        if name in videos:
            yield name, np.stack([videos[name].frame(number) for number in range(len(videos[name]))])
        elif isinstance(item, zarr.Array) and name.rpartition("/")[0] not in videos:
            yield name, item[...]


def _weights(folder: Path) -> Iterable[tuple[str, np.ndarray]]:
    for path in sorted(folder.rglob("last.ckpt")):
        for name, tensor in torch.load(path, weights_only=True)["weights"].items():
            yield f"{path.relative_to(folder)}:{name}", tensor.numpy()


if __name__ == "__main__":
    json.dump({"processor": processor(), "contents": contents(Path(sys.argv[1]))}, sys.stdout, indent=2)
    print()
