"""Evaluation of saliency maps: the measures of video salient object detection under the tools' own protocols."""

from vsodprep.evaluate.engine import evaluate_folders, evaluate_methods
from vsodprep.evaluate.protocols import PROTOCOLS, Protocol

__all__ = ["PROTOCOLS", "Protocol", "evaluate_folders", "evaluate_methods"]
