"""A benchmark with VOS's proportions through the plan, and a tenth of it through the pipeline: jobs, time and memory.

`python speed/vos.py FOLDER [--run]` makes 7, 20 and 67 videos (a thirtieth, a tenth and a third of VOS's sequences) of
580 tiny frames, of which every fifteenth has a mask, and lets Snakemake plan flow, saliency maps, shard and scores of
each; with `--run` it also makes those of the tenth. FOLDER is new.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml

from vsodprep.images import write_mask, write_png

ROOT = Path(__file__).parent.parent
SEQUENCES, FRAMES, EVERY, SIZE = {30: 7, 10: 20, 3: 67}, 580, 15, (32, 48)


def generate(folder: Path, sequences: int) -> None:
    """Write a video of a square that moves on noise, and the others as links to it."""
    noise = np.random.default_rng(0).integers(0, 90, (*SIZE, 3), dtype=np.uint8)
    first = folder / "video000"
    for frame in range(FRAMES):
        mask = np.zeros(SIZE, bool)
        column = frame % (SIZE[1] - 12)
        mask[8:20, column : column + 12] = True
        picture = noise.copy()
        picture[mask] = 220
        write_png(first / "frames" / f"{frame:05d}.png", picture)
        if frame % EVERY == 0:
            write_mask(first / "masks" / f"{frame:05d}.png", mask)
    for video in range(1, sequences):
        shutil.copytree(first, folder / f"video{video:03d}", copy_function=os.link)


def snakemake(folder: Path, films: Path, *words: str) -> tuple[str, float, float]:
    """Run Snakemake on the videos; return what it said, processor seconds, and its own memory in MB at most."""
    names = sorted(path.name for path in films.iterdir())
    config = {
        "benchmarks": [],
        "folders": {"films": str(films)},
        "splits": {"films": {"test": names}},
        "pack": {"flow": ["dis"], "pictures": ["dis"], "prior": [], "coarse": []},
        "keep": [],
        "runs": {},
        "methods": {"mbd": {"saliency": "mbd"}},
        "tests": [{"benchmark": "films", "split": "test"}],
        "report": {"trivial": False},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "films.yaml").write_text(yaml.safe_dump(config))
    targets = ("results/shards/films.zarr/zarr.json", "results/scores/methods/mbd/seed0/raw/films.davsod.json")
    given = (
        "--snakefile",
        str(ROOT / "Snakefile"),
        "--cores",
        "2",
        "--configfile",
        "films.yaml",
        *words,
        "--",
        *targets,
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = [sys.executable, "-m", "snakemake", *given]
    done = subprocess.run(call, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, seconds, after.ru_maxrss / 1e3


def main() -> None:
    folder = Path(sys.argv[1])
    for share, sequences in SEQUENCES.items():  # ascending, as the memory is the most of all children so far
        films = folder / f"films{sequences}"
        generate(films, sequences)
        said, seconds, memory = snakemake(folder / f"plan{sequences}", films, "--dry-run")
        jobs = int(re.findall(r"^total\s+(\d+)$", said, flags=re.MULTILINE)[0])
        print(
            f"1/{share}: {sequences} sequences, {jobs} jobs, planned in {seconds:.1f} s of a core and {memory:.0f} MB",
            flush=True,
        )
    if "--run" in sys.argv:
        _, seconds, memory = snakemake(folder / "run", folder / "films20")
        print(f"1/10 made in {seconds:.0f} s of one core, no process above {memory:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
