"""Draw docs/flow.svg: how a text becomes buckets, and a question an answer; run by `make docs`."""

from pathlib import Path
from xml.sax.saxutils import escape

PAGE = Path(__file__).parents[1] / "flow.svg"
WIDTH, HEIGHT = 1000, 392
BOX_WIDTH, BOX_HEIGHT, GAP = 168, 84, 70
STYLE = """
text { font: 15px system-ui, sans-serif; fill: #1c2733; text-anchor: middle; }
.room { font: 12px ui-monospace, monospace; fill: #5b6b7c; }
.row { font-weight: 600; text-anchor: start; }
.arrow, .note { font-size: 12px; fill: #5b6b7c; }
.note { text-anchor: end; }
rect { fill: #f3f6f9; stroke: #9fb0c0; stroke-width: 1.5; }
.store rect { fill: #fdf3dc; stroke: #d2a53a; }
path { stroke: #5b6b7c; stroke-width: 1.5; fill: none; marker-end: url(#head); }
marker path { fill: #5b6b7c; stroke: none; marker-end: none; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .room, .arrow, .note { fill: #9fb0c0; }
  rect { fill: #1d2630; stroke: #53657a; } .store rect { fill: #3a2f14; stroke: #b58a2c; }
  path { stroke: #9fb0c0; } marker path { fill: #9fb0c0; }
}
"""
HEAD = (
    '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 8 4 0 8Z"/></marker>'
)
SPOKEN = (
    "A text becomes tokens, then buckets, then postings of an index; "
    "the postings of a query’s buckets become candidates, passages and an answer"
)
# column, row, first line, second line, the room
BOXES = [
    (0, 0, "text", "of a document", "admission.py"),
    (1, 0, "tokens", "folded words, places", "sketching/tokens.py"),
    (2, 0, "buckets", "bands and minima", "sketching/sketches.py"),
    (3, 0, "index", "postings and texts", "stores/"),
    (0, 2, "answer", "exact figures", "model.py"),
    (1, 2, "passages", "aligned and verified", "align/, verify.py"),
    (2, 2, "candidates", "rarest buckets first", "search/candidates.py"),
]
# from, to (column and row), what passes
ARROWS = [
    ((0, 0), (1, 0), "fold"),
    ((1, 0), (2, 0), "hash"),
    ((2, 0), (3, 0), "put"),
    ((2, 2), (1, 2), "texts"),
    ((1, 2), (0, 2), "rank"),
]


def corner(column: int, row: int) -> tuple[int, int]:
    """Return the upper left corner of a box."""
    return 44 + column * (BOX_WIDTH + GAP), 44 + row * 116


def box(column: int, row: int, *lines: str) -> str:
    """Draw a stage, with the file that it lies in."""
    x, y = corner(column, row)
    middle = x + BOX_WIDTH // 2
    title, more, room = map(escape, lines)
    return (
        f'<g class="{"store" if title == "index" else "stage"}">'
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="9"/>'
        f'<text x="{middle}" y="{y + 27}" font-weight="600">{title}</text>'
        f'<text x="{middle}" y="{y + 48}" class="arrow">{more}</text>'
        f'<text x="{middle}" y="{y + 69}" class="room">{room}</text></g>'
    )


def arrow(start: tuple[int, int], end: tuple[int, int], label: str) -> str:
    """Draw what passes between two stages of a row."""
    (x1, y), (x2, _) = corner(*start), corner(*end)
    left_to_right = x1 < x2
    begin, stop = (x1 + BOX_WIDTH, x2) if left_to_right else (x1, x2 + BOX_WIDTH)
    y += BOX_HEIGHT // 2
    return (
        f'<path d="M{begin + (6 if left_to_right else -6)} {y}H{stop + (-10 if left_to_right else 10)}"/>'
        f'<text x="{(begin + stop) // 2}" y="{y - 9}" class="arrow">{escape(label)}</text>'
    )


def made() -> str:
    """Return the picture."""
    (buckets_x, row_y), (index_x, _) = corner(2, 0), corner(3, 0)
    index_middle, candidates_y = index_x + BOX_WIDTH // 2, corner(2, 2)[1] + BOX_HEIGHT // 2
    bottom = row_y + BOX_HEIGHT
    question = corner(0, 2)[1] - 18
    parts = [
        HEAD,
        '<text x="44" y="26" class="row">A document goes in, once</text>',
        f'<text x="44" y="{question}" class="row">A question is answered</text>',
        *(box(*one) for one in BOXES),
        *(arrow(*one) for one in ARROWS),
        # the query takes the document's own way to its buckets, then asks the index for their postings
        f'<path d="M{index_middle} {bottom + 6}V{candidates_y}H{buckets_x + BOX_WIDTH + 10}"/>',
        f'<text x="{index_middle - 10}" y="{bottom + 76}" class="note">postings of the query’s buckets:</text>',
        f'<text x="{index_middle - 10}" y="{bottom + 94}" class="note">a query becomes buckets in the same way</text>',
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{SPOKEN}">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


if __name__ == "__main__":
    PAGE.write_text(made(), "utf-8")
