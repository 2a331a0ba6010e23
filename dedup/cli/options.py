"""The options that several commands share, and those of commands that have many: `ingest` and `corpus`."""

from collections.abc import Callable
from typing import Annotated, Literal

import typer

from dedup.duration import seconds
from dedup.search.verdict import HALF


def duration(value: str) -> int:
    """Return the seconds of a duration as `30d`.

    Raises:
        BadParameter: it is something else, or more than ten years.
    """
    try:
        return seconds(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


LEAST_PERCENT = 10  # not measured: of less nobody asks, so 2 is no percentage but a mistake


def share(least: float = 0, *, above: bool = False) -> Callable[[str | float], float]:
    """Return what reads a number from `least`, or above it, to 1; it raises BadParameter where there is another."""
    allowed = f"above {least:g}, up to 1" if above else f"from {least:g} to 1"

    def is_one(number: float) -> bool:
        return (least < number if above else least <= number) and number <= 1

    def read(value: str | float) -> float:
        try:
            number = float(value)
        except ValueError:
            raise typer.BadParameter(f"{value!r} is no number; give one {allowed}") from None
        if is_one(number):
            return number
        hint = f"; did you mean {number / 100:g}?" if number >= LEAST_PERCENT and is_one(number / 100) else ""
        raise typer.BadParameter(f"{value}: give a number {allowed}{hint}")

    return read


SOME = share(above=True)
"""A share of nothing makes no sense."""


Index = Annotated[
    str,
    typer.Option(
        "--index", envvar="DEDUP_INDEX", metavar="URL", help="The index, for instance lmdb:PATH or redis://HOST."
    ),
]
DEFAULT_INDEX = "lmdb:./index"

Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]

Limit = Annotated[
    int,
    typer.Option("--limit", envvar="DEDUP_LIMIT", min=1, metavar="N", help="Show at most N documents."),
]
MinWords = Annotated[
    int | None,
    typer.Option(
        "--min-words",
        envvar="DEDUP_MIN_WORDS",
        min=1,
        metavar="N",
        help="Report passages of at least N shared words, or characters if that is the unit (default: evidence "
        "decides; 40 characters).",
    ),
]
MinSimilarity = Annotated[
    float | None,
    typer.Option(
        "--min-similarity",
        envvar="DEDUP_MIN_SIMILARITY",
        parser=SOME,
        metavar="X",
        help="Report passages whose two versions are at least this similar: above 0, up to 1 (default: evidence "
        "decides; of characters 0.45).",
    ),
]
Contained = Annotated[
    float,
    typer.Option(
        "--contained",
        envvar="DEDUP_CONTAINED",
        parser=share(HALF),
        metavar="X",
        help="Call a text contained in another that holds at least this share of it, from 0.5 to 1.",
    ),
]
Passages = Annotated[
    bool,
    typer.Option("--passages/--no-passages", envvar="DEDUP_PASSAGES", help="Find the shared passages too."),
]
Verbatim = Annotated[
    bool,
    typer.Option("--verbatim", envvar="DEDUP_VERBATIM", help="Leave out passages that are told in other words."),
]
Fold = Annotated[
    Literal["story"] | None,
    typer.Option(
        "--fold", envvar="DEDUP_FOLD", help="Show the best document of each story alone; --limit counts stories."
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FIELD=VALUE",
        help="Put only documents whose metadata have this value; VALUE may be a condition in JSON, as in "
        "'year={\">=\": 2020}'. May be repeated.",
    ),
]
Rejects = Annotated[
    str | None,
    typer.Option("--rejects", metavar="FILE", help="Write each rejected record to FILE, one JSON object per line."),
]
Format = Annotated[
    Literal["jsonl", "csv", "tsv", "parquet", "text", "html", "warc"] | None,
    typer.Option("--format", help="The format of the files (default: by their endings)."),
]
IdField = Annotated[
    str,
    typer.Option(
        "--id-field", metavar="NAME", help="The field with the id; `row` numbers records that have no such field."
    ),
]
TextField = Annotated[str, typer.Option("--text-field", metavar="NAME", help="The field with the text.")]
Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="The encoding of text, CSV, JSON Lines and HTML, for instance windows-1252 or utf-16 (default: UTF-8).",
    ),
]
Delimiter = Annotated[
    str,
    typer.Option(
        "--delimiter",
        metavar="CHARACTER",
        help="The character between CSV values, or the word tab (default: as the first line shows).",
    ),
]
Names = Annotated[
    str,
    typer.Option(
        "--name",
        metavar="PATTERN",
        help="Read metadata from the documents' names, for instance '{source}_{published}_{n}'.",
    ),
]
Metadata = Annotated[
    str,
    typer.Option(
        "--metadata",
        metavar="FILE",
        help="Take metadata from a table (.csv, .tsv, .jsonl, .parquet) with a row for each document, by its id.",
    ),
]
Threshold = Annotated[
    float,
    typer.Option(
        "--threshold",
        envvar="DEDUP_THRESHOLD",
        parser=share(),
        metavar="X",
        help="Call documents duplicates that are at least this similar, from 0 to 1.",
    ),
]
Unit = Annotated[
    Literal["word", "character"],
    typer.Option("--unit", envvar="DEDUP_UNIT", help="Compare words, or characters: for texts read by OCR."),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        envvar="DEDUP_THREADS",
        min=1,
        max=1024,
        metavar="N",
        help="Number of worker threads (default: one per processor).",
    ),
]
Memory = Annotated[
    str,
    typer.Option(
        "--memory",
        envvar="DEDUP_MEMORY",
        metavar="SIZE",
        help="Memory of the join before it spills to disk, for instance 500MB.",
    ),
]
Level = Annotated[
    Literal["documents", "passages", "runs"],
    typer.Option(
        "--level",
        envvar="DEDUP_LEVEL",
        help="Compare whole documents, or their paragraphs ('passages'), or find runs of words, at any boundary, that "
        "stand elsewhere too ('runs').",
    ),
]
Measure = Annotated[
    Literal["jaccard", "containment"],
    typer.Option("--measure", envvar="DEDUP_MEASURE", help="The similarity measure."),
]
Keep = Annotated[
    str,
    typer.Option(
        "--keep",
        envvar="DEDUP_KEEP",
        metavar="RULE",
        help="Which of several duplicates to keep: first, longest, earliest[:FIELD] or priority:FIELD=a,b; or none: of "
        "runs that are cut out the first copy goes too.",
    ),
]
Closure = Annotated[
    Literal["survivor", "transitive"],
    typer.Option(
        "--closure",
        envvar="DEDUP_CLOSURE",
        help="How clusters form: 'survivor' (each duplicate resembles the document kept) or 'transitive' (chains "
        "count).",
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        "--against",
        envvar="DEDUP_AGAINST",
        metavar="URL",
        help="An index whose documents always stay: documents of INPUT that resemble them are removed.",
    ),
]
Previous = Annotated[
    str | None,
    typer.Option(
        "--previous",
        metavar="DIR",
        help="The results of an earlier run: what it kept is kept again, before better documents that came later.",
    ),
]
Into = Annotated[
    str | None,
    typer.Option("--index", metavar="URL", help="Put the documents kept into this index too; it may be new."),
]
Ids = Annotated[bool, typer.Option("--ids", help="Of the documents kept and removed write the ids alone.")]
Cut = Annotated[bool, typer.Option("--cut", help="Cut repeated passages or runs out of the texts kept.")]
LeastWords = Annotated[
    int | None,
    typer.Option(
        "--min-words",
        envvar="DEDUP_MIN_WORDS",
        min=1,
        metavar="N",
        help="Compare paragraphs of at least N words, or characters if that is the unit (--level passages; "
        "default: 12 words, 40 characters), or find runs of at least N (--level runs; default: 50 words, 250 "
        "characters).",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the results that are in DIR.")]
Out = Annotated[str, typer.Option("--out", metavar="DIR", help="Write the results to DIR, a new folder.")]
