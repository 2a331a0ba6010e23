"""The subcommands' arguments and help; the work is done in modules that are imported when one is run."""

from collections.abc import Callable
from typing import Annotated

import typer

from dedup.cli import options
from dedup.cli.collection_commands import corpus, network, tune
from dedup.cli.story_commands import STORY_COMMANDS
from dedup.errors import InvalidInput
from dedup.scheme import Scheme
from dedup.search.question import Question

DEFAULT = Question()


def ingest(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH…",
            help="Files (.jsonl, .csv, .tsv, .parquet, .txt, .md, .html, .warc, each also as .gz or .zst), folders or "
            "patterns; - reads JSON Lines from standard input.",
        ),
    ],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
    kind: options.Format = None,
    id_field: options.IdField = "id",
    text_field: options.TextField = "text",
    encoding: options.Encoding = "",
    delimiter: options.Delimiter = "",
    names: options.Names = "",
    metadata: options.Metadata = "",
    conditions: options.Where = None,
    # not called `limit`: a project's setting of that name is about look-ups
    most: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Put at most N documents.")] = None,
    rejects: options.Rejects = None,
    skip_like: Annotated[
        float | None,
        typer.Option(
            "--skip-like",
            envvar="DEDUP_SKIP_LIKE",
            parser=options.SOME,
            metavar="X",
            help="Leave out a document that is so much like one in the index, or one before it: above 0, up to 1.",
        ),
    ] = None,
    measure: options.Measure = "jaccard",
    duplicates: Annotated[
        str | None,
        typer.Option(
            "--duplicates",
            metavar="FILE",
            help="Write each document that --skip-like leaves out to FILE, with what it is like, one JSON object per "
            "line.",
        ),
    ] = None,
    ttl: Annotated[
        int | None,
        typer.Option(
            "--ttl", parser=options.duration, metavar="TIME", help="Let the documents expire after TIME: 30d, 12h, 90m."
        ),
    ] = None,
) -> None:
    """Put documents into the index.

    A document replaces the one in the index with the same id. Each batch is durable once it is counted: after an
    interruption run the same command again.
    """
    from dedup.cli.corpus_options import given
    from dedup.cli.files import keep_inputs
    from dedup.cli.ingest import Selection, run
    from dedup.cli.ingest_where import where
    from dedup.formats import Fields, Reading

    how = Reading(Fields(id_field, text_field), kind, encoding, delimiter, names, metadata)
    if given(context, "measure") and not skip_like:
        raise InvalidInput("--measure says what --skip-like holds a document by; give --skip-like too, or leave it out")
    if duplicates and not skip_like:
        raise InvalidInput("--duplicates names a file for what --skip-like leaves out; give --skip-like too")
    selection = Selection(how, where(conditions or []), most, skip_like, measure)
    keep_inputs([*paths, metadata], rejects=rejects, duplicates=duplicates)
    run(paths, index, selection, json=json, rejects=rejects, duplicates=duplicates, ttl=ttl or 0)


def resemble(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH…",
            help="The queries: files as ingest takes them; - reads a text, or JSON Lines, as it begins.",
        ),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="Take a document of the index as a query. May be repeated."),
    ] = None,
    index: options.Index = options.DEFAULT_INDEX,
    json: options.JsonLines = False,
    limit: options.Limit = DEFAULT.limit,
    min_words: options.MinWords = DEFAULT.min_words,
    min_similarity: options.MinSimilarity = DEFAULT.min_similarity,
    passages: options.Passages = DEFAULT.passages,
    verbatim: options.Verbatim = False,
    contained: options.Contained = DEFAULT.contained,
    fold: options.Fold = None,
    html: Annotated[
        str | None,
        typer.Option("--html", metavar="FILE", help="Write an HTML page to FILE instead of text."),
    ] = None,
    kind: options.Format = None,
    id_field: options.IdField = "id",
    text_field: options.TextField = "text",
    encoding: options.Encoding = "",
    delimiter: options.Delimiter = "",
    names: options.Names = "",
    metadata: options.Metadata = "",
    rejects: options.Rejects = None,
) -> None:
    """Show what each text resembles, and the passages shared.

    A document of the index that has the query's own id is left out of the answer.
    """
    from dedup.cli.files import keep_inputs
    from dedup.cli.resemble import run
    from dedup.formats import Fields, Reading

    if not paths and not ids:
        raise typer.BadParameter("give a path, - for standard input, or --id ID", param_hint="PATH")
    if html and json:
        raise typer.BadParameter("give --html FILE or --json, not both", param_hint="--html")
    question = Question(
        limit, min_words, min_similarity, passages, reworded=not verbatim, contained=contained, fold=fold
    )
    how = Reading(Fields(id_field, text_field), kind, encoding, delimiter, names, metadata)
    keep_inputs([*(paths or []), metadata], rejects=rejects, html=html)
    run(paths or [], ids or [], how, index, question, json=json, html=html, rejects=rejects)


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A text file of any ending; - reads standard input.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another text file.")],
    json: options.Json = False,
    min_words: options.MinWords = DEFAULT.min_words,
    min_similarity: options.MinSimilarity = DEFAULT.min_similarity,
    verbatim: options.Verbatim = False,
    contained: options.Contained = DEFAULT.contained,
    unit: options.Unit = "word",
    encoding: options.Encoding = "",
) -> None:
    """Show how alike two text files are; no index is needed."""
    from dedup.cli.compare import run
    from dedup.formats import Reading

    question = Question(min_words=min_words, min_similarity=min_similarity, reworded=not verbatim, contained=contained)
    run(a, b, Reading(encoding=encoding), question, Scheme(unit=unit), json=json)


def get(
    name: Annotated[str, typer.Argument(metavar="ID", help="The document's id.")],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
) -> None:
    """Print a document of the index.

    Prints its text; with --json, the record that ingest takes.
    """
    from dedup.cli.index_commands import get

    get(name, index, json=json)


def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="The documents' ids.")],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
) -> None:
    """Remove documents and their texts from the index.

    An id that is not in the index is no error.
    """
    from dedup.cli.index_commands import remove

    remove(ids, index, json=json)


def stats(index: options.Index = options.DEFAULT_INDEX, json: options.Json = False) -> None:
    """Print the size of the index, and its scheme."""
    from dedup.cli.index_commands import stats

    stats(index, json=json)


def check(
    index: options.Index = options.DEFAULT_INDEX,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what does not agree, and forget the ids of lost documents.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Verify that postings and documents agree."""
    from dedup.cli.index_commands import check

    check(index, repair=repair, json=json)


def sweep(index: options.Index = options.DEFAULT_INDEX, json: options.Json = False) -> None:
    """Delete expired documents, and what interrupted writers left.

    Other processes can read and write the index meanwhile.
    """
    from dedup.cli.index_commands import sweep

    sweep(index, json=json)


def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The index to read, for instance lmdb:PATH.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The index to write, for instance redis://HOST.")],
    json: options.Json = False,
) -> None:
    """Put all documents of one index into another.

    A new index gets the scheme of the old one, with the present fold table. What the other index holds already is
    left alone: after an interruption run the same command again. A document that cannot be read is named and left out.
    """
    from dedup.cli.copy import run

    run(source, target, json=json)


def create(
    index: options.Index = options.DEFAULT_INDEX,
    unit: options.Unit = "word",
    threshold: Annotated[
        float,
        typer.Option(
            "--threshold",
            envvar="DEDUP_THRESHOLD",
            parser=options.share(),
            metavar="X",
            help="Find 99 of 100 documents that are at least this similar as a whole.",
        ),
    ] = 0.5,
    stories: Annotated[
        float,
        typer.Option(
            "--stories",
            envvar="DEDUP_STORIES",
            parser=options.share(),
            metavar="X",
            help="Give each document a story: that of the most alike document, if it is at least so similar, else one "
            "of its own; above 0, up to 1, say 0.5 (default: no stories).",
            show_default=False,
        ),
    ] = 0.0,
    documents: Annotated[
        int | None,
        typer.Option("--documents", min=1, metavar="N", help="Expect N documents: room for them in Redis."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Make a new index with a scheme of your own.

    An index that another command makes compares words. For texts read by OCR take characters.
    """
    from dedup.cli.index_commands import create

    create(index, unit, threshold, stories, documents, json=json)


def grow(index: options.Index = options.DEFAULT_INDEX, json: options.Json = False) -> None:
    """Spread the postings of an index in Redis over more shards.

    It is time when `dedup stats` says so. Other processes can read and write the index meanwhile.
    """
    from dedup.cli.index_commands import grow

    grow(index, json=json)


def backup(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="The new folder to write.")],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
) -> None:
    """Write a copy of an LMDB index into a new folder.

    The copy is the index as it is at one moment. Other processes can read and write the index meanwhile. Each text of
    the copy is read, and those that cannot be are named.
    """
    from dedup.cli.index_commands import backup

    backup(folder, index, json=json)


def serve(
    index: Annotated[
        str | None,
        typer.Option(
            "--index",
            envvar="DEDUP_INDEX",
            metavar="URL",
            help="The index, for instance lmdb:PATH or redis://HOST (default: lmdb:./index).",
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            "--host", envvar="DEDUP_HOST", metavar="ADDRESS", help="The address to listen at (default: 127.0.0.1)."
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", envvar="DEDUP_PORT", min=0, max=65535, metavar="N", help="The port to listen at (default: 8080)."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", envvar="DEDUP_WORKERS", min=1, metavar="N", help="Number of processes (default: 1)."),
    ] = None,
    webhook_hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--webhook-host",
            metavar="HOST",
            help="A host that webhooks of watches may go to, as HOST or HOST:PORT; repeat it for more (default: none).",
        ),
    ] = None,
) -> None:
    """Serve the index over HTTP: an API, and a page for the browser.

    The service listens on this machine only, unless API keys are set.
    """
    from dedup.cli.service_package import require_own_service

    require_own_service()
    from dedup.cli.serve import run

    run(index=index, host=host, port=port, workers=workers, webhook_hosts=webhook_hosts or None)


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


def warm(json: options.Json = False) -> None:
    """Compile the kernels for this processor, once.

    The first command that needs them does the same. In an image or a package, run this where it will be used: the
    machine code is for one kind of processor.
    """
    from dedup.cli.warm import run

    run(json=json)


COMMANDS = (
    ingest,
    resemble,
    compare,
    get,
    remove,
    stats,
    check,
    sweep,
    copy,
    serve,
    key,
    corpus,
    network,
    tune,
    warm,
    *STORY_COMMANDS,
)
INDEX_COMMANDS: dict[str, Callable[..., None]] = {"create": create, "grow": grow, "backup": backup}
