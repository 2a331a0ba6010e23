"""What the golden files hold, written by hand, and how they are read."""

import json
from pathlib import Path

import zstandard

from dedup.model import Document

FOLDER = Path(__file__).parent
NAMESPACE = "golden"
EXPIRES = 3_786_912_000  # 2090-01-01; no time to live may be longer than 68 years
SEVEN_WORDS = "nothing had been decided about the north"
PLAIN = f"the head of the general staff said on tuesday that {SEVEN_WORDS}"
LINE = "all rights to this notice are reserved by the agency that wrote it"
DOCUMENTS = [
    Document("plain", PLAIN, {"source": "wire", "n": 1}),
    Document("copy", f"in other news from abroad {PLAIN}", {"published": "2026-11-22"}),
    Document("ü/中 💩", "Ünïcode “quoted” text, 中文也行。 \ud800 lone", {"nested": {"a": [1, 2.5, None, True, "é"]}}),
    Document("long", " ".join(f"w{i}" for i in range(1500))),  # several chunks
    *(Document(f"notice{i:02}", f"notice number {i}: {LINE}") for i in range(18)),  # a bucket that is hot on Redis
]
NOTICES = [Document(f"notice{i:02}", f"notice number {i}: {LINE}") for i in range(18, 90)]  # in format 2 of LMDB
EXPIRING = Document("until 2090", "this document is as good as removed at the beginning of the year 2090")

# the content of `plain` before compression: the length of the JSON, the JSON with sorted keys, the text
CONTENT = (23).to_bytes(8, "little") + b'{"n":1,"source":"wire"}' + PLAIN.encode()
SCHEME = b'{"bands": 42, "fold": 3, "hash": 1, "k": 4, "num_perm": 128, "rows": 3, "seed": 1, "w": 4}'


def read(name: str) -> bytes:
    """Return what a golden file holds."""
    return zstandard.decompress((FOLDER / f"{name}.zst").read_bytes())


def commands() -> list[list[bytes]]:
    """Return the commands that write the golden Redis index."""
    return [[bytes.fromhex(part) for part in command] for command in json.loads(read("redis.json"))]
