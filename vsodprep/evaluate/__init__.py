"""Evaluation of saliency maps."""
