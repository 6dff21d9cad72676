"""Where networks run, as the configuration and the commands take it."""

from typing import Literal

Device = Literal["cpu", "cuda"]
DEVICE: Device = "cpu"
THREADS = 2
TOGETHER = 8  # frames that a network predicts at once
