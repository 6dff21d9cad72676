"""Where networks run, as the configuration and the commands take it."""

from typing import Literal

Device = Literal["cpu", "cuda"]
DEVICE: Device = "cpu"
THREADS = 2
