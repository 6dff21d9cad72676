"""Data, flow, priors, labels, networks and evaluation for video salient object detection."""

import os

LARGEST_IMAGE = 1 << 27
"""Pixels of an image, at most: a file of 100 kB may unpack to 8 GB. An 8K frame has a quarter of it."""
PASCAL = 20
"""Classes of PASCAL VOC, by their ids, beside the background, which is 0."""

# OpenCV reads it when it is imported.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(LARGEST_IMAGE))

__version__ = "0.1.0"
