"""Which documents of a network hang together, and which of them are drawn."""

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.network.edges import Edges, Nodes
from dedup.printings.roots import flatten, unite


def largest(edges: Edges, nodes: Nodes, most: int) -> NDArray[np.int64]:
    """Return the places of at most so many documents, ascending: of the largest parts, there those of most partners."""
    a, b = np.searchsorted(nodes.place, edges.a), np.searchsorted(nodes.place, edges.b)
    owners = np.arange(len(nodes.place), dtype=np.int64)
    unite(owners, a, b)
    flatten(owners)
    sizes = np.bincount(owners, minlength=len(owners))[owners]
    order = np.lexsort((nodes.place, -nodes.degree, owners, -sizes))
    return np.sort(nodes.place[order[:most]])
