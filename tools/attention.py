"""Print what STAN's maps, and the weights by which it joins them, are inside and outside of the masks.

Run: python tools/attention.py CHECKPOINT SHARD --split SPLIT [--every 30]

A map is given as logits. Inside and outside of the mask, and of the weights, it is the mean over frames of each frame's
mean; the largest value is that of all frames.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from vsodprep.config.networks.stan import STANOptions
from vsodprep.models import saved
from vsodprep.models.inference import placed, split_of
from vsodprep.models.network import Outputs
from vsodprep.shards.clips import SplitSource, collate


def names(options: STANOptions) -> list[str]:
    """Return the paper's names of the maps that are joined, in their order."""
    return ["O_st", *(["O_m"] if options.convlstm else []), *(["O_c"] if options.conv3d else [])]


def sides(values: Tensor, mask: Tensor) -> tuple[float, float]:
    """Return the mean of values `(H, W)` inside and outside of a mask, bool `(H, W)`."""
    return float(values[mask].mean()), float(values[~mask].mean())


def of_frame(outputs: Outputs, mask: Tensor, named: Sequence[str]) -> dict[str, list[float]]:
    """Return what is told of each map of one frame: inside, outside, largest, and its weight inside and outside.

    Args:
        outputs: STAN's, of one clip.
        mask: bool `(H, W)`, neither empty nor full.
        named: What the maps are called.
    """
    joined = outputs["saliency"][0, 0]
    told = {"joined": [*sides(joined, mask), float(joined.max())]}
    maps, weights = outputs["aux"]["maps"][0], outputs["aux"]["weights"][0]
    for name, values, weight in zip(named, maps, weights, strict=True):
        told[name] = [*sides(values, mask), float(values.max()), *sides(weight, mask)]
    return told


def rows(frames: Mapping[str, list[list[float]]]) -> Iterator[str]:
    """Yield a table in Markdown from what was told of each map in each frame."""
    yield "| map | inside | outside | largest | weight inside | outside |"
    yield f"| --- |{' ---: |' * 5}"
    for name, of in frames.items():
        values = torch.tensor(of)
        cells = values.mean(0)
        cells[2] = values[:, 2].max()
        yield f"| {name} | {' | '.join([f'{cell:.2f}' for cell in cells.tolist()] + [''] * (5 - len(cells)))} |"


def main() -> None:
    """Apply the network to some frames of the split that have a mask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("shard", type=Path)
    parser.add_argument("--split", required=True)
    parser.add_argument("--every", type=int, default=30, help="one frame of so many")
    given = parser.parse_args()
    torch.set_num_threads(1)
    network, run = placed(given.checkpoint, saved.load(given.checkpoint), "cpu")
    options = network.options
    if given.every < 1:
        parser.error(f"--every {given.every}: at least 1")
    if not isinstance(options, STANOptions) or options.combine != "attention":
        parser.error(f"{given.checkpoint}: a network without attention over maps; expected STAN, joined by attention")
    dataset = split_of(network, run, SplitSource(given.shard, given.split), network.clip_length, network.clip)
    frames: dict[str, list[list[float]]] = {}
    with torch.inference_mode():
        for number in range(0, len(dataset), given.every):
            clip = collate([dataset[number]])
            mask = clip["masks"][0, -1].squeeze() > 0
            if 0 < int(mask.sum()) < mask.numel():
                for name, values in of_frame(network(clip), mask, names(options)).items():
                    frames.setdefault(name, []).append(values)
    if not frames:
        parser.error(f"{given.shard}, split {given.split}: none of the frames taken has a mask with both sides")
    print(f"{len(frames['joined'])} frames of {given.split}\n" + "\n".join(rows(frames)))


if __name__ == "__main__":
    main()
