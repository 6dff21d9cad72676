"""What hand-made saliency goes by: colour distances, superpixels and their graph, contrast, compactness, the border."""
