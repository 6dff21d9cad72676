"""Processes that share work, all started here; they end with the work, and with the process that started them.

`concurrent.futures` cannot end them in the middle of their work before Python 3.14, and some of its versions wait for
one that has been killed.
"""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from itertools import count, islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Thread
from typing import Any, TypeVar, cast

from vsodprep.ending import Ended, held
from vsodprep.errors import VsodprepError

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def mapped(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int,
    *,
    start: Callable[[], None] | None = None,
) -> Iterator[Iterator[Result]]:
    """Give what `map` gives, computed by several processes.

    Args:
        function: What is done to each item; sent to each process once, and like the items, something that pickles.
        items: The items; of those that are made as they are drawn, no more than twice as many as processes are ahead.
        jobs: Processes; with one, or one item, the work is done in this process as it is asked for.
        start: Called in each process before its first item.

    Yields:
        The results in order.

    Raises:
        VsodprepError: A process was killed.
    """
    jobs = min(jobs, len(items)) if isinstance(items, Sized) else jobs
    if jobs <= 1:
        yield map(function, items)
        return
    crew: dict[Connection, Worker] = {}
    try:
        for _ in range(jobs):
            ours, theirs = Context().Pipe()
            with held():
                worker = Worker(target=_work, args=(theirs, function, start), daemon=True)
                worker.start()
                crew[ours] = worker
            theirs.close()
        yield _results(list(crew), items)
    except (Ended, KeyboardInterrupt):
        for worker in crew.values():
            worker.kill()
        raise
    finally:
        for connection, worker in crew.items():
            connection.close()
            worker.join()


def _work(connection: Connection, function: Callable[[Any], Any], start: Callable[[], None] | None) -> None:
    if start is not None:
        start()
    answer: tuple[Any, Exception | None]
    with suppress(EOFError, ConnectionError):  # the parent wants no more
        while True:
            item = connection.recv()
            try:
                answer = (function(item), None)
            except Exception as error:
                error.add_note(traceback.format_exc())
                answer = (None, error)
            connection.send(answer)


def _results(idle: list[Connection], items: Iterable[Any]) -> Iterator[Any]:
    """Give idle workers items, and yield the results, or raise the errors, in the items' order."""
    waiting, given, most = iter(items), 0, 2 * len(idle)
    busy: dict[Connection, int] = {}
    done: dict[int, tuple[Any, Exception | None]] = {}
    for number in count():
        while number not in done:
            try:
                for item in islice(waiting, min(len(idle), number + most - given)):
                    connection = idle.pop()
                    connection.send(item)
                    busy[connection], given = given, given + 1
                if not busy:
                    return
                for connection in cast(list[Connection], wait(list(busy))):
                    done[busy.pop(connection)] = connection.recv()
                    idle.append(connection)
            except (EOFError, ConnectionError) as error:
                raise VsodprepError(
                    "a worker process was killed; fewer --jobs (flow: --writers) take less memory"
                ) from error
        result, wrong = done.pop(number)
        if wrong is not None:
            raise wrong
        yield result


class Worker(SpawnProcess):
    """A process that follows its parent, and is deaf to a terminal's Ctrl-C and to its end: its parent hears them.

    It begins as a new interpreter. A fork of this one would lack the threads of OpenCV and of Zarr's event loop, and
    hang; a server that forks would need a socket in the temporary folder.
    """

    def start(self) -> None:
        """Start the process; a signal waits meanwhile, as half a process would complain of its lost parent."""
        # A worker that is killed leaves the semaphores of the libraries it has imported; they are removed in silence.
        warnings = [os.environ.get("PYTHONWARNINGS"), "ignore:resource_tracker:UserWarning"]
        # BLAS threads of several workers would wait for one another.
        with held(), _environment(OPENBLAS_NUM_THREADS="1", PYTHONWARNINGS=",".join(filter(None, warnings))):
            for start in (resource_tracker.ensure_running, super().start):
                before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})  # inherited
                try:
                    start()
                finally:
                    signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def run(self) -> None:
        """Do the work, until the parent has ended, however that came about."""
        Thread(target=_wait_for_parent, daemon=True).start()
        super().run()


class Context(SpawnContext):
    """Where `mapped`, and torch's loaders, take their processes from."""

    Process = Worker


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
