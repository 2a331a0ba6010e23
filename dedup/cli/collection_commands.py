"""Arguments and help of the commands over whole collections; their work is in modules imported when one is run."""

from typing import Annotated

import typer

from dedup.cli import options

_INPUT = typer.Argument(metavar="INPUT…", help="The collection: files, folders and patterns as ingest takes them.")


def corpus(
    context: typer.Context,
    paths: Annotated[list[str], _INPUT],
    out: options.Out,
    level: options.Level = "documents",
    threshold: options.Threshold = 0.8,
    measure: options.Measure = "jaccard",
    keep: options.Keep = "first",
    closure: options.Closure = "survivor",
    against: options.Against = None,
    previous: options.Previous = None,
    into: options.Into = None,  # not called `index`: a project's setting of that name is about look-ups
    ids: options.Ids = False,
    cut: options.Cut = False,
    min_words: options.LeastWords = None,
    unit: options.Unit = "word",
    threads: options.Threads = None,
    memory: options.Memory = "2GB",
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
    """Find the duplicates, or the repeated words, of a collection.

    DIR then holds the documents kept, those removed, tables and a report. It appears when everything is done: after an
    interruption run the same command again, which starts anew.
    """
    from dedup.cli.corpus import Asked, Beside, Wanted, run
    from dedup.cli.corpus_options import check_level
    from dedup.cli.files import keep_inputs
    from dedup.cli.inputs import named, open_input
    from dedup.formats import Fields, Meter, Reading

    check_level(context, level)
    asked = Asked(threshold, level, measure, keep, closure, cut, min_words, unit, threads, memory)
    fields = Fields(id_field, text_field)
    wanted = Wanted(out, force, ids, into, fields)
    keep_inputs([*paths, metadata], rejects=rejects)
    meter = Meter()
    items = open_input(paths, Reading(fields, kind, encoding, delimiter, names, metadata), meter)
    run(items, meter, asked, Beside(against, previous), wanted, name=named(paths), json=json, rejects=rejects)


def network(
    out: options.Out,
    paths: Annotated[list[str] | None, _INPUT] = None,
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


def tune(
    paths: Annotated[
        list[str], typer.Argument(metavar="SAMPLE…", help="A part of the collection: files as ingest takes them.")
    ],
    threshold: options.Threshold = 0.8,
    pairs: Annotated[int, typer.Option("--pairs", min=1, max=100, metavar="N", help="Show N pairs.")] = 10,
    html: Annotated[str | None, typer.Option("--html", metavar="FILE", help="Write an HTML page to FILE too.")] = None,
    threads: options.Threads = None,
    memory: options.Memory = "2GB",
    kind: options.Format = None,
    id_field: options.IdField = "id",
    text_field: options.TextField = "text",
    encoding: options.Encoding = "",
    delimiter: options.Delimiter = "",
    json: options.Json = False,
    rejects: options.Rejects = None,
) -> None:
    """Help to choose a threshold for corpus.

    Compares the documents of a sample with each other, shows pairs from the whole range of similarities, and prints
    what each threshold would remove.
    """
    from dedup.cli.files import keep_inputs
    from dedup.cli.inputs import named, open_input
    from dedup.cli.tune import run
    from dedup.formats import Fields, Meter, Reading

    keep_inputs(paths, rejects=rejects, html=html)
    meter = Meter()
    items = open_input(paths, Reading(Fields(id_field, text_field), kind, encoding, delimiter), meter)
    name = named(paths)
    run(
        items, meter, threshold, pairs, name=name, html=html, threads=threads, memory=memory, json=json, rejects=rejects
    )
