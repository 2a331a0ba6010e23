"""`network.gexf`: the network in GEXF 1.3, which Gephi, networkx and Sigma open."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from dedup.corpus.network.csv_files import Documents
from dedup.corpus.network.edges import Edges, Nodes
from dedup.corpus.network.fields import Field, written
from dedup.corpus.network.roster import Roster
from dedup.model import Document
from dedup.report.render import showable
from dedup.report.views import name

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://gexf.net/1.3" version="1.3">
<meta><creator>resembles</creator></meta>
<graph mode="static" defaultedgetype="{kind}">
<attributes class="node" mode="static">
<attribute id="when" title="When" type="string"/>
{fields}</attributes>
<attributes class="edge" mode="static">
<attribute id="passages" title="passages" type="long"/>
<attribute id="reworded" title="reworded" type="long"/>
<attribute id="similarity" title="similarity" type="double"/>
<attribute id="days" title="days" type="long"/>
<attribute id="ordered" title="ordered" type="boolean"/>
</attributes>
"""
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write(
    path: Path, edges: Edges, nodes: Nodes, roster: Roster, documents: Documents, fields: Sequence[Field]
) -> None:
    r"""Write the network; a document has those of the fields that its metadata has.

    networkx opens no graph that has edges of both kinds: so all are directed if some are, and `ordered` says of which
    one end is surely the earlier. An id is a node's id as it is. XML can hold no control characters: where some id has
    one, these are written as `\x01` and a backslash as two, in all ids.
    """
    places = nodes.place.tolist()
    escaped = any(_NO_XML.search(roster.ids[place]) for place in places)

    def key(place: int) -> str:
        return quoted(_escaped(roster.ids[place]) if escaped else roster.ids[place])

    with path.open("w", encoding="utf-8") as file:
        kind = "directed" if edges.directed.any() else "undirected"
        file.write(f"{_HEAD.format(kind=kind, fields=''.join(_attributes(fields)))}<nodes>\n")
        for place, document in zip(places, documents(places), strict=True):
            date = roster.dates[place]
            values = {"when": date.machine if date else ""} | _own(document, fields)
            label = quoted(name(document).title)
            file.write(f"<node id={key(place)} label={label}>{''.join(_values(values))}</node>\n")
        file.write("</nodes>\n<edges>\n")
        file.writelines(_edges(edges, key))
        file.write("</edges>\n</graph>\n</gexf>\n")


def quoted(text: str) -> str:
    """Return a text as the value of an attribute; what XML cannot hold as its picture."""
    return quoteattr(_NO_XML.sub("\ufffd", str(showable(text))))


def _escaped(text: str) -> str:
    return _NO_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\\", "\\\\"))


def _attributes(fields: Sequence[Field]) -> Iterator[str]:
    for number, field in enumerate(fields):
        yield f'<attribute id="{number}" title={quoted(field.head)} type="{field.kind}"/>\n'


def _own(document: Document, fields: Sequence[Field]) -> dict[str, str]:
    """Return the document's values by the numbers of the fields."""
    values = ((number, document.metadata.get(field.name)) for number, field in enumerate(fields))
    return {str(number): written(value) for number, value in values if value is not None}


def _edges(found: Edges, key: Callable[[int], str]) -> Iterator[str]:
    columns = (
        found.a,
        found.b,
        found.directed,
        found.words,
        found.passages,
        found.reworded,
        found.similarity,
        found.days,
    )
    for number, (a, b, directed, words, passages, reworded, similarity, days) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        figures: dict[str, object] = {"passages": passages, "reworded": reworded, "similarity": round(similarity, 4)}
        figures |= {"ordered": str(directed).lower(), "days": days if days >= 0 else ""}
        values = "".join(_values(figures))
        yield f'<edge id="{number}" source={key(a)} target={key(b)} weight="{words}">{values}</edge>\n'


def _values(values: Mapping[str, object]) -> Iterator[str]:
    yield "<attvalues>"
    for field, value in values.items():
        if value != "":
            yield f'<attvalue for="{field}" value={quoted(str(value))}/>'
    yield "</attvalues>"
