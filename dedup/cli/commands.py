"""The subcommands' arguments and help; the work is done in modules that are imported when one is run."""

from typing import Annotated

import typer

from dedup.cli import options
from dedup.cli.duration import seconds
from dedup.search.question import Question

DEFAULT = Question()


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH…",
            help="Folders, files (.jsonl, .csv, .tsv, .parquet, .txt, .html, .warc, also .gz, .zst), patterns, or -.",
        ),
    ],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
    kind: options.Format = None,
    id_field: options.IdField = "id",
    text_field: options.TextField = "text",
    conditions: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="FIELD=VALUE", help="Only documents of which this is so; may be repeated."),
    ] = None,
    # not called `limit`: a project's setting of that name is about look-ups
    most: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Put no more than N documents.")
    ] = None,
    rejects: options.Rejects = None,
    ttl: Annotated[
        int | None, typer.Option("--ttl", parser=seconds, metavar="TIME", help="Let them expire: 30d, 12h, 90m.")
    ] = None,
) -> None:
    """Put documents into the index.

    An id that is there already is replaced. Each batch is durable once it is counted: after any interruption simply
    run the same command again.
    """
    from dedup.cli.ingest import Selection, run
    from dedup.cli.ingest_where import where
    from dedup.formats import Fields

    selection = Selection(kind, Fields(id_field, text_field), where(conditions or []), most)
    run(paths, index, selection, json=json, rejects=rejects, ttl=ttl or 0)


def resemble(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH…", help="Queries: what ingest takes; - may also be one plain text."),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="Ask for a document of the index; may be repeated."),
    ] = None,
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
    limit: options.Limit = DEFAULT.limit,
    min_words: options.MinWords = DEFAULT.min_words,
    min_similarity: options.MinSimilarity = DEFAULT.min_similarity,
    passages: options.Passages = DEFAULT.passages,
    html: Annotated[
        str | None,
        typer.Option("--html", metavar="FILE", help="Write a page to look at and to send on, instead of text."),
    ] = None,
    rejects: options.Rejects = None,
) -> None:
    """Show which documents texts resemble, and the passages shared.

    A query that is in the index under the same id does not match itself.
    """
    from dedup.cli.resemble import run

    if not paths and not ids:
        raise typer.BadParameter("give a path, - for standard input, or --id ID", param_hint="PATH")
    if html and json:
        raise typer.BadParameter("give --html FILE or --json, not both", param_hint="--html")
    question = Question(limit, min_words, min_similarity, passages)
    run(paths or [], ids or [], index, question, json=json, html=html, rejects=rejects)


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A text file, or - for standard input.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    json: options.Json = False,
    min_words: options.MinWords = DEFAULT.min_words,
    min_similarity: options.MinSimilarity = DEFAULT.min_similarity,
) -> None:
    """Show how alike two text files are; no index is needed."""
    from dedup.cli.compare import run

    run(a, b, Question(min_words=min_words, min_similarity=min_similarity), json=json)


def get(
    name: Annotated[str, typer.Argument(metavar="ID", help="The document's id.")],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
) -> None:
    """Print a document: its text, or with --json what ingest takes."""
    from dedup.cli.index_commands import get

    get(name, index, json=json)


def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="The documents' ids.")],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
) -> None:
    """Remove documents, text and all.

    An id that is not there is no error.
    """
    from dedup.cli.index_commands import remove

    remove(ids, index, json=json)


def stats(index: options.Index = options.DEFAULT_INDEX, json: options.Json = False) -> None:
    """Print how large the index is, and its scheme."""
    from dedup.cli.index_commands import stats

    stats(index, json=json)


def check(
    index: options.Index = options.DEFAULT_INDEX,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is found.")] = False,
    json: options.Json = False,
) -> None:
    """Verify that postings and documents agree."""
    from dedup.cli.index_commands import check

    check(index, repair=repair, json=json)


def sweep(index: options.Index = options.DEFAULT_INDEX, json: options.Json = False) -> None:
    """Delete expired documents and what interrupted writers left.

    Readers and writers go on meanwhile.
    """
    from dedup.cli.index_commands import sweep

    sweep(index, json=json)


def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The index to read, for instance lmdb:PATH.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The index to write, for instance redis://HOST.")],
    json: options.Json = False,
) -> None:
    """Put all documents of one index into another.

    Run again after an interruption, it goes on: what is there already is left alone.
    """
    from dedup.cli.copy import run

    run(source, target, json=json)


def grow(index: options.Index = options.DEFAULT_INDEX, json: options.Json = False) -> None:
    """Spread the postings over more shards, if `dedup stats` says that it is due.

    Readers and writers go on meanwhile.
    """
    from dedup.cli.index_commands import grow

    grow(index, json=json)


def serve(
    index: Annotated[
        str | None,
        typer.Option("--index", envvar="DEDUP_INDEX", metavar="URL", help="Which index.", show_default=False),
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", envvar="DEDUP_HOST", metavar="ADDRESS", help="Where to listen.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", envvar="DEDUP_PORT", min=0, max=65535, metavar="N", help="On which port.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", envvar="DEDUP_WORKERS", min=1, metavar="N", help="How many processes.")
    ] = None,
) -> None:
    """Serve the index over HTTP, with a page to look at.

    Only this machine is served unless API keys are set.
    """
    from dedup.cli.service_package import require_own_service

    require_own_service()
    from dedup.cli.serve import run

    run(index=index, host=host, port=port, workers=workers)


def key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who the key is for: letters, digits, `.`, `_`, `-`.")],
    scopes: Annotated[
        list[str] | None, typer.Argument(metavar="[SCOPE]…", help="read, write or admin (default: read).")
    ] = None,
) -> None:
    """Make an API key for the service.

    Prints the key, which is shown only now, and the lines for the settings file, which hold its SHA-256 only.
    """
    from dedup.cli.service_package import require_own_service

    require_own_service()
    from service.auth import main

    main(name, *scopes or ())


def corpus(
    paths: Annotated[list[str], typer.Argument(metavar="INPUT…", help="What ingest takes.")],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Where the results go: a folder not there yet.")],
    level: Annotated[
        str, typer.Option("--level", envvar="DEDUP_LEVEL", metavar="LEVEL", help="Compare documents, or passages.")
    ] = "documents",
    threshold: options.Threshold = 0.8,
    measure: Annotated[
        str, typer.Option("--measure", envvar="DEDUP_MEASURE", metavar="NAME", help="By jaccard, or containment.")
    ] = "jaccard",
    keep: Annotated[
        str,
        typer.Option(
            "--keep",
            envvar="DEDUP_KEEP",
            metavar="RULE",
            help="Which stays: first, longest, earliest[:FIELD], or priority:FIELD=a,b.",
        ),
    ] = "first",
    closure: Annotated[
        str,
        typer.Option(
            "--closure", envvar="DEDUP_CLOSURE", metavar="NAME", help="What a cluster is: by survivor, or transitive."
        ),
    ] = "survivor",
    against: Annotated[
        str | None,
        typer.Option(
            "--against", envvar="DEDUP_AGAINST", metavar="URL", help="An index whose documents outrank all others."
        ),
    ] = None,
    cut: Annotated[bool, typer.Option("--cut", help="Take repeated passages out of the texts.")] = False,
    min_words: Annotated[
        int,
        typer.Option(
            "--min-words", envvar="DEDUP_MIN_WORDS", min=1, metavar="N", help="Fewest words of a passage compared."
        ),
    ] = 12,
    threads: options.Threads = None,
    memory: options.Memory = "2GB",
    force: Annotated[bool, typer.Option("--force", help="Replace the results that DIR holds.")] = False,
    kind: options.Format = None,
    id_field: options.IdField = "id",
    text_field: options.TextField = "text",
    json: options.Json = False,
    rejects: options.Rejects = None,
) -> None:
    """Find the duplicates of a whole collection.

    What stays without them is written too. DIR appears when all is done: run again after an interruption, the command
    begins anew.
    """
    from dedup.cli.corpus import Asked, run
    from dedup.formats import Fields, Meter, read

    asked = Asked(threshold, level, measure, keep, closure, cut, min_words, threads, memory)
    meter = Meter()
    items = read(*paths, fields=Fields(id_field, text_field), format=kind, meter=meter)
    run(items, meter, out, asked, against=against, force=force, json=json, rejects=rejects)


def tune(
    paths: Annotated[list[str], typer.Argument(metavar="SAMPLE…", help="A part of the collection: what ingest takes.")],
    threshold: options.Threshold = 0.8,
    pairs: Annotated[int, typer.Option("--pairs", min=1, max=100, metavar="N", help="How many pairs to show.")] = 10,
    html: Annotated[str | None, typer.Option("--html", metavar="FILE", help="Write a page to look at too.")] = None,
    threads: options.Threads = None,
    memory: options.Memory = "2GB",
    kind: options.Format = None,
    id_field: options.IdField = "id",
    text_field: options.TextField = "text",
    json: options.Json = False,
    rejects: options.Rejects = None,
) -> None:
    """Help to choose a threshold for corpus.

    Compares the documents of a sample with each other, shows pairs from the whole range of similarities, and says what
    thresholds and schemes would do.
    """
    from dedup.cli.tune import run
    from dedup.formats import Fields, Meter, read

    meter = Meter()
    items = read(*paths, fields=Fields(id_field, text_field), format=kind, meter=meter)
    run(items, meter, threshold, pairs, html=html, threads=threads, memory=memory, json=json, rejects=rejects)


COMMANDS = (ingest, resemble, compare, get, remove, stats, check, sweep, copy, serve, key, corpus, tune)
INDEX_COMMANDS = (grow,)
