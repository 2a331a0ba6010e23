"""The options that several commands share."""

from typing import Annotated

import typer

Index = Annotated[
    str,
    typer.Option("--index", envvar="DEDUP_INDEX", metavar="URL", help="Which index, for instance lmdb:PATH."),
]
DEFAULT_INDEX = "lmdb:./index"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]

Limit = Annotated[
    int,
    typer.Option("--limit", envvar="DEDUP_LIMIT", min=1, metavar="N", help="How many documents at most."),
]
MinWords = Annotated[
    int,
    typer.Option("--min-words", envvar="DEDUP_MIN_WORDS", min=1, metavar="N", help="Fewest words a passage shares."),
]
MinSimilarity = Annotated[
    float,
    typer.Option(
        "--min-similarity",
        envvar="DEDUP_MIN_SIMILARITY",
        min=0,
        max=1,
        metavar="X",
        help="Least similarity of a passage's two stretches, 0 to 1.",
    ),
]
Passages = Annotated[
    bool,
    typer.Option("--passages/--no-passages", envvar="DEDUP_PASSAGES", help="Find the shared passages too."),
]
Rejects = Annotated[
    str | None,
    typer.Option("--rejects", metavar="FILE", help="Write what was rejected there too, one JSON object a line."),
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="What the files are, where endings do not tell: jsonl, csv …"),
]
IdField = Annotated[str, typer.Option("--id-field", metavar="NAME", help="Which field is the id.")]
TextField = Annotated[str, typer.Option("--text-field", metavar="NAME", help="Which field is the text.")]
Threshold = Annotated[
    float,
    typer.Option(
        "--threshold",
        envvar="DEDUP_THRESHOLD",
        min=0,
        max=1,
        metavar="X",
        help="Least similarity of a duplicate, 0 to 1.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", envvar="DEDUP_THREADS", min=1, metavar="N", help="How many work; by default all processors."
    ),
]
Memory = Annotated[
    str,
    typer.Option(
        "--memory", envvar="DEDUP_MEMORY", metavar="SIZE", help="What the join takes before it spills to disk."
    ),
]
