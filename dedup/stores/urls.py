"""Index URLs: which kind of index each names, and how messages show them, without their passwords."""

import re

_LIKE_A_URL = re.compile(r"([^/:]*):|\s*\w[\w+.-]*//")
_CREDENTIALS = re.compile(r"://([^:@/]*):.*@", re.DOTALL)
_WITHOUT_SLASHES = re.compile(r"^(\s*[\w+.-]*[:/]+)?.*@", re.DOTALL)
_PARAMETER = re.compile(r"([?&][a-z_]*pass[a-z]*=)[^&#]*", re.IGNORECASE)


def kind_of(url: str) -> str:
    """Return what stands before the first colon; of a bare path `lmdb`.

    A path whose first part has a colon, or two slashes behind it, is taken for a URL that is not quite right.
    """
    like = _LIKE_A_URL.match(url)
    return (like[1] or "") if like else "lmdb"


def shown(url: str) -> str:
    """Return the URL with `***` for each password, whether or not it was percent-encoded as it should be."""
    kind = kind_of(url)
    if url.startswith(f"{kind}://"):
        url = _CREDENTIALS.sub(r"://\1:***@", url)
    elif kind != "lmdb":
        url = _WITHOUT_SLASHES.sub(r"\1***@", url)
    return _PARAMETER.sub(r"\1***", url)
