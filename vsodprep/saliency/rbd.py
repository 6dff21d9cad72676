"""Robust background detection (Zhu et al., CVPR 2014)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial.distance import cdist

from vsodprep.cues.border import content
from vsodprep.cues.color import lab, stretch
from vsodprep.cues.slic import slic
from vsodprep.cues.superpixels import adjacency, border_regions, region_means, second_ring
from vsodprep.saliency.otsu import otsu

AREA = 600  # px of a superpixel
FEWEST = 200  # superpixels: what AREA gives on the 400 x 300 images that the method was made for
GEODESIC_SIGMA = 7.0
COLOUR_SIGMA = 10.0
POSITION_SIGMA = 0.4
BACKGROUND_WEIGHT = 5.0
CERTAIN_CONNECTIVITY = 3.0
CERTAIN_WEIGHT = 1000.0
NEIGHBOUR_WEIGHT = 0.1
SETTINGS = {"area": AREA, "fewest": FEWEST}


def _similarity(distance: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Turn distances into Gaussian weights, cut at three sigma."""
    near = distance <= 3 * sigma
    weights = np.zeros(distance.shape)
    weights[near] = np.exp(-(distance[near] ** 2) / (2 * sigma**2))
    return weights


def geodesic_distances(
    colour: NDArray[np.float64], touching: NDArray[np.bool_], border: NDArray[np.intp], limit: float = np.inf
) -> NDArray[np.float64]:
    """Compute path lengths over colour differences between all pairs of regions.

    Args:
        colour: float64 `(n, n)`, colour distances.
        touching: bool `(n, n)`, adjacency without the diagonal.
        border: Labels of the regions on the border, which are linked with one another.
        limit: Paths longer than this are not followed: infinite.

    Returns:
        float64 `(n, n)`. A step costs its colour distance less the mean distance of regions from their nearest
        second-ring neighbour, and no less than 0, so that flat regions do not add up (section 3.2).
    """
    links = touching.copy()
    links[np.ix_(border, border)] = True
    np.fill_diagonal(links, False)
    near = np.where(second_ring(touching), colour, np.inf).min(axis=1, initial=np.inf)
    clip = near[np.isfinite(near)].mean() if np.isfinite(near).any() else 0.0
    rows, columns = np.nonzero(links)
    costs = np.maximum(0.0, colour[rows, columns] - clip)
    # Regions between which steps cost nothing are one node.
    free = costs == 0
    count, node = connected_components(coo_array((free[free], (rows[free], columns[free])), shape=links.shape))
    steps = np.full((count, count), np.inf)
    np.minimum.at(steps, (node[rows], node[columns]), costs)
    return np.asarray(dijkstra(steps, directed=False, limit=limit))[np.ix_(node, node)]


def boundary_connectivity(distance: NDArray[np.float64], border: NDArray[np.intp]) -> NDArray[np.float64]:
    """Compute how much of a soft region's outline lies on the image border.

    Args:
        distance: float64 `(n, n)`, geodesic distances.
        border: Labels of the regions on the border.

    Returns:
        float64 `(n,)`: length on the border over the root of the area (Eqs. 3 to 6).
    """
    weights = _similarity(distance, GEODESIC_SIGMA)
    return np.asarray(weights[:, border].sum(axis=1) / np.sqrt(weights.sum(axis=1)))


def background_weighted_contrast(
    colour: NDArray[np.float64], position: NDArray[np.float64], background: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute contrast to what is likely background, scaled to [0, 1], zero up to Otsu's threshold (Eq. 8).

    Args:
        colour: float64 `(n, n)`, colour distances.
        position: float64 `(n, n)`, distances of centres in units of the frame's sides.
        background: float64 `(n,)`, background probabilities.

    Returns:
        float64 `(n,)`.
    """
    contrast = stretch((colour * _similarity(position, POSITION_SIGMA)) @ background).astype(np.float64)
    _, high = otsu(np.round(contrast * 255).astype(np.uint8)[None])
    return np.where(high[0], contrast, 0.0)


def optimise(
    colour: NDArray[np.float64],
    touching: NDArray[np.bool_],
    border: NDArray[np.intp],
    connectivity: NDArray[np.float64],
    foreground: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Solve for the saliency that fits background and foreground cues and is smooth over similar neighbours.

    Args:
        colour: float64 `(n, n)`, colour distances.
        touching: bool `(n, n)`, adjacency.
        border: Labels of the regions on the border.
        connectivity: float64 `(n,)`, boundary connectivity.
        foreground: float64 `(n,)`, background-weighted contrast.

    Returns:
        float64 `(n,)`: the minimum of Eq. 9 in closed form.
    """
    background = 1 - np.exp(-(connectivity**2) / 2)
    background[connectivity > CERTAIN_CONNECTIVITY] = CERTAIN_WEIGHT
    links = second_ring(touching)
    links[np.ix_(border, border)] = True
    np.fill_diagonal(links, False)
    weights = np.where(links, _similarity(colour, COLOUR_SIGMA), 0.0) + NEIGHBOUR_WEIGHT * touching
    system = np.diag(weights.sum(axis=1) + BACKGROUND_WEIGHT * background + foreground) - weights
    return np.asarray(np.linalg.solve(system, foreground))


def robust_background(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute RBD saliency over superpixels.

    Args:
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        float32 `(H, W)` in [0, 1]; zero everywhere for a frame of one colour.
    """
    whole = np.zeros(frame.shape[:2], dtype=np.float32)
    inside = content(frame)
    picture = np.ascontiguousarray(frame[inside])
    height, width = picture.shape[:2]
    labels = slic(picture, min(AREA, height * width / FEWEST))
    count = int(labels.max()) + 1
    if count < 3 or ((picture[1:] == picture[:-1]).all() and (picture[0] == picture[0, 0]).all()):  # of one colour
        return whole
    colours = region_means(labels, lab(picture), count)
    grid = np.indices((height, width)).transpose(1, 2, 0) / np.array([height, width])
    colour, position = (cdist(points, points) for points in (colours, region_means(labels, grid, count)))
    touching, border = adjacency(labels, count), border_regions(labels)
    # What is farther has no weight.
    geodesic = geodesic_distances(colour, touching, border, limit=3 * GEODESIC_SIGMA)
    connectivity = boundary_connectivity(geodesic, border)
    background = 1 - np.exp(-(connectivity**2) / 2)
    foreground = background_weighted_contrast(colour, position, background)
    whole[inside] = stretch(optimise(colour, touching, border, connectivity, foreground))[labels]
    return whole


def maps(frames: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    """Return `robust_background` of each frame."""
    return [robust_background(frame) for frame in frames]
