"""RFCN's prior: how much a superpixel differs from the others (Wang et al., ECCV 2016, after Achanta and Itti)."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from vsodprep.cues.color import stretch
from vsodprep.cues.slic import slic
from vsodprep.cues.superpixels import region_means

COUNT = 200  # superpixels
DELTA = 0.5  # of the Gaussians over distances, in units of the frame's sides
ORIENTATIONS = 4
SIDE, SIGMA, WAVELENGTH, ASPECT = 11, 2.5, 5.0, 0.5  # of a Gabor filter, in px


def spatial_contrast(features: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute how far each region's feature is from the others', near ones counting more.

    Args:
        features: float64 `(n, C)`.
        centres: float64 `(n, 2)`, in units of the frame's sides.

    Returns:
        float64 `(n,)`: the mean distance of the features, weighted by a Gaussian over the distance of the centres.
    """
    weights = np.exp(-cdist(centres, centres, "sqeuclidean") / (2 * DELTA**2))
    return np.asarray((weights * cdist(features, features)).sum(axis=1) / weights.sum(axis=1))


def orientations(gray: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the magnitude of the responses to Gabor filters of four orientations.

    Args:
        gray: float32 `(H, W)`.

    Returns:
        float64 `(H, W, 4)`.
    """
    responses = []
    for number in range(ORIENTATIONS):
        angle = number * np.pi / ORIENTATIONS
        kernel = cv2.getGaborKernel((SIDE, SIDE), SIGMA, angle, WAVELENGTH, ASPECT, psi=0)
        responses.append(np.abs(cv2.filter2D(gray, cv2.CV_64F, kernel - kernel.mean())))
    return np.stack(responses, axis=2).round(6)  # what rounding makes of a flat frame is no contrast


def contrast_prior(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Guess what is salient by contrast in colour, intensity and orientation, and by nearness to the centre.

    Args:
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        float32 `(H, W)` in [0, 1]: U (G + I + O) of each superpixel, every term stretched; zero for one of one colour.
    """
    height, width = frame.shape[:2]
    labels = slic(frame, height * width / COUNT)
    count = int(labels.max()) + 1
    grid = np.indices((height, width)).transpose(1, 2, 0) / np.array([height, width])
    centres = region_means(labels, grid, count)
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    cues = (frame.astype(np.float64), gray[..., None], orientations(gray))
    terms = [stretch(spatial_contrast(region_means(labels, cue, count), centres)) for cue in cues]
    central = np.exp(-((centres - 0.5) ** 2).sum(axis=1) / (2 * DELTA**2))
    return stretch(central * sum(terms))[labels]
