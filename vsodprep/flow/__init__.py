"""Optical flow: which pairs of frames, estimated how, stored and shown in what form."""
