"""How commands come by an index."""

import dedup
from dedup.engine import Index


def open_index(url: str, *, create: bool = False, read_only: bool = False) -> Index:
    """Open the index, which must be there unless `create`."""
    return dedup.open(url, create=create, read_only=read_only)
