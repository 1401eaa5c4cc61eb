"""The photometry of one galaxy: measured, not detected, limits, missing."""

from dataclasses import dataclass

import numpy as np
from bokeh.models import FixedTicker, Whisker

from dashboard.components.picture import Picture, source
from dashboard.plots.spectrum import MICRON_TICKS
from dashboard.theme import COLOURS, GUIDE, add_hover, plain_figure, quiet_legend
from photoz.magnitudes import ab_magnitude
from photoz.states import LIMIT, MEASURED, MISSING

N_SIGMA = 3.0  # what a flux below its error is drawn at
REAL = COLOURS["real"]
HOLLOW = {"fill_color": None, "line_color": COLOURS["flow"], "line_width": 1.5}
FAINT = {"fill_color": None, "line_color": REAL, "line_width": 1.5}


@dataclass(frozen=True)
class PhotometryView:
    """Photometry of one galaxy, (n_band,) each.

    Attributes:
        band: names.
        wave_um: pivot wavelengths in micrometres.
        flux_ujy: microjansky, NaN = missing.
        err_ujy: one sigma.
        limit_ujy: upper limits, NaN = none.
        state: 0 measured, 1 limit, 2 missing.
        calibrated_ujy: fluxes after the calibration, NaN = none.
        calibrated_err_ujy: their errors.
    """

    band: tuple[str, ...]
    wave_um: np.ndarray
    flux_ujy: np.ndarray
    err_ujy: np.ndarray
    limit_ujy: np.ndarray
    state: np.ndarray
    calibrated_ujy: np.ndarray
    calibrated_err_ujy: np.ndarray


def photometry_picture(height: int = 310) -> Picture:
    """Return an empty figure: sources `measured`, `calibrated`, `faint`, `limits`, `missing`."""
    fig = plain_figure(
        "Observed wavelength (µm)",
        "Flux density (µJy)",
        height=height,
        x_axis_type="log",
        y_axis_type="log",
        x_range=(0.3, 6.0),
        y_range=(1e-2, 1e2),
    )
    fig.xaxis.ticker = FixedTicker(ticks=list(MICRON_TICKS))
    fig.xaxis.minor_tick_line_color = None
    columns = {
        "band": [],
        "x": [],
        "y": [],
        "low": [],
        "high": [],
        "flux": [],
        "err": [],
        "mag": [],
    }
    sources = {
        name: source(**columns) for name in ("measured", "calibrated", "faint", "limits", "missing")
    }
    for name, colour in (("calibrated", COLOURS["flow"]), ("measured", REAL)):
        whisker = Whisker(
            base="x", upper="high", lower="low", source=sources[name], line_color=colour
        )
        whisker.upper_head.size = whisker.lower_head.size = 0
        fig.add_layout(whisker)
    looks = {
        "calibrated": ("After calibration", {"marker": "square", "size": 8, **HOLLOW}),
        "measured": ("Measured", {"size": 8, "color": REAL}),
        "faint": (f"Faint, at {N_SIGMA:g} σ", {"marker": "inverted_triangle", "size": 9, **FAINT}),
        "limits": ("Upper limit", {"marker": "inverted_triangle", "size": 10, "color": REAL}),
        "missing": ("Not observed", {"marker": "x", "size": 9, "line_width": 2, "color": GUIDE}),
    }
    marks = [fig.scatter("x", "y", source=sources[k], **look) for k, (_, look) in looks.items()]
    tips = [("band", "@band"), ("flux", "@flux{0.000a} ± @err{0.000a} µJy"), ("AB", "@mag{0.00}")]
    add_hover(fig, marks, tips)
    for label, look in looks.values():  # a legend draws nothing for an empty source
        fig.scatter([np.nan], [np.nan], legend_label=label, **look)
    legend = fig.legend[0]
    quiet_legend(fig)
    legend.click_policy = "none"
    fig.center.remove(legend)
    legend.update(orientation="horizontal", ncols=2, padding=0, margin=0, location="left")
    fig.add_layout(legend, "above")
    return Picture(fig, sources)


def show_photometry(picture: Picture, view: PhotometryView) -> None:
    """Put a galaxy into the picture; a flux below its error stands at 3 sigma as a triangle."""
    measured = view.state == MEASURED
    seen = measured & (view.flux_ujy > view.err_ujy)
    top, bottom = flux_range(view)
    _put(picture, "measured", view, seen, view.flux_ujy, view.err_ujy, bottom)
    _put(
        picture, "faint", view, measured & ~seen,
        N_SIGMA * view.err_ujy + np.maximum(view.flux_ujy, 0.0), view.err_ujy, bottom,
    )  # fmt: skip
    _put(picture, "limits", view, view.state == LIMIT, view.limit_ujy, view.err_ujy, bottom)
    at_foot = np.full(len(view.band), bottom * 1.25)
    _put(picture, "missing", view, view.state == MISSING, at_foot, view.err_ujy, bottom)
    moved = seen & (view.calibrated_ujy > 0)
    _put(picture, "calibrated", view, moved, view.calibrated_ujy, view.calibrated_err_ujy, bottom)
    low, high = view.wave_um.min() / 1.15, view.wave_um.max() * 1.15
    picture.figure.x_range.update(start=low, end=high, reset_start=low, reset_end=high)
    picture.figure.y_range.update(start=bottom, end=top, reset_start=bottom, reset_end=top)


def flux_range(view: PhotometryView) -> tuple[float, float]:
    """Return the ends of the flux axis: what is drawn, with room at the foot for missing bands."""
    seen = (view.state == MEASURED) & (view.flux_ujy > view.err_ujy)
    drawn = np.concatenate(
        [
            view.flux_ujy[seen],
            N_SIGMA * view.err_ujy[(view.state == MEASURED) & ~seen],
            view.limit_ujy[view.state == LIMIT],
        ]
    )
    if not drawn.size:
        return 1.0, 0.1
    return float(drawn.max() * 2.0), float(drawn.min() / 4.0)


def _put(picture, name, view, rows, y, err, bottom) -> None:
    """Fill one source with the rows of a mask."""
    flux = view.calibrated_ujy if name == "calibrated" else view.flux_ujy
    picture.patch(
        name,
        band=[band for band, row in zip(view.band, rows, strict=True) if row],
        x=view.wave_um[rows],
        y=y[rows],
        low=np.maximum(y - err, bottom)[rows],
        high=(y + err)[rows],
        flux=flux[rows],
        err=err[rows],
        mag=ab_magnitude(flux[rows]),
    )
