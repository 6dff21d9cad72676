"""Room for what is unpacked or decoded on the way; a killed run's is cleared away by the next."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def scratch_beside(out: Path, purpose: str) -> Iterator[Path]:
    """Give a folder on the output's file system that is removed at the end.

    Args:
        out: The output.
        purpose: What it is for; one word, as two may be in use at once for one output.

    Yields:
        An empty folder.
    """
    prefix = f".{out.name}.{purpose}-"
    out.parent.mkdir(parents=True, exist_ok=True)
    for leftover in out.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover)
    with TemporaryDirectory(prefix=prefix, dir=out.parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
