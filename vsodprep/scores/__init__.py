"""Scores once they are made: reading, tables, intervals, and the numbers that papers print."""
