"""The noise view of Simulate: errors and colours, simulated against real, band by band."""

from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.components.card import card
from dashboard.components.live import SLOW_POOL, Latest
from dashboard.components.notice import Notice, empty
from dashboard.components.numbers import Numbers, table_html
from dashboard.components.picture import panes
from dashboard.components.progress import Waiting
from dashboard.controllers import noise as control
from dashboard.controllers.noise import NoiseFound
from dashboard.plots.noise import colour_picture, error_picture, show_colour, show_errors
from dashboard.session import Session
from photoz.errors import InputError

N_WORST = 10
CAPTION = (
    "Differs by: the largest of |ln| of the ratio of errors at equal magnitude (or of limits), the "
    "distances of magnitudes and of colours in units of half their width, and the difference of "
    "the shares measured. 1 is a factor of e, a whole width, or all against none."
)
WRAP = """
th:last-child, td[data-column=because] { text-align: left; white-space: normal; min-width: 220px }
"""


class NoiseView(Viewer):
    """Choices and figures on the left; error against flux, a colour and the worst bands right."""

    def __init__(self, session: Session, **params) -> None:
        super().__init__(**params)
        self._session = session
        self._found: NoiseFound | None = None
        self._offering = False
        self._notice = Notice()
        self._waiting = Waiting(400, 240)
        self._body = pn.Column(sizing_mode="stretch_width")
        select = lambda label: pmui.Select(label=label, sizing_mode="stretch_width")  # noqa: E731
        self._noise, self._simulation = select("Noise model"), select("Simulated galaxies")
        self._band, self._colour = select("Band"), select("Colour")
        self._figures = Numbers(margin=(4, 12, 12, 12))
        self._table = Numbers(margin=(8, 0))
        self._table.stylesheets = [*self._table.stylesheets, WRAP]
        self._errors = error_picture().named("noise-errors")
        self._colours = colour_picture().named("noise-colours")
        self._error_pane, self._colour_pane = panes(self._errors), panes(self._colours)
        self._drawing = pn.Row(self._error_pane, self._colour_pane, sizing_mode="stretch_width")
        self._no_colours = empty(
            "Colours need a simulation",
            "Here errors are drawn at the catalogue's own fluxes, so its colours stay. Choose a "
            "simulation with these bands under Simulated galaxies; `photoz simulate RECIPE --n N "
            "--out FILE` into the folder simulations of the workspace makes one.",
        )
        self._compared = Latest(self._compute, self._show, self._failed, pool=SLOW_POOL)
        self._noise.param.watch(self._ask, "value")
        self._simulation.param.watch(self._ask, "value")
        self._band.param.watch(lambda _: self._draw_band(), "value")
        self._colour.param.watch(lambda _: self._draw_colour(), "value")
        self._controls = card(
            "Noise of the catalogue",
            self._noise, self._simulation, self._band, self._colour, self._figures, width=330,
        )  # fmt: skip
        session.param.watch(self._change, "catalogue")
        self._change()

    def _change(self, *_events) -> None:
        """Offer what fits the catalogue that is open, and compare."""
        self._notice.clear_message()
        catalogue = self._session.catalogue
        if not catalogue:
            self._waiting.stop()
            self._body.objects = [
                empty(
                    "No catalogue to compare with",
                    "`photoz import FILE --out CATALOGUE.parquet` brings one into the project's "
                    "form; put it into the folder catalogues of the workspace and choose it under "
                    "Catalogue on the left.",
                )
            ]
            self._body.visible, self._controls.visible = True, False
            return
        self._controls.visible = True
        library = self._session.library
        self._offering = True
        with pn.io.hold():
            for select, options in (
                (self._noise, control.noise_choices(library, catalogue)),
                (self._simulation, control.simulation_choices(library, catalogue)),
            ):
                select.param.update(options=options, value=options[0])
        self._offering = False
        self._ask()

    def _ask(self, *_events) -> None:
        catalogue = self._session.catalogue
        if not catalogue or self._offering:
            return
        self._notice.clear_message()
        self._waiting.start(f"Comparing the noise with {catalogue}.")
        self._body.visible = False
        self._compared.submit(
            self._session.library, catalogue, self._noise.value, self._simulation.value
        )

    def _compute(self, *request: Any) -> NoiseFound:
        return control.compare_noise(*request)

    def _failed(self, error: Exception) -> None:
        self._waiting.stop()
        if isinstance(error, InputError):
            self._body.objects = [empty("Nothing to compare here", str(error))]
            self._body.visible = True
        else:
            self._notice.fail(error)

    def _show(self, found: NoiseFound) -> None:
        self._waiting.stop()
        self._found = found
        result = found.result
        colours = [c["colour"] for c in result["colours"]]
        worst = result["worst"][0]["band"]
        with pn.io.hold():
            self._band.param.update(options=list(found.real.bands), value=worst)
            self._colour.param.update(
                options=colours,
                value=next((c for c in colours if worst in c.split(" - ")), None),
                disabled=found.mock is None,
            )
            self._figures.object = figures_html(result)
            self._table.object = worst_html(result)
            right = self._no_colours if found.mock is None else self._colour_pane
            self._drawing.objects = [self._error_pane, right]
            self._body.objects = [self._drawing, self._table]
            self._body.visible = True
            self._draw_band()
            self._draw_colour()

    def _draw_band(self) -> None:
        if self._found is None or self._band.value not in self._found.real.bands:
            return
        self._notice.clear_message()
        try:
            show_errors(self._errors, control.error_view(self._found, self._band.value))
        except InputError as error:
            self._notice.say(str(error), "warning")

    def _draw_colour(self) -> None:
        if self._found is None or self._found.mock is None or not self._colour.value:
            return
        show_colour(self._colours, control.colour_view(self._found, self._colour.value))

    def __panel__(self):
        return pmui.Row(
            self._controls,
            pmui.Column(
                self._notice, self._waiting, self._body, sizing_mode="stretch_width",
                margin=(0, 0, 0, 16),
            ),
            sizing_mode="stretch_width",
        )  # fmt: skip


def figures_html(result: dict[str, Any]) -> str:
    """Return the figures of all bands together."""
    rows = [
        ("Sliced distance", [f"{result['distance']:.3f}"]),
        ("two real halves", [f"{result['distance_floor']:.3f}"]),
        ("Told apart", [f"{100 * result['c2st']:.1f} %"]),
        ("if alike", [f"50 ±{100 * result['c2st_err']:.1f} %"]),
    ]
    keys = [("distance",), ("distance_floor",), ("c2st",), ("c2st_err",)]
    if result.get("donors"):
        rows.append(("distance, errors of real galaxies", [f"{result['donors']['distance']:.3f}"]))
        keys.append(("donors",))
    return table_html(
        ["All bands", ""], rows, "Sliced Wasserstein distance of fluxes and errors in units of "
        "their spread, and the share a classifier gets right.", [(k, ["all"]) for (k,) in keys],
    )  # fmt: skip


def worst_html(result: dict[str, Any]) -> str:
    """Return the table of the bands that differ most."""
    by_band = {row["band"]: row for row in result["bands"]}
    columns = ("differs", "err_ratio", "mag_distance", "colour_distance", "because")
    rows, keys = [], []
    for w in result["worst"][:N_WORST]:
        row = by_band[w["band"]]
        apart = [
            c["distance"]
            for c in result["colours"]
            if w["band"] in (c["blue"], c["red"]) and c["distance"] is not None
        ]
        numbers = (w["differs"], row["err_ratio"], row["mag_distance"], max(apart, default=None))
        rows.append((w["band"], [*map(_cell, numbers), w["because"]]))
        keys.append((w["band"], columns))
    head = ["Band", "Differs by", "Errors, real / mock", "Mag apart", "Colour apart", "How most"]
    return table_html(head, rows, CAPTION, keys)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
