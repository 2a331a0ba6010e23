"""What requests share: the index, the counters, and the threads in which the index is asked."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, ParamSpec, TypeVar

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Depends, Request

from dedup.engine import Index
from service.catalogue import Catalogue
from service.problems import busy
from service.saved import Saved
from service.settings import Settings
from service.telemetry import Metrics

P = ParamSpec("P")
T = TypeVar("T")


class Service:
    """The index and its bounds; `read` and `write` run engine calls off the event loop."""

    def __init__(self, settings: Settings, index: Index, metrics: Metrics, saved: Saved | None) -> None:
        """Serve `index`; look-ups are saved unless `saved` is None."""
        self.settings, self.index, self.metrics, self.saved = settings, index, metrics, saved
        self.catalogue = Catalogue(index, settings.search_fields)
        self._readers, self._writers = CapacityLimiter(settings.threads), CapacityLimiter(1)
        self._unpackers = CapacityLimiter(1)  # two would wait for each other: most of it is Python
        self._aside = CapacityLimiter(1)
        self._asked = self.streams = 0

    def close(self) -> None:
        """End what goes on between requests."""
        self.catalogue.close()

    async def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a look-up returns.

        Raises:
            Problem: 503 if `lookups` of them run or wait already: there is no queue without end.
        """
        if self._asked >= self.settings.lookups:
            raise busy(f"{self.settings.lookups} look-ups run or wait, which is the limit; try again in a moment")
        self._asked += 1
        self.metrics.waiting.inc()
        try:
            return await to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._readers)
        finally:
            self._asked -= 1
            self.metrics.waiting.dec()

    async def reading(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Yield what an iterator yields that works as look-ups do, in their threads."""
        while (piece := await to_thread.run_sync(next, pieces, None, limiter=self._readers)) is not None:
            yield piece

    async def write(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a call that writes returns; one at a time, as an index has one writer.

        Raises:
            Problem: 503 if as many as `lookups` wait already.
        """
        if self._writers.statistics().tasks_waiting >= self.settings.lookups:
            raise busy(f"{self.settings.lookups} writes wait, which is the limit; try again in a moment")
        return await to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._writers)

    async def aside(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a call returns that goes on between requests, and slows them little: one at a time."""
        return await to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._aside)

    async def unpack(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function makes of a body that is too large for the event loop; one at a time."""
        return await to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._unpackers)


def wanted(stage: str, count: int) -> None:  # noqa: ARG001 - what a look-up tells of its stages
    """End the work in this thread if its client has gone; called between its stages."""
    from_thread.check_cancelled()


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Shared = Annotated[Service, Depends(_service)]
