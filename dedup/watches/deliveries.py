"""How far the hits of each watch have been sent to its webhook, and who sends: records beside the hits."""

from secrets import token_hex

from dedup.errors import StoreDamaged
from dedup.watches.hits import KEPT, HitList

_SENDER = "sender"


class Deliveries:
    """What is known of deliveries, by whoever sends them."""

    def __init__(self, hits: HitList) -> None:
        """Keep it beside these hits."""
        self._hits = hits

    def last(self, watch: str) -> str:
        """Return the id of the last hit of a watch that was delivered, the cursor to go on from; empty if none was.

        Where it cannot be read, all hits are to be delivered again.
        """
        try:
            record = self._hits.record(_place(watch))
        except StoreDamaged:
            record = None
        return str(record["hit"]) if record else ""

    def note(self, watch: str, hit: str) -> None:
        """Note that the hits of a watch have been delivered up to this one."""
        self._hits.keep(_place(watch), {"hit": hit}, ttl=KEPT)

    def forget(self, watch: str) -> None:
        """Forget how far it was, as the hits are forgotten."""
        self._hits.drop(_place(watch))

    def lead(self, holder: str, seconds: int) -> bool:
        """Return whether it is this holder who sends, for so many seconds from now, and not another.

        Once in a long while two may think so: then a hit is sent twice.
        """
        turn = {"holder": holder, "turn": token_hex(8)}  # what is equal to what is there would not be written
        if self._hits.keep(_SENDER, turn, ttl=seconds, create=True):
            return True
        there = self._hits.record(_SENDER)
        if there is None or there["holder"] != holder:
            return False
        return self._hits.keep(_SENDER, turn, ttl=seconds)


def _place(watch: str) -> str:
    """Return where it is kept how far the hits of a watch have been delivered."""
    return f"delivered:{watch}"
