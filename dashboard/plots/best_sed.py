"""Best spectra at the peaks of a posterior, drawn through the photometry."""

from dataclasses import dataclass

import numpy as np

from dashboard.components.numbers import table_html
from dashboard.components.picture import Picture, source
from dashboard.theme import COLOURS

SHADES = (COLOURS["truth"], COLOURS["peers"], COLOURS["simulated"])
CAPTION = (
    "The best spectrum at each peak of the mixture. χ² counts measured bands, 3 % of "
    "the flux added to each error."
)


@dataclass(frozen=True)
class SEDCurve:
    """One best spectrum.

    Attributes:
        z: its redshift.
        probability: of the peak.
        chi2: misfit.
        n_measured: bands that count.
        log_mass: log10 of the mass formed, M_sun.
        tau_diffuse: optical depth of its diffuse dust at 5500 A.
        wave_um: observed wavelengths, (n,).
        flux_ujy: flux density, (n,).
        band_flux_ujy: through the bands, (n_band,).
    """

    z: float
    probability: float
    chi2: float
    n_measured: int
    log_mass: float
    tau_diffuse: float
    wave_um: np.ndarray
    flux_ujy: np.ndarray
    band_flux_ujy: np.ndarray


@dataclass(frozen=True)
class SEDView:
    """Best spectra of one galaxy, most probable peak first."""

    curves: list[SEDCurve]


def add_seds(picture: Picture) -> None:
    """Add an empty source `seds` (xs, ys, colour) to a photometry picture, behind its points."""
    picture.sources["seds"] = source(xs=[], ys=[], colour=[])
    lines = picture.figure.multi_line(
        "xs", "ys", source=picture.sources["seds"], line_color="colour", line_width=1.5, alpha=0.8
    )
    lines.level = "underlay"


def show_seds(picture: Picture, view: SEDView) -> None:
    """Draw the spectra; an empty view clears them."""
    positive = [np.where(c.flux_ujy > 0, c.flux_ujy, np.nan) for c in view.curves]
    picture.patch(
        "seds",
        xs=[c.wave_um.astype(np.float32) for c in view.curves],
        ys=[flux.astype(np.float32) for flux in positive],
        colour=list(SHADES[: len(view.curves)]),
    )


def seds_html(view: SEDView) -> str:
    """Return the table of the peaks, each with the colour of its curve."""
    rows = [
        (
            f"■ z {c.z:.3f}",
            [
                f"{100 * c.probability:.0f} %",
                f"{c.chi2:.1f} / {c.n_measured}",
                f"{c.log_mass:.2f}",
                f"{c.tau_diffuse:.2f}",
            ],
        )
        for c in view.curves
    ]
    keys = [
        (f"peak{i}", ["probability", "chi2", "log_mass", "tau_diffuse"])
        for i in range(len(view.curves))
    ]
    html = table_html(["Peak", "Probability", "χ² / bands", "log M", "Dust"], rows, CAPTION, keys)
    for shade in SHADES[: len(view.curves)]:
        html = html.replace("■ z", f'<span style="color:{shade}">■</span> z', 1)
    return html
