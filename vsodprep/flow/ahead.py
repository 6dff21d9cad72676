"""Work done in a thread of its own, some steps ahead of the one that asks for it."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


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

    def drawn() -> Iterator[Item]:
        waiting: deque[Future[Item | object]] = deque(pool.submit(next, items, end) for _ in range(steps))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(pool.submit(next, items, end))
            yield item  # type: ignore[misc]

    try:
        yield drawn()
    finally:
        pool.shutdown(cancel_futures=True)
