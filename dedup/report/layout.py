"""Where the nodes of a network are drawn: those that are linked near each other, all others apart; always the same."""

import numpy as np
from numpy.typing import NDArray

ROUNDS = 300  # not measured: 300 nodes have settled, in a second
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
GRAVITY = 0.4  # not measured: keeps parts that nothing links in the frame


def layout(count: int, links: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (count, 2) places from 0 to 1, by forces (Fruchterman and Reingold 1991), beginning on a spiral.

    Args:
        count: how many nodes there are.
        links: (n, 2) int64, the nodes that each link joins.
    """
    turns = np.arange(count) + 0.5
    angles, radii = turns * GOLDEN_ANGLE, np.sqrt(turns / max(count, 1))
    places = np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])
    distance = np.sqrt(np.pi / max(count, 1))
    for step in range(ROUNDS):
        moves = _pushed(places, distance) + _pulled(places, links, distance) - GRAVITY * places
        lengths = np.maximum(np.linalg.norm(moves, axis=1, keepdims=True), 1e-9)
        places += moves / lengths * np.minimum(lengths, 0.1 * (1 - step / ROUNDS) + 1e-3)
    return _framed(places)


def _pushed(places: NDArray[np.float64], distance: float) -> NDArray[np.float64]:
    """Return how far all other nodes push each."""
    apart = places[:, None] - places[None, :]
    squares = np.maximum((apart**2).sum(axis=2), 1e-6)
    forces: NDArray[np.float64] = (apart * (distance**2 / squares)[:, :, None]).sum(axis=1)
    return forces


def _pulled(places: NDArray[np.float64], links: NDArray[np.int64], distance: float) -> NDArray[np.float64]:
    """Return how far its links pull each; of a node of many links each pulls less, or all would lie in a heap."""
    forces = np.zeros_like(places)
    apart = places[links[:, 1]] - places[links[:, 0]]
    degrees = np.maximum(np.bincount(links.ravel(), minlength=len(places)), 1)
    weight = 1 / np.sqrt(degrees[links[:, 0]] * degrees[links[:, 1]])
    pull = apart * (np.linalg.norm(apart, axis=1) / distance * weight)[:, None]
    np.add.at(forces, links[:, 0], pull)
    np.add.at(forces, links[:, 1], -pull)
    return forces


def _framed(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places spread over the frame, both ways alike where they differ."""
    if not len(places):
        return places
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray(np.where(high - low > 1e-9, (places - low) / np.maximum(high - low, 1e-9), 0.5), np.float64)
