"""`dedup compare`: two texts, no index."""

from dataclasses import replace
from typing import Annotated

import typer

from dedup.cli import options


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A text file, or - for standard input.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    json: options.Json = False,
    min_words: options.MinWords = 12,
    min_similarity: options.MinSimilarity = 0.6,
) -> None:
    """Say how alike two text files are, and show the passages that they share."""
    import dedup
    from dedup.cli.opening import prepare_kernels

    first, second = _read(a), _read(b)
    prepare_kernels()
    match = dedup.compare(first.text, second.text, min_words=min_words, min_similarity=min_similarity)
    match = replace(match, id=second.id)
    if json:
        from dedup.cli import shape

        print(shape.line(shape.match(match)))
    else:
        from dedup.cli.show import show_comparison

        show_comparison(first, second, match)


def _read(path: str) -> "dedup.Document":  # noqa: F821
    from dedup.errors import InvalidDocument
    from dedup.formats import Rejected, read_text

    item = read_text(path)
    if isinstance(item, Rejected):
        raise InvalidDocument(item.code, f"{item.source}: {item.reason}")
    return item.document
