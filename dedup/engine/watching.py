"""Standing questions: what is watched for, and what came in that resembles it."""

from typing import Unpack

from dedup.engine.reader import Reader
from dedup.model import Hits, Watch
from dedup.search.question import WatchFields


class Watching(Reader):
    """The half of an index that watches."""

    def watch(
        self,
        name: str,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the field's name everywhere
        webhook: str | None = None,
        **fields: Unpack[WatchFields],
    ) -> Watch:
        """Hold every document that comes in from now on against a text; a watch of that name is replaced.

        Args:
            name: the watch's own name, of 1 to 400 bytes of UTF-8.
            text: what to look for, of a shingle at least: 4 words, or 7 characters if that is the index's unit.
            id: a document whose text, as it is now, is looked for instead, and whose metadata `same` compares with.
            webhook: an http or https URL that a service is to send the hits to.
            **fields: `min_words`, `min_similarity`, `reworded`, `passages` and `filter`; see `dedup.Question`.

        Raises:
            InvalidInput: a limit, a condition or the URL makes no sense, or there is not either a text or an id.
            InvalidDocument: the name or the text cannot be (`empty_id`, `long_id`, `invalid_id`, `no_text`,
                `long_text`, `short_text`), or there is no document of that id (`unknown_id`).
            StoreError: the index cannot be written.
        """
        raise NotImplementedError

    def unwatch(self, name: str) -> bool:
        """Remove a watch and its hits; return whether there was one of that name."""
        raise NotImplementedError

    def watches(self) -> list[Watch]:
        """Return all watches, in order of their names' UTF-8 bytes."""
        raise NotImplementedError

    def watched(self, name: str) -> Watch | None:
        """Return the watch of that name, or None."""
        raise NotImplementedError

    def hits(self, name: str | None = None, after: str = "", limit: int = 100) -> Hits:
        """Return what came in that resembles a watch, in that order, of one watch or of all.

        Args:
            name: the watch; by default all.
            after: the cursor of an earlier answer, `Hits.next`, or the id of a hit: what follows it is returned.
            limit: how many hits at most.

        Raises:
            InvalidDocument: there is no watch of that name (`unknown_watch`).
        """
        raise NotImplementedError

    def settle(self) -> int:
        """Hold against the watches what has come in since the last time; return how many hits that gave.

        `put` and `hits` do so themselves.
        """
        raise NotImplementedError
