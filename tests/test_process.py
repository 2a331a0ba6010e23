"""A library changes nothing that belongs to the whole process: the program that uses it may have set it."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import csv, decimal, faulthandler, gc, io, locale, logging, os, random, signal, socket, sys, threading, warnings
import numpy as np

def state():
    return {
        "csv": (csv.field_size_limit(), csv.list_dialects()),
        "decimal": repr(decimal.getcontext()),
        "environment": dict(os.environ),
        "errors of numpy": np.geterr(),
        "faulthandler": faulthandler.is_enabled(),
        "folder": os.getcwd(),
        "garbage collection": (gc.isenabled(), gc.get_threshold()),
        "hooks": (sys.excepthook, sys.displayhook, threading.excepthook, sys.unraisablehook),
        "limits": (sys.getrecursionlimit(), sys.getswitchinterval()),
        "locale": locale.setlocale(locale.LC_ALL),
        "logging": (logging.root.level, logging.root.handlers, logging.getLoggerClass(), logging.root.manager.disable),
        "random": (random.getstate(), str(np.random.get_state(legacy=False))),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "sockets": socket.getdefaulttimeout(),
        "stamina": list(stamina.instrumentation.get_on_retry_hooks()) if stamina else None,
        "umask": os.umask(0o022),
        "warnings": [str(rule) for rule in warnings.filters],
    }

try:
    import stamina
except ImportError:
    stamina = None
os.umask(0o022)
state()  # the first look at some of it changes other parts
before = state()
import dedup
from dedup.cli import commands, ingest, ingest_patience, corpus
from dedup.formats import csv as csv_format
from dedup.stores.lmdb import LMDBStore
from dedup.stores.redis.store import RedisStore
with dedup.open("memory:") as index:
    index.put([dedup.Document("a", "a text of more than a few words, put and asked for")])
    assert [match.id for match in index.resemble("a text of more than a few words, put and asked for")] == ["a"]
(item,) = csv_format.records(io.BufferedReader(io.BytesIO(b"id,text\\n1," + b"x" * 200_000)), "a.csv", "a.csv")
assert len(item.document.text) == 200_000
after = state()
assert before == after, [name for name in before if before[name] != after[name]]
"""


def test_importing_and_using_the_package_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    """Limits, hooks, signals, warnings, random numbers and the environment are the same before and after."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=120, cwd=tmp_path)
