"""What goes in (Document) and what comes out (Answer): plain frozen values, no behaviour worth testing alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["passage", "reworded", "boilerplate"]
Direction = Literal["earlier", "later"]
Status = Literal["put", "replaced", "unchanged", "kept", "duplicate"]
Verdict = Literal["near_duplicate", "contained", "contains", "shares_passages", "new"]
"""In this order, the first says most of a query: the less of it is new, the earlier the word stands."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text to index.

    Attributes:
        id: the caller's own name for it, 1 to 480 bytes of UTF-8.
        text: any Python string; lone surrogates and NUL are just code points.
        metadata: anything JSON can hold; returned with every match.
        version: 32 hexadecimal digits, equal for equal text and metadata, of a document that an index returns; not part
            of what is indexed, nor compared.
        story: the name of the story that an index with stories has given it, else None. The same holds for it.
    """

    id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    version: str = field(default="", compare=False)
    story: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text.

    Attributes:
        start: its first code point in the original string.
        end: the code point after its last.
        line: the line on which it begins, from 1; lines end with LF, CR or both. 0 where nobody counted.
        end_line: the line on which its last word ends. Lines follow from the places, and are not compared.
    """

    start: int
    end: int
    line: int = field(default=0, compare=False)
    end_line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text that the query and a document share.

    Attributes:
        query: its place in the query.
        document: its place in the document.
        matched_words: length of the longest common subsequence of the two stretches, in tokens; of a reworded passage
            the words that both have, in any order, each as often as both have it.
        similarity: 2 * matched_words / (tokens in query stretch + tokens in document stretch), 0 to 1.
        documents: in how many documents of the index the passage's rarest shared window occurs: at least as many hold
            the passage, edited copies of it not counted.
        kind: "passage" if it is copied, "reworded" if it is told in other words: sentences that share their telling
            words in any order; "boilerplate" when the words say nothing: frequent everywhere, names and titles only, or
            such as chance gives in an index of this size.
        source: whether the document is the passage's source: the earliest, by date, of the query and all documents
            found that hold it. False where the document has no date.
        evidence: -log10 of how many passages as good as this one chance would give for this query in an index of this
            size, to one decimal: higher is surer. An index of fewer than 1,000 documents counts as one of 1,000.
    """

    query: Span
    document: Span
    matched_words: int
    similarity: float
    documents: int
    kind: Kind
    source: bool = False
    evidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Containment:
    """Shares of one side's set of shingles found in the other's, each 0 to 1."""

    query_in_document: float
    document_in_query: float


@dataclass(frozen=True, slots=True)
class Match:
    """One document that the query resembles; every figure is exact, computed on the two texts.

    Attributes:
        id: the document's id.
        jaccard: |A ∩ B| / |A ∪ B| over the sets of k-token shingles.
        containment: the same intersection over each side alone.
        metadata: the document's own.
        passages: in the order of the query; boilerplate last.
        direction: whether the document came out "earlier" than the query or "later", by the dates in their metadata
            (`published`, else `date`); None where a date is missing or too vague to tell.
        story: the name of the document's story; None in an index without stories.
        folded: how many more documents of its story match, and are left out because the question folds stories.
        verdict: what the query is beside this document, by the question's limit `contained`: "near_duplicate" if each
            holds so much of the other's shingles; "contained" if the document holds so much of the query's; "contains"
            if the query holds so much of the document's; "shares_passages" if they share a passage that is no
            boilerplate, or half of the shingles of either; else "new". None if one of two texts compared is too short
            to judge; no match of an answer is.
    """

    id: str
    jaccard: float
    containment: Containment
    metadata: Mapping[str, Any]
    passages: tuple[Passage, ...]
    direction: Direction | None = None
    story: str | None = None
    folded: int = 0
    verdict: Verdict | None = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text resembles, best first; iterate over it to get the matches.

    Attributes:
        matches: best first.
        found: how many documents are known to resemble the query; `matches` holds at most `limit` of them.
        coverage: the share of the query's words, 0 to 1, that lie in a passage of any document found, returned or not;
            boilerplate does not count, nor does a document that is alike but shares no passage.
        truncated: something that may match was left unread, so there may be more matches.
        too_short: the query has fewer than k tokens: too little to judge, nothing was looked up.
        verdict: what the query is beside all documents found: of their verdicts the one that says most, "new" where
            there are none. Of the matches with the same verdict it rests on the one that holds most of the query, of
            equal ones on the earliest by date; that one is always among those returned. Where the answer is
            `truncated`, a document left unread might have given another. None if the query is too short to judge.
    """

    matches: tuple[Match, ...]
    found: int = 0
    coverage: float = 0.0
    truncated: bool = False
    too_short: bool = False
    verdict: Verdict | None = None

    def __iter__(self) -> Iterator[Match]:
        """Iterate over the matches, best first."""
        return iter(self.matches)

    def __len__(self) -> int:
        """Return the number of matches."""
        return len(self.matches)

    def __getitem__(self, place: int) -> Match:
        """Return the match at `place`."""
        return self.matches[place]


@dataclass(frozen=True, slots=True)
class Placed:
    """A document that was indexed.

    Attributes:
        place: its place in what was given, from 0.
        id: its id.
        status: whether the id is new, its content was replaced, was equal already, or was to be kept, whatever it is;
            or the document is a duplicate, and was not put.
        version: 32 hexadecimal digits, equal for equal text and metadata.
        duplicate_of: the document that it is a duplicate of; None unless that is its status.
        story: the name of the story that it was given; None in an index without stories, and if it was not written.
        kept_version: of a duplicate, the version that the index has of its id and keeps; None if it has none.
    """

    place: int
    id: str
    status: Status
    version: str
    duplicate_of: "Duplicated | None" = None
    story: str | None = None
    kept_version: str | None = None


@dataclass(frozen=True, slots=True)
class Duplicated:
    """The document for which a new one was not put; every figure is exact, computed on the two texts.

    Attributes:
        id: the document's id.
        jaccard: |A ∩ B| / |A ∪ B| over the sets of k-token shingles.
        containment: the same intersection over each side alone; the query is the new document.
    """

    id: str
    jaccard: float
    containment: Containment


@dataclass(frozen=True, slots=True)
class Reject:
    """A document that was not indexed: its place in what was given (from 0), its id, a stable code, the reason."""

    place: int
    id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a batch: counts, and what was not indexed.

    Attributes:
        put: documents whose ids were new.
        unchanged: documents that were there already, with equal content.
        replaced: documents whose content was replaced.
        rejected: one Reject for each document that cannot be indexed.
        duplicates: the documents that were not put because they resemble one that is there.
    """

    put: int = 0
    unchanged: int = 0
    replaced: int = 0
    rejected: tuple[Reject, ...] = ()
    duplicates: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """A standing question: which documents that come in does a text resemble?

    Attributes:
        name: the caller's own name for it, 1 to 400 bytes of UTF-8.
        text: what each document is held against.
        id: the document whose text it was when the watch was put; None where the text itself was given.
        min_words: as of a look-up; see `dedup.Question`.
        min_similarity: the same.
        passages: the same.
        filter: the same; a time such as `-7d` counts from when the document is held against the watch.
        reworded: the same.
        webhook: the URL that a service sends hits to; None for none.
        webhook_text: whether it sends the documents' texts, too.
    """

    name: str
    text: str
    id: str | None = None
    min_words: int | None = None
    min_similarity: float | None = None
    passages: bool = True
    filter: Mapping[str, Any] | None = None
    reworded: bool = True
    webhook: str | None = None
    webhook_text: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that came in and resembles a watch's text.

    Attributes:
        id: the same for the same watch and the same version of a document; ids sort as the documents came in.
        watch: the watch's name.
        match: the document, as a look-up of the watch's text finds it: the watch's text is the query.
    """

    id: str
    watch: str
    match: Match


@dataclass(frozen=True, slots=True)
class Hits:
    """Some hits, in the order in which the documents came in; iterate over it to get them.

    Attributes:
        hits: at most as many as were asked for.
        next: the cursor to go on from: the id of the last hit read so far, also where there was none.
    """

    hits: tuple[Hit, ...]
    next: str

    def __iter__(self) -> Iterator[Hit]:
        """Iterate over the hits."""
        return iter(self.hits)

    def __len__(self) -> int:
        """Return the number of hits."""
        return len(self.hits)
