"""What a run found, in figures."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.network.edges import Edges, Nodes
from dedup.corpus.network.job import Job
from dedup.corpus.network.pairs import Found
from dedup.corpus.network.roster import Roster
from dedup.corpus.results_folder import SUMMARY
from dedup.printings.clusters import Printings
from dedup.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run found.

    Attributes:
        documents: those looked up.
        rejected: records that could not be used.
        linked: documents that share a passage with another.
        edges: pairs of documents that share a passage.
        directed: those of which one document is surely the earlier.
        passages: passages shared by two documents.
        reworded: those told in other words.
        clusters: texts printed more than once.
        printings: stretches of documents that are printings of one.
        largest: documents in which the most reprinted text is printed.
        compared: pairs of documents that were aligned.
        truncated: documents for which something that may share a passage was left unread.
        common: documents that share with some others only what is boilerplate, because so many documents hold it.
        undated: documents without a date that could be read.
        without_series: documents without the job's field of series; 0 if the job names none.
        settings: what was asked.
        scheme: the index's.
    """

    documents: int
    rejected: int
    linked: int
    edges: int
    directed: int
    passages: int
    reworded: int
    clusters: int
    printings: int
    largest: int
    compared: int
    truncated: int
    common: int
    undated: int
    without_series: int
    settings: dict[str, Any]
    scheme: dict[str, Any]


def summarize(
    job: Job,
    scheme: Scheme,
    roster: Roster,
    found: Found,
    printings: Printings,
    edges: Edges,
    nodes: Nodes,
    rejected: int,
) -> Summary:
    """Return the figures of a run."""
    settings = {name: value for name, value in asdict(job).items() if name != "threads"}
    return Summary(
        documents=len(roster.ids),
        rejected=rejected,
        linked=len(nodes.place),
        edges=len(edges.a),
        directed=int(edges.directed.sum()),
        passages=len(found.pairs),
        reworded=int(found.pairs["reworded"].sum()),
        clusters=len(printings.firsts),
        printings=len(printings.cluster),
        largest=int(documents_in(printings).max(initial=0)),
        compared=found.compared,
        truncated=found.truncated,
        common=found.common,
        undated=roster.undated,
        without_series=roster.without_series if job.series is not None else 0,
        settings=settings | {"unit": scheme.unit},
        scheme=asdict(scheme),
    )


def documents_in(printings: Printings) -> NDArray[np.int64]:
    """Return in how many documents each cluster is printed."""
    held = np.unique(np.column_stack([printings.cluster, printings.document]), axis=0)
    return np.bincount(held[:, 0]) if len(held) else np.empty(0, np.int64)


def write_summary(folder: Path, summary: Summary) -> None:
    """Write `summary.json`."""
    text = json.dumps(asdict(summary), indent=2, ensure_ascii=False)
    (folder / SUMMARY).write_text(text + "\n", "utf-8", errors="backslashreplace")
