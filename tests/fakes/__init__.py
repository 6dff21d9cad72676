"""Miniature archives in the benchmarks' official layouts, traps included, made at test time."""
