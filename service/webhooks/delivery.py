"""Hits on their way to webhooks: at least once, in order for each watch, whatever another receiver does."""

import asyncio
import time
from collections import defaultdict
from hashlib import sha256
from secrets import token_hex

from dedup.errors import ResemblesError
from dedup.model import Hit, Watch
from dedup.record import dumps, hit_json
from service.backend import Service
from service.problems import Problem
from service.telemetry import log
from service.webhooks.pauses import pause
from service.webhooks.sending import Reply, Sender
from service.webhooks.signing import secret_of, signed
from service.webhooks.targets import Host, Target, target

AT_ONCE = 16  # not measured: requests under way, each to another host
LEASE_SECONDS = 5  # not measured: so long nobody sends after a process that sent was killed
PAGE = 200  # not measured: hits read together, to know whose they are


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
        self._holder, self._place = token_hex(8), None
        self._tasks, self._woken = dict[str, asyncio.Task[None]](), set[str]()
        self._turns, self._pool = defaultdict[str, asyncio.Lock](asyncio.Lock), asyncio.Semaphore(AT_ONCE)

    async def round(self) -> None:
        """Begin to send what has come in, if it is this process that sends."""
        if not self._hosts:
            return
        if not await self._service.aside(self._index.lead, self._holder, LEASE_SECONDS):
            await self.stop()
        elif self._place is None:
            await self._begin()
        else:
            await self._follow()
        self._service.metrics.undelivered.set(len(self._tasks))

    async def stop(self) -> None:
        """Send no more; what is under way is sent again by whoever goes on."""
        tasks, self._tasks, self._place = list(self._tasks.values()), {}, None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(self) -> None:
        """Look at every watch once; from then on at those alone that are hit."""
        watches = await self._service.aside(self._index.watches)
        self._place = ""
        for watch in watches:
            if watch.webhook:
                self._wake(watch.name)

    async def _follow(self) -> None:
        while hits := await self._service.aside(self._index.hits, None, self._place, PAGE):
            self._place = hits.next
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
        del self._tasks[name]

    async def _attempt(self, name: str) -> Reply | None:
        """Send the next hit of a watch and return what came of it; None if there is nothing to send."""
        try:
            watch = await self._service.aside(self._index.watched, name)
            if watch is None or watch.webhook is None:
                return None
            goal = target(watch.webhook, self._hosts)
            async with self._turns[goal.host], self._pool:
                reply = await self._send_next(watch, goal)
        except Problem:
            reply = Reply("forbidden")
        except ResemblesError as error:
            log.error("webhook", code=error.code)
            return Reply("failed")
        if reply:
            self._service.metrics.deliveries.labels(reply.outcome).inc()
        return reply

    async def _send_next(self, watch: Watch, goal: Target) -> Reply | None:
        hits = await self._service.aside(self._index.undelivered, watch.name, 1)
        for hit in hits:
            body = await self._service.aside(self._body, watch, hit)
            name = sha256(hit.id.encode()).hexdigest()[:32]  # a receiver can keep it, whatever the watch's name holds
            reply = await self._sender.send(goal, signed(self._secrets, name, int(time.time()), body), body)
            if reply.outcome == "delivered":
                await self._service.aside(self._index.delivered, hit)
            else:
                log.info("webhook", host=goal.host, outcome=reply.outcome, status=reply.status)
            return reply
        return None

    def _body(self, watch: Watch, hit: Hit) -> bytes:
        told = {"type": "watch.hit", "data": hit_json(hit)}
        if watch.webhook_text:
            document = self._index.get(hit.match.id)
            told["data"]["text"] = document.text if document else None
        return dumps(told)
