from pathlib import Path

import pytest
from flow_cases import write_frames

from vsodprep.config.flow import Flow
from vsodprep.flow.dis import Dis
from vsodprep.flow.pairs import clip_frames, count_flows
from vsodprep.flow.sequence import write_sequence


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (Flow(), 100),
        (Flow(last_frame="drop"), 99),
        (Flow(last_frame="repeat"), 99),
        (Flow(show_at="to"), 99),
        (Flow(direction="both"), 198),
        (Flow(stride=3, last_frame="drop"), 97),
        (Flow(frames="annotated"), 5),
        (Flow(frames="annotated", clip_length=4), 17),
        (Flow(frames="annotated", clip_length=4, direction="both"), 34),
    ],
    ids=str,
)
def test_flows_of_a_hundred_frames_with_every_twentieth_annotated(block: Flow, expected: int) -> None:
    assert count_flows(block, 100, range(0, 100, 20)) == expected


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize(
    "block", [Flow(), Flow(direction="both", frames="annotated", clip_length=2), Flow(stride=2, last_frame="repeat")]
)
def test_the_plan_is_what_is_estimated(tmp_path: Path, block: Flow, frames: int) -> None:
    paths = sorted(write_frames(tmp_path / "frames", frames).iterdir())
    annotated = [frames - 1]
    only = clip_frames(annotated, block.clip_length) if block.frames == "annotated" else None
    summary = write_sequence(paths, tmp_path / "a.h5", Dis("ultrafast"), block, only=only)
    assert summary["estimated"] == count_flows(block, frames, annotated)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"iterations": 20}, "iterations means nothing to method dis, only to raft"),
        ({"weights": "large"}, "weights means nothing to method dis"),
        ({"method": "raft", "preset": "fast"}, "preset means nothing to method raft"),
        ({"method": "ptlflow:pwcnet", "fit": "crop"}, "fit means nothing to method ptlflow:pwcnet"),
        ({"method": "flownet2", "border": "stretch"}, "border: stretch means nothing without fit: crop"),
        ({"clip_length": 4}, "clip_length: 4 means nothing without frames: annotated"),
    ],
    ids=str,
)
def test_keys_without_effect_are_refused(block: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Flow(**block)


def test_keys_at_their_defaults_are_no_mistake() -> None:
    assert Flow(**Flow().model_dump()) == Flow()
