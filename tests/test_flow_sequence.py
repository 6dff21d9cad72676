from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flow_cases import write_frames

from vsodprep.ahead import ahead
from vsodprep.config.flow import Policy
from vsodprep.flow import frames as frames_module
from vsodprep.flow.sequence import write_sequence
from vsodprep.flow.store import open_flow
from vsodprep.images import read_frame


class Ids:
    """Answers with the frames that a flow joins, which it knows by their first pixel; counts what is done."""

    record = {"method": "ids", "versions": {}}  # noqa: RUF012

    def __init__(self, together: int = 1) -> None:
        self.together = together
        self.encoded: list[int] = []
        self.estimated: list[tuple[int, int]] = []

    def batch(self, size: tuple[int, int]) -> int:
        return self.together

    def encode(self, frames: Sequence[np.ndarray], sources: Sequence[bool]) -> list[int]:
        found = [int(frame[0, 0, 0]) for frame in frames]
        self.encoded += found
        return found

    def estimate(self, pairs: Sequence[tuple[int, int]]) -> list[np.ndarray]:
        self.estimated += pairs
        return [np.full((4, 6, 2), pair, np.float32) for pair in pairs]


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Path], Counter]:
    paths = [tmp_path / "frames" / f"{index:02d}.png" for index in range(9)]
    write_frames(tmp_path / "frames", 9, (4, 6))
    decoded: Counter = Counter()

    def numbered(path: Path) -> np.ndarray:
        decoded[path.name] += 1
        return np.full((4, 6, 3), int(path.stem), np.uint8)

    monkeypatch.setattr(frames_module, "read_frame", numbered)
    return [path.rename(new) for path, new in zip(sorted((tmp_path / "frames").iterdir()), paths, strict=True)], decoded


POLICIES = [
    Policy(),
    Policy(last_frame="repeat"),
    Policy(direction="backward", stride=2),
    Policy(direction="backward", show_at="to", first_frame="repeat"),
    Policy(direction="both", stride=3, last_frame="repeat"),
    Policy(direction="both", show_at="to"),
    Policy(stride=7),
]


@pytest.mark.parametrize("together", [1, 3, 16])
@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_each_frame_is_decoded_and_encoded_once_and_each_flow_estimated_once(
    film: tuple[list[Path], Counter], tmp_path: Path, policy: Policy, together: int
) -> None:
    paths, decoded = film
    method = Ids(together)
    write_sequence(paths, tmp_path / "a.h5", method, policy)
    assert set(decoded.values()) == {1}
    assert max(Counter(method.encoded).values()) == 1
    assert max(Counter(method.estimated).values()) == 1
    with open_flow(tmp_path / "a.h5") as flow:
        for row, (source, target) in enumerate(flow.pairs.tolist()):
            expected = [0, 0] if source == target else [source, target]
            assert flow.row(row)[1, 2].tolist() == expected
            if policy.direction == "both":
                assert flow.row(row, "backward")[1, 2].tolist() == expected[::-1]


def test_only_what_is_needed_is_decoded(film: tuple[list[Path], Counter], tmp_path: Path) -> None:
    paths, decoded = film
    write_sequence(paths, tmp_path / "a.h5", Ids(), Policy(), only=[2, 8])
    assert sorted(decoded) == ["02.png", "03.png", "07.png", "08.png"]


def test_frames_are_let_go_when_no_pair_needs_them(film: tuple[list[Path], Counter], tmp_path: Path) -> None:
    paths, _ = film
    alive: list[int] = []

    class Held:
        count = 0

        def __init__(self, value: int) -> None:
            self.value = value
            Held.count += 1

        def __del__(self) -> None:
            Held.count -= 1

    class Holding(Ids):
        def encode(self, frames: Sequence[np.ndarray], sources: Sequence[bool]) -> list[Any]:
            return [Held(value) for value in super().encode(frames, sources)]

        def estimate(self, pairs: Sequence[tuple[Any, Any]]) -> list[np.ndarray]:
            alive.append(Held.count)
            return super().estimate([(first.value, second.value) for first, second in pairs])

    write_sequence(paths, tmp_path / "a.h5", Holding(), Policy())
    assert max(alive) <= 3


def test_an_error_of_the_method_stops_everything(film: tuple[list[Path], Counter], tmp_path: Path) -> None:
    paths, _ = film

    class Broken(Ids):
        def estimate(self, pairs: Sequence[tuple[int, int]]) -> list[np.ndarray]:
            if pairs[0][0] == 4:
                raise ZeroDivisionError("broken")
            return super().estimate(pairs)

    with pytest.raises(ZeroDivisionError, match="broken"):
        write_sequence(paths, tmp_path / "out" / "a.h5", Broken(), Policy())
    assert not list((tmp_path / "out").iterdir())


def test_ahead_keeps_order_and_draws_no_further() -> None:
    drawn: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(50):
            drawn.append(number)
            yield number

    with ahead(numbers(), 3) as items:
        assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(drawn) <= 5 + 3


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_ahead_ends(count: int) -> None:
    with ahead(iter(range(count)), 4) as items:
        assert list(items) == list(range(count))


def test_ahead_raises_where_the_item_would_have_come() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise KeyError("two")

    with ahead(numbers(), 4) as items:
        assert next(items) == 1
        with pytest.raises(KeyError, match="two"):
            next(items)


def test_frames_are_read_as_they_are(tmp_path: Path) -> None:
    paths = sorted(write_frames(tmp_path / "frames", 3).iterdir())
    found = dict(frames_module.read_frames(paths, [2, 0]))
    assert list(found) == [2, 0]
    np.testing.assert_array_equal(found[0], read_frame(paths[0]))
