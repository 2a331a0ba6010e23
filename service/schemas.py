"""What requests hold and answers look like. Unknown fields of a request are refused; answers may gain fields."""

from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, model_validator

from dedup.model import Verdict
from dedup.search.question import Fold, Question
from dedup.search.verdict import HALF
from service.problems import Problem
from service.settings import MOST_QUERIES
from service.units import Unit

DEFAULT = Question()
QUESTION = {field.name for field in fields(Question)}
MOST_MATCHES = 200  # not measured: each match is verified and sent
MOST_WORDS = 1 << 24
MOST_FIELDS = 100  # more than any request has; each that is unknown costs 3 µs to refuse


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 10.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _few_queries(given: Any) -> Any:
    """Refuse what no setting allows before any query is read."""
    if isinstance(given, list) and len(given) > MOST_QUERIES:
        raise long_batch(MOST_QUERIES)
    return given


def long_batch(most: int) -> Problem:
    """Return the refusal of a batch of too many queries."""
    return Problem(413, "long_batch", f"the batch has more than {most:,} queries; send them in parts")


Whole = Annotated[int, BeforeValidator(_whole)]
Limit = Annotated[Whole, Field(ge=1, le=MOST_MATCHES, description="Matches to return at most.")]
MinWords = Annotated[Whole, Field(ge=1, le=MOST_WORDS, description="Matched words that a passage needs at least.")]
MinSimilarity = Annotated[float, Field(gt=0, le=1, description="Similarity that a passage needs at least.")]
Contained = Annotated[
    float, Field(ge=HALF, le=1, description="From this share on a text counts as contained in another; see `verdict`.")
]
Reworded = Annotated[bool, Field(description="Look for passages that are told in other words, too.")]
Passages = Annotated[bool, Field(description="Look for shared passages, not only for documents alike as a whole.")]
Filter = Annotated[
    dict[str, Any],
    Field(
        description="Conditions on metadata, all of which must hold: a value, a list of values, or an object of "
        "`<`, `<=`, `>`, `>=`, `not` (a value or list) and `same` (as the query document; ask by id).",
        examples=[{"source": {"same": False}, "published": {">=": "2026-01-01"}, "language": ["en", "de"]}],
    ),
]
Offsets = Annotated[Unit, Field(description="What `start` and `end` count.")]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Request(BaseModel):
    """Base of what requests hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, given: Any) -> Any:
        """Refuse very many fields together, not each for itself."""
        if isinstance(given, dict) and len(given) > MOST_FIELDS:
            raise ValueError(f"this object has more than {MOST_FIELDS} fields; see /openapi.json for those it may have")
        return given


class NewDocument(Request):
    """A text to index under the id in the path."""

    text: str
    metadata: dict[str, Any] = {}


class Criteria(Request):
    """Which passages count."""

    min_words: MinWords | None = DEFAULT.min_words
    min_similarity: MinSimilarity | None = DEFAULT.min_similarity
    reworded: Reworded = DEFAULT.reworded


class QuestionIn(Criteria):
    """What is asked of two texts, or of one and the index."""

    contained: Contained = DEFAULT.contained
    offsets: Offsets = "codepoints"
    explain: Annotated[bool, Field(description="Say why each document considered was returned, or was not.")] = False

    @property
    def question(self) -> Question:
        """The question, which has the same fields."""
        return Question(**self.model_dump(include=QUESTION))


class Compare(QuestionIn):
    """Two texts."""

    a: str
    b: str


class LookupIn(QuestionIn):
    """What is asked of a text and the index."""

    limit: Limit = DEFAULT.limit
    passages: Passages = DEFAULT.passages
    fold: Annotated[
        Fold | None, Field(description="`story`: the best match of each story alone; `limit` counts stories.")
    ] = DEFAULT.fold


class Parameters(LookupIn):
    """The same in an address, where all values are strings."""

    model_config = ConfigDict(strict=False)


class Resemble(LookupIn):
    """A text, or the id of an indexed document, or both: then the text, which does not match that document."""

    text: str | None = None
    id: str | None = None
    metadata: Annotated[
        dict[str, Any],
        Field(description="The query's own, which say when it came out; by default those of the document of that id."),
    ] = {}
    filter: Filter | None = None


class Queries(Request):
    """Several look-ups."""

    queries: Annotated[list[Resemble], FailFast(), Field(min_length=1), BeforeValidator(_few_queries)]


class SpanOut(BaseModel):
    """A place in a text: `end` is exclusive, in the unit asked for, by default code points; lines count from 1."""

    start: Count
    end: Count
    line: Annotated[int, Field(ge=1, description="The line on which it begins; lines end with LF, CR or both.")]
    end_line: Annotated[int, Field(ge=1, description="The line on which its last word ends.")]


class PassageOut(BaseModel):
    """A stretch of text that query and document share."""

    query: SpanOut
    document: SpanOut
    matched_words: Count
    similarity: Share
    documents: Annotated[
        int, Field(ge=1, description="In at least so many documents: those that hold its rarest window, unedited.")
    ]
    kind: Literal["passage", "reworded", "boilerplate"]
    source: Annotated[bool, Field(description="The document is the earliest, by date, of all found that hold it.")]
    evidence: Annotated[
        float,
        Field(description="-log10 of how many passages as good chance would give, in an index of this size."),
    ]


class ContainmentOut(BaseModel):
    """Shares of one side's shingles found in the other's."""

    query_in_document: Share
    document_in_query: Share


class MatchOut(BaseModel):
    """One document that the query resembles; every figure is exact."""

    id: str
    jaccard: Share
    containment: ContainmentOut
    metadata: dict[str, Any]
    passages: list[PassageOut]
    direction: Annotated[
        Literal["earlier", "later"] | None,
        Field(description="Whether it came out before or after the query, by the dates of both; null if unknown."),
    ]
    story: Annotated[str | None, Field(description="Its story; null in an index without stories.")]
    folded: Annotated[Count, Field(description="More documents of its story match, and are left out by `fold`.")]
    verdict: Annotated[
        Verdict | None,
        Field(description="What the query is beside this document; null if two texts compared are too short to judge."),
    ]


class SharedOut(BaseModel):
    """Buckets that both sides share: numbers of bands, and words of the query where a shared window begins."""

    bands: list[Count]
    windows: Annotated[list[Count], Field(description="The first 100.")]
    window_count: Count


class CandidateOut(BaseModel):
    """A document that was considered, and why it is in the answer or not."""

    id: str
    shared: SharedOut
    estimate: Annotated[Share | None, Field(description="Jaccard as the two MinHash signatures estimate it.")]
    figures: MatchOut | None
    rejected: Literal["filter", "not_alike", "limit"] | None
    published: Annotated[str | None, Field(description="Its date, from which `direction` follows; null if unknown.")]


class ExplanationOut(BaseModel):
    """What the look-up read."""

    buckets: Count
    postings: Count
    chunks_found: Count
    published: Annotated[str | None, Field(description="The query's date; null if unknown.")]
    candidates: list[CandidateOut]


class AnswerOut(BaseModel):
    """What a text resembles, best first."""

    query: str | None
    found: Annotated[Count, Field(description="Documents known to resemble the query, returned or not.")]
    coverage: Annotated[
        Share,
        Field(description="Share of the query's words in some passage of some document found; boilerplate left out."),
    ]
    truncated: Annotated[bool, Field(description="Something was left unread: there may be more matches.")]
    too_short: Annotated[bool, Field(description="The query has fewer than k words: nothing was looked up.")] = False
    verdict: Annotated[
        Verdict | None,
        Field(
            description="What the query is beside all documents found; of the matches that have the same it rests on "
            "the one that holds most of the query, of equal ones on the earliest. Of a truncated answer, as far as was "
            "read; null if the query is too short."
        ),
    ]
    matches: list[MatchOut]
    explanation: ExplanationOut | None = None


class ComparisonOut(BaseModel):
    """Why two texts are matched or not."""

    reason: Literal["passage", "alike", "too_short_a", "too_short_b", "no_shared_bucket", "below_threshold"]
    shared: SharedOut
    estimate: Share
    words: Annotated[list[Count], Field(min_length=2, max_length=2)]


class ComparedOut(MatchOut):
    """Two texts compared."""

    explanation: ComparisonOut | None = None


class FaultOut(BaseModel):
    """A field or parameter that is wrong."""

    at: str
    code: str
    detail: str


class ProblemOut(BaseModel):
    """A refusal (RFC 9457); `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FaultOut] = []


class BatchOut(BaseModel):
    """An answer or a problem for each query, in the order given."""

    answers: list[AnswerOut | ProblemOut]


class DuplicatedOut(BaseModel):
    """The document that one was not put for; in its containment the query is the one that was not put."""

    id: str
    jaccard: Share
    containment: ContainmentOut


class PlacedOut(BaseModel):
    """What became of a document."""

    id: str
    status: Literal["put", "replaced", "unchanged", "duplicate"]
    version: str
    duplicate_of: Annotated[DuplicatedOut | None, Field(description="Only of a duplicate.")] = None
    story: Annotated[str | None, Field(description="Only of one that went into an index with stories.")] = None
    kept_version: Annotated[
        str | None, Field(description="Only of a duplicate whose id is there already: the version that stays.")
    ] = None


class DocumentOut(BaseModel):
    """A document; `version` is equal for equal text and metadata."""

    id: str
    text: str
    metadata: dict[str, Any]
    version: str
    story: Annotated[str | None, Field(description="Its story; null in an index without stories.")]


class ListedOut(BaseModel):
    """A document in a list; its text only if asked for."""

    id: str
    metadata: dict[str, Any]
    version: str
    characters: Count
    text: str | None = None


class ListOut(BaseModel):
    """A page of documents; `next` is the next page's cursor.

    `found` is how many there are in all, `searched` among how many they were searched, `total` how many the index
    holds: where `searched` is less, there may be more.
    """

    documents: list[ListedOut]
    next: str | None
    found: int
    searched: int
    total: int


class SchemeOut(BaseModel):
    """How the index turns texts into buckets."""

    fingerprint: str
    k: int
    w: int
    num_perm: int
    bands: int
    rows: int
    seed: int
    unit: Annotated[Literal["word", "character"], Field(description="What a token is.")]
    stories: Annotated[float, Field(description="How alike a document must be to join a story; 0: there are none.")]


class StatsOut(BaseModel):
    """Size of the index."""

    documents: Count
    chunks: Count
    postings: Count
    bytes: Count
    scheme: SchemeOut


class StatusOut(BaseModel):
    """Alive or ready."""

    status: str
