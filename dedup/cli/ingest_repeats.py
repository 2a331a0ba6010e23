"""Ids that come more than once in one run: of such documents only the last one stays."""

from dedup.cli.terminal import note
from dedup.formats import Source

_MOST_KNOWN = 1_000_000  # ids; some 75 MB as hashes with the paths that they came from


class Repeats:
    """Counts documents that take the place of an earlier one of the same run."""

    def __init__(self) -> None:
        """Know no id yet."""
        self._count, self._first = 0, ""
        self._known = dict[int, str]()

    def add(self, name: str, source: Source) -> None:
        """Note the id of a document that is in, and where it stood."""
        key = hash(name)
        if key in self._known:
            self._first = self._first or f"{name} (in {self._known[key]}, then in {source})"
            self._count += 1
        elif len(self._known) < _MOST_KNOWN:
            self._known[key] = source.path

    def tell(self) -> None:
        """Say how many there were, if any."""
        if self._count:
            documents = "1 document has" if self._count == 1 else f"{self._count:,} documents have"
            note(
                f"{documents} an id that came before in this run, such as {self._first}: "
                "of each id the last one stays; give files other names, or records ids of their own"
            )
