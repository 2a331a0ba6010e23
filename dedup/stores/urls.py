"""Index URLs in messages: without their passwords."""

import re

_CREDENTIALS = re.compile(r"://([^:@/]*):.*@", re.DOTALL)
_PARAMETER = re.compile(r"([?&][a-z_]*password=)[^&#]*", re.IGNORECASE)


def shown(url: str) -> str:
    """Return the URL with `***` for each password, whether or not it was percent-encoded as it should be."""
    return _PARAMETER.sub(r"\1***", _CREDENTIALS.sub(r"://\1:***@", url))
