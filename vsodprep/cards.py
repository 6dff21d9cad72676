"""Graphics cards of this machine: each job takes those that no other job has."""

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from vsodprep.errors import InputError

VISIBLE = "CUDA_VISIBLE_DEVICES"
_SECONDS = 1.0  # from one look for a free card to the next


def cards() -> tuple[str, ...]:
    """Return the cards that this process may use, as `CUDA_VISIBLE_DEVICES` names them, or else by number."""
    given = os.environ.get(VISIBLE)
    if given is not None:
        named = filter(None, map(str.strip, given.split(",")))
        # CUDA sees none from the first -1 on.
        return tuple(dict.fromkeys(takewhile(lambda card: card != "-1", named)))
    try:
        # Not by torch: nothing is to touch a card before it is chosen, and a plan imports no torch.
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ()
    # Below a card that is divided (MIG) its instances are listed, which have no number of their own.
    whole = (line for line in listed.stdout.splitlines() if line.startswith("GPU "))
    return tuple(str(number) for number, _ in enumerate(whole))


def take_cards(count: int = 1) -> None:
    """Take cards that no other job has taken, and let this process see them alone; wait until so many are free.

    They are free again when the process has ended, however it ended. A process that wants one and sees one or none
    takes nothing, so that jobs can share it. To be called before torch looks for cards.

    Args:
        count: How many; all at once, so that two jobs never wait for one another's.

    Raises:
        InputError: There are fewer.
    """
    known = cards()
    if count == 1 and len(known) < 2:
        return
    if count > len(known):
        raise InputError(
            f"devices: {count}", f"cards: {', '.join(known) or 'none'}", "at most as many devices as there are cards"
        )
    # A job of Slurm may see as 0 and 1 what are other cards than the next job's.
    folder = Path(tempfile.gettempdir()) / f"vsodprep-cards-{os.getuid()}-{os.environ.get('SLURM_JOB_ID', '')}"
    folder.mkdir(mode=0o700, exist_ok=True)
    said = False
    while len(taken := _locked(folder, known, count)) < count:
        if not said:
            print(f"all cards are taken ({', '.join(known)}): waiting for {count}", file=sys.stderr, flush=True)
            said = True
        time.sleep(_SECONDS)
    os.environ[VISIBLE] = ",".join(taken)


def _locked(folder: Path, known: Sequence[str], count: int) -> list[str]:
    """Lock the first free cards and return them; none if there are not enough."""
    taken: dict[str, int] = {}
    with (folder / "taking.lock").open("w") as taking:
        fcntl.flock(taking, fcntl.LOCK_EX)
        for card in known:
            # Left open: the lock goes with the process.
            handle = os.open(folder / f"{card.replace('/', '_')}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            taken[card] = handle
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(taken.pop(card))
            if len(taken) == count:
                return list(taken)
        for handle in taken.values():
            os.close(handle)
    return []
