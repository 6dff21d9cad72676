"""Fetching a benchmark's files: resumed, verified, from whichever address answers."""
