"""Graphics cards of this machine: each job takes one that no other job has."""

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
_SECONDS = 1.0  # from one look for a free card to the next


def cards() -> tuple[str, ...]:
    """Return the cards that this process may use, as `CUDA_VISIBLE_DEVICES` names them, or else by number."""
    given = os.environ.get(VISIBLE)
    if given is not None:
        return tuple(filter(None, map(str.strip, given.split(","))))
    try:
        # Not by torch: nothing is to touch a card before it is chosen, and a plan imports no torch.
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(str(number) for number, _ in enumerate(listed.stdout.splitlines()))


def take_card() -> None:
    """Take one card of several that no other job has taken, and let this process see it alone; wait until one is free.

    The card is free again when the process has ended, however it ended. With one card or none nothing is taken, so
    that jobs can share it. To be called before torch looks for cards.
    """
    known = cards()
    if len(known) < 2:
        return
    folder = Path(tempfile.gettempdir()) / f"vsodprep-cards-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    said = False
    while (card := _locked(folder, known)) is None:
        if not said:
            print(f"all cards are taken ({', '.join(known)}): waiting for one", file=sys.stderr, flush=True)
            said = True
        time.sleep(_SECONDS)
    os.environ[VISIBLE] = card


def _locked(folder: Path, known: Sequence[str]) -> str | None:
    """Lock the first free card and return it; None if there is none."""
    for card in known:
        # Left open: the lock goes with the process.
        handle = os.open(folder / f"{card.replace('/', '_')}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
        else:
            return card
    return None
