"""docs/performance.md, made from the latest full run and a template: `make bench-docs`.

Prose stands in `performance.template.md`; a line `{{NAME}}` in it is replaced by what this module makes of the rows.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness.result import RESULTS, Run
from benchmarks.report.better import better
from benchmarks.report.cells import UNMEASURED
from benchmarks.report.head import five
from benchmarks.report.parts import (
    Part,
    all_misread,
    by_case,
    by_size,
    by_threshold,
    checked,
    collections,
    grown,
    hot,
    indexes,
    kept,
    listed,
    look_ups,
    machine,
    misread,
    parted,
    picture,
    scripts,
    served,
    shared_out,
    sized,
    stages,
)

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).parent / "performance.template.md"
PAGE = ROOT / "docs" / "performance.md"


def page(run: Run) -> str:
    """Return the whole page."""
    made = TEMPLATE.read_text(encoding="utf-8")
    for name, part in PARTS.items():
        made = made.replace(f"{{{{{name}}}}}", "\n".join(part(run)) or f"({UNMEASURED})")
    return made


def contents(_: Run) -> Iterator[str]:
    """Yield a link to each heading that follows."""
    for title in re.findall(r"^## (.+)$", TEMPLATE.read_text(encoding="utf-8"), re.MULTILINE):
        yield f"- [{title}](#{re.sub(r'[^a-z0-9 -]', '', title.lower()).replace(' ', '-')})"


PARTS: dict[str, Part] = {
    "contents": contents,
    "machine": machine,
    "five": five,
    "better": better,
    "scripts": scripts,
    "stages": stages,
    "checked": checked,
    "speed": by_case("Text to sketch", "MB/s"),
    "error": by_case("Estimator error", "RMSE", "bias"),
    "edits": by_case("What edits do"),
    "indexes": indexes,
    "hot": hot,
    "indexes by size": by_size("Indexes", kept),
    "collections": collections,
    "by threshold": by_threshold,
    "look-ups": look_ups,
    "news": by_case("News in clusters"),
    "passages": listed("Passages"),
    "pairs": listed("Passages of pairs"),
    "published": listed("PAN 2013 beside published systems"),
    "misread": misread,
    "all misread": all_misread,
    "labelled": parted("Labelled pairs"),
    "many": sized("Text that many print"),
    "growth": grown,
    "shares": shared_out,
    "http": served,
    "collection": sized("A whole collection"),
    "runs": by_size("Runs of words that stand elsewhere"),
    "picture glance": picture("glance", "resembles beside the best of each other package, in four measurements"),
    "picture hot-path": picture("hot-path", "nanoseconds a token by script and stage"),
    "picture speed": picture("speed", "megabytes a second from text to sketch, by package and length of text"),
    "picture error": picture("error", "root mean square error of the estimates, by package and length of text"),
    "picture growth": picture("growth", "inserts, look-ups and bytes by the size of the index"),
    "picture recall": picture("recall", "share of the near-duplicate pairs found, by threshold"),
    "picture passages": picture("passages", "share of planted passages found, by share of words edited"),
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(Run.read(RESULTS / "full")), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
