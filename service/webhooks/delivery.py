"""Hits on their way to webhooks: at least once, in order for each watch, whatever another receiver does."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex

from dedup.model import Hit, Watch
from dedup.record import dumps, hit_json
from dedup.watches.deliveries import Deliveries
from service.backend import Service
from service.problems import Problem
from service.telemetry import log, places
from service.webhooks.pauses import pause
from service.webhooks.sending import Reply, Sender
from service.webhooks.signing import secret_of, signed
from service.webhooks.targets import Host, Target, target

AT_ONCE = 16  # not measured: requests under way, each to another URL
AT_A_HOST = 4  # not measured: of them, so that a host that is away does not take all
LEASE_SECONDS = 5  # not measured: so long, and two more at most, nobody sends once a process that sent is gone
PAGE = 200  # not measured: hits read together, to know whose they are


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent of a hit.

    Attributes:
        deliveries: where it is noted that it was delivered.
        hit: the hit's id.
        body: the body.
    """

    deliveries: Deliveries
    hit: str
    body: bytes

    @property
    def name(self) -> str:
        """Its name, the same for the same hit; it holds nothing of the watch's name, which may be anything."""
        return sha256(self.hit.encode()).hexdigest()[:32]


class Delivery:
    """Sends the hits of watches; of several processes one does so at a time.

    A watch with hits has a task until all are delivered. A task sends one hit at a time, and notes that it is delivered
    before the next one: whoever goes on, after whatever end, goes on there.
    """

    def __init__(self, service: Service, sender: Sender) -> None:
        """Send what the settings allow."""
        self._service, self._index, self._sender = service, service.index, sender
        self._hosts = [Host.of(one) for one in service.settings.webhook_hosts]
        self._secrets = [secret_of(one.get_secret_value()) for one in service.settings.webhook_secrets]
        self._holder = token_hex(8)
        self._place: str | None = None
        self._tasks, self._woken = dict[str, asyncio.Task[None]](), set[str]()
        self._turns = defaultdict[tuple[str, str], asyncio.Lock](asyncio.Lock)
        self._hosts_turns = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(AT_A_HOST))
        self._pool = asyncio.Semaphore(AT_ONCE)

    async def round(self) -> None:
        """Begin to send what has come in, if it is this process that sends."""
        if not await self._service.aside(self._leads):
            await self.stop()
        elif self._place is None:
            await self._begin()
        else:
            await self._follow(self._place)
        self._service.metrics.undelivered.set(len(self._tasks))

    async def stop(self) -> None:
        """Send no more; what is under way is sent again by whoever goes on."""
        tasks, self._tasks, self._place = list(self._tasks.values()), {}, None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _leads(self) -> bool:
        deliveries = self._index.deliveries
        return bool(self._hosts and deliveries and deliveries.lead(self._holder, LEASE_SECONDS))

    async def _begin(self) -> None:
        """Look at every watch once; from then on at those alone that are hit."""
        names, self._place = await self._service.aside(self._known)
        for name in names:
            self._wake(name)

    def _known(self) -> tuple[list[str], str]:
        """Return the watches with webhooks, and a place in the hits behind which are all that none of them has seen."""
        deliveries = self._index.deliveries
        names = [watch.name for watch in self._index.watches_from() if watch.webhook]
        return names, max((deliveries.last(name) for name in names if deliveries), default="")

    async def _follow(self, place: str) -> None:
        while hits := await self._service.aside(self._index.hits, None, place, PAGE):
            self._place = place = hits.next
            for name in {hit.watch for hit in hits}:
                self._wake(name)

    def _wake(self, name: str) -> None:
        self._woken.add(name)
        if name not in self._tasks:
            self._tasks[name] = asyncio.create_task(self._serve(name))

    async def _serve(self, name: str) -> None:
        """Send what a watch has until there is nothing left, and again if it was woken meanwhile."""
        failures = 0
        while name in self._woken:
            self._woken.discard(name)
            while reply := await self._attempt(name):
                failures = 0 if reply.outcome == "delivered" else failures + 1
                await asyncio.sleep(pause(failures, reply) if failures else 0)
        self._tasks.pop(name, None)

    async def _attempt(self, name: str) -> Reply | None:
        """Send the next hit of a watch and return what came of it; None if there is nothing to send."""
        try:
            watch = await self._service.aside(self._index.watched, name)
            if watch is None or watch.webhook is None:
                return None
            message = await self._service.aside(self._next, watch)
            if message is None:
                return None
            goal = target(watch.webhook, self._hosts)
            async with self._turns[goal.authority, goal.path], self._hosts_turns[goal.authority], self._pool:
                reply = await self._send(watch, message, goal)
        except Problem:
            log.info("webhook", outcome="forbidden")
            reply = Reply("forbidden")
        except Exception as error:  # noqa: BLE001 - whatever it was, the watch is tried again and the log has a line
            log.error("webhook", error=type(error).__name__, at=places(error))
            return Reply("failed")
        self._service.metrics.deliveries.labels(reply.outcome).inc()
        return reply

    async def _send(self, watch: Watch, message: Message, goal: Target) -> Reply:
        headers = signed(self._secrets, message.name, int(time.time()), message.body)
        reply = await self._sender.send(goal, headers, message.body)
        if reply.outcome == "delivered":
            await self._service.aside(message.deliveries.note, watch.name, message.hit)
        else:
            log.info("webhook", host=goal.host, outcome=reply.outcome, status=reply.status)
        return reply

    def _next(self, watch: Watch) -> Message | None:
        """Return what tells of the next hit of a watch; None if there is none."""
        deliveries = self._index.deliveries
        if deliveries is None:
            return None
        hits = self._index.hits(watch.name, deliveries.last(watch.name), 1)
        return next((Message(deliveries, hit.id, self._body(watch, hit)) for hit in hits), None)

    def _body(self, watch: Watch, hit: Hit) -> bytes:
        data = hit_json(hit)
        if watch.webhook_text:
            sides = self._index.sides(hit)  # None if the document is another version now, or gone
            data["text"] = sides[1].text if sides else None
        return dumps({"type": "watch.hit", "data": data})
