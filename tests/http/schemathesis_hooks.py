"""How Schemathesis sends JSON Lines: as the text that it is."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """Return a body."""
    return str(value).encode("utf-8", "replace")
