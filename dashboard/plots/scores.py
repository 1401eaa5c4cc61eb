"""Honest and sharp side by side: ECDF of the PIT, and proper scores with their errors."""

from dataclasses import dataclass

import numpy as np

from dashboard.components.picture import Picture, source
from dashboard.theme import GUIDE, add_hover, colour, plain_figure


@dataclass(frozen=True)
class ScoreLine:
    """What the pictures show of one line of the comparison.

    Attributes:
        name: what people read.
        estimator: whose; gives the colour.
        dash: of the curve: `solid`, or `dashed` before a calibration.
        u: points in (0, 1].
        difference: ECDF of the PIT minus u.
        crps: mean CRPS with its error.
        log_score: mean log score with its error.
    """

    name: str
    estimator: str
    dash: str
    u: np.ndarray
    difference: np.ndarray
    crps: tuple[float, float]
    log_score: tuple[float, float]


def paint(estimator: str) -> str:
    """Return the colour of a line; the baselines are grey, as they are only a measure."""
    return GUIDE if estimator in ("trainz", "gaussian") else colour(estimator)


def ecdf_picture(
    lines: list[ScoreLine], band: tuple[np.ndarray, np.ndarray, np.ndarray], height: int = 320
) -> Picture:
    """Return ECDF minus uniform of every line, over the band of a perfect one.

    Args:
        lines: what to draw.
        band: u, lower and upper edge of the simultaneous band.
        height: pixels.
    """
    fig = plain_figure(
        "PIT: probability below the true redshift",
        "ECDF − uniform",
        height=height,
        x_range=(0, 1),
        tooltips=[("", "@name"), ("u", "@u{0.00}"), ("difference", "@difference{0.000}")],
    )
    u, lower, upper = band
    fig.varea(
        "u", "lower", "upper", source=source(u=u, lower=lower, upper=upper), color=GUIDE, alpha=0.2,
        legend_label="95 % band",
    )  # fmt: skip
    sources = {}
    for line in lines:
        sources[line.name] = source(
            u=np.concatenate([[0.0], line.u]),
            difference=np.concatenate([[0.0], line.difference]),
            name=[line.name] * (len(line.u) + 1),
        )
        width = 1.5 if paint(line.estimator) == GUIDE else 2.2
        fig.line(
            "u", "difference", source=sources[line.name], color=paint(line.estimator),
            line_width=width, line_dash=line.dash, legend_label=line.name,
        )  # fmt: skip
    fig.hover.renderers = fig.renderers[1:]
    legend = fig.legend[0]
    fig.center.remove(legend)
    legend.update(
        orientation="horizontal", ncols=3, padding=0, margin=0, click_policy="hide",
        location="left", border_line_alpha=0.0,
    )  # fmt: skip
    fig.add_layout(legend, "above")
    return Picture(fig, sources)


def score_picture(lines: list[ScoreLine], which: str, height: int = 160) -> Picture:
    """Return one proper score of every line as a point with its bootstrap error.

    Args:
        lines: what to draw.
        which: `crps` or `log_score`.
        height: pixels.
    """
    label = {
        "crps": "CRPS (smaller is better)",
        "log_score": "Mean log score (larger is better)",
    }[which]
    names = [line.name for line in lines]
    value = np.array([getattr(line, which)[0] for line in lines])
    error = np.array([getattr(line, which)[1] for line in lines])
    fig = plain_figure(
        label, "", height=height, y_range=names[::-1], x_range=_room(value, error),
    )  # fmt: skip
    data = source(
        name=names, value=value, error=error, low=value - error, high=value + error,
        color=[paint(line.estimator) for line in lines],
        fill=[paint(line.estimator) if line.dash == "solid" else "#ffffff" for line in lines],
    )  # fmt: skip
    fig.segment("low", "name", "high", "name", source=data, color="color", line_width=3)
    dots = fig.scatter(
        "value", "name", source=data, size=9, line_color="color", fill_color="fill", line_width=2
    )
    add_hover(fig, [dots], [("", "@name"), (label, "@value{0.0000} ± @error{0.0000}")])
    fig.yaxis.axis_label = None
    return Picture(fig, {which: data})


def _room(value: np.ndarray, error: np.ndarray) -> tuple[float, float]:
    low, high = float((value - error).min()), float((value + error).max())
    room = 0.06 * max(high - low, 1e-3)
    return low - room, high + room
