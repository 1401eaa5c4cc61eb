"""The spectrum of a simulated galaxy with its parts, its bands and its history."""

from dataclasses import dataclass

import numpy as np
from bokeh.models import FixedTicker

from dashboard.components.picture import Picture, source
from dashboard.theme import COLOURS, GUIDE, add_hover, plain_figure, quiet_legend
from photoz.magnitudes import ab_magnitude

MICRON_TICKS = (0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10)
PARTS = {  # column -> label, colour, width, dash
    "stellar": ("Stars before dust", COLOURS["real"], 1.2, "solid"),
    "nebular": ("Nebular before dust", COLOURS["peers"], 1.2, "solid"),
    "absorbed": ("Taken by dust", COLOURS["flow"], 1.2, "dashed"),
    "nucleus": ("Nucleus", COLOURS["truth"], 1.2, "dashdot"),
    "total": ("Observed", GUIDE, 2.0, "solid"),
}


@dataclass(frozen=True)
class DrawnBands:
    """Band fluxes as the survey would measure them once, microjansky, NaN = not to be read.

    Attributes:
        flux_ujy: (n_band,), may be negative.
        err_ujy: (n_band,) quoted errors.
        limit_ujy: (n_band,) limits where that is all that is known.
    """

    flux_ujy: np.ndarray
    err_ujy: np.ndarray
    limit_ujy: np.ndarray


@dataclass(frozen=True)
class SpectrumView:
    """What the Simulate tab shows of one galaxy.

    Attributes:
        wave_um: observed wavelength in micrometres, (n_wave,).
        flux_ujy: microjansky by part of `PARTS`, (n_wave,) each; a part may be absent.
        band: band names, (n_band,).
        pivot_um: band pivot wavelengths, (n_band,).
        band_flux_ujy: band fluxes, (n_band,).
        lookback_gyr: edges of the age bins, (n_age + 1,).
        sfr: star-formation rate in M_sun / yr of each age bin, (n_age,).
        drawn: the band fluxes with the survey's noise, None where it is not asked for.
    """

    wave_um: np.ndarray
    flux_ujy: dict[str, np.ndarray]
    band: tuple[str, ...]
    pivot_um: np.ndarray
    band_flux_ujy: np.ndarray
    lookback_gyr: np.ndarray
    sfr: np.ndarray
    drawn: DrawnBands | None = None


def spectrum_picture(x_range_um: tuple[float, float]) -> Picture:
    """Return an empty spectrum figure: sources `parts`, `bands`, `drawn` and `limits`."""
    fig = plain_figure(
        "Observed wavelength (µm)",
        "Flux density (µJy)",
        height=430,
        x_axis_type="log",
        y_axis_type="log",
        x_range=x_range_um,
        y_range=(1e-4, 1e2),
    )
    fig.xaxis.ticker = FixedTicker(ticks=list(MICRON_TICKS))
    parts = source(wave_um=[], **{name: [] for name in PARTS})
    bands = source(band=[], x=[], y=[], mag=[])
    for name, (label, colour, width, dash) in PARTS.items():
        fig.line(
            "wave_um",
            name,
            source=parts,
            color=colour,
            line_width=width,
            line_dash=dash,
            legend_label=label,
        )
    dots = fig.scatter(
        "x", "y", source=bands, size=9, color=COLOURS["simulated"], legend_label="Band fluxes"
    )
    add_hover(fig, [dots], [("band", "@band"), ("flux", "@y{0.000a} µJy"), ("AB", "@mag{0.00}")])
    drawn = source(band=[], x=[], y=[], low=[], high=[], err=[])
    limits = source(band=[], x=[], y=[])
    fig.segment("x", "low", "x", "high", source=drawn, color=COLOURS["mdn"], line_width=1.5)
    seen = fig.scatter(
        "x", "y", source=drawn, size=6, color=COLOURS["mdn"], legend_label="Drawn with noise"
    )
    below = fig.scatter(
        "x", "y", source=limits, size=9, marker="inverted_triangle", color=COLOURS["mdn"]
    )
    add_hover(fig, [seen], [("band", "@band"), ("drawn", "@y{0.000a} ± @err{0.000a} µJy")])
    add_hover(fig, [below], [("band", "@band"), ("below", "@y{0.000a} µJy")])
    quiet_legend(fig, "bottom_right")
    noisy = fig.legend[0].items[-1]
    nucleus = fig.legend[0].items[list(PARTS).index("nucleus")]
    noisy.visible = nucleus.visible = False
    sources = {"parts": parts, "bands": bands, "drawn": drawn, "limits": limits}
    return Picture(fig, sources, {"noisy": noisy, "nucleus": nucleus})


def curves_picture(spectrum: Picture) -> Picture:
    """Return an empty figure for transmission curves below a spectrum: source `curves`."""
    fig = plain_figure(
        "Observed wavelength (µm)",
        "Transmission",
        height=150,
        x_axis_type="log",
        x_range=spectrum.figure.x_range,
        y_range=(0, 1.1),
        tooltips=[("band", "@band")],
    )
    fig.xaxis.ticker = FixedTicker(ticks=list(MICRON_TICKS))
    fig.yaxis.ticker = FixedTicker(ticks=[0, 0.5, 1])
    data = source(band=[], xs=[], ys=[])
    fig.patches(
        "xs",
        "ys",
        source=data,
        fill_color=COLOURS["simulated"],
        fill_alpha=0.25,
        line_color=COLOURS["simulated"],
        line_alpha=0.7,
    )
    return Picture(fig, {"curves": data})


def history_picture() -> Picture:
    """Return an empty star-formation history: source `history`."""
    fig = plain_figure(
        "Lookback time from the galaxy (Gyr)",
        "Star-formation rate (M☉/yr)",
        height=240,
        tooltips=[("age", "@left{0.00} to @right{0.00} Gyr"), ("rate", "@top{0.000a} M☉/yr")],
    )
    history = source(left=[], right=[], top=[])
    fig.quad(
        "left",
        "right",
        "top",
        0,
        source=history,
        fill_color=COLOURS["simulated"],
        fill_alpha=0.45,
        line_color=None,
    )
    fig.y_range.start = 0
    fig.x_range.start = 0
    return Picture(fig, {"history": history})


def show_curves(picture: Picture, curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Put a survey's transmission curves into their picture, each with its peak at 1.

    Args:
        picture: from `curves_picture`.
        curves: band name to (observed wavelength in micrometres, transmission of any scale).
    """
    picture.patch(
        "curves",
        band=list(curves),
        xs=[wave for wave, _ in curves.values()],
        ys=[transmission / transmission.max() for _, transmission in curves.values()],
    )


def show_spectrum(spectrum: Picture, history: Picture, view: SpectrumView) -> None:
    """Put a galaxy into the two pictures; the flux axis moves by whole decades only."""
    nothing = np.full(view.wave_um.size, np.nan)
    parts = {name: view.flux_ujy.get(name, nothing) for name in PARTS}
    positive = {name: np.where(f > 0, f, np.nan) for name, f in parts.items()}
    spectrum.patch("parts", wave_um=view.wave_um, **positive)
    spectrum.parts["nucleus"].visible = "nucleus" in view.flux_ujy
    flux = view.band_flux_ujy
    spectrum.patch(
        "bands",
        band=list(view.band),
        x=view.pivot_um,
        y=np.where(flux > 0, flux, np.nan),
        mag=ab_magnitude(flux),
    )
    _show_drawn(spectrum, view)
    top = 10.0 ** np.ceil(np.log10(max(np.nanmax(flux), 1e-12)) + 0.5)
    if spectrum.figure.y_range.end != top:
        spectrum.figure.y_range.update(start=top * 1e-5, end=top)
    history.patch("history", left=view.lookback_gyr[:-1], right=view.lookback_gyr[1:], top=view.sfr)


def _show_drawn(spectrum: Picture, view: SpectrumView) -> None:
    """Put the fluxes with noise into the spectrum; below one sigma they stand at 3 as limits."""
    d = view.drawn
    spectrum.parts["noisy"].visible = d is not None
    if d is None:
        nothing = np.zeros(0)
        spectrum.patch(
            "drawn", band=[], x=nothing, y=nothing, low=nothing, high=nothing, err=nothing
        )
        spectrum.patch("limits", band=[], x=nothing, y=nothing)
        return
    seen = d.flux_ujy > d.err_ujy  # not where NaN
    below = np.where(np.isfinite(d.limit_ujy), d.limit_ujy, 3.0 * d.err_ujy)
    limited = np.isfinite(below) & ~seen
    name = np.array(view.band)
    flux, err = d.flux_ujy[seen], d.err_ujy[seen]
    spectrum.patch(
        "drawn", band=list(name[seen]), x=view.pivot_um[seen], y=flux, err=err,
        low=np.maximum(flux - err, 1e-3 * flux), high=flux + err,
    )  # fmt: skip
    spectrum.patch("limits", band=list(name[limited]), x=view.pivot_um[limited], y=below[limited])
