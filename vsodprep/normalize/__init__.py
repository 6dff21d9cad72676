"""Bringing a benchmark's delivery into the one layout."""
