"""How commands come by an index and by the compiled kernels."""

import dedup
from dedup.cli.terminal import note
from dedup.engine import Index


def open_index(url: str, *, create: bool = False, read_only: bool = False) -> Index:
    """Open the index, which must be there unless `create`."""
    return dedup.open(url, create=create, read_only=read_only)


def prepare_kernels() -> None:
    """Compile what is not yet compiled on this machine, and say so."""
    from dedup.kernels import ready

    ready(note)
