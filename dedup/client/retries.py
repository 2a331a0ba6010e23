"""When a request is sent again, and after how long."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2

from dedup.patience import retry_after

ATTEMPTS = 5  # not measured: a choice between waiting and telling
RETRIED = frozenset({429, 502, 503, 504})
LONGEST_PAUSE = 60  # not measured: whoever waits longer should decide so


@dataclass(slots=True)
class Attempt:
    """One attempt at a call, `pause` seconds after the one before; `reply` is to be set to what came of it."""

    pause: float = 0.0
    reply: httpx2.Response | httpx2.TransportError = field(init=False)


def attempts() -> Iterator[Attempt]:
    """Yield attempts until one has a reply that will not change, or the service wants more patience than there is."""
    pause = 0.0
    for count in range(1, ATTEMPTS + 1):
        attempt = Attempt(pause)
        yield attempt
        pause = _pause(count, attempt.reply)
        passing = not isinstance(attempt.reply, httpx2.Response) or attempt.reply.status_code in RETRIED
        if not passing or pause > LONGEST_PAUSE:
            return


def _pause(count: int, reply: httpx2.Response | httpx2.TransportError) -> float:
    """Return the seconds to wait after so many attempts: what the service asks for, and a share that grows.

    The share is random, so that clients refused together do not all come back together.
    """
    wanted = retry_after(reply.headers.get("Retry-After", "")) if isinstance(reply, httpx2.Response) else 0.0
    return wanted + 0.1 * (1 << count) * random.uniform(0.5, 1)  # noqa: S311 - no secret
