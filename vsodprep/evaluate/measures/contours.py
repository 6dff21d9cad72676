"""Contours of masks as simplified polygons, as DAVIS's temporal stability takes them.

Contours run on the grid of pixel corners. Where two foreground pixels touch at a corner only, four pieces meet in a
junction. Nodes are (row, column) pairs of corner positions.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_TOLERANCE = 3.0  # in half pixels
_WAYS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # right, down, left, up
_FEWEST = 4  # a polygon of three vertices, its first repeated at the end, is dropped

Node = tuple[int, int]
Points = NDArray[np.int64]


def _edges(mask: NDArray[np.bool_]) -> dict[Node, list[Node]]:
    """Return the neighbours of each corner along contour edges, in the order right, down, left, up."""
    padded = np.pad(mask, 1)
    right, down = padded[:-1, 1:] ^ padded[1:, 1:], padded[1:, :-1] ^ padded[1:, 1:]
    ways = np.stack([right, down, np.roll(right, 1, axis=1), np.roll(down, 1, axis=0)], axis=2)
    rows, columns = np.nonzero(ways.any(axis=2))
    return {
        (row, column): [(row + y, column + x) for (y, x), there in zip(_WAYS, open_ways, strict=True) if there]
        for row, column, open_ways in zip(rows.tolist(), columns.tolist(), ways[rows, columns].tolist(), strict=True)
    }


def _walk(start: Node, second: Node, edges: dict[Node, list[Node]], ends: set[Node]) -> list[Node]:
    """Follow a contour from a node until it meets one of `ends`."""
    piece = [start, second]
    while piece[-1] not in ends:
        near = edges[piece[-1]]
        piece.append(near[1] if near[0] == piece[-2] else near[0])
    return piece


def _pieces(mask: NDArray[np.bool_]) -> tuple[list[list[Node]], list[Node]]:
    """Cut the contours at their junctions; a contour without one is cut at the top of its first vertical edge.

    Returns:
        The pieces, from junction to junction, and the junctions, real ones before artificial ones.
    """
    edges = _edges(mask)
    junctions = [node for node, near in sorted(edges.items()) if len(near) == 4]
    ends = set(junctions)
    seen: set[tuple[Node, Node]] = set()
    pieces: list[list[Node]] = []

    def take(start: Node, second: Node) -> None:
        if (start, second) in seen:
            return
        piece = _walk(start, second, edges, ends)
        for one, two in pairwise(piece):
            seen.update(((one, two), (two, one)))
        pieces.append(piece)

    for node in reversed(junctions):
        for second in reversed(edges[node]):
            take(node, second)
    for node in sorted(edges):
        below = (node[0] + 1, node[1])
        if below in edges[node] and (node, below) not in seen:
            junctions.append(node)
            ends.add(node)
            take(node, below)
    return pieces, junctions


def _closed_curves(mask: NDArray[np.bool_]) -> list[list[Node]]:
    """Join the pieces to closed curves that do not cross themselves: at a junction a curve turns."""
    pieces, junctions = _pieces(mask)
    number = {node: place for place, node in enumerate(junctions)}
    left: dict[int, list[int]] = {place: [] for place in range(len(junctions))}
    for place, piece in enumerate(pieces):
        for junction in {number[piece[0]], number[piece[-1]]}:
            left[junction].append(place)
    curves: list[list[Node]] = []

    def remove(piece: int) -> None:
        for junction in (number[pieces[piece][0]], number[pieces[piece][-1]]):
            if junction in left and piece in left[junction]:
                left[junction].remove(piece)
                if not left[junction]:
                    del left[junction]

    def other_end(piece: int, junction: int) -> int:
        start, end = number[pieces[piece][0]], number[pieces[piece][-1]]
        return end if junction == start else start

    def leaving(piece: int, junction: int) -> Node:
        """Return twice the middle of the piece's edge at a junction."""
        nodes = pieces[piece]
        one, two = nodes[:2] if number[nodes[0]] == junction else nodes[-2:]
        return one[0] + two[0], one[1] + two[1]

    def close(path: list[tuple[int, int]], junction: int) -> None:
        """Move the part of the path that leads back to a junction to the curves."""
        first = next(place for place, (start, _) in enumerate(path) if start == junction)
        curve = [junctions[junction]]
        for start, piece in path[first:]:
            nodes = pieces[piece]
            curve += nodes[1:] if number[nodes[0]] == start else nodes[-2::-1]
        curves.append(curve)
        del path[first:]

    while left:
        junction = max(left)
        current = left[junction][0]
        path: list[tuple[int, int]] = []
        while True:
            remove(current)
            path.append((junction, current))
            junction = other_end(current, junction)
            if any(start == junction for start, _ in path):
                close(path, junction)
                if not path:
                    break
                current = path[-1][1]
            ahead, behind = leaving(left[junction][0], junction), leaving(current, junction)
            straight = ahead[0] == behind[0] or ahead[1] == behind[1]
            current = left[junction][1 if straight else 0]
    return curves


def _segment_distances(
    points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return squared distances of points from a segment; the projection is rounded to single precision."""
    along, apart = end - start, points - start
    projected, length = apart @ along, float(along @ along)
    share = (projected.astype(np.float32) / np.float32(length or 1)).astype(np.float64)
    foot = start + share[:, None] * along
    foot[projected >= length] = end
    foot[projected <= 0] = start
    return np.asarray(((points - foot) ** 2).sum(axis=1))


def _simplify(points: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """Drop vertices nearer to the last one kept than the tolerance, then simplify after Douglas and Peucker."""
    if len(points) < 3:
        return points
    kept = [0]
    for place in range(1, len(points) - 1):
        if ((points[place] - points[kept[-1]]) ** 2).sum() >= tolerance**2:
            kept.append(place)
    points = points[[*kept, len(points) - 1]]
    keys = np.zeros(len(points), dtype=bool)
    keys[[0, -1]] = True
    waiting = [(0, len(points) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        distances = _segment_distances(points[first + 1 : last], points[first], points[last])
        farthest = len(distances) - 1 - int(np.argmax(distances[::-1]))
        if distances[farthest] > tolerance**2:
            key = first + 1 + farthest
            keys[key] = True
            waiting += [(key, last), (first, key)]
    return points[keys]


def _is_clockwise(points: NDArray[np.float64]) -> bool:
    following = np.roll(points, -1, axis=0)
    return bool(((following[:, 0] - points[:, 0]) * (following[:, 1] + points[:, 1])).sum() > 0)


def _is_hole(curve: list[Node], mask: NDArray[np.bool_]) -> bool:
    """Return whether the pixels just inside a closed curve are background."""
    (row, column), (next_row, next_column) = curve[:2]
    hand = 1 if _is_clockwise(np.array(curve, dtype=np.float64)) else -1  # on which the inside is: right, left
    inner = (
        (row + next_row + hand * (next_column - column) - 1) // 2,
        (column + next_column - hand * (next_row - row) - 1) // 2,
    )
    return not (0 <= inner[0] < mask.shape[0] and 0 <= inner[1] < mask.shape[1] and mask[inner])


def longest_contour(mask: NDArray[np.bool_]) -> Points | None:
    """Return the contour of a mask that has most vertices after simplification.

    Args:
        mask: bool `(H, W)`.

    Returns:
        Column and row of its vertices, int64 `(n, 2)`, the first repeated at the end, with the foreground always on the
        same hand; None if there is no contour of more than three vertices.
    """
    longest: NDArray[np.float64] | None = None
    for curve in _closed_curves(mask):
        points = _simplify(_simplify(2.0 * np.array(curve), 0.1), _TOLERANCE)
        if _is_clockwise(points) == _is_hole(curve, mask):
            points = points[::-1]
        if len(points) >= _FEWEST and (longest is None or len(points) >= len(longest)):
            longest = points
    return None if longest is None else (longest[:, ::-1] / 2).astype(np.int64)
