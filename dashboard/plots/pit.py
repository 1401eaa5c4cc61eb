"""Are the probabilities honest? PIT histogram, ECDF difference, and the scores beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from dashboard.components.numbers import table_html
from dashboard.components.picture import Picture, source
from dashboard.theme import GUIDE, colour, display_name, plain_figure

N_BIN = 20
KINDS = ("mdn", "flow", "mixture")
BEFORE = "before_"  # prefix of the sources that show no change
SCORES = {  # key of `calibrate.diagnose.summary` -> row name, format
    "log_score": ("Log score (higher is better)", "{:.3f}"),
    "crps": ("CRPS in z (lower is better)", "{:.4f}"),
    "pit_ks": ("PIT distance from uniform", "{:.3f}"),
    "sigma_nmad": ("Scatter σ_NMAD of Δz/(1+z)", "{:.4f}"),
    "outlier_fraction": ("Outliers, |Δz|/(1+z) > 0.15", "{:.2%}"),
    "bias": ("Median Δz/(1+z)", "{:+.4f}"),
}


@dataclass(frozen=True)
class PitView:
    """What is drawn of one estimator.

    Attributes:
        density: histogram heights, 1 where uniform, (N_BIN,).
        difference: ECDF minus uniform at the points of the band, (k,).
        numbers: scores by key of `SCORES`.
    """

    density: np.ndarray
    difference: np.ndarray
    numbers: dict[str, float]


def pit_density(pit: np.ndarray) -> np.ndarray:
    """Return the histogram of (n,) PIT values in N_BIN equal bins, of mean 1."""
    counts, _ = np.histogram(np.clip(pit, 0.0, 1.0), bins=N_BIN, range=(0.0, 1.0))
    return counts * (N_BIN / max(len(pit), 1))


def expected_range(n: int) -> tuple[float, float]:
    """Return the heights between which a bin of n uniform values lies with probability 0.95."""
    from scipy import stats

    low, high = stats.binom.ppf([0.025, 0.975], n, 1.0 / N_BIN)
    return low * N_BIN / n, high * N_BIN / n


def histogram_picture() -> Picture:
    """Return an empty PIT histogram: sources by estimator, `before_` estimators, and `range`."""
    fig = plain_figure(
        "PIT",
        "Galaxies over expected number",
        height=300,
        x_range=(0, 1),
        y_range=(0, 2),
    )
    expected = source(left=[0.0], right=[1.0], low=[1.0], high=[1.0])
    fig.quad(
        "left",
        "right",
        "high",
        "low",
        source=expected,
        fill_color=GUIDE,
        fill_alpha=0.22,
        line_color=None,
    )
    return Picture(fig, {"range": expected} | _curves(fig, "pit"))


def difference_picture() -> Picture:
    """Return an empty ECDF difference: sources by estimator, `before_` estimators, `band`."""
    fig = plain_figure(
        "PIT",
        "Share of galaxies below, minus PIT",
        height=300,
        x_range=(0, 1),
        y_range=(-0.1, 0.1),
    )
    edges = source(u=[], lower=[], upper=[])
    fig.varea("u", "lower", "upper", source=edges, color=GUIDE, alpha=0.22)
    return Picture(fig, {"band": edges} | _curves(fig, "ecdf"))


def _curves(fig: figure, name: str) -> dict[str, ColumnDataSource]:
    """Draw an empty curve for each estimator before and now; return their sources by key."""
    sources = {}
    for kind in KINDS:
        for prefix, dash, width in ((BEFORE, "dotted", 1.5), ("", "solid", 2.5)):
            data = sources[prefix + kind] = source(x=[], y=[])
            data.name = f"{name}-{prefix}{kind}"
            fig.line("x", "y", source=data, color=colour(kind), line_dash=dash, line_width=width)
    return sources


def legend_html(kinds: Iterable[str] = KINDS) -> str:
    """Return what the colours and lines of both pictures mean, one line of HTML."""
    line = "display:inline-block;width:22px;vertical-align:middle;margin-right:6px;"
    items = [(f"{line}border-top:3px solid {colour(kind)}", display_name(kind)) for kind in kinds]
    items += [
        (f"{line}border-top:2px dotted {GUIDE}", "dotted: no change"),
        (f"{line}height:12px;background:{GUIDE};opacity:0.35", "honest posteriors, 95 %"),
    ]
    outer = "margin-right:20px;white-space:nowrap"
    return "".join(
        f'<span style="{outer}"><span style="{style}"></span>{text}</span> '
        for style, text in items
    )


def show_pit(
    histogram: Picture,
    difference: Picture,
    views: Mapping[str, PitView],
    u: np.ndarray,
    prefix: str = "",
) -> None:
    """Put estimators into both pictures; the axes grow and shrink in steps.

    Args:
        histogram: from `histogram_picture`.
        difference: from `difference_picture`.
        views: by estimator; one that is absent is emptied.
        u: points of the ECDF, (k,).
        prefix: `BEFORE` for the curves of no change.
    """
    edges = np.repeat(np.linspace(0.0, 1.0, N_BIN + 1), 2)
    for kind in KINDS:
        view = views.get(kind)
        if view is None:
            histogram.patch(prefix + kind, x=[], y=[])
            difference.patch(prefix + kind, x=[], y=[])
            continue
        steps = np.concatenate([[0.0], np.repeat(view.density, 2), [0.0]])
        histogram.patch(prefix + kind, x=edges, y=steps)
        start = np.concatenate([[0.0], u])
        difference.patch(prefix + kind, x=start, y=np.concatenate([[0.0], view.difference]))
    if prefix or not views:
        return
    top = max(float(view.density.max()) for view in views.values())
    _set_end(histogram.figure.y_range, 0.0, max(2.0, np.ceil(2 * top * 1.05) / 2))
    reach = max(float(np.abs(view.difference).max()) for view in views.values())
    reach = max(0.05, np.ceil(reach * 1.1 / 0.05) * 0.05)
    _set_end(difference.figure.y_range, -reach, reach)


def show_expected(
    histogram: Picture,
    difference: Picture,
    n: int,
    u: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> None:
    """Put the range of honest posteriors of n galaxies into both pictures."""
    low, high = expected_range(n)
    histogram.patch("range", left=[0.0], right=[1.0], low=[low], high=[high])
    start = np.concatenate([[0.0], u])
    difference.patch(
        "band",
        u=start,
        lower=np.concatenate([[0.0], lower]),
        upper=np.concatenate([[0.0], upper]),
    )


def _set_end(axis, start: float, end: float) -> None:
    if (axis.start, axis.end) != (start, end):
        axis.update(start=start, end=end)


def score_table(before: Mapping[str, PitView], now: Mapping[str, PitView], caption: str) -> str:
    """Return the scores without and with the calibration as an HTML table.

    Args:
        before: by estimator, without calibration.
        now: by estimator, with the calibration on the sliders.
        caption: which galaxies, and whether a fit has seen them.
    """
    kinds = list(now)
    head = ["Score"]
    for kind in kinds:
        head += [f"{display_name(kind)}, no change", f"{display_name(kind)}, now"]
    rows, keys = [], []
    columns = [f"{kind}-{when}" for kind in kinds for when in ("before", "now")]
    for key, (name, form) in SCORES.items():
        cells = []
        for kind in kinds:
            cells += [form.format(views[kind].numbers[key]) for views in (before, now)]
        rows.append((name, cells))
        keys.append((key, columns))
    return table_html(head, rows, caption, keys)
