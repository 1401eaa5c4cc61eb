"""The posteriors of one galaxy: MDN with its components, flow, mixture; peaks, intervals, CDF."""

from dataclasses import dataclass

import numpy as np
from bokeh.models import Legend, Span

from dashboard.components.picture import Picture, source
from dashboard.theme import COLOURS, GUIDE, add_hover, colour, display_name, plain_figure

METHODS = {  # MAP method -> what people read, marker
    "grid": ("grid", "circle"),
    "components": ("means", "triangle"),
    "components_refined": ("refined", "diamond"),
    "samples": ("samples", "square"),
}
TAIL = 0.002  # of the mass may lie outside the first view, on each side


@dataclass(frozen=True)
class Curve:
    """The posterior of one galaxy by one estimator.

    Attributes:
        pdf: density per unit z on the grid, (m,).
        cdf: cumulative probability at the grid, (m,).
        z_map: maximum a posteriori redshift by method.
        z_median: median.
        z_lo68: 16 % quantile.
        z_hi68: 84 % quantile.
        odds: mass within 0.06 (1 + z) of the peak.
        pit: CDF at the spectroscopic redshift, NaN = unknown.
    """

    pdf: np.ndarray
    cdf: np.ndarray
    z_map: dict[str, float]
    z_median: float
    z_lo68: float
    z_hi68: float
    odds: float
    pit: float = np.nan


@dataclass(frozen=True)
class PosteriorView:
    """What the pictures show of one galaxy.

    Attributes:
        z_grid: redshifts, (m,).
        z_max: end of the support.
        z_spec: spectroscopic redshift, NaN = unknown.
        curves: by estimator.
        components: (z, weight times density) of each Gaussian of the MDN.
    """

    z_grid: np.ndarray
    z_max: float
    z_spec: float
    curves: dict[str, Curve]
    components: list[tuple[np.ndarray, np.ndarray]]


def posterior_picture(estimators: tuple[str, ...], height: int = 330) -> Picture:
    """Return an empty figure of densities.

    Sources: `components`; for each estimator its name, `<name>_marks`, `<name>_interval`.
    """
    fig = plain_figure(
        "Redshift z", "Probability density p(z)", height=height, x_range=(0, 1), y_range=(0, 1)
    )
    sources = {"components": source(xs=[], ys=[], weight=[])}
    items = []
    for name in estimators:
        paint = colour(name)
        line = sources[name] = source(z=[], p=[])
        bar = sources[f"{name}_interval"] = source(left=[], right=[], y=[])
        if name == "mdn":
            parts = fig.patches(
                "xs", "ys", source=sources["components"], color=paint,
                fill_alpha=0.13, line_alpha=0.75, line_width=1.0,
            )  # fmt: skip
            items.append(("Its components", [parts]))
        curve = fig.line("z", "p", source=line, color=paint, line_width=2.4)
        segment = fig.segment(
            "left", "y", "right", "y", source=bar, color=paint, line_width=5, alpha=0.8
        )
        items.insert(-1 if name == "mdn" else len(items), (display_name(name), [curve, segment]))
    marks = []
    for name in estimators:
        dots = sources[f"{name}_marks"] = source(z=[], p=[], method=[], marker=[], estimator=[])
        marks.append(
            fig.scatter(
                "z",
                "p",
                source=dots,
                marker="marker",
                size=11,
                fill_color=colour(name),
                fill_alpha=0.85,
                line_color="#ffffff",
                line_width=1.0,
            )
        )
    truth = _truth(fig)
    items += [("Peaks", marks), ("z spec", [truth])]
    add_hover(fig, marks, [("@estimator", "@method"), ("z", "@z{0.0000}")])
    fig.add_layout(_legend(items), "above")
    return Picture(fig, sources | {"truth": truth.data_source})


def cdf_picture(posterior: Picture, estimators: tuple[str, ...], height: int = 150) -> Picture:
    """Return an empty figure of cumulative probabilities on the redshift axis of the densities."""
    fig = plain_figure(
        "Redshift z", "Cumulative", height=height, x_range=posterior.figure.x_range,
        y_range=(-0.02, 1.02),
    )  # fmt: skip
    for level in (0.16, 0.5, 0.84):
        fig.add_layout(
            Span(location=level, dimension="width", line_color=GUIDE, line_dash="dotted")
        )
    sources = {}
    for name in estimators:
        sources[name] = source(z=[], p=[])
        fig.line("z", "p", source=sources[name], color=colour(name), line_width=2.0)
    truth = _truth(fig)
    fig.yaxis.ticker = [0, 0.5, 1]
    return Picture(fig, sources | {"truth": truth.data_source})


def show_posterior(posterior: Picture, cdf: Picture, view: PosteriorView) -> None:
    """Put a galaxy into the two pictures."""
    top = 1.16 * max([1e-6, *(float(c.pdf.max()) for c in view.curves.values())])
    posterior.patch(
        "components",
        xs=[np.concatenate([z[:1], z, z[-1:]]).astype(np.float32) for z, _ in view.components],
        ys=[np.concatenate([[0.0], p, [0.0]]).astype(np.float32) for _, p in view.components],
        weight=np.array([float(np.trapezoid(p, z)) for z, p in view.components]),
    )
    for k, (name, curve) in enumerate(view.curves.items()):
        posterior.patch(name, z=view.z_grid, p=curve.pdf)
        cdf.patch(name, z=view.z_grid, p=curve.cdf)
        z_map = np.array(list(curve.z_map.values()))
        posterior.patch(
            f"{name}_marks",
            z=z_map,
            p=np.interp(z_map, view.z_grid, curve.pdf),
            method=[METHODS[m][0] for m in curve.z_map],
            marker=[METHODS[m][1] for m in curve.z_map],
            estimator=[display_name(name)] * len(z_map),
        )
        height = top * (0.97 - 0.04 * k)
        posterior.patch(
            f"{name}_interval",
            left=np.array([curve.z_lo68]), right=np.array([curve.z_hi68]), y=np.array([height]),
        )  # fmt: skip
    known = np.isfinite(view.z_spec)
    for picture, height in ((posterior, top), (cdf, 1.02)):
        picture.patch(
            "truth",
            z=np.array([view.z_spec, view.z_spec]) if known else np.array([]),
            p=np.array([0.0, height]) if known else np.array([]),
        )
    low, high = z_window(view)
    posterior.figure.x_range.update(start=low, end=high, reset_start=low, reset_end=high)
    posterior.figure.y_range.update(start=0, end=top, reset_start=0, reset_end=top)


def z_window(view: PosteriorView) -> tuple[float, float]:
    """Return the stretch of redshift that holds the mass, every peak and the true redshift."""
    ends = [view.z_spec] if np.isfinite(view.z_spec) else []
    for curve in view.curves.values():
        inside = view.z_grid[(curve.cdf > TAIL) & (curve.cdf < 1 - TAIL)]
        ends += [*curve.z_map.values(), *inside[:1], *inside[-1:]]
    ends = [z for z in ends if np.isfinite(z)] or [0.0, view.z_max]
    low, high = min(ends), max(ends)
    room = max(0.12 * (high - low), 0.04 * (1 + high))
    return float(max(low - room, 0.0)), float(min(high + room, view.z_max * 1.02))


def _truth(fig):
    return fig.line(
        "z",
        "p",
        source=source(z=[], p=[]),
        color=COLOURS["truth"],
        line_width=2,
        line_dash="dashed",
    )


def _legend(items) -> Legend:
    return Legend(
        items=items,
        orientation="horizontal",
        click_policy="hide",
        border_line_alpha=0.0,
        background_fill_alpha=0.0,
        padding=0,
        margin=0,
    )
