"""The table in which documents are found: SQLite in memory, which searches it without holding up other requests."""

import sqlite3
from collections.abc import Iterable, Sequence
from threading import Lock

Row = tuple[bytes, int, int, float, bytes]
"""An id, its number, when it expires, the time since its date, the words to find it by."""
Key = tuple[bytes] | tuple[float, bytes]
"""A place in one of the two orders: an id, or the time since its date and the id."""
_ORDERS = {1: "id", 2: "age, id"}


class Table:
    """Rows by id."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock, self._rows = Lock(), sqlite3.connect(":memory:", check_same_thread=False)
        self._rows.execute(
            "CREATE TABLE documents (id BLOB PRIMARY KEY, number INT, expires INT, age REAL, words BLOB) WITHOUT ROWID"
        )
        self._count = 0

    def __len__(self) -> int:
        """Return the number of rows, those of expired documents too."""
        return self._count

    def put(self, rows: Sequence[Row]) -> None:
        """Write rows; one of an id that is there already replaces its row."""
        with self._lock, self._rows:
            self._drop(row[0] for row in rows)
            self._count += self._rows.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", rows).rowcount

    def drop(self, ids: Iterable[bytes]) -> None:
        """Delete the rows of ids."""
        with self._lock, self._rows:
            self._drop(ids)

    def _drop(self, ids: Iterable[bytes]) -> None:
        gone = self._rows.executemany("DELETE FROM documents WHERE id = ?", ((one,) for one in ids)).rowcount
        self._count -= max(gone, 0)  # -1 where there are no ids

    def numbers(self, after: bytes, limit: int) -> list[tuple[bytes, int]]:
        """Return ids that sort after `after`, in their order, each with its number."""
        with self._lock:
            return self._rows.execute(
                "SELECT id, number FROM documents WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
            ).fetchall()

    def find(self, words: Sequence[bytes], after: Key, limit: int, now: float) -> tuple[int, list[Key]]:
        """Return how many rows hold all words and have not expired, and the keys of the first ones behind `after`."""
        order, marks = _ORDERS[len(after)], ", ".join("?" * len(after))
        held = " AND ".join(["(expires = 0 OR expires > ?)", *["instr(words, ?)"] * len(words)])
        count = f"SELECT count(*) FROM documents WHERE {held}"  # noqa: S608 - made of this module's own pieces
        page = f"SELECT {order} FROM documents WHERE {held} AND ({order}) > ({marks}) ORDER BY {order} LIMIT ?"  # noqa: S608 - the same
        with self._lock:
            ((found,),) = self._rows.execute(count, (now, *words))
            return found, self._rows.execute(page, (now, *words, *after, limit)).fetchall() if found else []

    def close(self) -> None:
        """Release the memory."""
        with self._lock:
            self._rows.close()
