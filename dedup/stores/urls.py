"""Index URLs in messages: without their passwords."""

import re

_CREDENTIALS = re.compile(r"://([^:@/]*):.*@", re.DOTALL)
_WITHOUT_SLASHES = re.compile(r"^(\s*(?:redis|valkey)[a-z+]*[:/]+).*@", re.DOTALL | re.IGNORECASE)
_PARAMETER = re.compile(r"([?&][a-z_]*password=)[^&#]*", re.IGNORECASE)


def shown(url: str) -> str:
    """Return the URL with `***` for each password, whether or not it was percent-encoded as it should be."""
    credentials = _CREDENTIALS.sub(r"://\1:***@", url) if "://" in url else _WITHOUT_SLASHES.sub(r"\1***@", url)
    return _PARAMETER.sub(r"\1***", credentials)
