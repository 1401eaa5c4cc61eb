"""Galaxies: pick one in a table or a scatter, and see what its photometry says of its redshift."""

from functools import partial

import panel as pn
import panel_material_ui as pmui
from bokeh.events import Tap
from panel.viewable import Viewer

from dashboard.components.live import SLOW_POOL, Latest, on_page
from dashboard.components.notice import Notice, empty
from dashboard.components.progress import Waiting
from dashboard.controllers import galaxies as control
from dashboard.controllers.best_sed import best_seds
from dashboard.controllers.galaxies import Inference
from dashboard.plots.best_sed import SEDView
from dashboard.session import Session
from dashboard.tabs.galaxy_card import GalaxyCard
from dashboard.tabs.galaxy_list import GalaxyList
from photoz.errors import InputError

NOTHING = {
    "model": (
        "There is no trained model yet",
        "Open Train, choose a simulation and start; or copy a folder with mdn.safetensors or "
        "flow.safetensors into the workspace's models folder.",
    ),
    "catalogue": (
        "There is no catalogue yet",
        "Start with `photoz app --catalogue FILE`, or write one into the workspace's catalogues "
        "folder with `photoz import`.",
    ),
}


LIST_WIDTH = 480  # the table's columns with three estimators


class Galaxies(Viewer):
    """List on the left, the chosen galaxy on the right."""

    def __init__(self, session: Session, **params) -> None:
        super().__init__(**params)
        self._session = session
        self._notice = Notice()
        self._waiting = Waiting(420, 330)
        self._body = pn.Column(sizing_mode="stretch_width")
        self._found: Inference | None = None
        self._list: GalaxyList | None = None
        self._card: GalaxyCard | None = None
        self._shown: int | None = None
        self._document = pn.state.curdoc
        self._infer = Latest(self._compute, self._lay_out, self._failed, pool=SLOW_POOL)
        self._one = Latest(self._view, self._show, self._notice.fail)
        self._seds = Latest(self._fit, self._show_seds, self._no_seds, pool=SLOW_POOL)
        session.param.watch(self._change, ["model", "catalogue", "calibration"])
        session.param.watch(lambda _: self._select(), "galaxy")
        session.param.watch(self._step, "step")
        self._change()

    def _change(self, *_events) -> None:
        """Begin again with other models, photometry or offsets."""
        self._notice.clear_message()
        for name in ("model", "catalogue"):
            if not getattr(self._session, name):
                self._waiting.stop()
                self._body.objects = [empty(*NOTHING[name])]
                return
        self._waiting.start(
            f"Inferring the posteriors of {self._session.catalogue} with {self._session.model}. "
            "The first time takes some seconds, then they are kept."
        )
        self._body.visible = False
        s = self._session
        self._infer.submit(s.model, s.catalogue, s.calibration)

    def _compute(self, model: str, catalogue: str, calibration: str) -> Inference:
        def report(share: float) -> None:
            if self._document is not None and self._document.session_context:
                on_page(self._document, partial(self._waiting.share, share))

        return control.infer(self._session.library, model, catalogue, calibration, report)

    def _failed(self, error: Exception) -> None:
        self._waiting.stop()
        self._notice.fail(error)

    def _lay_out(self, found: Inference) -> None:
        self._waiting.stop()
        same_kind = self._found is not None and self._found.estimators == found.estimators
        self._found = found
        self._list = GalaxyList(found, self._choose, self._search)
        if not same_kind or self._card is None:
            self._card = GalaxyCard(found.estimators, self._move)
        self._list.scatter.figure.on_event(Tap, self._list.tapped)
        self._body.objects = [
            pn.Row(
                pn.Column(self._list, width=LIST_WIDTH),
                pn.Column(self._card, sizing_mode="stretch_width", margin=(0, 0, 0, 20)),
                sizing_mode="stretch_width",
            )
        ]
        self._body.visible = True
        self._select()

    def _choose(self, row: int) -> None:
        self._session.galaxy = str(self._found.catalogue.ids[row])

    def _search(self, text: str) -> None:
        if self._found is None or not text:
            return
        if text in self._found.index:
            self._notice.clear_message()
            self._session.galaxy = text
        else:
            self._notice.say(
                f"The catalogue {self._session.catalogue} has no galaxy with id {text!r}. "
                "Ids are compared as whole texts.",
                "warning",
            )

    def _select(self) -> None:
        """Show the galaxy of the session; the first of the list when it names none."""
        if self._found is None or self._list is None:
            return
        if not self._session.galaxy:
            self._choose(int(self._list.found[0]) if len(self._list.found) else 0)
            return
        row = self._found.index.get(self._session.galaxy)
        if row is None:
            wrong, first = self._session.galaxy, str(self._found.catalogue.ids[0])
            self._notice.say(
                f"The catalogue {self._session.catalogue} has no galaxy {wrong!r}; "
                f"showing {first} instead.",
                "warning",
            )
            self._session.galaxy = first
            return
        self._one.submit(self._found, row)

    def _view(self, found: Inference, row: int):
        views = control.photometry_view(found, row), control.posterior_view(found, row)
        return row, *views, control.trust_of(found, row)

    def _show(self, view) -> None:
        row, photometry, posterior, trust = view
        with pn.io.hold():
            self._card.show(str(self._found.catalogue.ids[row]), photometry, posterior, trust)
            self._list.mark(row)
        self._shown = row
        self._seds.submit(self._found, row)

    def _fit(self, found: Inference, row: int) -> tuple[int, SEDView]:
        return row, best_seds(found, row)

    def _show_seds(self, fitted: tuple[int, SEDView]) -> None:
        row, view = fitted
        if row == self._shown and self._card is not None:  # else the hand has gone on
            self._card.show_seds(view)

    def _no_seds(self, error: Exception) -> None:
        if isinstance(error, InputError) and self._card is not None:
            self._card.no_seds(str(error))
        else:
            self._notice.fail(error)

    def _move(self, steps: int) -> None:
        """Go on or back in the order of the list."""
        if self._found is None or self._list is None or not len(self._list.found):
            return
        row = self._found.index.get(self._session.galaxy, 0)
        place = self._list.place(row)
        n = len(self._list.found)
        self._choose(int(self._list.found[0 if place is None else (place + steps) % n]))

    def _step(self, event) -> None:
        if self._session.tab == "galaxies":
            self._move(1 if event.new[0] == "next" else -1)

    def __panel__(self):
        return pmui.Column(
            self._notice, self._waiting, self._body, sizing_mode="stretch_width", margin=0
        )
