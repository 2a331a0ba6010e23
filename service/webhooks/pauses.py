"""How long a receiver that did not take a webhook is left alone."""

import random

from dedup.patience import retry_after
from service.webhooks.sending import Reply

FIRST, LONGEST = 1.0, 3_600.0  # not measured: seconds; a receiver that is back is told within the hour
GONE = 410
_RANDOM = random.SystemRandom()


def pause(failures: int, reply: Reply) -> float:
    """Return the seconds until the next attempt, after so many in a row that failed, the last one with `reply`.

    They double up to an hour; up to a half is taken off at random, so that receivers of one host do not all come due at
    once. A receiver that asks for more has it, up to an hour too; one that says that it is gone is asked hourly.
    """
    if reply.status == GONE:
        return LONGEST
    grown: float = min(FIRST * 2 ** min(failures - 1, 20), LONGEST) * _RANDOM.uniform(0.5, 1)
    return min(max(grown, retry_after(reply.retry_after)), LONGEST)
