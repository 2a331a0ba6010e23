"""Make the golden files of the present format, from the folder `tests`: `python -m golden.make URL`.

They are made once for each format and never again: a later version that cannot read them must raise the format in
`dedup/stores/session.py`, keep these files, and add the new format's beside them. URL is a Redis server's.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from io import StringIO
from math import ceil
from pathlib import Path
from typing import Any

import redis
import zstandard
from golden.contents import CONTENT, DOCUMENTS, EXPIRES, EXPIRING, FOLDER, LINE, NAMESPACE, NOTICES, PLAIN
from naive import shingles, signature, token_hash, words

import dedup
from dedup.engine import Index
from dedup.report.render import section
from dedup.report.render import write as write_report
from dedup.stores import lmdb_runs
from dedup.stores.codec import encode


def write(name: str, data: bytes) -> None:
    """Write a golden file."""
    (FOLDER / f"{name}.zst").write_bytes(zstandard.ZstdCompressor(level=19).compress(data))


def fill(index: Index) -> None:
    """Put the documents, with a replacement and a removal before them, so that numbers have gaps."""
    index.put([dedup.Document("plain", "an older text of this document, that is replaced"), EXPIRING])
    index.put([dedup.Document("removed", PLAIN)])
    index.remove(["removed", EXPIRING.id])
    index.put(DOCUMENTS)
    index.put([EXPIRING], ttl=EXPIRES - ceil(time.time()))


def dump(client: redis.Redis) -> Iterator[list[Any]]:
    """Yield the commands that write every key of the index."""
    for key in sorted(client.scan_iter(match=f"{NAMESPACE}:*")):
        kind = client.type(key)
        if kind == b"string":
            yield [b"SET", key, client.get(key)]
        elif kind == b"hash":
            yield [b"HSET", key, *(part for pair in sorted(client.hgetall(key).items()) for part in pair)]
        elif kind == b"list":
            yield [b"RPUSH", key, *client.lrange(key, 0, -1)]
        else:
            yield [b"ZADD", key, *(part for name in client.zrange(key, 0, -1) for part in (b"0", name))]


def report() -> str:
    """Return the report of a text that quotes two documents."""
    file = StringIO()
    with dedup.open("memory:") as index:
        fill(index)
        query = dedup.Document("query", f"{PLAIN}. Ten other words that stand in none of the documents. {LINE}")
        write_report(file, [section(query, index.look_up(query.text, query.id, dedup.Question()), "word")])
    return file.getvalue()


def main() -> None:
    """Make all of them."""
    lmdb_runs.RECENT_MOST = 1000  # all parts hold something
    with tempfile.TemporaryDirectory() as folder:
        with dedup.open(folder) as index:
            fill(index)
            index.put(NOTICES[:40])
            for notice in NOTICES[40:]:
                index.put([notice])
        write("data2.mdb", (Path(folder) / "data.mdb").read_bytes())
    url = sys.argv[1]
    with dedup.open(f"{url}?namespace={NAMESPACE}") as index:
        fill(index)
    commands = [[part.hex() for part in command] for command in dump(redis.Redis.from_url(url))]
    write("redis.json", json.dumps(commands).encode())
    write("report.html", report().encode())
    (FOLDER / "payload").write_bytes(encode(CONTENT))
    hashes = shingles([token_hash(word.encode()) for word in words(PLAIN)], 4)
    (FOLDER / "signature.json").write_text(json.dumps(signature(hashes, dedup.Scheme()).hashvalues.tolist()) + "\n")


if __name__ == "__main__":
    main()
