"""Figures that show data: one function per kind, each returning a Matplotlib figure."""
