"""Evaluation of saliency maps: the measures of video salient object detection under the tools' own protocols."""

from vsodprep.evaluate.engine import evaluate_by_protocols, evaluate_folders
from vsodprep.evaluate.protocols import PROTOCOLS, Protocol

__all__ = ["PROTOCOLS", "Protocol", "evaluate_by_protocols", "evaluate_folders"]
