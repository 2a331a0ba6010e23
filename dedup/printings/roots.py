"""The compiled part: what hangs together, by union-find."""

from dedup.kernels import Int64s, entry, kernel


@entry
def unite(owners: Int64s, better: Int64s, worse: Int64s) -> None:
    """Put both ends of each edge under the better ranked of their roots (union-find with path halving)."""
    for edge in range(len(worse)):
        a, b = root(owners, better[edge]), root(owners, worse[edge])
        owners[max(a, b)] = min(a, b)


@entry
def flatten(owners: Int64s) -> None:
    """Let each unit own its root's name."""
    for unit in range(len(owners)):
        owners[unit] = root(owners, unit)


@kernel
def root(owners: Int64s, unit: int) -> int:
    """Return the best ranked unit of the cluster."""
    while owners[unit] != unit:
        owners[unit] = owners[owners[unit]]
        unit = owners[unit]
    return unit
