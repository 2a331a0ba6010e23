"""What goes on between requests: what has come in is held against the watches, and their webhooks are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from service.backend import Service
from service.telemetry import log, places
from service.webhooks.delivery import Delivery
from service.webhooks.sending import Sender

SECONDS = 1.0  # not measured: how late a hit may be that another process left


@asynccontextmanager
async def watching(service: Service) -> AsyncIterator[None]:
    """Do so while the service runs."""
    delivery = Delivery(service, Sender())
    task = asyncio.create_task(_watch(service, delivery))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await delivery.stop()


async def _watch(service: Service, delivery: Delivery) -> None:
    """Go on whatever fails; the log says once why nothing goes on."""
    told = ""
    while True:
        try:
            await service.aside(service.index.settle)
            await delivery.round()
            told = ""
        except Exception as error:  # noqa: BLE001 - whatever it was, the next round may go well
            if (failure := type(error).__name__) != told:
                log.error("watches", error=failure, at=places(error))
            told = failure
        await asyncio.sleep(SECONDS)
