"""Data, flow, priors, labels, networks and evaluation for video salient object detection."""

__version__ = "0.1.0"
