"""A miniature results folder as the pipeline would leave it: made-up pictures and maps, and their true scores."""

from pathlib import Path

import cv2
import h5py
import numpy as np

from vsodprep.config import Config, parse
from vsodprep.config.flow import Policy
from vsodprep.evaluate import evaluate_folders
from vsodprep.files import write_json, write_text
from vsodprep.flow.pairs import make_pairs
from vsodprep.flow.store import write_flow
from vsodprep.images import read_mask, write_mask, write_png
from vsodprep.manifest import Issue, Manifest, ManifestSequence, Source, mask_path, write_manifest
from vsodprep.targets.paths import Paths

SEQUENCES = {
    "synth": {"drift": "test", "hide & seek": "test", "pair": "test", "stop": "test", "turn": "train"},
    "davis2016": {"blackswan": "val", "bmx-trees": "val", "dog": "val"},
}
SKILL = {"dsnet": 0.9, "stan": 0.75, "centre-prior": 0.15, "flow-magnitude": 0.4}


def configuration(**changes: object) -> Config:
    """Two networks on two benchmarks; DS-Net has two seeds, and on davis2016 it is trained as in the paper."""
    stage = {"data": [{"benchmark": "synth", "split": "train"}], "size": [64, 96], "steps": 600, "clip_length": 1}
    synth = {"benchmark": "synth", "split": "test"}
    davis = {"benchmark": "davis2016", "split": "val", "protocols": ["davsod", "davis2016"]}
    own = {"width": 0.25, "pretrained": False, "flow": "dis", "stages": [stage], "seeds": [0, 1]}
    paper = {"flow": "dis", "stages": [stage], "paper": True, "test": [davis]}
    value = {
        "benchmarks": ["synth"],
        "sources": {"davis2016": "/home/somebody/DAVIS.zip"},
        "flow": {"dis": {}},
        "prior": {"light": {}},
        "saliency": {"mbd": {"method": "mbd"}, "rbd": {"method": "rbd"}},
        "coarse": {"weightfree": {}},
        "pack": {"flow": ["dis"], "prior": ["light"], "coarse": ["weightfree"]},
        "runs": {
            "dsnet": {"full": {**own, "test": [{**synth, "post": ["raw", "stan"]}]}, "paper": paper},
            "stan": {"full": {**own, "seeds": [0], "prior": "light", "test": [synth]}},
        },
        "report": {"title": "A <miniature> report", "strips": 2},
    }
    return parse(value | changes)


def build(root: Path, size: tuple[int, int] = (48, 80), frames: int = 6) -> Config:
    """Write the folder and return the configuration that would have made it.

    Args:
        root: The results folder.
        size: Height and width of frames in pixels.
        frames: Frames of a sequence.
    """
    config = configuration()
    paths = Paths(str(root))
    for benchmark, sequences in SEQUENCES.items():
        made = [_sequence(paths, (benchmark, name, split), size, frames) for name, split in sequences.items()]
        _manifest(Path(paths.manifest(benchmark)).parent, benchmark, made)
    for model, runs in config.runs.items():
        for name, run in runs.items():
            for seed in run.seeds:
                _training(Path(paths.checkpoint(model, name, seed)).parent, seed)
                for test in run.test:
                    for post in test.post:
                        skill = SKILL[model] - 0.05 * seed + (0.03 if post != "raw" else 0)
                        where = (model, name, seed, post, test.benchmark)
                        _test(paths, where, skill, test.split, test.protocols)
    for trivial in ("centre-prior", "flow-magnitude"):
        for benchmark, split, protocols in (
            ("synth", "test", ("davsod",)),
            ("davis2016", "val", ("davsod", "davis2016")),
        ):
            _test(paths, ("trivial", trivial, 0, "raw", benchmark), SKILL[trivial], split, protocols)
    return config


def _generator(*words: str) -> np.random.Generator:
    return np.random.default_rng([ord(letter) for word in words for letter in word])


def _disk(size: tuple[int, int], centre: tuple[float, float], radius: float) -> np.ndarray:
    y, x = np.mgrid[: size[0], : size[1]]
    return (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2


def _sequence(paths: Paths, names: tuple[str, str, str], size: tuple[int, int], frames: int) -> ManifestSequence:
    benchmark, name, split = names
    height, width = size
    random = _generator(benchmark, name)
    folder = Path(paths.manifest(benchmark)).parent
    ids = tuple(f"{index:05d}" for index in range(frames))
    coarse = cv2.resize(random.uniform(60, 200, (6, 9, 3)).astype(np.float32), (width, height))
    ground = np.clip(coarse + random.normal(0, 14, (*size, 3)), 0, 255)
    colour = random.uniform(80, 255, 3)
    speed = random.uniform(0.02, 0.06) * width
    flows, priors = [], []
    for index, frame in enumerate(ids):
        centre = (0.25 * width + index * speed, height * (0.45 + 0.1 * np.sin(index)))
        mask = _disk(size, centre, height * random.uniform(0.2, 0.26))
        picture = np.where(mask[..., None], 0.25 * ground + 0.75 * colour, ground).astype(np.uint8)
        write_png(folder / name / "frames" / f"{frame}.png", picture)
        write_mask(mask_path(folder, name, frame), mask)
        flow = np.where(mask[..., None], [speed, 2 * np.cos(index)], [-0.4, 0.1]) + random.normal(0, 0.15, (*size, 2))
        flows.append(cv2.GaussianBlur(flow.astype(np.float32), (5, 5), 1))
        priors.append(cv2.GaussianBlur(mask.astype(np.float32), (15, 15), 4) * 230)
        label = cv2.dilate(mask.astype(np.uint8), np.ones((5, 3))) > 0
        write_mask(Path(paths.coarse("weightfree", benchmark, name)).parent / f"{frame}.png", label)
    _write_flow(Path(paths.flow("dis", benchmark, name)), np.stack(flows))
    _write_prior(Path(paths.prior("light", benchmark, name)), np.stack(priors).astype(np.uint8), ids)
    attributes = ("camera moves",) if name in ("drift", "pair") else ()
    return ManifestSequence(name, (split,), ids, ids, height, width, attributes=attributes)


def _write_flow(path: Path, flow: np.ndarray) -> None:
    pairs = make_pairs(len(flow), Policy())
    # The last pair of `stop` is made to look like a cut.
    errors = [20.0 if path.stem == "stop" and pair.shown == len(flow) - 1 else 2.0 for pair in pairs]
    rows = [{"forward": of, "photometric": error, "still": 9.0} for of, error in zip(flow, errors, strict=True)]
    write_flow(path, pairs, rows, flow.shape[1:3], {"method": "dis"})


def _write_prior(path: Path, prior: np.ndarray, frames: tuple[str, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file["prior"] = prior
        file["frames"] = np.array([frame.encode() for frame in frames])


def _manifest(folder: Path, name: str, sequences: list[ManifestSequence]) -> None:
    issues = (Issue("missing mask", "pair/00003", "no mask"), Issue("missing mask", "pair/00004", "no mask"))
    manifest = Manifest(
        name=name,
        version="1",
        title=f"The {name} benchmark",
        licence="CC BY 4.0",
        citation="Somebody et al., 2026.",
        homepage="https://example.org",
        sources=(Source(f"{name}.zip", "ab" * 32, 123456),),
        sequences=tuple(sequences),
        issues=issues if name == "synth" else (),
    )
    write_manifest(folder, manifest)


def _training(folder: Path, seed: int) -> None:
    random = _generator("loss", str(seed))
    steps = range(9, 600, 10)
    rows = []
    for step in steps:
        final = 0.8 * np.exp(-step / 150) + 0.07 + random.uniform(0, 0.05)
        coarse = 0.6 * np.exp(-step / 200) + 0.1 + random.uniform(0, 0.03)
        rows.append(f"{step},{'stills' if step < 200 else 'videos'},5e-4,{final + coarse:.6f},{coarse:.6f},{final:.6f}")
    write_text(folder / "metrics.csv", "step,stage,lr,loss,coarse,final\n" + "\n".join(rows) + "\n")


def _saliency(mask: np.ndarray, skill: float, random: np.random.Generator) -> np.ndarray:
    height, width = mask.shape
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2 + 8 * (1 - skill))
    centre = np.exp(
        -(((np.mgrid[:height, :width].T - [height / 2, width / 2]) / [height / 3, width / 4]) ** 2).sum(-1)
    ).T
    noise = cv2.resize(random.uniform(0, 1, (6, 10)).astype(np.float32), (width, height))
    hard = skill * random.uniform(0.55, 1)
    return np.clip((hard * soft + (1 - hard) * (0.6 * centre + 0.4 * noise)) * 255, 0, 255).astype(np.uint8)


def _test(
    paths: Paths, where: tuple[str, str, int, str, str], skill: float, split: str, protocols: tuple[str, ...]
) -> None:
    model, run, seed, post, benchmark = where
    marker = Path(paths.predictions(*where))
    folder = Path(paths.manifest(benchmark)).parent
    for name, of in SEQUENCES[benchmark].items():
        if of == split:
            random = _generator(model, run, post, str(seed), name)
            for path in sorted((folder / name / "masks").iterdir()):
                write_png(marker.parent / name / path.name, _saliency(read_mask(path), skill, random))
    write_json(marker, {"split": split})
    for protocol in protocols:
        scores = evaluate_folders(marker.parent, folder, split=split, protocol=protocol)
        write_json(Path(paths.scores(*where, protocol)), scores)
