"""How Schemathesis sends JSON Lines, as the text that it is; and words for the random texts, of which few have any."""

from typing import Any

import schemathesis

WORDS = "seven wizards box with liquor jugs at noon while the quick brown fox jumps over lazy dogs "


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """Return a body."""
    return str(value).encode("utf-8", "replace")


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """Put words before every other text, so that there are documents to go on with."""
    text = body.get("text") if isinstance(body, dict) else None
    return {**body, "text": WORDS + text} if isinstance(text, str) and len(text) % 2 == 0 else body
