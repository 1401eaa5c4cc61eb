"""Photometric against spectroscopic redshift, with lines of equality and of outliers."""

import numpy as np

from dashboard.components.picture import Picture, source
from dashboard.theme import COLOURS, GUIDE, add_hover, plain_figure
from photoz.metrics.points import OUTLIER

LARGEST = 10_000  # points drawn one by one


def redshift_picture(
    x_label: str, y_label: str, z_max: float, paint: str, height: int = 360, title: str = ""
) -> Picture:
    """Return an empty figure: sources `points` (x, y, id) and `chosen` (x, y).

    Args:
        x_label: of the horizontal axis.
        y_label: of the vertical axis.
        z_max: end of both axes.
        paint: colour of the points.
        height: pixels.
        title: above the figure, none where empty.
    """
    fig = plain_figure(
        x_label, y_label, height=height, x_range=(0, z_max), y_range=(0, z_max),
        **({"title": title} if title else {}),
    )  # fmt: skip
    line = np.array([0.0, z_max])
    fig.line(line, line, color=GUIDE, line_width=1.5)
    for side in (-OUTLIER, OUTLIER):
        fig.line(line, line + side * (1 + line), color=GUIDE, line_dash="dashed")
    points, chosen = source(x=[], y=[], id=[]), source(x=[], y=[])
    dots = fig.scatter("x", "y", source=points, size=4, color=paint, alpha=0.35, line_color=None)
    fig.scatter(
        "x", "y", source=chosen, size=16, marker="circle", fill_color=None,
        line_color=COLOURS["truth"], line_width=3,
    )  # fmt: skip
    add_hover(fig, [dots], [("id", "@id"), (x_label, "@x{0.000}"), (y_label, "@y{0.000}")])
    return Picture(fig, {"points": points, "chosen": chosen}, {"dots": dots})


def subset(rows: np.ndarray, largest: int = LARGEST, seed: int = 0) -> np.ndarray:
    """Return at most `largest` of the rows, the same ones each time, in their order."""
    if len(rows) <= largest:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, largest, replace=False))


def nearest(x: np.ndarray, y: np.ndarray, at: tuple[float, float], reach: float) -> int | None:
    """Return the index of the point nearest to a tap, or None when none lies within reach.

    Args:
        x: (n,) coordinates of the points.
        y: (n,) likewise.
        at: the tap, in the same coordinates.
        reach: largest distance.
    """
    if not len(x):
        return None
    distance = np.hypot(x - at[0], y - at[1])
    best = int(np.nanargmin(distance)) if np.isfinite(distance).any() else -1
    return best if best >= 0 and distance[best] <= reach else None
