"""A survey's noise: error against flux in one band, and a colour, simulated against real."""

from dataclasses import dataclass

import numpy as np
from bokeh.models import LogTickFormatter
from bokeh.plotting import figure

from dashboard.components.picture import Picture, source
from dashboard.theme import COLOURS, plain_figure, quiet_legend

N_BIN = 40


@dataclass(frozen=True)
class ErrorView:
    """Quoted errors of one band.

    Attributes:
        band: name.
        flux_ujy: (n,) real fluxes above zero, microjansky.
        err_ujy: (n,) their errors.
        curve_flux_ujy: (n_curve,) where the model is drawn.
        curve_err_ujy: (3, n_curve) its 16, 50 and 84 % points.
    """

    band: str
    flux_ujy: np.ndarray
    err_ujy: np.ndarray
    curve_flux_ujy: np.ndarray
    curve_err_ujy: np.ndarray


@dataclass(frozen=True)
class ColourView:
    """One colour of the survey and of its simulation, AB magnitudes.

    Attributes:
        name: `blue - red`.
        real: (n_real,).
        mock: (n_mock,).
    """

    name: str
    real: np.ndarray
    mock: np.ndarray


def error_picture(height: int = 400) -> Picture:
    """Return an empty figure of error against flux: sources `points` and `curves`."""
    fig = plain_figure(
        "Flux (µJy)",
        "Quoted error (µJy)",
        height=height,
        x_axis_type="log",
        y_axis_type="log",
        x_range=(1e-2, 1e2),
        y_range=(1e-3, 1.0),
    )
    for axis in (*fig.xaxis, *fig.yaxis):
        axis.formatter = LogTickFormatter()
        axis.ticker.mantissas = [1]
        axis.ticker.num_minor_ticks = 10
    points = source(x=[], y=[])
    curves = source(x=[], low=[], middle=[], high=[])
    fig.scatter(
        "x", "y", source=points, size=4, color=COLOURS["real"], alpha=0.5, line_color=None,
        legend_label="Real",
    )  # fmt: skip
    model = COLOURS["simulated"]
    fig.line("x", "middle", source=curves, color=model, line_width=2.5, legend_label="Model, 50 %")
    for edge in ("low", "high"):
        fig.line(
            "x", edge, source=curves, color=model, line_width=1.5, line_dash="dashed",
            legend_label="16, 84 %",
        )  # fmt: skip
    _legend_above(fig)
    return Picture(fig, {"points": points, "curves": curves})


def colour_picture(height: int = 400) -> Picture:
    """Return an empty figure of two histograms of a colour: source `bins`."""
    fig = plain_figure(
        "Colour (AB mag)",
        "Share of galaxies per magnitude",
        height=height,
        x_range=(-1.0, 2.0),
        tooltips=[
            ("colour", "@left{0.00} to @right{0.00}"),
            ("real", "@real{0.00}"),
            ("simulated", "@mock{0.00}"),
        ],
    )
    fig.y_range.start = 0
    bins = source(left=[], right=[], real=[], mock=[])
    for column, paint, label in (
        ("real", COLOURS["real"], "Real"),
        ("mock", COLOURS["simulated"], "Simulated"),
    ):
        fig.quad(
            "left", "right", column, 0, source=bins, fill_color=paint, fill_alpha=0.45,
            line_color=None, legend_label=label,
        )  # fmt: skip
    _legend_above(fig)
    return Picture(fig, {"bins": bins})


def _legend_above(fig: figure) -> None:
    """Move the legend out of the data."""
    legend = fig.legend[0]
    quiet_legend(fig)
    fig.center.remove(legend)
    legend.update(orientation="horizontal", ncols=3, padding=0, margin=0, location="left")
    fig.add_layout(legend, "above")


def show_errors(picture: Picture, view: ErrorView) -> None:
    """Put a band into the picture of `error_picture`, with the axes around it."""
    picture.patch("points", x=view.flux_ujy, y=view.err_ujy)
    low, middle, high = view.curve_err_ujy
    picture.patch("curves", x=view.curve_flux_ujy, low=low, middle=middle, high=high)
    fig = picture.figure
    _frame(fig.x_range, view.curve_flux_ujy)
    _frame(fig.y_range, np.concatenate([view.err_ujy, low, high]))
    fig.xaxis.axis_label = f"Flux in {view.band} (µJy)"


def show_colour(picture: Picture, view: ColourView) -> None:
    """Put a colour into the picture of `colour_picture`."""
    both = np.concatenate([view.real, view.mock])
    low, high = np.quantile(both, [0.005, 0.995]) if len(both) else (-1.0, 2.0)
    margin = 0.1 * max(high - low, 0.1)
    edges = np.linspace(low - margin, high + margin, N_BIN + 1)
    density = {
        name: np.histogram(some, edges)[0] / max(len(some), 1) / (edges[1] - edges[0])
        for name, some in (("real", view.real), ("mock", view.mock))
    }
    picture.patch("bins", left=edges[:-1], right=edges[1:], **density)
    picture.figure.x_range.update(start=edges[0], end=edges[-1])
    picture.figure.xaxis.axis_label = f"{view.name} (AB mag)"


def _frame(axis, values: np.ndarray) -> None:
    """Set a logarithmic axis around positive values, and where its reset goes."""
    start, end = float(values.min()) / 1.3, float(values.max()) * 1.3
    axis.update(start=start, end=end, reset_start=start, reset_end=end)
