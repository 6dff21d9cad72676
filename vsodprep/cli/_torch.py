"""Settings that have to stand before torch is imported."""

import os


def wait_passively() -> None:
    """Let OpenMP's threads sleep while they wait for one another.

    Spinning gains nothing on an idle machine, and where other jobs share the cores a step takes many times as long.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
