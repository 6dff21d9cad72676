"""Motion prior: segmentations of the flow picture, region features, a classifier, the mean over levels."""
