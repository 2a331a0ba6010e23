"""LMDB's first two pages, which say where all others are: written in turn, without a checksum, and believed."""

import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from sys import byteorder
from typing import NamedTuple

_PAGE, _META = struct.Struct("=QHHHH"), struct.Struct("=IIQQ 48s 48s QQ")
_BYTES = _PAGE.size + _META.size
_NODE = struct.Struct("=HHHH")  # of a branch the page in three parts, and the key's length
_BRANCH, _DEEPEST = 1, 32
_BY_NUMBER = 8  # MDB_INTEGERKEY; the high byte says how the file was opened
_MAGIC, _VERSION, _META_PAGE, _BOTH = 0xBEEFC0DE, 1, 8, 2
_TREE = struct.Struct("=IHHQQQQQ")
_NONE = (1 << 64) - 1
_BEYOND = 1 << 17  # the furthest that a flipped bit of a leaf leads on: an offset and a key of 16 bits each
_TRIES, _PAUSE = 20, 0.001  # not measured: a writer of another process may be amid the 120 bytes


class Meta(NamedTuple):
    """One of the two: what the index was after a transaction.

    Attributes:
        page_size: in bytes.
        free: the root of the pages that were given up, by the transaction that did so; -1 for none.
        last_page: the highest number of a page in use.
        transaction: its number; even ones are on the first page, odd ones on the second.
    """

    page_size: int
    free: int
    last_page: int
    transaction: int

    @property
    def size(self) -> int:
        """The bytes of a file that ends with the last page."""
        return (self.last_page + 1) * self.page_size


def damage(data: Path) -> str:
    """Return how the first pages of an LMDB file contradict each other or the file; "" if they do not.

    A single flipped bit of a transaction's number would make LMDB go back to the state before the last batch.
    """
    said = ""
    for _ in range(_TRIES):
        said = _damage(data)
        if not said:
            break
        time.sleep(_PAUSE)
    return said


@contextmanager
def guarded(data: Path) -> Iterator[None]:
    """Let what is written in the block leave both first pages whole, and the file end beyond its last page.

    Where the write of a first page fails, LMDB takes back its transaction's number, but not its roots: the page is
    written again as it was. What a flipped bit leads to behind the last page is zeros; behind the file's end it would
    be SIGBUS.
    """
    with data.open("r+b", buffering=0) as file:
        pages = _first_pages(file)
        if len(pages) == _BOTH:
            _lengthen(file, _newest(pages))
        else:
            pages = []
        try:
            yield
        except BaseException:
            with suppress(OSError):
                _put_back(file, pages)
            raise


def _first_pages(file: FileIO) -> list[tuple[int, Meta, bytes]]:
    """Return the place, the meaning and the bytes of both first pages, up to one that is destroyed."""
    pages, place = list[tuple[int, Meta, bytes]](), 0
    for number in range(_BOTH):
        file.seek(place)
        data = file.read(_BYTES)
        meta = _read(data, number)
        if meta is None:
            break
        pages.append((place, meta, data))
        place = meta.page_size
    return pages


def _newest(pages: list[tuple[int, Meta, bytes]]) -> Meta:
    """Return what the index is after its last transaction."""
    return max((meta for _, meta, _ in pages), key=lambda meta: meta.transaction)


def _lengthen(file: FileIO, newest: Meta) -> None:
    if newest.size <= file.seek(0, 2) < newest.size + _BEYOND:
        with suppress(OSError):  # on a full disk, or where files may not grow: what is put says so if it matters
            file.truncate(newest.size + _BEYOND)


def _put_back(file: FileIO, pages: list[tuple[int, Meta, bytes]]) -> None:
    """Write each page again that is another now and has the number that it had."""
    for place, meta, before in pages:
        file.seek(place)
        now = file.read(_BYTES)
        if now != before and _META.unpack_from(now, _PAGE.size)[-1] == meta.transaction:
            file.seek(place)
            file.write(before)
            os.fsync(file.fileno())


def _damage(data: Path) -> str:
    with data.open("rb", buffering=0) as file:
        pages = _first_pages(file)
        if not pages:
            return "the first page is destroyed"
        if len(pages) < _BOTH or pages[0][1].page_size != pages[1][1].page_size:
            return "the second page is destroyed"
        first, second = (meta for _, meta, _ in pages)
        freed = {meta: _last_freed(file, meta) for meta in (first, second)}
        size = file.seek(0, 2)
    newest = _newest(pages)
    in_turn = not newest.transaction or abs(first.transaction - second.transaction) == 1
    if not in_turn or any(last > meta.transaction for meta, last in freed.items()) or _is_older(newest, freed[newest]):
        return f"its first pages are not of the transactions {first.transaction} and {second.transaction}"
    if size < newest.size:
        return f"it has {size} bytes where {newest.size} were written"
    return ""


def _is_older(newest: Meta, freed: int) -> bool:
    """Return whether it is the older page, its number raised by 2: each transaction but the first gives up pages."""
    return freed > 0 and freed == newest.transaction - 2


def _last_freed(file: FileIO, meta: Meta) -> int:
    """Return the last transaction that gave up pages, by the tree that LMDB keeps of them; 0 for none."""
    number = meta.free
    for _ in range(_DEEPEST if number >= 0 else 0):
        file.seek(number * meta.page_size)
        page = file.read(meta.page_size)
        if len(page) < meta.page_size or _PAGE.unpack_from(page)[0] != number:
            return 0
        _, _, flags, lower, _ = _PAGE.unpack_from(page)
        places = page[_PAGE.size : lower][-2:]
        node = page[int.from_bytes(places, byteorder) :][: _NODE.size + 8]
        if len(node) < _NODE.size + 8:
            return 0
        low, high, upper, _, key = (*_NODE.unpack_from(node), int.from_bytes(node[_NODE.size :], byteorder))
        if not flags & _BRANCH:
            return key
        number = low | high << 16 | upper << 32
    return 0


def _read(data: bytes, number: int) -> Meta | None:
    """Return a page's meta; None if LMDB did not write it."""
    if len(data) < _BYTES:
        return None
    page, _, flags, *_ = _PAGE.unpack_from(data)
    magic, version, _, _, free, main, last_page, transaction = _META.unpack_from(data, _PAGE.size)
    (page_size, free_flags, *_, free_root), (_, main_flags, *_, main_root) = _TREE.unpack(free), _TREE.unpack(main)
    roots = [free_root, main_root]
    whole = (page, flags, magic, version, free_flags & 255, main_flags) == (
        number,
        _META_PAGE,
        _MAGIC,
        _VERSION,
        _BY_NUMBER,
        0,
    ) and page_size.bit_count() == 1
    if not whole or transaction % 2 != number * (transaction > 0) or any(last_page < root != _NONE for root in roots):
        return None
    return Meta(page_size, roots[0] if roots[0] != _NONE else -1, last_page, transaction)
