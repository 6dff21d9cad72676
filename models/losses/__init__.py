"""Losses that several networks share; all are functions of logits, in float32 under autocast too."""
