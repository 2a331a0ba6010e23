"""Which threshold, and which scheme: pairs of a sample from the whole range of similarities, and what finding costs."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.clusters import BINS, cluster
from dedup.corpus.intake import take_in
from dedup.corpus.job import HIGHEST, PERMUTATIONS, RECALL, Job, scheme_for
from dedup.corpus.join import Join
from dedup.corpus.lines import documents_of
from dedup.corpus.run import compared
from dedup.corpus.watch import Watch, unwatched
from dedup.errors import InvalidScheme
from dedup.formats import Item, Rejected
from dedup.model import Document
from dedup.scheme import Scheme

LEAST = 0.3
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
RECALLS = (0.9, 0.99, RECALL, 0.999)
_SAMPLES = """
SELECT a.document, b.document, similarity
FROM edges JOIN units AS a ON a.rank = better JOIN units AS b ON b.rank = worse
QUALIFY row_number() OVER (
    PARTITION BY least(floor((similarity - ?) / ?), ?) ORDER BY (better * 7919 + worse) % 104729, better, worse
) = 1
ORDER BY similarity, better, worse
"""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Two documents of the sample, and their Jaccard similarity."""

    similarity: float
    a: Document
    b: Document


@dataclass(frozen=True, slots=True)
class Choice:
    """What a threshold means for the sample: pairs at or above it, and documents that would be removed."""

    threshold: float
    pairs: int
    removed: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What a scheme would do.

    Attributes:
        scheme: it.
        at_threshold: share of the pairs at the threshold that it finds.
        recall: share of the sample's pairs at or above the threshold that it finds.
        compared: pairs that it would compare, for each document.
        chosen: whether `dedup corpus` takes it.
    """

    scheme: Scheme
    at_threshold: float
    recall: float
    compared: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a sample says.

    Attributes:
        documents: how many were compared.
        threshold: the one that the costs are for.
        histogram: (BINS,) how many pairs there are of each similarity from 0 to 1, estimated below `LEAST`.
        choices: one for each threshold.
        costs: one for each scheme, in order of what it compares.
        samples: pairs from `LEAST` to 1, the least similar first.
    """

    documents: int
    threshold: float
    histogram: Sequence[int]
    choices: Sequence[Choice]
    costs: Sequence[Cost]
    samples: Sequence[Sampled]

    @property
    def scheme(self) -> Scheme:
        """The scheme to use."""
        return next(cost.scheme for cost in self.costs if cost.chosen)


def tune(
    items: Iterable[Item],
    threshold: float,
    *,
    pairs: int = 10,
    threads: int = 2,
    memory: str = "2GB",
    reject: Callable[[Rejected], None] = lambda _: None,
    watch: Watch = unwatched,
) -> Tuning:
    """Compare a sample's documents with each other, and say what thresholds and schemes would do.

    Args:
        items: the sample, read once.
        threshold: which the schemes are for.
        pairs: how many to show.
        threads: how many work.
        memory: what the join may take before it spills to disk.
        reject: is told of each item that cannot be used.
        watch: is told of the progress.

    Raises:
        StoreFull: the disk of the temporary folder is full.
    """
    job = Job(threshold=LEAST, threads=threads, memory=memory)
    chosen = scheme_for(threshold)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        take_in([(items, False)], work, job, reject, lambda more: watch("documents read", more))
        with Join(work, job) as join:
            for name, source in join.rank():
                reject(Rejected(source, name, "duplicate_id", "another document has this id"))
            found, _, twins, _ = compared(join, work, job, watch)
            histogram = _estimated(found.histogram, job.scheme)
            documents = join.one("SELECT count(*) FROM documents")
            return Tuning(
                documents,
                threshold,
                histogram.round().astype(int).tolist(),
                [_choice(join, twins, one) for one in THRESHOLDS],
                _costs(histogram, documents, threshold, chosen),
                _samples(join, work, pairs),
            )


def _estimated(seen: NDArray[np.int64], scheme: Scheme) -> NDArray[np.float64]:
    """Return how many pairs there are of each similarity, if each seen stands for 1 / recall of its kind."""
    return np.asarray(seen / np.maximum(_recalls(scheme), 1e-9), np.float64)


def _recalls(scheme: Scheme) -> NDArray[np.float64]:
    return np.array([scheme.recall((i + 0.5) / BINS) for i in range(BINS)])


def _choice(join: Join, twins: NDArray[np.int64], threshold: float) -> Choice:
    owners = cluster(join, twins, "survivor", threshold)
    pairs = join.one("SELECT count(*) FROM edges WHERE similarity >= ?", [threshold])
    return Choice(threshold, pairs, int((owners != np.arange(len(owners))).sum()))


def _costs(histogram: NDArray[np.float64], documents: int, threshold: float, chosen: Scheme) -> list[Cost]:
    schemes = {chosen}
    for permutations in PERMUTATIONS[:-1]:
        for recall in RECALLS:
            try:
                schemes.add(Scheme.for_threshold(min(threshold, HIGHEST), recall=recall, num_perm=permutations))
            except InvalidScheme:
                continue
    true = (np.arange(BINS) + 0.5) / BINS >= threshold
    costs = []
    for scheme in schemes:
        found = histogram * _recalls(scheme)
        recall = float(found[true].sum() / histogram[true].sum()) if histogram[true].sum() else scheme.recall(threshold)
        compared_each = float(found.sum()) / max(documents, 1)
        costs.append(Cost(scheme, scheme.recall(threshold), recall, compared_each, scheme == chosen))
    return sorted(costs, key=lambda one: (one.scheme.num_perm, one.compared, one.scheme.bands))


def _samples(join: Join, work: Path, pairs: int) -> list[Sampled]:
    rows = join.rows(_SAMPLES, [LEAST, (1 - LEAST) / pairs, pairs - 1])
    documents = documents_of(work, {number for row in rows for number in row[:2]})
    return [Sampled(similarity, documents[a], documents[b]) for a, b, similarity in rows]
