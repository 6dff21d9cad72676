"""What an evaluation noticed about maps and masks, in sentences."""

from collections.abc import Mapping
from typing import Any

_COUNTED = {
    "resized": "maps resized to their masks",
    "constant_maps": "maps of one value only",
    "nearly_black_maps": "maps read as nearly black, 1 of 255 at most: are they masks of 0 and 1?",
    "coloured_maps": "maps in colours, as photographs are",
    "empty_masks": "masks without foreground",
    "unscored": "frames not scored, as their masks have no foreground",
    "full_masks": "masks that are foreground everywhere",
    "void_pixels": "pixels of masks left out as void",
}
_SHOWN = 5


def noticed(scores: Mapping[str, Any]) -> list[str]:
    """Return what was unusual about the inputs of a score file, such as `2 masks without foreground`."""
    inputs = scores.get("inputs", {})
    lines = _left_out(scores) if inputs.get("missing") else []
    if extra := inputs.get("extra"):
        lines.append(f"{len(extra)} maps of no frame, not read: {_first(extra)}")
    if "one_sequence" in inputs:
        lines.append(f"all masks are taken for one sequence, {inputs['one_sequence']}")
    lines += [f"{sequence}: maps found by {rule}" for sequence, rule in inputs.get("naming", {}).items()]
    fewer = [f"{sequence} ({maps} of {masks})" for sequence, (maps, masks) in inputs.get("fewer", {}).items()]
    if fewer:
        several = f"{len(fewer)} sequences have" if len(fewer) > 1 else "a sequence has"
        lines.append(f"{several} fewer maps than masks, all scored frames have one: {_first(fewer)}")
    lines += [f"{inputs[key]} {what}" for key, what in _COUNTED.items() if inputs.get(key)]
    if gray := inputs.get("gray_masks"):
        share = f"{inputs['gray_share']:.2%} of their pixels"
        above = f"what is above {scores['settings']['foreground_above']} is foreground"
        lines.append(f"{gray} masks with values that are neither background nor foreground, {share}; {above}")
        if gray == inputs["two_valued_maps"] == scores["frames"]:
            lines.append("all masks are gray and all maps two-valued: are maps and masks exchanged?")
    return lines


def _left_out(scores: Mapping[str, Any]) -> list[str]:
    missing = scores["inputs"]["missing"]
    left_out: dict[str, list[str]] = {}
    for sequence, _, frame in (each.rpartition("/") for each in missing):
        left_out.setdefault(sequence, []).append(frame)
    lines = [f"{len(missing)} frames without a map, left out:"]
    for sequence, frames in left_out.items():
        scored = scores["sequences"][sequence]["frames"]
        part = f"{len(frames)} of {scored + len(frames)} frames: {', '.join(frames)}"
        lines.append(f"  {sequence}: {part if scored else f'all {len(frames)} frames'}")
    return lines


def _first(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
