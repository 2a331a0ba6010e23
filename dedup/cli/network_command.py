"""The arguments and help of `dedup network`; the work is done in a module that is imported when it is run."""

from typing import Annotated

import typer

from dedup.cli import options


def network(
    out: options.Out,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT…", help="The collection: files, folders and patterns as ingest takes them."),
    ] = None,
    # not called `index`: the setting of that name is about look-ups, and a collection needs none
    existing: Annotated[
        str | None,
        typer.Option("--index", metavar="URL", help="Take the documents of an index instead of INPUT."),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(
            "--date", metavar="FIELD", help="The field with a document's date (default: published, else date)."
        ),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(
            "--series", metavar="FIELD", help="Leave out pairs of documents with the same value in FIELD, as in paper."
        ),
    ] = None,
    within: Annotated[
        int | None,
        typer.Option(
            "--within",
            parser=options.duration,
            metavar="TIME",
            help="Leave out pairs whose dates are more than TIME apart, or missing: 90d, 12h.",
        ),
    ] = None,
    min_words: options.MinWords = None,
    min_similarity: options.MinSimilarity = None,
    verbatim: options.Verbatim = False,
    unit: options.Unit = "word",
    threads: options.Threads = None,
    force: options.Force = False,
    kind: options.Format = None,
    id_field: options.IdField = "id",
    text_field: options.TextField = "text",
    encoding: options.Encoding = "",
    delimiter: options.Delimiter = "",
    names: options.Names = "",
    metadata: options.Metadata = "",
    json: options.Json = False,
    rejects: options.Rejects = None,
) -> None:
    """Find who reprints whom in a collection.

    All pairs of documents that share a passage, wherever it lies.

    DIR then holds the pairs and documents for Gephi, the passages, and a report. It appears when everything is done:
    after an interruption run the same command again, which starts anew.
    """
    from dedup.cli.files import keep_inputs
    from dedup.cli.network import Asked, of_index, of_input
    from dedup.formats import Fields, Reading

    if bool(paths) == bool(existing):
        raise typer.BadParameter("give either INPUT or --index URL", param_hint="INPUT")
    asked = Asked(date, series, within, min_words, min_similarity, not verbatim, unit, threads)
    if existing:
        of_index(existing, out, asked, force=force, json=json)
        return
    how = Reading(Fields(id_field, text_field), kind, encoding, delimiter, names, metadata)
    keep_inputs([*(paths or []), metadata], rejects=rejects)
    of_input(paths or [], how, out, asked, force=force, json=json, rejects=rejects)
