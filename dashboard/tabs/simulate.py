"""Simulate: an SED laboratory whose sliders redraw a galaxy, and a view of the survey's noise."""

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.components.card import card
from dashboard.components.live import Latest
from dashboard.components.notice import Notice
from dashboard.components.picture import panes
from dashboard.controllers import laboratory
from dashboard.controllers.laboratory import Settings
from dashboard.plots.spectrum import (
    curves_picture,
    history_picture,
    show_curves,
    show_spectrum,
    spectrum_picture,
)
from dashboard.session import Session
from dashboard.tabs.noise_view import NoiseView
from dashboard.tabs.prior_view import PriorView

SURVEYS = {"COSMOS2020, 28 bands": "cosmos2020", "SDSS + 2MASS, 8 bands": "sdss-2mass"}
SLIDERS = {  # setting -> label, start, end, step
    "z": ("Redshift", 0.02, 8.0, 0.01),
    "log_mass": ("Stellar mass formed (log M☉)", 7.5, 12.0, 0.05),
    "start_fraction": ("Star formation began (share of cosmic age ago)", 0.05, 0.99, 0.01),
    "log_tau_gyr": ("Star formation e-folding time (log Gyr)", -1.0, 1.3, 0.05),
    "log_z": ("Metallicity (log Z/Z☉)", -2.0, 0.4, 0.05),
    "tau_diffuse": ("Diffuse dust, optical depth at 5500 Å", 0.0, 3.0, 0.05),
    "tau_birth_cloud": ("Birth clouds, optical depth at 5500 Å", 0.0, 3.0, 0.05),
    "dust_index": ("Dust slope relative to Calzetti", -1.0, 0.4, 0.05),
    "log_u": ("Ionisation parameter (log U)", -4.0, -1.0, 0.1),
}


VIEWS = ("Galaxy", "Prior", "Noise")


class Simulate(Viewer):
    """Sliders on the left; spectrum, band curves and history on the right; or another view."""

    def __init__(self, session: Session, **params) -> None:
        super().__init__(**params)
        self._session = session
        self._notice = Notice()
        self._survey = pmui.Select(
            label="Bands of", options=SURVEYS, value="cosmos2020", sizing_mode="stretch_width"
        )
        self._sliders = {name: self._slider(name) for name in SLIDERS}
        self._pictures = pn.Column(
            pmui.Skeleton(height=430, sizing_mode="stretch_width"),
            sizing_mode="stretch_width",
        )
        self._spectrum = spectrum_picture(laboratory.X_RANGE_UM).named("spectrum")
        self._bands = curves_picture(self._spectrum).named("transmission")
        self._history = history_picture().named("history")
        self._drawing = panes(self._spectrum, self._bands, self._history)
        self._curves = Latest(laboratory.band_curves, self._show_curves, self._notice.fail)
        self._live = Latest(laboratory.view, self._show, self._notice.fail)
        for slider in self._sliders.values():
            slider.param.watch(self._redraw, "value")
        self._survey.param.watch(self._change_survey, "value")
        self._noisy = pmui.Switch(label="Draw with the survey's noise", margin=(8, 12))
        self._again = pmui.Button(
            label="Draw again", variant="outlined", icon="casino", visible=False
        )
        self._seed = 0
        self._noisy.param.watch(self._toggle_noise, "value")
        self._again.on_click(self._draw_again)
        self._views = pmui.RadioButtonGroup(
            label="View", options=list(VIEWS), value=VIEWS[0], size="small", margin=(0, 0, 8, 0)
        )
        self._views.param.watch(self._change_view, "value")
        self._reset = pmui.Button(label="Reset the galaxy", variant="outlined", icon="restart_alt")
        self._reset.on_click(self._to_defaults)
        self._opened = {VIEWS[0]: self._lay_out()}
        self._body = pmui.Column(self._opened[VIEWS[0]], sizing_mode="stretch_width", margin=0)
        self._curves.submit(self._survey.value)

    def _change_view(self, event) -> None:
        if event.new not in self._opened:  # built when first asked for
            view = PriorView() if event.new == "Prior" else NoiseView(self._session)
            self._opened[event.new] = pmui.Column(view, sizing_mode="stretch_width", margin=0)
            self._body.append(self._opened[event.new])
        for name, view in self._opened.items():
            view.visible = name == event.new

    def _toggle_noise(self, event) -> None:
        self._again.visible = event.new
        self._redraw()

    def _draw_again(self, _event) -> None:
        self._seed += 1
        self._redraw()

    def _slider(self, name: str) -> pmui.FloatSlider:
        label, start, end, step = SLIDERS[name]
        return pmui.FloatSlider(
            label=label,
            start=start,
            end=end,
            step=step,
            value=getattr(Settings(), name),
            sizing_mode="stretch_width",
            margin=(2, 12),
        )

    def settings(self) -> Settings:
        """What the sliders say now."""
        return Settings(**{name: slider.value for name, slider in self._sliders.items()})

    def _change_survey(self, event) -> None:
        z = self._sliders["z"]
        z_max = laboratory.survey_z_max(event.new)
        z.param.update(end=z_max, value=min(z.value, z_max))
        self._curves.submit(event.new)

    def _to_defaults(self, _event) -> None:
        with pn.io.hold():
            for name, slider in self._sliders.items():
                slider.value = getattr(Settings(), name)

    def _show_curves(self, curves) -> None:
        self._notice.clear_message()
        show_curves(self._bands, curves)
        self._pictures.objects = [self._drawing]
        self._redraw()

    def _redraw(self, *_events) -> None:
        seed = self._seed if self._noisy.value else None
        self._live.submit(self._survey.value, self.settings(), seed)

    def _show(self, view) -> None:
        show_spectrum(self._spectrum, self._history, view)

    def _lay_out(self) -> pmui.Row:
        controls = card(
            "A galaxy by hand",
            self._survey,
            *self._sliders.values(),
            self._noisy,
            self._again,
            self._reset,
            width=330,
        )
        return pmui.Row(
            controls,
            pmui.Column(self._notice, self._pictures, sizing_mode="stretch_width"),
            sizing_mode="stretch_width",
        )

    def __panel__(self):
        return pmui.Column(self._views, self._body, sizing_mode="stretch_width", margin=0)
