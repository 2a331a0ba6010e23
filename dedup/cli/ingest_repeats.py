"""Ids that come more than once in one run: of such documents only the last one stays."""

from dedup.cli.terminal import note

_MOST_KNOWN = 1_000_000  # ids; some 70 MB as a set of hashes


class Repeats:
    """Counts documents that take the place of an earlier one of the same run."""

    def __init__(self) -> None:
        """Know no id yet."""
        self._count, self._first = 0, ""
        self._known = set[int]()

    def add(self, name: str) -> None:
        """Note the id of a document that is in."""
        key = hash(name)
        if key in self._known:
            self._first = self._first or name
            self._count += 1
        elif len(self._known) < _MOST_KNOWN:
            self._known.add(key)

    def tell(self) -> None:
        """Say how many there were, if any."""
        if self._count:
            documents = "1 document has" if self._count == 1 else f"{self._count:,} documents have"
            note(
                f"{documents} an id that came before in this run, such as {self._first}: "
                "of each id the last one stays; give files other names, or records ids of their own"
            )
