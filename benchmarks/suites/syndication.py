"""What becomes of text that many print, and of swapped text.

Wire copy: one passage of 25 words in 50 to 1,000 documents, each copy edited by 5 %; at least one copy is to be found
always, as a passage, its number known and the answer marked as truncated. Templates: each of four form sentences, with
other names and figures each time, in a tenth of all documents; a planted passage is to come before them, and they are
to be called boilerplate. Swapped halves: both are to be found.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import dedup
from benchmarks.harness.row import Row
from benchmarks.harness.suite import Scale, tell
from benchmarks.texts.articles import articles, unigrams
from benchmarks.texts.planting import Planter, overlap, sentence_ends
from dedup import Document, Index, Passage, Span

TABLE = "Text that many print"
COPIES = (50, 150, 300, 1000)
LENGTH, EDITED = 25, 0.05
TEMPLATES = (
    "{0} Corp said it bought {n} shares or {m} pct of the total outstanding common stock of {1} Inc.",
    "In a filing with the Securities and Exchange Commission, {0} said it may buy up to {n} more shares of {1}.",
    "Bankers said the {n} mln dlr issue of {0} bonds is due in {m} years and was priced at par by lead manager {1}.",
    "{0} is a staff writer for the {1} Times and the author of {m} books on the history of the region.",
)
LIMIT = 20


def wire(planter: Planter, trials: int, most: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each number of copies, all of them in one index with the sources."""
    with dedup.open("memory:") as index:
        index.put(Document(f"{place}", text) for place, text in enumerate(planter.sources))
        numbers = [copies for copies in COPIES if copies <= most]
        asked = [(copies, _syndicate(planter, index, copies, trial)) for copies in numbers for trial in range(trials)]
        for copies in numbers:
            answers = [_answer(planter, index, words) for number, words in asked if number == copies]
            passages = [one for hits, _ in answers for one in hits]
            said = float(np.median([one.documents for one in passages]))
            yield {
                "copies": copies,
                "wire copy: found": sum(bool(hits) for hits, _ in answers) / trials,
                "wire copy: answer marked as truncated": sum(cut for _, cut in answers) / trials,
                "wire copy: called a passage": sum(one.kind == "passage" for one in passages) / max(1, len(passages)),
                "wire copy: documents said, of the truth": said / copies,
            }


def _syndicate(planter: Planter, index: Index, copies: int, trial: int) -> list[str]:
    """Index copies of a passage, each edited and in a host of its own; return its words."""
    source, origin = planter.cut(LENGTH)
    words = planter.sources[source][origin.start : origin.end].split()
    texts = (planter.insert(planter.reflow(planter.edit(words, EDITED)))[0] for _ in range(copies))
    index.put(Document(f"{copies} {trial} {place}", text) for place, text in enumerate(texts))
    return words


def _answer(planter: Planter, index: Index, words: list[str]) -> tuple[list[Passage], bool]:
    """Look a host with the passage up; return the passages found in its place, and whether the answer is truncated."""
    query, place = planter.insert(planter.reflow(words))
    answer = index.resemble(query, limit=LIMIT)
    return [one for match in answer for one in match.passages if overlap(one.query, place)], answer.truncated


def filled(template: str, planter: Planter) -> str:
    """Return a form sentence with names and figures of its own."""
    names = (planter.rng.choice(planter.words).capitalize() for _ in range(2))
    return template.format(*names, n=planter.rng.randrange(10, 900), m=planter.rng.randrange(2, 60))


def templates(planter: Planter, trials: int) -> dict[str, Any]:
    """Return how planted passages fare against form sentences that are everywhere."""

    def with_form(text: str, place: int) -> str:
        form = place % 10
        at = planter.rng.choice([0, *sentence_ends(text)])
        return f"{text[:at]}{filled(TEMPLATES[form], planter)}\n{text[at:]}" if form < len(TEMPLATES) else text

    first, found, forms, boilerplate = 0, 0, 0, 0
    with dedup.open("memory:") as index:
        index.put(Document(f"{place}", with_form(text, place)) for place, text in enumerate(planter.sources))
        for _ in range(trials):
            planted = planter.plant(LENGTH, EDITED)
            text, spans = planted.text, list[Span]()
            for template, host in zip(TEMPLATES, planter.rng.sample(planter.hosts, len(TEMPLATES)), strict=True):
                form = filled(template, planter)
                spans.append(Span(len(text), len(text) + len(form)))
                text += f"{form}\n{host[:300]}\n"
            answer = index.resemble(text, limit=LIMIT)
            ids = [match.id for match in answer if match.id == planted.source or _only(match.passages, spans)]
            first += ids[:1] == [planted.source]
            found += planted.hits(answer)
            kinds = [
                one.kind
                for match in answer
                for one in match.passages
                if any(overlap(one.query, form) for form in spans) and not overlap(one.query, planted.place)
            ]
            forms += len(kinds)
            boilerplate += kinds.count("boilerplate")
    return {
        "forms: planted found": found / trials,
        "forms: planted comes first": first / trials,
        "forms: of those reported, called boilerplate": boilerplate / max(1, forms),
    }


def swapped(planter: Planter, index: Index, trials: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each length: the share of passages of which both halves are found, each at its place."""
    for length in (30, 40, 80):
        both = 0
        for _ in range(trials):
            source, origin = planter.cut(length)
            words = planter.sources[source][origin.start : origin.end].split()
            half = len(words) // 2
            first, second = planter.reflow(words[:half]), planter.reflow(words[half:])
            text, place = planter.insert(f"{second}\n{first}")
            spans = (Span(place.start, place.start + len(second)), Span(place.end - len(first), place.end))
            matches = index.resemble(text, limit=LIMIT)
            found = [one for match in matches if match.id == str(source) for one in match.passages]
            both += all(any(_mostly(one.query, span) for one in found) for span in spans)
        yield {"words": length, "swapped halves: both found": both / trials}


def _only(passages: Sequence[Passage], spans: Sequence[Span]) -> bool:
    return all(any(overlap(passage.query, span) for span in spans) for passage in passages)


def _mostly(found: Span, wanted: Span) -> bool:
    return min(found.end, wanted.end) - max(found.start, wanted.start) > 0.5 * (wanted.end - wanted.start)


def rows(scale: Scale) -> Iterator[Row]:
    """Yield swapped halves, form sentences, wire copy."""
    tell("passages: swapped, in forms, in wire copy")
    documents, trials = scale.articles // 2, max(2, scale.trials // 5)
    texts = articles(2 * documents, scale.data)
    planter = Planter(texts[documents:], texts[:documents], unigrams(texts), random.Random(1))
    with dedup.open("memory:") as index:
        index.put(Document(f"{place}", text) for place, text in enumerate(planter.sources))
        halves = list(swapped(planter, index, trials))
    for one in (*halves, templates(planter, 5 * trials), *wire(planter, trials, documents)):
        size = int(one.pop("copies", one.pop("words", 0)))
        for case, value in one.items():
            yield Row(table=TABLE, name="resembles", case=case, size=size, unit="share", median=float(value))
