"""Coarse labels: saliency maps fused, thresholded, refined by a dense CRF, and edited by hand."""
