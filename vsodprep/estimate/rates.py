"""Time and disk of each stage per million pixels of frames; those of methods stand beside their names in the settings.

Measured on one core of a cloud machine of 2026 on DAVIS frames at 480p, processor time of each command without its
start-up. Machines differ: hold totals to be right within a factor of two.
"""

MEGAPIXEL = 1e6

# Processor seconds per megapixel.
NORMALIZE = 0.008
GENERATE = 1.8  # synth
# One segmentation with its regions' features, per megapixel at the scale of the prior, by backend.
PRIOR_LEVEL = {"compiled": 0.055, "opencv": 0.6, "skimage": 1.1}
PRIOR_FRAME = 0.13
# A region's three windows through a network: processor seconds, and seconds of a card; VGG-16's by its operations.
PRIOR_REGION = {"contrast": (0.0, 0.0), "alexnet": (0.036, 0.0003), "vgg16": (0.72, 0.006)}
# All regions of a frame pooled from one feature map, likewise; that of a card by its operations, not measured.
PRIOR_POOLED = {"contrast": (0.0, 0.0), "alexnet": (0.5, 0.01), "vgg16": (5.0, 0.05)}
PRIOR_REGIONS = 33  # of a level at full size: flow pictures have few; more at a smaller scale
PRIOR_SAMPLE = 2e-5  # a region in one pass of the classifier's training
# By engine: what a frame takes, and an iteration.
CRF = {"compiled": (0.17, 0.05), "torch": (3.2, 0.06), "pydensecrf": (0.10, 0.16)}
CRF_CARD = 0.03  # seconds of a card for all of a frame's CRF; by its operations, not measured
COARSE = 0.03
FUSE_FIT = 0.025  # a map of an annotated frame
SUBSTITUTE = 0.01
CARRY = 0.15  # a mask, along flow of one direction; along flow of both it is a third
PACK = 0.03
PACK_FLOW = 0.05
PICTURE = 0.085  # drawn and compressed
EVALUATE = 0.05
TRIVIAL = 0.13

ONNX = 305.0  # billions of operations per megapixel of an ONNX network that no preset knows: IS-Net's
DERIVED = {"segments": 0.56, "contrast": 0.85}  # of DCL's superpixels at 321 x 321, of RFCN's prior at 500 x 500
BACKWARD = 3.0  # forward and backward pass together, in forward passes
READ = 0.02  # a frame as a JPEG, with its mask and stored flow picture, resized
KEPT = 7  # bytes of a pixel of these, resized, which a reader keeps
CACHE = 1 << 29  # bytes that it may keep
GIGAFLOPS_CORE = 80.0  # at full width
NARROW = 0.5  # power of the width that narrower layers take of it: they use a core less well
GIGAFLOPS_CARD = 12_000.0  # a third of an RTX 3090's peak in single precision

# Processor seconds until a command begins its work: imports above all, torch's and Lightning's, and compiled loops.
START = {"flow": 0.9, "saliency": 1.2, "evaluate": 0.8, "trivial": 0.8, "prior": 2.0, "coarse": 2.2, "pack": 2.0}
START |= {"crf": 2.5, "train": 8.0, "predict": 7.0, "prior fit": 6.0}
START |= {"figure": 3.0, "report": 4.0}  # the whole of these commands
START_OTHER = 1.0

# Numbers that an optimiser keeps of each parameter; a checkpoint may hold them.
SLOTS = {"adam": 2, "adamw": 2, "sgd": 1}

# Bytes per pixel.
DISK_LOSSLESS = 3.8  # synth's frames and masks
DISK_GENERATED = 12.6  # its videos, with their true flow
DISK_FLOW = 1.5
DISK_PRIOR = 0.06
DISK_SALIENCY = {"mbd": 0.24, "rbd": 0.07}
DISK_SALIENCY_OTHER = 0.15
DISK_COARSE = 0.02
DISK_ENCODED = 0.32  # a frame as a JPEG, with its mask, normalised or in a shard
DISK_RAW = 2.6
DISK_SHARD_FLOW = 0.85
DISK_PICTURE = 0.4
DISK_PREDICTION = 0.15
