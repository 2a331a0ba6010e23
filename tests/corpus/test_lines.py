"""The lines of a collection, packed in frames."""

from itertools import chain
from pathlib import Path

from dedup.corpus.lines import LineFile, documents_of, packed, read_lines
from dedup.formats import Fields, Record, Source
from dedup.model import Document
from dedup.record import dumps


def test_lines_come_back_in_order_with_their_fields(tmp_path: Path) -> None:
    """Frames of records of several kinds of fields give the lines as they were, on any number of threads."""
    kinds = [Fields(), Fields("name", "body")]
    file, lines, records = LineFile(tmp_path), list[bytes](), list[Record]()
    for frame in range(5):
        some = [Document(f"{frame}-{i}", f"text\n{frame} {i}", {}) for i in range(frame)]
        made = [Record(Source("", 1), one, fields=kinds[i % 2]) for i, one in enumerate(some)]
        data = [dumps({one.fields.id: one.document.id, one.fields.text: one.document.text}) for one in made]
        file.add(packed(made, data, indexed=frame == 4), len(made))
        records += made
        lines += data
    file.close()
    for threads in (1, 2):
        found = list(chain.from_iterable(read_lines(tmp_path, threads)))
        assert [line.data for line in found] == lines
        assert [line.fields for line in found] == [record.fields for record in records]
        assert [line.indexed for line in found] == [False] * 6 + [True] * 4
        assert [line.document for line in found] == list(range(10))
    assert documents_of(tmp_path, {3, 9}) == {number: records[number].document for number in (3, 9)}
