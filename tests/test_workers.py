"""Work shared among processes: as `map` gives it, whatever becomes of them."""

import multiprocessing
import operator
import os
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from vsodprep.errors import InputError, VsodprepError
from vsodprep.workers import mapped


def shared(function: Any, items: Sequence[Any], jobs: int = 3) -> list[Any]:
    with mapped(function, items, jobs) as results:
        return list(results)


@pytest.mark.parametrize("jobs", [1, 3, 99])
def test_results_come_in_order(jobs: int) -> None:
    assert shared(partial(operator.mul, 3), range(20), jobs) == [3 * number for number in range(20)]


def test_a_message_larger_than_a_pipe_passes() -> None:
    large = [bytes([number]) * (1 << 20) for number in range(5)]
    assert shared(operator.methodcaller("upper"), large) == large


def test_items_are_drawn_no_further_ahead_than_twice_the_processes() -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            drawn.append(number)
            yield number

    with mapped(operator.neg, items(), 2) as results:
        for number, result in enumerate(results):
            assert result == -number
            assert len(drawn) <= number + 4
    assert len(drawn) == 20


def test_no_item_is_no_process() -> None:
    assert shared(operator.neg, []) == []


def test_the_first_error_in_order_is_raised_as_it_was() -> None:
    with pytest.raises(ValueError, match=r"invalid literal for int.* 'b'") as caught:
        shared(int, ["0", "1", "b", "2", "c", "3"])
    assert "Traceback" in caught.value.__notes__[0]  # where in the worker it came from


def refuse(item: int) -> None:
    raise InputError(f"{item}.png", "nothing", "an image")


def test_an_input_error_keeps_its_line() -> None:
    with pytest.raises(InputError, match=r"^0\.png: nothing; expected an image$"):
        shared(refuse, range(3))


def test_a_process_that_dies_is_an_error_at_once() -> None:
    with pytest.raises(VsodprepError, match="a worker process was killed"):
        shared(os._exit, [1, 1, 1, 1])


def test_the_processes_end_when_nobody_wants_more() -> None:
    with mapped(abs, range(-9, 0), 2) as results:
        assert next(results) == 9
        assert len(multiprocessing.active_children()) == 2
    assert multiprocessing.active_children() == []
