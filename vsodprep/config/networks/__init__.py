"""The networks' definitions, one file each, without torch."""
