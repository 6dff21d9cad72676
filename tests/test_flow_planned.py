from pathlib import Path

import pytest
from flow_cases import write_frames

from vsodprep.config.flow import Flow
from vsodprep.flow.dis import Dis
from vsodprep.flow.pairs import count_flows
from vsodprep.flow.sequence import write_sequence
from vsodprep.prepared import clip_frames


@pytest.mark.parametrize(
    ("block", "clip_length", "expected"),
    [
        (Flow(), None, 100),
        (Flow(last_frame="drop"), None, 99),
        (Flow(last_frame="repeat"), None, 99),
        (Flow(show_at="to"), None, 99),
        (Flow(direction="both"), None, 198),
        (Flow(stride=3, last_frame="drop"), None, 97),
        (Flow(), 1, 5),
        (Flow(), 4, 17),
        (Flow(direction="both"), 4, 34),
    ],
    ids=str,
)
def test_flows_of_a_hundred_frames_with_every_twentieth_annotated(
    block: Flow, clip_length: int | None, expected: int
) -> None:
    only = None if clip_length is None else clip_frames(range(0, 100, 20), clip_length)
    assert count_flows(block, 100, only) == expected


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize(
    ("block", "clip_length"),
    [(Flow(), None), (Flow(direction="both"), 2), (Flow(stride=2, last_frame="repeat"), None)],
)
def test_the_plan_is_what_is_estimated(tmp_path: Path, block: Flow, clip_length: int | None, frames: int) -> None:
    paths = sorted(write_frames(tmp_path / "frames", frames).iterdir())
    only = None if clip_length is None else clip_frames([frames - 1], clip_length)
    summary = write_sequence(paths, tmp_path / "a.h5", Dis("ultrafast"), block, only=only)
    assert summary["estimated"] == count_flows(block, frames, only)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"iterations": 20}, "iterations means nothing to method dis, only to raft"),
        ({"weights": "large"}, "weights means nothing to method dis"),
        ({"method": "raft", "preset": "fast"}, "preset means nothing to method raft"),
        ({"method": "ptlflow:pwcnet", "fit": "crop"}, "fit means nothing to method ptlflow:pwcnet"),
        ({"method": "flownet2", "border": "stretch"}, "border: stretch means nothing without fit: crop"),
        ({"frames": "annotated"}, "frames: no longer a key of a flow block; write `frames: annotated` or"),
        ({"clip_length": 4}, "clip_length: no longer a key of a flow block"),
    ],
    ids=str,
)
def test_keys_without_effect_are_refused(block: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Flow(**block)


def test_keys_at_their_defaults_are_no_mistake() -> None:
    assert Flow(**Flow().model_dump()) == Flow()
