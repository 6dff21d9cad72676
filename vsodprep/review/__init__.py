"""The local web page on which a person erases wrong regions of coarse labels."""
