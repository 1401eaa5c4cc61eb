"""What a recipe draws: histograms, colours against redshift, and p(z | magnitude)."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from bokeh.embed import file_html
from bokeh.layouts import gridplot
from bokeh.plotting import figure
from bokeh.resources import INLINE

from dashboard.theme import COLOURS, plain_figure
from photoz.simulate.prior import LABELS, PriorSample, weighted_quantiles

N_BIN, HEIGHT = 50, 250
MAGNITUDE_LEVELS = (0.02, 0.25, 0.5, 0.75, 0.98)
SHADES = ("#0a7ab8", "#069a97", "#a88a08", "#c9326d")
SHORT = {
    "z": "Redshift",
    "log_mass": "log M* (M☉)",
    "log_ssfr": "log sSFR (1/yr)",
    "age_gyr": "Mean age (Gyr)",
    "log_z_star": "log Z/Z☉ of stars",
    "tau_v": "Dust depth at 5500 Å",
}


def histogram_picture(sample: PriorSample, name: str) -> figure:
    """Draw one quantity: the population as a filled step, what is drawn as a line."""
    values = sample.values[name]
    label = f"{sample.band} (AB mag)" if name == "magnitude" else SHORT[name]
    low, high = np.nanquantile(values, [0.001, 0.999])
    edges = np.linspace(low, high if high > low else low + 1, N_BIN + 1)
    population = np.histogram(values, edges, weights=sample.weight, density=True)[0]
    drawn = np.histogram(values, edges, density=True)[0]
    fig = plain_figure(label, "Density", height=HEIGHT)
    fig.quad(
        left=edges[:-1], right=edges[1:], top=population, bottom=0, line_color=None,
        fill_color=COLOURS["simulated"], fill_alpha=0.5, legend_label="population",
    )  # fmt: skip
    fig.step(
        edges, np.append(drawn, drawn[-1]), mode="after", color=COLOURS["mdn"], line_width=2,
        legend_label="as drawn",
    )  # fmt: skip
    fig.legend.visible = name == "z"
    _quiet(fig)
    fig.y_range.start = 0
    return fig


def colour_picture(sample: PriorSample, pair: int) -> figure:
    """Draw one colour against redshift: median and the middle 68 %, in bins of equal numbers."""
    z, colour = sample.values["z"], sample.colours[:, pair]
    seen = np.isfinite(colour)
    edges = np.unique(np.quantile(z[seen], np.linspace(0, 1, 26))) if seen.any() else np.zeros(1)
    rows = [
        (np.median(z[here]), *weighted_quantiles(colour[here], sample.weight[here]))
        for low, high in pairwise(edges)
        if (here := seen & (z >= low) & (z < high)).sum() > 5
    ]
    fig = plain_figure(
        "Redshift", f"{sample.bands[pair]} − {sample.bands[pair + 1]} (AB mag)", height=HEIGHT
    )
    if rows:
        x, low, middle, high = np.array(rows).T
        fig.varea(x, low, high, fill_color=COLOURS["simulated"], fill_alpha=0.35)
        fig.line(x, middle, color=COLOURS["simulated"], line_width=2)
    return fig


def given_magnitude_picture(sample: PriorSample) -> figure:
    """Draw p(z | magnitude) in four bins of the reference band."""
    magnitude = sample.values["magnitude"]
    edges_mag = np.array(weighted_quantiles(magnitude, sample.weight, MAGNITUDE_LEVELS))
    edges_z = np.linspace(0, float(np.quantile(sample.values["z"], 0.999)), 41)
    density = sample.redshift_given_magnitude(edges_mag, edges_z)
    fig = plain_figure("Redshift", f"p(z | {sample.band})", height=HEIGHT)
    middle = 0.5 * (edges_z[1:] + edges_z[:-1])
    for row, low, high, shade in zip(density, edges_mag[:-1], edges_mag[1:], SHADES, strict=True):
        label = f"{low:.1f}–{high:.1f} mag"
        fig.line(middle, row, color=shade, line_width=2, legend_label=label)
    _quiet(fig)
    fig.y_range.start = 0
    return fig


def _quiet(fig: figure) -> None:
    """Keep the legend small and see-through: the panels are narrow."""
    fig.legend.update(background_fill_alpha=0, border_line_color=None, label_text_font_size="9pt")
    fig.legend.update(label_height=14, glyph_height=14, spacing=1, padding=2)


def prior_pictures(sample: PriorSample, pairs: Sequence[int] = ()) -> list[figure]:
    """Draw everything: histograms, p(z | magnitude), and colours against redshift.

    Args:
        sample: from `photoz.simulate.prior.sample_prior`.
        pairs: places of the blue bands of the colours; default four across the bands.
    """
    n_colour = sample.colours.shape[1]
    pairs = pairs or np.unique(np.linspace(0, n_colour - 1, min(4, n_colour)).astype(int))
    return [
        *(histogram_picture(sample, name) for name in LABELS),
        given_magnitude_picture(sample),
        *(colour_picture(sample, int(pair)) for pair in pairs),
    ]


def prior_page(sample: PriorSample) -> str:
    """Return a self-contained page with all pictures."""
    grid = gridplot(prior_pictures(sample), ncols=3, sizing_mode="stretch_width")
    return file_html(grid, INLINE, f"The prior of {sample.recipe.name}")
