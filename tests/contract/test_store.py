"""What every kind of store promises, one test a promise (dedup/stores/base.py)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xxhash

from dedup.errors import InvalidDocument, InvalidInput, StoreDamaged
from dedup.stores import open_store
from dedup.stores.base import Buckets, CheckReport, Entry, Postings, Stats, Store, Stored
from dedup.stores.redis import sweep

UNKNOWN_NUMBERS = np.array([0, 5, 2**32 - 1], dtype=np.uint32)
KNOWN: dict[bytes, tuple[Buckets, ...]] = {}


def buckets(*values: int) -> Buckets:
    """Return buckets as the store takes them."""
    return np.array(values, dtype=np.uint64)


def entry(document_id: str, *chunks: Sequence[int], payload: bytes = b"text") -> Entry:
    """Return an entry whose digest follows from its payload and buckets, which `of` finds by it."""
    digest = xxhash.xxh3_128_digest(payload + repr(chunks).encode())
    KNOWN[digest] = tuple(buckets(*chunk) for chunk in chunks)
    return Entry(document_id, digest, payload, KNOWN[digest])


def of(stored: Stored) -> tuple[Buckets, ...]:
    """Return the buckets that a document was put with."""
    return KNOWN[stored.digest]


def nothing_of(stored: Stored) -> list[Buckets]:
    """Return no buckets: what goes so leaves its postings, as killed writers of the first versions did."""
    return [buckets()] * stored.chunks


def lists(postings: Postings) -> list[tuple[int, list[int]]]:
    """Return the count and the numbers of each bucket."""
    return [
        (int(total), postings.numbers[start:end].tolist())
        for total, start, end in zip(postings.counts, postings.offsets[:-1], postings.offsets[1:], strict=True)
    ]


def looked_up(store: Store, bucket: int) -> list[str]:
    """Return the ids of the living documents that a bucket leads to."""
    return [stored.id for stored in store.fetch(store.lookup(buckets(bucket), 1000).numbers) if stored]


def only(found: Sequence[Stored | None]) -> Stored:
    """Return the one document of an answer."""
    (stored,) = found
    assert stored is not None
    return stored


def test_put_document_is_found_by_each_of_its_buckets(store: Store) -> None:
    """An acknowledged document is found by the next look-up."""
    assert store.put([entry("a", [1, 2]), entry("b", [2, 3])], of) == ["put", "put"]
    assert [looked_up(store, bucket) for bucket in (1, 2, 3, 4)] == [["a"], ["a", "b"], ["b"], []]


def test_document_comes_back_whole(store: Store) -> None:
    """A document is returned with the id, digest and payload it was put with, by id and by number."""
    written = entry("a", [1], payload=bytes(range(256)) * 40)
    store.put([written], of)
    stored = only(store.get(["a"]))
    assert (stored.id, stored.digest, stored.payload, stored.chunks) == ("a", written.digest, written.payload, 1)
    assert store.fetch(np.array([stored.number], dtype=np.uint32)) == [stored]


def test_unknown_ids_and_numbers_give_none(store: Store) -> None:
    """What is not in the index is None, before and after there are others, in the order asked."""
    strange = ["b", "", "\ud800", "x" * 481]
    assert store.get(strange) == [None] * 4
    assert store.remove(strange, of) == [False] * 4
    assert store.fetch(UNKNOWN_NUMBERS) == [None] * 3
    store.put([entry("a", [1])], of)
    assert store.get(["b", "a", "c"])[0::2] == [None, None]
    assert store.fetch(UNKNOWN_NUMBERS)[1:] == [None, None]


def test_empty_calls_do_nothing(store: Store) -> None:
    """Calls with nothing to do answer with nothing."""
    nothing = np.empty(0, dtype=np.uint32)
    assert (store.put([], of), store.remove([], of), store.get([]), store.fetch(nothing)) == ([], [], [], [])
    assert lists(store.lookup(buckets(), 64)) == []
    assert list(store.scan()) == []
    assert store.stats().documents == 0


def test_answer_to_a_lookup_has_the_documented_types(store: Store) -> None:
    """Counts and numbers are uint32, offsets int64, one more than buckets, even where nothing is found."""
    for asked in (buckets(), buckets(1), buckets(1, 2)):
        answer = store.lookup(asked, 64)
        types = [part.dtype.name for part in (answer.counts, answer.offsets, answer.numbers)]
        assert types == ["uint32", "int64", "uint32"]
        assert (len(answer.counts), len(answer.offsets)) == (len(asked), len(asked) + 1)


def test_document_without_buckets_is_kept(store: Store) -> None:
    """A document whose only chunk has no bucket is stored, fetched and removed like any other."""
    store.put([entry("a", [])], of)
    stored = only(store.get(["a"]))
    assert store.fetch(np.array([stored.number], dtype=np.uint32)) == [stored]
    assert store.stats().postings == 0


def test_equal_digest_changes_nothing(store: Store) -> None:
    """Putting identical content again is unchanged: same number, no posting more."""
    store.put([entry("a", [1])], of)
    before = store.get(["a"]), store.stats().postings
    assert store.put([entry("a", [1])], of) == ["unchanged"]
    assert (store.get(["a"]), store.stats().postings) == before


def test_replaced_document_is_gone_at_once(store: Store) -> None:
    """Putting an id again replaces it: payload and postings are gone; its number may lead to the new version."""
    store.put([entry("a", [1], payload=b"old")], of)
    old = only(store.get(["a"]))
    assert store.put([entry("a", [2], payload=b"new")], of) == ["replaced"]
    new = only(store.get(["a"]))
    assert new.payload == b"new"
    assert store.fetch(np.array([old.number], dtype=np.uint32)) in ([None], [new])
    assert (looked_up(store, 1), looked_up(store, 2)) == ([], ["a"])
    assert [stored.payload for stored in store.scan()] == [b"new"]
    assert store.lookup(buckets(1, 2), 64).counts.tolist() == [0, 1]


def test_removed_document_is_never_returned(store: Store) -> None:
    """A removed document is gone from every way in; removing it again finds nothing."""
    store.put([entry("a", [1]), entry("b", [1])], of)
    old = only(store.get(["a"]))
    assert store.remove(["a", "c", "a"], of) == [True, False, False]
    assert store.get(["a"]) == [None]
    assert store.fetch(np.array([old.number], dtype=np.uint32)) == [None]
    assert looked_up(store, 1) == ["b"]
    assert [stored.id for stored in store.scan()] == ["b"]


def test_numbers_are_never_given_out_twice(store: Store) -> None:
    """A document put after a removal gets numbers that no document had before."""
    used: set[int] = set()
    for text in (b"1", b"2", b"3"):
        store.put([entry("a", [1], [2], payload=text)], of)
        stored = only(store.get(["a"]))
        numbers = set(range(stored.number, stored.number + stored.chunks))
        assert not used & numbers
        used |= numbers
        if text == b"2":
            store.remove(["a"], of)


def test_what_goes_takes_its_own_postings(store: Store) -> None:
    """What is replaced or removed takes exactly its own postings with it, of all its chunks, wherever they lie."""
    store.put([entry(f"{place:02}", [7, 100 + place], [200 + place]) for place in range(30)], of)
    store.remove(["03"], of)
    store.put([entry("04", [7, 300])], of)
    assert store.lookup(buckets(103, 203, 104, 204, 300, 105), 64).counts.tolist() == [0, 0, 0, 0, 1, 1]
    assert int(store.lookup(buckets(7), 64).counts[0]) == 29
    assert store.stats().postings == 28 * 3 + 2


def test_document_that_cannot_be_read_goes_all_the_same(store: Store) -> None:
    """A document whose payload is damaged is replaced and removed like any other; a sweep leaves nothing of it."""

    def damaged(stored: Stored) -> tuple[Buckets, ...]:
        if stored.payload == b"damaged":
            raise StoreDamaged("the payload is not what was written")
        return of(stored)

    store.put([entry(name, [7], [8], payload=b"damaged") for name in ("a", "b")] + [entry("c", [7], [8])], of)
    assert store.put([entry("a", [7])], damaged) == ["replaced"]
    assert store.remove(["b"], damaged) == [True]
    store.sweep(damaged)
    assert [looked_up(store, bucket) for bucket in (7, 8)] == [["c", "a"], ["c"]]
    assert store.stats().postings == 3
    assert store.check(of, repair=False).sound


def test_full_bucket_is_truncated_with_its_true_count(store: Store) -> None:
    """A bucket of 300 lists the lowest 64 numbers and says 300; the buckets beside it are not touched by that."""
    for part in range(3):
        store.put([entry(f"{part}-{place}", [7, 1000 * part + place + 100]) for place in range(100)], of)
    numbers = sorted(stored.number for stored in store.scan())
    assert lists(store.lookup(buckets(2105, 7, 8), 64))[1:] == [(300, numbers[:64]), (0, [])]
    assert lists(store.lookup(buckets(2105, 7), 64))[0][0] == 1
    assert lists(store.lookup(buckets(7), 0)) == [(300, [])]
    assert lists(store.lookup(buckets(7), 300)) == [(300, numbers)]


def test_answers_come_in_the_order_asked(store: Store) -> None:
    """Look-ups, fetches and gets answer in the order of the question, whatever the order of what is stored."""
    store.put([entry(f"{place:02}", [place * 2**58]) for place in range(40)], of)
    order = [int(place) for place in np.random.default_rng(3).permutation(40)]
    answer = store.lookup(buckets(*(place * 2**58 for place in order)), 64)
    names = [f"{place:02}" for place in order]
    assert [stored.id for stored in store.fetch(answer.numbers) if stored] == names
    assert [stored.id for stored in store.get(names) if stored] == names


def test_every_chunk_number_leads_to_its_document(store: Store) -> None:
    """A document's chunks have consecutive numbers, each found by its own buckets, and no number beyond is its."""
    store.put([entry("a", [1]), entry("long", [2], [3, 9], [4]), entry("z", [5])], of)
    stored = only(store.get(["long"]))
    assert [lists(store.lookup(buckets(bucket), 64))[0][1] for bucket in (2, 3, 4)] == [
        [stored.number],
        [stored.number + 1],
        [stored.number + 2],
    ]
    around = np.arange(stored.number, stored.number + 4, dtype=np.uint32)
    assert store.fetch(around)[:3] == [stored] * 3
    assert only(store.fetch(around[3:])).id == "z"
    store.remove(["long"], of)
    assert store.fetch(around)[:3] == [None] * 3


def test_scan_follows_the_bytes_of_the_ids(store: Store) -> None:
    """A scan goes in order of the UTF-8 bytes of the id and goes on after any string, known or not."""
    ids = ["a", "a\0", "aa", "b", "ä", "中", "\uffff", "\U0001f600", "z" * 480]
    store.put([entry(document_id, [1]) for document_id in reversed(ids)], of)
    ids.sort(key=str.encode)
    assert [stored.id for stored in store.scan()] == ids
    for after in [*ids, "a\0\0", "c", "z" * 479, "z" * 481, "a" * 600, "z" * 1000, "\ud800", "\U0010ffff"]:
        follows = [name for name in ids if name.encode() > after.encode("utf-8", "surrogatepass")]
        assert [stored.id for stored in store.scan(after)] == follows


def test_arrivals_tell_what_came_in_since(store: Store) -> None:
    """Documents come in in order of number, each once; from the number told on only what was put since comes in."""
    store.put([entry("b", [1], [2]), entry("a", [3])], of)
    end, arrived = store.arrivals()
    first = list(arrived)
    assert [stored.id for stored in first] == ["b", "a"]
    assert [stored.number for stored in first] == sorted(stored.number for stored in store.scan())
    assert first[-1].numbers.stop <= end
    assert [list(arrived) for _, arrived in (store.arrivals(end), store.arrivals(10**6))] == [[], []]
    store.put([entry("a", [4]), entry("c", [5])], of)
    store.remove(["b"], of)
    later, arrived = store.arrivals(end)
    assert [stored.id for stored in arrived] == ["a", "c"]
    assert later > end
    assert [stored.id for stored in store.arrivals()[1]] == ["a", "c"]
    assert [stored.id for stored in store.arrivals(first[1].number)[1]] == ["a", "c"]


def test_arrivals_over_a_long_gap(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many numbers lead nowhere by now, what has come in between and behind them comes in."""
    monkeypatch.setattr(sweep, "_NUMBERS_TRIED", 8)
    store.put([entry(f"gone-{n}", [n]) for n in range(40)] + [entry("stays", [99])], of)
    store.put([entry(f"gone-{n}", [n, 1000]) for n in range(40)], of)
    store.put([entry("last", [98])], of)
    store.remove([f"gone-{n}" for n in range(40)], of)
    end, arrived = store.arrivals()
    assert [stored.id for stored in arrived] == ["stays", "last"]
    assert end >= 82


def test_who_follows_beside_writers_misses_nothing(store: Store) -> None:
    """A reader that goes on from each number that it was told meets all documents of writers at work, none twice."""
    names = [[f"{writer}-{n}" for n in range(12)] for writer in range(3)]

    def write(writer: int) -> None:
        for n, name in enumerate(names[writer]):
            store.put([entry(name, [writer, n])], of)

    met, end = list[str](), 0
    with ThreadPoolExecutor(3) as pool:
        writing = [pool.submit(write, writer) for writer in range(3)]
        done = False
        while not done:
            done = all(one.done() for one in writing)
            end, arrived = store.arrivals(end)
            met += [stored.id for stored in arrived]
        for one in writing:
            one.result()
    assert sorted(met) == sorted(name for own in names for name in own)


def test_scan_of_many_documents_meets_each_once(store: Store) -> None:
    """A scan meets each document once, however many there are, and documents may be removed during it."""
    store.put([entry(f"{place:04}", [place]) for place in range(300)], of)
    seen = []
    for stored in store.scan():
        seen.append(stored.id)
        store.remove([stored.id], of)
    assert seen == [f"{place:04}" for place in range(300)]


@pytest.mark.parametrize(
    ("document_id", "code"),
    [("", "empty_id"), ("x" * 481, "long_id"), ("é" * 241, "long_id"), ("\udc80", "invalid_id")],
)
def test_impossible_id_is_refused_before_anything_is_written(store: Store, document_id: str, code: str) -> None:
    """One impossible id refuses the whole batch, with its code, and nothing of it is written."""
    with pytest.raises(InvalidDocument) as refused:
        store.put([entry("a", [1]), entry(document_id, [1])], of)
    assert refused.value.code == code
    assert replace(store.stats(), bytes=0) == Stats(0, 0, 0, bytes=0)


def test_stats_count_what_lives(store: Store) -> None:
    """Documents, chunks and postings are counted as they come and go."""
    store.put([entry("a", [1, 2], [3]), entry("b", [1])], of)
    stats = store.stats()
    assert (stats.documents, stats.chunks, stats.postings) == (2, 3, 4)
    assert stats.bytes >= 4 * 8
    store.put([entry("a", [1])], of)
    store.remove(["b"], of)
    stats = store.stats()
    assert (stats.documents, stats.chunks, stats.postings) == (1, 1, 1)


def own_postings(chunks: dict[str, list[list[int]]], stored: Stored) -> list[Buckets]:
    """Return the buckets that a document should have."""
    return [buckets(*chunk) for chunk in chunks[stored.id]]


@pytest.mark.parametrize("repair", [False, True])
def test_check_of_a_sound_index_finds_nothing(store: Store, repair: bool) -> None:
    """An index whose writers came to their end is sound, and a repair leaves it as it is."""
    chunks = {f"{place:02}": [[place, 77], [50 + place]] for place in range(20)}
    store.put([entry(name, *lists) for name, lists in chunks.items()], of)
    store.remove(["11"], of)
    report = store.check(lambda stored: own_postings(chunks, stored), repair=repair)
    assert report == CheckReport(documents=19, postings=57, orphans=0, missing=0)
    assert report.sound


def test_check_finds_and_mends_what_is_wrong(store: Store) -> None:
    """Postings of the dead, postings in a wrong bucket and missing postings are counted, then mended for good."""
    chunks = {f"{place:02}": [[place, 77], [50 + place]] for place in range(20)}
    wrong = {**chunks, "04": [[4, 77, 1000], [54]], "05": [[5, 77], []], "19": [[19, 77], [1001]]}
    store.put([entry(name, *wrong[name]) for name in chunks], of)
    store.remove(["11"], nothing_of)
    before = store.stats().postings
    found = store.check(lambda stored: own_postings(chunks, stored), repair=False)
    assert (found.orphans, found.missing, found.sound) == (3 + 2, 2, False)
    assert store.stats().postings == before
    mended = store.check(lambda stored: own_postings(chunks, stored), repair=True)
    assert (mended.orphans, mended.missing, mended.sound) == (3 + 2, 2, True)
    assert (mended.documents, mended.postings) == (19, 57)
    again = store.check(lambda stored: own_postings(chunks, stored), repair=False)
    assert again == CheckReport(documents=19, postings=57, orphans=0, missing=0)
    assert looked_up(store, 1000) == []
    assert (looked_up(store, 55), looked_up(store, 69)) == (["05"], ["19"])


def test_threads_look_up_while_one_puts(store: Store) -> None:
    """While one thread puts, others find each acknowledged document by all its buckets, never a half written one."""
    written, acknowledged = 40, list[str]()

    def put() -> None:
        for place in range(written):
            store.put([entry(f"{place:03}", [7, 8])], of)
            acknowledged.append(f"{place:03}")

    def look_up() -> None:
        while len(acknowledged) < written:
            known = set(acknowledged)
            answer = store.lookup(buckets(7, 8), 1000)
            owners = store.fetch(answer.numbers)
            assert all(
                stored is None or stored.number == number
                for number, stored in zip(answer.numbers.tolist(), owners, strict=True)
            )
            first, second = (answer.numbers[start:end].tolist() for start, end in pairwise(answer.offsets.tolist()))
            assert first == second
            assert {stored.id for stored in owners[: len(first)] if stored} >= known

    with ThreadPoolExecutor(4) as pool:
        for result in [pool.submit(put), *(pool.submit(look_up) for _ in range(3))]:
            result.result(timeout=60)


def test_created_documents_leave_those_that_are_there(store: Store) -> None:
    """An entry that is only to create a document is `kept` if there is one, whatever its content, and put if not."""
    old, new = entry("a", [1], payload=b"old"), entry("a", [2], payload=b"new")
    store.put([old], of)
    create = [replace(one, create=True) for one in (new, entry("b", [3]), old)]
    assert store.put(create[:2], of) == ["kept", "put"]
    assert store.put(create[1:], of) == ["kept", "kept"]
    assert [stored and stored.payload for stored in store.get(["a"])] == [b"old"]
    assert store.lookup(buckets(1, 2, 3), 9).counts.tolist() == [1, 0, 1]
    store.remove(["a"], of)
    assert store.put(create[:1], of) == ["put"]


def test_of_several_creators_one_succeeds(store: Store) -> None:
    """Threads that create the same documents at once: each document is put once, and nothing of the others is left."""
    names = [f"d{place}" for place in range(5)]

    def create(writer: int) -> list[str]:
        entries = [entry(name, [writer], payload=str(writer).encode()) for name in names]
        return [store.put([replace(one, create=True)], of)[0] for one in entries]

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(create, range(6)))
    for one in zip(*statuses, strict=True):
        assert sorted(one) == ["kept"] * 5 + ["put"]
    for name, stored in zip(names, store.get(names), strict=True):
        winner = [one[names.index(name)] for one in statuses].index("put")
        assert stored
        assert stored.payload == str(winner).encode()
    assert store.lookup(buckets(*range(6)), 99).counts.sum() == len(names)


def test_entry_without_a_chunk_is_refused() -> None:
    """An entry has at least one chunk, or it would have no number."""
    with pytest.raises(ValueError, match="no chunk"):
        Entry("a", bytes(16), b"", ())


def test_document_replaced_between_lookup_and_fetch_is_found(store: Store) -> None:
    """What is replaced while it is looked up is found, in one version; what is removed meanwhile need not be."""
    store.put([entry("a", [1], [2], payload=b"old"), entry("b", [1]), entry("c", [1])], of)
    with store.snapshot() as now:
        numbers = now.lookup(buckets(1, 2), 64).numbers
        store.put([entry("a", [3], [1], payload=b"new")], of)
        store.remove(["c"], of)
        found = [stored for stored in now.fetch(numbers) if stored]
    assert {stored.id for stored in found} - {"c"} == {"a", "b"}
    assert len({stored.digest for stored in found if stored.id == "a"}) == 1


def test_backup_is_a_whole_index_or_is_refused(store: Store, tmp_path: Path) -> None:
    """A backup is an index with the same documents and postings; what cannot be backed up so says what to do."""
    store.put([entry("a", [1], [2]), entry("b", [1])], of)
    try:
        store.backup(tmp_path / "backup", {})
    except InvalidInput:
        assert not (tmp_path / "backup").exists()
        return
    backup = open_store(str(tmp_path / "backup"), create=False)
    assert list(backup.scan()) == list(store.scan())
    assert backup.check(of, repair=False) == store.check(of, repair=False)
    backup.close()
