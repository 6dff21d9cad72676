"""`synth`, the embedded benchmark: generated videos and still images with exact masks and exact flow."""
