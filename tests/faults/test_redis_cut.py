"""The connection fails after the n-th command, for every n: whole documents or none, and a repeat ends well."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import pytest
from faults.served import opened, own, served, swept, version
from servers.proxy import Fault, Proxy
from servers.server import Server

from dedup.errors import StoreError
from dedup.stores.base import Store

pytestmark = pytest.mark.slow

CHANGE = [version("new", 0), version("replaced", 1), version("same", 0)]


def prepared(url: str) -> None:
    """Make an index of the state before the change."""
    with opened(url) as store:
        store.put([version("replaced", 0), version("same", 0), version("removed", 0)], own)


def change(store: Store) -> None:
    """Put a batch that adds, replaces and repeats."""
    store.put(CHANGE, own)


def remove(store: Store) -> None:
    """Remove a document."""
    store.remove(["removed"], own)


STEPS: dict[str, Callable[[Store], None]] = {"put": change, "remove": remove}


def cut_everywhere(proxy: Proxy, direct: str, through: str, step: str, fault: Fault) -> Iterator[bool]:
    """Fail after 0, 1, 2 … commands of a step, each in a fresh index, until it needs no more; tell how each ended."""
    for after in count():
        space = f"{step}{fault.name}{after}"
        prepared(direct + space)
        with opened(through + space) as writer:
            proxy.arm(after, fault)
            try:
                STEPS[step](writer)
                done = True
            except StoreError:
                done = False
            untouched = proxy.commands < after
            judge(direct + space, step, done=done)
            proxy.arm(None)
            STEPS[step](writer)  # the same store goes on once the server is back
        finished(direct + space, step)
        yield done
        if untouched:
            return


def judge(url: str, step: str, *, done: bool) -> None:
    """Hold what another process sees to be whole, and all of it if the step was acknowledged."""
    with opened(url, create=False) as reader:
        seen = {name: served(reader, name, [0, 1]) for name in ("new", "replaced", "same", "removed")}
        assert seen["same"] == 0
        if step == "put":
            assert seen["new"] in ({0} if done else {0, None})
            assert seen["replaced"] in ({1} if done else {0, 1})
            assert seen["removed"] == 0
        else:
            assert seen["removed"] in ({None} if done else {0, None})
        report = reader.check(lambda stored: version(stored.id, stored.payload[3]).postings, repair=False)
        assert report.missing == 0


def finished(url: str, step: str) -> None:
    """Hold the index to the state after the step, and to be sound after a sweep."""
    expected = {"put": (0, 1, 0, 0), "remove": (None, 0, 0, None)}[step]
    with opened(url, create=False) as reader:
        names = ("new", "replaced", "same", "removed")
        assert tuple(served(reader, name, [0, 1]) for name in names) == expected
        swept(reader)
        assert tuple(served(reader, name, [0, 1]) for name in names) == expected


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", [Fault.CUT, pytest.param(Fault.HALF_CLOSE, marks=pytest.mark.slow)])
def test_connection_lost_for_good_after_each_command(
    proxy: Proxy, redis_server: Server, namespace: str, step: str, fault: Fault
) -> None:
    """Whichever command is the last to arrive, readers see whole documents, the error is typed, the repeat succeeds."""
    direct, through = (redis_server.url(port=port) + f"?namespace={namespace}" for port in (None, proxy.port))
    ends = list(cut_everywhere(proxy, direct, through, step, fault))
    assert ends[-1]
    assert ends.count(False) > 3  # the faults did strike


def test_connection_lost_once_is_not_noticed(proxy: Proxy, redis_server: Server, namespace: str) -> None:
    """A connection that breaks once, after any command, is made again within the call."""
    direct, through = (redis_server.url(port=port) + f"?namespace={namespace}" for port in (None, proxy.port))
    for after in count():
        space = f"once{after}"
        prepared(direct + space)
        with opened(through + space) as writer:
            proxy.arm(after, lasting=False)
            change(writer)
            untouched = proxy.commands < after
            proxy.arm(None)
        finished(direct + space, "put")
        if untouched:
            break
    assert after > 3


@pytest.mark.usefixtures("impatient")
def test_put_after_a_removal_that_was_cut_short(proxy: Proxy, redis_server: Server, namespace: str) -> None:
    """Wherever a removal stopped, the same document put again is served, not taken for one that is there already."""
    direct, through = (redis_server.url(port=port) + f"?namespace={namespace}" for port in (None, proxy.port))
    statuses = set()
    for after in count():
        prepared(f"{direct}put{after}")
        with opened(f"{through}put{after}") as writer:
            proxy.arm(after)
            with suppress(StoreError):
                writer.remove(["removed"], own)
            untouched = proxy.commands < after
            proxy.arm(None)
        with opened(f"{direct}put{after}") as other:
            statuses.add(other.put([version("removed", 0)], own)[0])
            assert served(other, "removed", [0]) == 0
            assert swept(other).missing == 0
            assert served(other, "removed", [0]) == 0
        if untouched:
            break
    assert statuses == {"unchanged", "put"}  # the pointer goes first: the document is there whole, or gone


@pytest.mark.usefixtures("impatient")
def test_silent_server_is_given_up(proxy: Proxy, redis_server: Server, namespace: str) -> None:
    """A server that takes commands and never answers is an error after a bounded time, not a wait for ever."""
    with opened(f"{redis_server.url(port=proxy.port)}?namespace={namespace}&socket_timeout=1") as store:
        store.put(CHANGE, own)
        proxy.arm(0, Fault.SILENCE)
        start = time.monotonic()
        with pytest.raises(StoreError):
            store.get(["new"])
        assert time.monotonic() - start < 20
        proxy.arm(None)
        assert served(store, "new", [0]) == 0


def test_slow_server_only_takes_longer(proxy: Proxy, redis_server: Server, namespace: str) -> None:
    """Delayed commands change nothing but the time."""
    with opened(f"{redis_server.url(port=proxy.port)}?namespace={namespace}") as store:
        proxy.delay = 0.01
        store.put(CHANGE, own)
        assert served(store, "replaced", [0, 1]) == 1
