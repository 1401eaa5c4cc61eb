"""The right half of Galaxies: posteriors, photometry and numbers of the chosen galaxy."""

from collections.abc import Callable
from html import escape

import numpy as np
import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.components.numbers import Numbers, table_html
from dashboard.components.picture import panes
from dashboard.controllers.trust import TrustView
from dashboard.plots.best_sed import SEDView, add_seds, seds_html, show_seds
from dashboard.plots.photometry import PhotometryView, photometry_picture, show_photometry
from dashboard.plots.posterior import (
    METHODS,
    PosteriorView,
    cdf_picture,
    posterior_picture,
    show_posterior,
)
from dashboard.theme import display_name

SUMMARIES = {
    "z_median": "Median",
    "z_lo68": "68 % from",
    "z_hi68": "68 % to",
    "odds": "Odds",
    "pit": "PIT",
}
QUIET = {"variant": "text", "size": "small", "margin": 0}
CAPTION = "Odds: probability within 0.06 (1 + z) of the grid's peak. PIT: that below z spec."


class GalaxyCard(Viewer):
    """Built once for a set of estimators, then patched.

    Args:
        estimators: their names.
        move: called with +1 or -1 by the buttons.
    """

    def __init__(self, estimators: tuple[str, ...], move: Callable[[int], None]) -> None:
        super().__init__()
        self._posterior = posterior_picture(estimators).named("posterior")
        self._cdf = cdf_picture(self._posterior, estimators).named("cdf")
        self._photometry = photometry_picture()
        add_seds(self._photometry)
        self._photometry.named("photometry")
        self._seds = Numbers(margin=(8, 0, 0, 0))
        self._title = pmui.Typography("", variant="h6", margin=(4, 12, 0, 0))
        self._badge = pmui.Chip(
            color="warning", variant="outlined", size="small", visible=False, margin=(6, 0, 0, 0)
        )
        self._numbers = Numbers(margin=(16, 0, 0, 0))
        self._back = pmui.Button(label="Previous", icon="chevron_left", **QUIET)
        self._on = pmui.Button(label="Next", end_icon="chevron_right", **QUIET)
        self._back.on_click(lambda _: move(-1))
        self._on.on_click(lambda _: move(+1))

    def show(
        self, name: str, photometry: PhotometryView, posterior: PosteriorView, trust: TrustView
    ) -> None:
        """Put a galaxy into everything."""
        known = np.isfinite(posterior.z_spec)
        truth = f", spectroscopic z {posterior.z_spec:.4f}" if known else ""
        self._title.object = f"Galaxy {name}{truth}"
        self._badge.param.update(label=trust.sentence, visible=bool(trust.sentence))
        show_posterior(self._posterior, self._cdf, posterior)
        show_photometry(self._photometry, photometry)
        self._numbers.object = numbers_html(posterior)
        show_seds(self._photometry, SEDView([]))
        self._seds.object = "<small>Fitting the best spectrum at each peak.</small>"

    def show_seds(self, view: SEDView) -> None:
        """Draw the best spectra of the galaxy that is shown."""
        show_seds(self._photometry, view)
        self._seds.object = seds_html(view)

    def no_seds(self, why: str) -> None:
        """Say why there is no spectrum."""
        self._seds.object = f"<small>{escape(why)}</small>"

    def __panel__(self):
        return pn.Column(
            pn.Row(self._back, self._on, self._title),
            self._badge,
            panes(self._posterior, self._cdf),
            panes(self._photometry, margin=(8, 0, 0, 0)),
            self._seds,
            self._numbers,
            sizing_mode="stretch_width",
        )


def numbers_html(view: PosteriorView) -> str:
    """Return the table of peaks, interval, odds and PIT, a column an estimator."""
    names = list(view.curves)
    known = np.isfinite(view.z_spec)
    rows, keys = [], []
    for method, (title, _) in METHODS.items():
        cells = [
            f"{c.z_map[method]:.4f}" if method in c.z_map else "–" for c in view.curves.values()
        ]
        rows.append((f"Peak: {title}", cells))
        keys.append((method, names))
    for key, title in SUMMARIES.items():
        if known or key != "pit":
            rows.append((title, [f"{getattr(c, key):.4f}" for c in view.curves.values()]))
            keys.append((key, names))
    return table_html(["z", *map(display_name, names)], rows, CAPTION, keys)
