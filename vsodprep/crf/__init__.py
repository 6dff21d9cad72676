"""Dense CRF: one map, or a folder of them."""
