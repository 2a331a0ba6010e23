"""Lets requests be routed as they were meant."""

from starlette.types import Receive, Scope, Send

from service.middleware.base import Middleware

NAMING = ("/v1/documents/", "/v1/stories/", "/v1/watches/")


class Addressed(Middleware):
    """Lets requests be routed as they were meant.

    An id keeps its percent-encoding until the route is found: `a%2Fresembles` is an id, `a/resembles` asks; so do the
    names of watches and stories. HEAD is answered as GET is; uvicorn leaves the body out.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["path"].startswith(NAMING):
            raw = scope["raw_path"].decode("ascii", "replace")
            scope["path"] = raw if raw.startswith(NAMING) else scope["path"]
        routed = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self._app(routed, receive, send)
        finally:
            scope["route"] = routed.get("route")
