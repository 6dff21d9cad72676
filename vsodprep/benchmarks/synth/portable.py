"""Random numbers and a sine that have the same bits on every machine.

Everything that decides a byte of `synth` is made of integers and of single additions, subtractions, multiplications,
divisions, square roots and floors in float64. IEEE 754 rounds each of these one way only, and NumPy does one per call,
so neither the processor, the compiler, SIMD nor NumPy's version can change a bit. Left out on purpose: the functions of
the C library (`sin`, `pow`, `exp`, `hypot`), sums over floats (their order is not fixed), matrix products (fused
multiply-add) and NumPy's generators (their streams may change between versions).
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")
Floats = NDArray[np.float64]

_MASK64 = (1 << 64) - 1
_TAU = 6.283185307179586


class Pcg32:
    """PCG-XSH-RR with 64 bits of state and 32 of output.

    Args:
        state: Where in the stream to begin, 64 bits.
        sequence: Which stream, 63 bits.

    Source: O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
    Generation", HMC-CS-2014-0905, section 6.3.
    """

    def __init__(self, state: int, sequence: int) -> None:
        self._increment = (sequence << 1 | 1) & _MASK64
        self._state = (state + self._increment) & _MASK64
        self.bits()

    def bits(self) -> int:
        """Return the next 32 bits."""
        state = self._state
        self._state = (state * 6364136223846793005 + self._increment) & _MASK64
        word = (((state >> 18) ^ state) >> 27) & 0xFFFFFFFF
        turn = state >> 59
        return ((word >> turn) | (word << (-turn & 31))) & 0xFFFFFFFF

    def uniform(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * (self.bits() / 4294967296.0)

    def below(self, limit: int) -> int:
        """Return an integer in [0, limit); small limits only, where the product's bias is far below 1e-8."""
        return (self.bits() * limit) >> 32

    def choice(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[self.below(len(items))]

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.uniform(0.0, 1.0) < probability


def stream(*key: str | int) -> Pcg32:
    """Return the stream of random numbers for a purpose.

    Args:
        key: The purpose, such as seed, sequence name and part; different keys give unrelated streams.
    """
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return Pcg32(int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little"))


def lattice(column: NDArray[np.int64], row: NDArray[np.int64], seed: int) -> Floats:
    """Return a random number for each node of an integer lattice.

    Args:
        column: Node columns, int64, any shape.
        row: Node rows, broadcastable to `column`.
        seed: 32 bits that choose the lattice.

    Returns:
        float64 in [0, 1), of the broadcast shape.
    """
    value = (column.astype(np.uint32) * np.uint32(0x9E3779B1)) ^ (row.astype(np.uint32) * np.uint32(0x85EBCA77))
    value = value ^ np.uint32(seed & 0xFFFFFFFF)
    # Three rounds of xor-shift and odd multiplication; the multipliers only have to mix well.
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 0x9E3779B1)):
        value = (value ^ (value >> np.uint32(shift))) * np.uint32(factor)
    return (value ^ (value >> np.uint32(16))).astype(np.float64) / 4294967296.0


def sine(turns: Floats | float) -> Floats:
    """Return the sine of an angle in turns, within 1e-8.

    Args:
        turns: Angles, float64, any shape; 1 is a full turn.

    Returns:
        float64 in [-1, 1], of the same shape.
    """
    x = np.asarray(turns, dtype=np.float64)
    x = x - np.floor(x + 0.5)
    # Fold [-1/2, 1/2] onto [-1/4, 1/4], where the series below is accurate.
    x = np.where(x > 0.25, 0.5 - x, np.where(x < -0.25, -0.5 - x, x)) * _TAU
    square = x * x
    series = np.full_like(square, -1.0 / 39916800.0)
    for coefficient in (1.0 / 362880.0, -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0, 1.0):
        series = series * square + coefficient
    return np.asarray(series * x)


def cosine(turns: Floats | float) -> Floats:
    """Return the cosine of an angle in turns; see `sine`."""
    return sine(np.asarray(turns, dtype=np.float64) + 0.25)
