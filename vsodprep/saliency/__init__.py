"""Saliency maps that need no weights: minimum barrier distance, robust background detection, frequency-tuned."""
