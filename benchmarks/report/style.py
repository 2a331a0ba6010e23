"""How pictures look: on white and on dark pages alike, one colour for each package, names that lie apart."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from scipy.optimize import isotonic_regression

from benchmarks.harness.row import Row
from benchmarks.report.contests import package

INK = "#767676"
"""Of letters and axes: 4.5 to 1 on white and 4.2 to 1 on GitHub's dark page, so that one file serves both.

A picture with two sets of colours asks the browser which to show, and a site may be dark where the browser is not.
"""
COLOURS = {
    "resembles": "#d9480f",
    "datasketch": "#3b82f6",
    "document": "#3b82f6",  # the baselines of passages are indexes of datasketch
    "sentence": "#3b82f6",
    "rensa": "#2f9e44",
    "gaoya": "#9c5fd6",
    "FastSketchLSH": "#0e9aa7",
    "text-dedup": "#b08900",
    "datatrove": "#c2559d",
}
STAGES = ("#94a3b8", "#f59e0b", "#3b82f6", "#14b8a6", "#d9480f", "#8b5cf6", "#ec4899")
MARKERS = "osD^vP"
DASHES = ("-", "--", ":", "-.")
SMALL = 8.5  # points
_INKED = ("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color")

SETTINGS: dict[Any, Any] = {
    **dict.fromkeys(_INKED, INK),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "font.size": 9,
    "legend.frameon": False,
    "savefig.transparent": True,
    "svg.hashsalt": "resembles",  # so that the same run gives the same file
}
mpl.rcParams.update(SETTINGS)


def colour(name: str) -> str:
    """Return the colour of the package whose way it is."""
    return COLOURS.get(package(name), INK)


def line(names: Sequence[str], name: str) -> dict[str, Any]:
    """Return the style of a way's line: ways of one package differ by marker and dashes."""
    place = [one for one in names if colour(one) == colour(name)].index(name)
    return {
        "color": colour(name),
        "marker": MARKERS[place % len(MARKERS)],
        "linestyle": DASHES[place % len(DASHES)],
        "markersize": 4.5,
        "linewidth": 1.8 if name.startswith("resembles") else 1.2,
    }


def plain(axis: Axis, *steps: int) -> None:
    """Write the figures of a logarithmic axis in full, as in 4,000: of each power of ten these multiples."""
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def ended(axes: Axes, place: float, row: Row, text: str) -> None:
    """Write a figure beyond the end of a bar, and of the line that tells its spread."""
    axes.annotate(
        text,
        (row.median + row.spread / 2, place),
        (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        fontweight="bold" if row.ours else None,
    )


def names(axes: Axes, points: Sequence[tuple[str, float, float]], side: str) -> None:
    """Name lines at their ends, outside the panel at its left or right, as near to them as names can lie apart.

    Args:
        axes: the panel, whose limits are final, in a figure that was laid out.
        points: name, and the end of the line.
        side: "left" or "right".
    """
    height = 72 * axes.get_window_extent().height / axes.figure.dpi
    shares = [axes.transAxes.inverted().transform(axes.transData.transform(point[1:]))[1] for point in points]
    for (name, x, y), share in zip(points, apart(shares, 1.45 * SMALL / height), strict=True):
        axes.annotate(
            name,
            (x, y),
            (-0.05 if side == "left" else 1.05, share),
            textcoords="axes fraction",
            ha="right" if side == "left" else "left",
            va="center",
            color=colour(name),
            fontsize=SMALL,
            fontweight="bold" if name.startswith("resembles") else None,
            arrowprops={"arrowstyle": "-", "color": colour(name), "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3},
        )


def apart(wanted: Sequence[float], least: float) -> list[float]:
    """Return places at least so far apart, in the same order, whose squared distances to those wanted are least."""
    order = np.argsort(wanted, kind="stable")
    steps = least * np.arange(len(wanted))
    made = np.empty(len(wanted))
    made[order] = isotonic_regression(np.asarray(wanted)[order] - steps).x + steps
    return [float(one) for one in made]
