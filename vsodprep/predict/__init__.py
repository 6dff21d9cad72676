"""Prediction on frames and videos that are in no shard."""
