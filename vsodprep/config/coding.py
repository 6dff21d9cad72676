"""How images of masks and maps are coded, as a user may say it."""

from typing import Literal

Coding = Literal["auto", "values", "ids", "alpha"]
"""What pixels mean: told from a whole set of images; gray values; numbers of objects; or the alpha channel."""

Void = Literal["background", "foreground"]
"""What id 255 means beside other ids, where it marks pixels of which nobody said anything."""

ScoredVoid = Literal["background", "foreground", "ignore"]
"""The same of masks that maps are scored against: such pixels may also be left out."""
