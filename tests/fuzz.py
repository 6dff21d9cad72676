"""Feeds every parser of foreign bytes with damaged files: nothing but plain errors may come out.

    python tests/fuzz.py --minutes 20 flo kitti image ...      # all of them without names
    python tests/fuzz.py --seed 1234 flo                       # one damaged file again

A failure is printed with its parser and seed; `tests/test_fuzz.py` keeps those that have been found and mended.
"""

import argparse
import faulthandler
import io
import json
import random
import resource
import sys
import tarfile
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
import yaml
from PIL import Image

from vsodprep.errors import VsodprepError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 16, 3)).astype(np.uint8)


class Parser(NamedTuple):
    """What reads a kind of file, and whole files of the kind: their names and contents."""

    read: Callable[[Path], Any]
    samples: Mapping[str, bytes]


def picture(form: str, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(out, form)
    return out.getvalue()


def images() -> dict[str, bytes]:
    deep = cv2.imencode(".png", (PIXELS[..., 0].astype(np.uint16) * 257))[1].tobytes()
    return {
        "rgb.png": picture("PNG"),
        "gray.png": picture("PNG", "L"),
        "palette.png": picture("PNG", "P"),
        "binary.png": picture("PNG", "1"),
        "alpha.png": picture("PNG", "RGBA"),
        "deep.png": deep,
        "a.jpg": picture("JPEG"),
        "cmyk.jpg": picture("JPEG", "CMYK"),
        "a.bmp": picture("BMP"),
        "a.webp": picture("WEBP"),
        "a.tif": picture("TIFF"),
    }


def archive() -> dict[str, bytes]:
    files = {"set/a/00000.png": picture("PNG"), "set/b/00000.jpg": picture("JPEG"), "set/list.txt": b"a\nb\n"}
    zipped, tarred, packed = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as out:
        for name, data in files.items():
            out.writestr(name, data)
    for target, mode in ((tarred, "w"), (packed, "w:gz")):
        with tarfile.open(fileobj=target, mode=mode) as out:  # type: ignore[call-overload]
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                out.addfile(entry, io.BytesIO(data))
    return {"a.zip": zipped.getvalue(), "a.tar": tarred.getvalue(), "a.tar.gz": packed.getvalue()}


def read_archive(path: Path) -> None:
    from vsodprep.archives.delivery import open_delivery

    with tempfile.TemporaryDirectory() as scratch, open_delivery([path], Path(scratch)) as delivery:
        for name in delivery.names:
            delivery.read(name)


def hdf5(write: Callable[[Path], None]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.h5"
        write(path)
        return {"a.h5": path.read_bytes()}


def flow_file(path: Path) -> None:
    from vsodprep.flow.pairs import FramePair
    from vsodprep.flow.store import write_flow

    pairs = [FramePair(0, 1, 0), FramePair(1, 2, 1)]
    flows = [{"forward": np.full((12, 16, 2), value, np.float32), "photometric": value} for value in (0.5, 1.5)]
    write_flow(path, pairs, flows, (12, 16), {"policy": {"last_frame": "skip"}}, frames=["a", "b", "c"])


def read_flow_file(path: Path) -> None:
    from vsodprep.flow.store import open_flow

    with open_flow(path) as flow:
        for index in flow.frame_indices:
            flow.of_frame(index)
            flow.frame_id(index)
        flow.numbers("photometric")
        _ = flow.size


def prior_file(path: Path) -> None:
    from vsodprep.prior.store import write_prior

    write_prior(path, PIXELS.transpose(2, 0, 1), ["a", "b", "c"], {"method": "light", "settings": {"k": 1}})


def read_prior_file(path: Path) -> None:
    from vsodprep.prior.store import open_prior

    with open_prior(path) as prior:
        for frame in prior.frames:
            prior.of_frame(frame)


PLAIN = {"a.weight": torch.zeros(2, 3), "a.bias": torch.ones(2)}
WRAPPED = {"state_dict": {"module.a.weight": torch.zeros(2, 3)}, "epoch": 3}


def weights(*values: Any) -> dict[str, bytes]:
    files = {}
    for number, value in enumerate(values):
        out = io.BytesIO()
        torch.save(value, out)
        files[f"{number}.pth"] = out.getvalue()
    return files


def read_checkpoint(path: Path) -> None:
    from vsodprep.models import saved

    saved.load(path)


def read_weights(path: Path) -> None:
    from vsodprep.weights import read_state

    read_state(path)


def manifest() -> dict[str, bytes]:
    from vsodprep.manifest import Manifest, ManifestSequence, to_json

    frames = ("00000", "00001")
    sequence = ManifestSequence("ball", ("train",), frames, frames[:1], 12, 16)
    value = to_json(Manifest("mini", "1", "MIT", "title", "cite", "home", (), (sequence,)))
    return {"manifest.json": json.dumps(value).encode()}


def read_manifest(path: Path) -> None:
    from vsodprep import manifest as module

    path.rename(path.with_name("manifest.json"))
    try:
        module.read_manifest(path.parent)
    finally:
        path.with_name("manifest.json").unlink()


REGIONS = b"""Total number of regions:
3
Scale of region 0:
0
Scale of region 1:
8421504
Scale of region 2:
16777215
Confusion matrix:
0 1 1
1 0 1
1 1 0
Total number of frames in this shot:
20
Total number of labeled frames for this shot:
1
Frame number:
0
File name:
cars1_01_gt.ppm
Input file name:
cars1_01.ppm
"""
EDITS = b"""# sequence frame tool arguments
ball 00000 erase component 12,8
ball 00000-00004 erase polygon 1,1 5,1 5,5
"""
CONFIG = b"""benchmarks: [synth, davis2016]
sources: {davis2016: {path: a.zip}}
flow: {dis: {method: dis, preset: fast}}
runs:
  dsnet:
    full: {width: 0.25, pretrained: false, flow: dis, seeds: [0, 1], test: [{benchmark: synth, split: test}],
      stages: [{data: [{benchmark: synth, split: train}], size: [64, 96], batch: 4, steps: 10}]}
"""
SCORES = {"sequences": {"a": {"mae": 0.1, "frames": 2}}, "protocol": "davsod", "benchmark": None, "settings": {}}
WEIGHTS = {"weights": [0.5, 0.5], "fit": {"frames": 3}}
LOCK = {"davis2016": {"files": {"a.zip": {"bytes": 3, "sha256": "0" * 64}}, "sequences": {"bear": 3}}}


def text(parse: Callable[[str], Any]) -> Callable[[Path], Any]:
    return lambda path: parse(path.read_bytes().decode("latin-1"))


def parsers() -> dict[str, Parser]:
    from vsodprep import config
    from vsodprep import images as pictures
    from vsodprep.benchmarks.lock import read_lock
    from vsodprep.benchmarks.regions import parse_regions, read_labels
    from vsodprep.coarse import fuse
    from vsodprep.coarse.edits import read_edits
    from vsodprep.coarse.provenance import SHARED, read_record
    from vsodprep.config.defaults import default
    from vsodprep.config.recipe import read_recipe
    from vsodprep.evaluate.protocols import find_protocol
    from vsodprep.figures.history import read_losses
    from vsodprep.flow.formats import read_flo, read_kitti
    from vsodprep.models.saved import FORMAT
    from vsodprep.normalize.splits import parse_splits
    from vsodprep.scores.read import read_scores

    header = b"PIEH" + np.array([16, 12], "<i4").tobytes()
    flo = {"a.flo": header + np.zeros((12, 16, 2), "<f4").tobytes()}
    kitti = cv2.imencode(".png", np.full((12, 16, 3), 32768, np.uint16))[1].tobytes()
    protocol = {"a.yaml": b"{beta2: 0.3, average: frames, thresholds: colon}"}
    recipe = {"a.json": json.dumps(yaml.safe_load(CONFIG)["runs"]["dsnet"]["full"]).encode()}

    def of_json(value: Any) -> dict[str, bytes]:
        return {"a.json": json.dumps(value).encode()}

    base = default().model_dump(mode="json")
    checkpoint = {"format": FORMAT, "weights": {"a": torch.zeros(2)}, "recipe": "{}"}

    def configuration(path: Path) -> None:
        config.complete(config.read(path), base)

    def image(path: Path) -> None:
        for read in (pictures.read_frame, pictures.read_gray, pictures.read_mask):
            read(path)

    return {
        "archive": Parser(read_archive, archive()),
        "checkpoint": Parser(read_checkpoint, weights(checkpoint)),
        "configuration": Parser(configuration, {"a.yaml": CONFIG}),
        "edits": Parser(read_edits, {"a.txt": EDITS}),
        "flo": Parser(read_flo, flo),
        "flow": Parser(read_flow_file, hdf5(flow_file)),
        "fused": Parser(lambda path: fuse.read_weights(str(path), 2), of_json(WEIGHTS)),
        "image": Parser(image, images()),
        "kitti": Parser(read_kitti, {"a.png": kitti}),
        "labels": Parser(lambda path: read_labels(path.read_bytes(), str(path)), images()),
        "lock": Parser(read_lock, of_json(LOCK)),
        "losses": Parser(read_losses, {"metrics.csv": b"step,stage,lr,loss\n1,main,0.1,0.5\n2,main,0.1,0.4\n"}),
        "manifest": Parser(read_manifest, manifest()),
        "prior": Parser(read_prior_file, hdf5(prior_file)),
        "protocol": Parser(lambda path: find_protocol(str(path)), protocol),
        "recipe": Parser(text(read_recipe), recipe),
        "record": Parser(read_record, of_json({"sequence": "ball", **dict.fromkeys(SHARED)})),
        "regions": Parser(text(lambda found: parse_regions(found, "a.dat")), {"a.dat": REGIONS}),
        "scores": Parser(read_scores, of_json(SCORES)),
        "splits": Parser(lambda path: parse_splits(str(path)), of_json({"train": ["bear"]})),
        "weights": Parser(read_weights, weights(PLAIN, WRAPPED)),
    }


VALUES = (None, True, -1, 0, 2**63, 1e308, "", "x", "../..", "\x00", [], {}, [[]], {"x": 1}, [None], float("nan"))


def damaged(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """Change some bytes, or a value where it is JSON."""
    if rng.random() < 0.5:
        try:
            value = json.loads(data)
        except ValueError:
            pass
        else:
            return json.dumps(exchanged(value, rng)).encode()
    for _ in range(rng.choice((1, 1, 2, 8))):
        data = changed(data, rng, rng.choice(others))
    return data


def changed(data: bytes, rng: random.Random, other: bytes) -> bytes:
    """Change one place."""
    at, length = rng.randrange(len(data) + 1), rng.choice((1, 1, 2, 4, 8, 64))
    before, rest, piece = data[:at], data[at + length :], rng.randbytes(length)
    kind = rng.choice(("write", "write", "extreme", "insert", "remove", "cut", "repeat", "splice"))
    if kind == "extreme":
        piece = rng.choice((b"\x00", b"\xff", b"\x7f")) * length
    if kind == "splice":
        return before + other[rng.randrange(len(other) + 1) :]
    if kind in ("insert", "repeat"):
        return before + (piece if kind == "insert" else data[max(0, at - length) : at]) + data[at:]
    if kind == "cut":
        return before
    return before + (b"" if kind == "remove" else piece) + rest


def exchanged(value: Any, rng: random.Random) -> Any:
    """Put something else in the place of one value somewhere inside."""
    if isinstance(value, (dict, list)) and value and rng.random() < 0.8:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = rng.choice(keys)
        if isinstance(value, dict) and rng.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        copy = dict(value) if isinstance(value, dict) else list(value)
        copy[key] = exchanged(value[key], rng)
        return copy
    return rng.choice(VALUES)


def attempt(parser: Parser, seed: int, folder: Path) -> None:
    """Read one damaged file; raises what is no plain error."""
    rng = random.Random(seed)
    samples = list(parser.samples.values())
    name = rng.choice(list(parser.samples))
    path = folder / name
    path.write_bytes(damaged(parser.samples[name], rng, samples))
    try:
        parser.read(path)
    except VsodprepError:
        pass
    finally:
        path.unlink(missing_ok=True)


def main() -> int:
    """Fuzz the parsers that are named, or all."""
    known = parsers()
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("names", nargs="*", choices=[[], *known], metavar="PARSER")
    asked.add_argument("--minutes", type=float, default=1, help="for each parser")
    asked.add_argument("--seed", type=int, help="one file alone, as it was")
    asked.add_argument("--first", type=int, default=0, help="seed to begin with")
    given = asked.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (12 << 30, resource.RLIM_INFINITY))
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in given.names or known:
            seed, end, kinds = given.first, time.monotonic() + 60 * given.minutes, set()
            while time.monotonic() < end or given.seed is not None:
                seed = given.seed if given.seed is not None else seed + 1
                print(f"\r{name} {seed}", end="", file=sys.stderr)  # the last one, where it crashes
                faulthandler.dump_traceback_later(300, exit=True)  # a file that takes so long hangs
                try:
                    attempt(known[name], seed, Path(folder))
                except Exception as error:  # the point of it
                    place = traceback.extract_tb(error.__traceback__)[-1]
                    kind = (type(error), place.filename, place.lineno)
                    failures += kind not in kinds
                    if kind not in kinds:
                        where = f"{place.filename}:{place.lineno}"
                        print(f"\n{name}: seed {seed}: {type(error).__name__}: {error} ({where})")
                        if given.seed is not None:
                            traceback.print_exc()
                    kinds.add(kind)
                if given.seed is not None:
                    break
            print(f"\r{name}: {seed - given.first} files, {len(kinds)} kinds of failure", flush=True)
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
