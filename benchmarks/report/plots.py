"""Pictures of a run, as SVG and PNG: rates beside the peers, what grows, what is found."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")  # no display is needed

import matplotlib.pyplot as plt

from benchmarks.harness.result import Run
from benchmarks.harness.row import OURS, Row

OWN, OTHER = "#c2410c", "#64748b"
GREY = "#767676"  # read alike on a white page (4.5 : 1) and on a dark one
_GREY = ("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color")
mpl.rcParams |= dict.fromkeys(_GREY, GREY) | {"legend.frameon": False, "savefig.transparent": True}


def plot(run: Run, folder: Path) -> list[Path]:
    """Draw what the run has rows for; return the files."""
    pictures = {
        "hot-path": _stages(run.rows),
        "speed": _speeds(run.rows),
        "error": _errors(run.rows),
        "growth": _growth(run.rows),
        "recall": _recall(run.rows),
        "passages": _passages(run.rows),
    }
    made = []
    for name, figure in pictures.items():
        if figure is None:
            continue
        for ending in ("svg", "png"):
            made.append(folder / f"{name}.{ending}")
            figure.savefig(made[-1], bbox_inches="tight", dpi=110, metadata={"Date": None} if ending == "svg" else None)
        plt.close(figure)
    return made


def some(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """Return the rows whose fields are as wanted."""
    return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]


def _stages(rows: Sequence[Row]) -> Any:
    found = [row for row in some(rows, table="Hot path", unit="ns/token") if row.case.endswith("1 thread")]
    cases = list(dict.fromkeys(row.case for row in found))
    if not cases:
        return None
    figure, axes = plt.subplots(figsize=(8, 3.6))
    left = [0.0] * len(cases)
    for name in dict.fromkeys(row.name for row in found if not row.name.endswith(": all")):
        widths = [some(found, name=name, case=case)[0].median for case in cases]
        axes.barh(cases, widths, left=left, label=name.partition(": ")[2])
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("ns a token, one thread")
    axes.legend(ncols=4, fontsize=8)
    return figure


def _bars(found: Sequence[Row], label: str) -> Any:
    """Draw one panel a case, a bar a name, ours in its own colour."""
    cases = list(dict.fromkeys(row.case for row in found))
    if not cases:
        return None
    figure, panels = plt.subplots(1, len(cases), figsize=(3.2 * len(cases) + 2, 4.2), sharey=True, squeeze=False)
    for axes, case in zip(panels[0], cases, strict=True):
        own = some(found, case=case)
        colours = [OWN if row.ours else OTHER for row in own]
        axes.barh(
            [row.name for row in own],
            [row.median for row in own],
            xerr=[row.spread for row in own],
            color=colours,
            ecolor=GREY,
        )
        for place, row in enumerate(own):
            if row.accuracy is not None:
                axes.text(row.median + row.spread, place, f" {row.accuracy:.2f}", va="center", fontsize=7)
        axes.set_title(case, fontsize=9)
        axes.set_xlabel(label)
    panels[0][0].invert_yaxis()
    return figure


def _speeds(rows: Sequence[Row]) -> Any:
    return _bars(some(rows, table="Text to sketch", unit="MB/s"), "MB/s; beside the bar the recall")


def _errors(rows: Sequence[Row]) -> Any:
    return _bars(some(rows, table="Estimator error", unit="RMSE"), "root mean square error")


def _growth(rows: Sequence[Row]) -> Any:
    found = some(rows, table="Indexes")
    if not found:
        return None
    figure, panels = plt.subplots(1, 3, figsize=(14, 4))
    wanted = (("insert", "inserts/s"), ("look-up, p50", "ms"), ("size", "bytes/document"))
    for axes, (case, unit) in zip(panels, wanted, strict=True):
        for name in dict.fromkeys(row.name for row in found):
            own = some(found, name=name, case=case, unit=unit)
            style = "-o" if name.startswith(OURS) else "--s"
            axes.loglog([row.size for row in own], [row.median for row in own], style, label=name, markersize=4)
        axes.set_xlabel("documents")
        axes.set_title(f"{case}, {unit}", fontsize=9)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=4, bbox_to_anchor=(0.5, -0.18))
    return figure


def _lines(panels: dict[str, list[tuple[str, list[float], list[float]]]], label: str) -> Any:
    """Draw one panel a title, a line a name."""
    if not panels:
        return None
    figure, drawn = plt.subplots(1, len(panels), figsize=(4 * len(panels), 3.6), sharey=True, squeeze=False)
    for axes, (title, lines) in zip(drawn[0], panels.items(), strict=True):
        for name, places, values in lines:
            axes.plot(places, values, "-o" if name.startswith(OURS) else "--s", label=name, markersize=4)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel(label)
        axes.set_ylim(-0.03, 1.03)
    drawn[0][0].set_ylabel("share found")
    figure.legend(*drawn[0][0].get_legend_handles_labels(), loc="lower center", ncols=2, bbox_to_anchor=(0.5, -0.22))
    return figure


def _recall(rows: Sequence[Row]) -> Any:
    found = some(rows, table="Near-duplicate documents", unit="share")
    panels = dict[str, list[tuple[str, list[float], list[float]]]]()
    for title in dict.fromkeys(row.case.rpartition(", ")[0] for row in found):
        own = [row for row in found if row.case.startswith(title)]
        panels[title] = []
        for name in dict.fromkeys(row.name for row in own):
            points = sorted((float(row.case.rpartition(", ")[2]), row.median) for row in some(own, name=name))
            panels[title].append((name, [place for place, _ in points], [value for _, value in points]))
    return _lines(panels, "Jaccard at least")


def _passages(rows: Sequence[Row]) -> Any:
    found = [row for row in some(rows, table="Passages") if row.case.endswith("edited")]
    panels = dict[str, list[tuple[str, list[float], list[float]]]]()
    for size in dict.fromkeys(row.size for row in found):
        own = some(found, size=size)
        panels[f"{size} words"] = [
            (
                name,
                [float(row.case.rpartition(", ")[2].partition("%")[0]) for row in some(own, name=name)],
                [row.median for row in some(own, name=name)],
            )
            for name in dict.fromkeys(row.name for row in own)
        ]
    return _lines(panels, "% of words edited")
