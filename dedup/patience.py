"""The one way to outlast a fault that may pass: try again after growing pauses, for a number of seconds."""

import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

Result = TypeVar("Result")
_RANDOM = random.SystemRandom()


def patiently(
    act: Callable[[], Result],
    may_pass: Callable[[BaseException], bool],
    *,
    seconds: float,
    pauses: tuple[float, float],
    before_pause: Callable[[Exception], None] | None = None,
    least_pause: Callable[[Exception], float] = lambda _: 0,
) -> Result:
    """Return what `act` returns at the first try that raises nothing.

    Args:
        act: what to do, perhaps several times.
        may_pass: whether another try may succeed after that error; any other error is raised at once.
        seconds: for how long a failed try is followed by another; 0 for a single try.
        pauses: the first and the longest pause, in seconds. Each is twice as long as the one before; up to a first
            pause is added at random, so that not all clients come back at the same moment.
        before_pause: called with the error before each pause.
        least_pause: the fewest seconds of the pause after that error, at most those that are left.

    Raises:
        Exception: the error of the last try.
    """
    pause, longest = pauses
    end = time.monotonic() + seconds
    while True:
        try:
            return act()
        except Exception as error:
            left = end - time.monotonic()
            if left <= 0 or not may_pass(error):
                raise
            if before_pause:
                before_pause(error)
            least = least_pause(error)
        time.sleep(min(max(pause + _RANDOM.uniform(0, pauses[0]), least), left))
        pause = min(2 * pause, longest)


def retry_after(header: str) -> float:
    """Return the seconds that a header `Retry-After` asks for, in digits or as a date; 0 if it asks for none."""
    wanted = header.strip()
    if wanted.isdecimal():
        return float(wanted)
    try:
        return max(0.0, parsedate_to_datetime(wanted).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
