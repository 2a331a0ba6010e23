"""Which site a form came from."""

from urllib.parse import urlsplit

from fastapi import Request

from service.problems import Problem


def refuse_other_sites(request: Request) -> None:
    """Refuse a form that a page of another site sends: a browser adds the reader's key to it.

    Every browser says so by `Sec-Fetch-Site` where the service is at localhost or behind TLS, elsewhere by `Origin`;
    a program sends neither.

    Raises:
        Problem: 403 `other_site`.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None:
        own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    else:
        own = site in {"same-origin", "none"}
    if not own:
        raise Problem(403, "other_site", "a page of another site sent this form; send it from the page of this service")
