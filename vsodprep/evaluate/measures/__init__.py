"""The mathematics of the measures: pure functions over a map, a mask, or their joint histogram."""
