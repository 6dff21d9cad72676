"""DSMT's refinement: two regressions over the superpixels' graph (Li et al., TIP 2016, and the authors' code)."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from vsodprep.cues.border import content
from vsodprep.cues.color import lab, stretch
from vsodprep.cues.slic import slic
from vsodprep.cues.superpixels import adjacency, border_regions, region_means, second_ring

COUNT = 200  # superpixels
SHARPNESS = 10.0
SMOOTHNESS_A, SMOOTHNESS_I = 1e-6, 1.0  # gamma_A, gamma_I
PRIOR_POWER, MAP_POWER = 0.2, 0.8


def laplacian_regression(
    targets: NDArray[np.float64],
    labelled: NDArray[np.bool_],
    kernel: NDArray[np.float64],
    laplacian: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Fit values to some regions of a graph, smooth over all of it (Belkin et al., JMLR 2006, LapRLS).

    Args:
        targets: float64 `(n,)`; what stands at regions without a label does not count.
        labelled: bool `(n,)`, at least one.
        kernel: K, float64 `(n, n)`, symmetric.
        laplacian: L, float64 `(n, n)`, symmetric.

    Returns:
        f, float64 `(n,)`: K a, where (J K + gamma_A l I + gamma_I l / n^2 L K) a = J y.
    """
    n, number = len(targets), int(labelled.sum())
    system = labelled[:, None] * kernel + SMOOTHNESS_A * number * np.eye(n)
    system += SMOOTHNESS_I * number / n**2 * laplacian @ kernel
    return np.asarray(kernel @ np.linalg.solve(system, labelled * targets))


def graph_of(
    colours: NDArray[np.float64], touching: NDArray[np.bool_], border: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Build the kernel between all regions, and the Laplacian of their graph.

    Args:
        colours: float64 `(n, C)`, mean colours.
        touching: bool `(n, n)`, adjacency without the diagonal.
        border: Labels of the regions on the border, which are linked with one another.

    Returns:
        K and L, float64 `(n, n)`. A link joins neighbours and their neighbours; its weight is exp(-10 d), d the
        distance of the colours, stretched over all links, and for K over all pairs.
    """
    distance = cdist(colours, colours)
    links = second_ring(touching)
    links[np.ix_(border, border)] = True
    np.fill_diagonal(links, False)
    weights = np.zeros_like(distance)
    weights[links] = np.exp(-SHARPNESS * stretch(distance[links]).astype(np.float64))
    kernel = np.exp(-SHARPNESS * stretch(distance).astype(np.float64))
    return kernel, np.diag(weights.sum(axis=1)) - weights


def refine(saliency: NDArray[np.float32], frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Refine a map by the superpixels of its frame.

    Args:
        saliency: float32 `(H, W)` in [0, 1].
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        float32 `(H, W)` in [0, 1]: from the border as background comes a first guess, from it and the map the second;
        0 in an artificial border. The map itself where the frame or the map is of one value.
    """
    inside = content(frame)
    picture, given = np.ascontiguousarray(frame[inside]), saliency[inside]
    labels = slic(picture, picture.shape[0] * picture.shape[1] / COUNT)
    count = int(labels.max()) + 1
    means = stretch(region_means(labels, given[..., None], count)[:, 0]).astype(np.float64)
    colours = region_means(labels, lab(picture), count)
    if not means.any() or not np.ptp(colours, axis=0).any():
        return saliency
    border = border_regions(labels)
    kernel, laplacian = graph_of(colours, adjacency(labels, count), border)
    at_border = np.isin(np.arange(count), border)
    first = stretch(laplacian_regression(-np.ones(count), at_border, kernel, laplacian)).astype(np.float64)
    joined = stretch(first**PRIOR_POWER * means**MAP_POWER).astype(np.float64)
    second = laplacian_regression(2 * joined - 1, np.ones(count, dtype=np.bool_), kernel, laplacian)
    refined = np.zeros_like(saliency)
    refined[inside] = stretch(second)[labels]
    return refined
