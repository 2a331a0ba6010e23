"""The whole job, stage by stage: a collection, or an index that is there, to a folder of results."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import dedup
from dedup.corpus.network import csv_files, gexf, tables
from dedup.corpus.network.edges import edges, nodes
from dedup.corpus.network.fields import fields
from dedup.corpus.network.intake import take_in
from dedup.corpus.network.job import Job
from dedup.corpus.network.pairs import find
from dedup.corpus.network.report_page import write_page
from dedup.corpus.network.roster import roster
from dedup.corpus.network.summary import Summary, summarize, write_summary
from dedup.corpus.results_folder import EDGES, NETWORK, NODES, PAIRS, PASSAGES, WORK
from dedup.corpus.results_lake import results
from dedup.corpus.watch import Counted, Watch, unwatched
from dedup.engine import Index
from dedup.formats import Item, Rejected
from dedup.model import Document
from dedup.printings.clusters import cluster

AT_ONCE = 256  # not measured: documents read in one request


def run(
    items: Iterable[Item],
    out: Path | str,
    job: Job,
    *,
    name: str = "",
    force: bool = False,
    reject: Callable[[Rejected], None] = lambda _: None,
    watch: Watch = unwatched,
) -> Summary:
    """Find the pairs of `items` that share a passage and write the network into the folder `out`.

    Args:
        items: the collection, read once.
        out: a folder that is not there yet, or empty; or the URL of such a place.
        job: which passages make a pair, and which pairs count.
        name: what the report calls the collection.
        force: replace what `out` holds.
        reject: is told of each item that cannot be used.
        watch: is told of the progress.

    Raises:
        InvalidInput: nothing that was read can be used.
        OutputExists: `out` holds something, and `force` is not set.
        StoreError: `out` cannot be written.
    """
    counted = Counted(reject)
    with results(out, force=force) as folder, dedup.open(f"lmdb:{folder / WORK / 'index'}", job.scheme) as index:
        take_in(index, items, counted, lambda more: watch("documents read", more))
        counted.check(index.stats().documents)
        return _write(index, folder, job, name, counted.count, watch)


def over(
    index: Index, out: Path | str, job: Job, *, name: str = "", force: bool = False, watch: Watch = unwatched
) -> Summary:
    """Do what `run` does, of the documents of an index; its unit counts, and the job's does not.

    Raises:
        OutputExists: `out` holds something, and `force` is not set.
        StoreError: `out` cannot be written, or the index cannot be read.
    """
    with results(out, force=force) as folder:
        return _write(index, folder, job, name, 0, watch)


def _write(index: Index, folder: Path, job: Job, name: str, rejected: int, watch: Watch) -> Summary:
    """Look up the documents of the index and write all files."""
    listed = roster(index, job, lambda more: watch("documents listed", more))
    found = find(index, listed, job, folder / WORK, lambda more: watch("documents looked up", more, len(listed.ids)))
    printings = cluster(found.pairs)
    linked = edges(found.pairs, listed)
    ends = nodes(linked)

    def documents(places: Sequence[int]) -> Iterator[Document]:
        return _documents(index, [listed.ids[place] for place in places])

    own = fields(documents(ends.place.tolist()))
    csv_files.write_edges(folder / EDGES, linked, listed)
    csv_files.write_nodes(folder / NODES, ends, listed, documents, own)
    gexf.write(folder / NETWORK, linked, ends, listed, documents, own)
    tables.write_pairs(folder / PAIRS, found.pairs, printings, listed)
    tables.write_passages(folder / PASSAGES, printings, listed, documents, index.scheme.unit)
    summary = summarize(job, index.scheme, listed, found, printings, linked, ends, rejected)
    write_summary(folder, summary)
    write_page(folder, summary, printings, linked, ends, listed, documents, job, name)
    return summary


def _documents(index: Index, ids: Sequence[str]) -> Iterator[Document]:
    """Yield the documents of those ids; of one that was removed meanwhile an empty one."""
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        for name, document in zip(some, index.get_many(some), strict=True):
            yield document or Document(name, "")
