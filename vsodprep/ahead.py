"""Work done in threads before it is asked for; its results come in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import repeat, takewhile
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_ordered(
    pool: ThreadPoolExecutor, function: Callable[[Item], Result], items: Iterable[Item], window: int
) -> Generator[Result, None, None]:
    """Map in threads and yield in order, with at most `window` results waiting, so that memory stays flat.

    Args:
        pool: The threads.
        function: What is done to each item.
        items: The items.
        window: Items begun and not yet yielded, at most.

    Yields:
        The results; an error comes where its item's result would, and what has not begun by then never does.
    """
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= window:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


@contextmanager
def ahead(items: Iterator[Item], steps: int) -> Iterator[Iterator[Item]]:
    """Draw items from an iterator in another thread before they are asked for.

    Args:
        items: The iterator; it runs in one thread only.
        steps: Items that may wait.

    Yields:
        An iterator over the same items; an exception is raised where its item would have come.
    """
    pool = ThreadPoolExecutor(1)
    end = object()
    drawn: Iterator[Item | object] = map_ordered(pool, lambda last: next(items, last), repeat(end), steps)
    try:
        yield takewhile(lambda item: item is not end, drawn)  # type: ignore[arg-type]
    finally:
        pool.shutdown(cancel_futures=True)
