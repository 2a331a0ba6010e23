"""The process that extracts: `python -m dedup.formats.extractor SECONDS BYTES`, pages in, texts out, through its pipes.

The kernel ends it if a page takes more than SECONDS; one that takes more memory than BYTES fails or ends it. It ends by
itself when nobody is left to give it pages.
"""

import os
import resource
import signal
import sys

import msgspec
import trafilatura

from dedup.formats.extraction import Extract, Task, receive, send


def main() -> None:
    """Answer each page."""
    seconds, most_memory = float(sys.argv[1]), int(sys.argv[2])
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    most_memory = most_memory if most == resource.RLIM_INFINITY else min(most, most_memory)
    resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    while data := receive(sys.stdin.buffer):
        task = msgspec.msgpack.decode(data, type=Task)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = _extract(task)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(answers, answer)


def _extract(task: Task) -> Extract:
    try:
        tree = trafilatura.load_html(_decoded(task))
        if tree is None:
            return Extract()
        title = " ".join((tree.findtext(".//title") or "").split())
        found = trafilatura.bare_extraction(tree, url=task.url or None, include_comments=False)
        return Extract(text=(getattr(found, "text", None) or "").strip(), title=title)
    except Exception as error:  # noqa: BLE001 - any page may bring it to any
        return Extract(error=f"{type(error).__name__}: {error}"[:500])


def _decoded(task: Task) -> str | bytes:
    """Return the page as text if its charset was told and is right, else let the extractor find out."""
    try:
        return task.html.decode(task.charset) if task.charset else task.html
    except (LookupError, ValueError):
        return task.html


if __name__ == "__main__":
    main()
