"""What requests share: the index, and the threads in which it is asked."""

from collections.abc import Callable
from typing import Annotated, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from dedup.engine import Index
from service.problems import busy
from service.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


class Service:
    """The index and its bounds; `read` and `write` run engine calls off the event loop."""

    def __init__(self, settings: Settings, index: Index) -> None:
        """Serve `index`."""
        self.settings, self.index = settings, index
        self._readers, self._writers = CapacityLimiter(settings.threads), CapacityLimiter(1)
        self._asked = 0

    async def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a look-up returns.

        Raises:
            Problem: 503 if `lookups` of them run or wait already: there is no queue without end.
        """
        if self._asked >= self.settings.lookups:
            raise busy("as many look-ups as the service takes at once are under way; ask again in a moment")
        self._asked += 1
        try:
            return await to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._readers)
        finally:
            self._asked -= 1

    async def write(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a call that writes returns; one at a time, as an index has one writer."""
        return await to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._writers)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Shared = Annotated[Service, Depends(_service)]
