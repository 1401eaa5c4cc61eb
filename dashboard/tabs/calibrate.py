"""Calibrate: move fluxes and errors band by band and see whether posteriors stay honest."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.components.card import card
from dashboard.components.follow import Follow
from dashboard.components.live import SLOW_POOL, Latest
from dashboard.components.notice import Notice
from dashboard.components.numbers import Numbers
from dashboard.components.picture import panes
from dashboard.controllers import calibrate as controller
from dashboard.controllers.calibrate import ALL, FITTED, SEALED, Bench, CalibrationView
from dashboard.controllers.train import standing, stop
from dashboard.plots.offsets import LABELS, offsets_picture, show_offsets
from dashboard.plots.pit import (
    BEFORE,
    difference_picture,
    histogram_picture,
    legend_html,
    score_table,
    show_expected,
    show_pit,
)
from dashboard.session import NO_CALIBRATION, Session
from dashboard.tabs.bandsliders import BandSliders
from photoz import jobs
from photoz.calibrate.calibration import Calibration, identity

POLL_MS = 500
WIDTH = 380
BY_HAND = "moved by hand"
NO_CHANGE = "no change"


class Calibrate(Viewer):
    """Sliders on the left; PIT, its ECDF and the scores on the right."""

    def __init__(self, session: Session, **params) -> None:
        super().__init__(**params)
        self._session, self._library = session, session.library
        self._notice, self._fit_notice = Notice(), Notice()
        self._bench: Bench | None = None
        self._wanted: tuple = ()
        self._calibration: Calibration | None = None
        self._origin = NO_CHANGE
        self._sigma: dict[str, dict[str, float]] = {}
        self._run: Path | None = None
        self._make_controls()
        self._make_pictures()
        self._loading = Latest(
            lambda *names: controller.bench(self._library, *names),
            self._opened,
            self._failed,
            pool=SLOW_POOL,
        )
        self._live = Latest(controller.view, self._show, self._notice.fail)
        session.param.watch(lambda _: self._open(), ["model", "catalogue", "tab"])
        session.param.watch(lambda _: self._load_chosen(), "calibration")
        self._follower = Follow(self._look, self._poll, POLL_MS)
        self._open()

    def _make_controls(self) -> None:
        wide = {"sizing_mode": "stretch_width", "margin": (6, 12)}
        self._sliders = BandSliders(self._moved, self._redraw, width=WIDTH)
        self._part = pmui.Select(
            label="Scores of", options={}, width=330, visible=False, margin=(8, 0)
        )
        self._part.param.watch(lambda _: self._redraw(), "value")
        self._revert = pmui.Button(
            label="Revert to no change", icon="restart_alt", variant="outlined", **wide
        )
        self._revert.on_click(lambda _: self._to_no_change())
        self._name = pmui.TextInput(label="Name", value="my-calibration", **wide)
        self._save = pmui.Button(label="Save", icon="save", variant="outlined", **wide)
        self._save.on_click(lambda _: self._guarded(self._save_it))
        self._fit_name = pmui.TextInput(
            label="Name of the fit",
            value=controller.next_name(self._library, "fit"),
            **wide,
        )
        self._folds = pmui.IntInput(label="Folds held out in turn", value=5, start=2, **wide)
        self._free = pmui.CheckBoxGroup(
            label="What the fit may change",
            options={LABELS[p]: p for p in controller.PARAMETERS},
            value=["flux_scale", "error_scale"],
            **wide,
        )
        self._fit = pmui.Button(
            label="Fit", icon="auto_fix_high", color="primary", variant="contained", **wide
        )
        self._fit.on_click(lambda _: self._guarded(self._start_fit))
        self._cancel = pmui.Button(label="Cancel the fit", icon="stop", visible=False, **wide)
        self._cancel.on_click(lambda _: self._guarded(self._cancel_fit))
        self._progress = pmui.LinearProgress(value=0, visible=False, **wide)
        self._progress_line = pmui.Typography("", variant="body2", visible=False, margin=(2, 12))

    def _make_pictures(self) -> None:
        self._scores = Numbers(margin=(0, 0, 10, 0))
        self._offset_pane = pn.Column(sizing_mode="stretch_width")
        self._right = pn.Column(sizing_mode="stretch_width")
        self._waiting = pmui.Column(
            pmui.Typography("Loading the models and their galaxies.", variant="body2"),
            pmui.Skeleton(height=300, sizing_mode="stretch_width"),
            sizing_mode="stretch_width",
        )
        self._draw()

    def _draw(self) -> None:
        """Make the pictures anew: one that was hidden before it was drawn cannot be measured."""
        self._histogram, self._difference = histogram_picture(), difference_picture()
        self._offsets = None
        self._offset_pane.objects = []

    def _lay_out(self, kinds: Iterable[str]) -> None:
        self._right.objects = [
            self._scores,
            pn.pane.HTML(legend_html(kinds), sizing_mode="stretch_width", margin=(4, 0)),
            pn.Row(panes(self._histogram), panes(self._difference), sizing_mode="stretch_width"),
            self._offset_pane,
        ]

    def _guarded(self, action) -> None:
        self._notice.clear_message()
        try:
            action()
        except Exception as error:
            self._notice.fail(error)

    # -- what is judged

    def _open(self) -> None:
        """Load model and catalogue, once the tab is seen and they have changed."""
        wanted = (self._session.model, self._session.catalogue)
        if self._session.tab != "calibrate" or wanted == self._wanted:
            return
        self._wanted = wanted
        self._bench = None
        self._waiting.visible, self._part.visible = True, False
        self._right.objects = []
        self._loading.submit(*wanted)

    def _failed(self, error: Exception) -> None:
        self._waiting.visible = False
        self._enable(False)
        self._notice.fail(error)

    def _enable(self, usable: bool) -> None:
        self._sliders.disabled = not usable
        for button in (self._fit, self._save, self._revert):
            button.disabled = not usable

    def _opened(self, found: Bench) -> None:
        self._notice.clear_message()
        self._bench = found
        n_sealed = int(found.sealed.sum())
        with pn.io.hold():
            self._part.param.update(
                options={
                    f"All {len(found.rows):,} galaxies": ALL,
                    f"The {n_sealed:,} that no fit sees": SEALED,
                    f"The {len(found.rows) - n_sealed:,} a fit learns from": FITTED,
                },
                value=ALL,
            )
            self._sliders.build(found.groups, found.reference, found.unit_ujy, found.bands)
            self._calibration, self._origin = identity(found.bands), NO_CHANGE
            self._waiting.visible, self._part.visible = False, True
            self._draw()
            self._lay_out(found.before)
            self._load_chosen()
        self._enable(True)
        running = controller.active_fit(self._library, found.model)
        self._run = running.run_dir if running else None

    # -- the calibration on the sliders

    def _load_chosen(self) -> None:
        """Put the calibration chosen on the left onto the sliders."""
        if self._bench is None:
            return
        name = self._session.calibration
        if name in (None, NO_CALIBRATION):
            self._set(identity(self._bench.bands), NO_CHANGE)
            return
        try:
            found = self._library.calibration(name).for_bands(self._bench.bands)
        except Exception as error:
            self._notice.fail(error)
            return
        self._set(found, f"calibration {name}")

    def _to_no_change(self) -> None:
        if self._session.calibration != NO_CALIBRATION:
            self._session.calibration = NO_CALIBRATION
        elif self._bench is not None:
            self._set(identity(self._bench.bands), NO_CHANGE)

    def _set(self, calibration: Calibration, origin: str) -> None:
        self._calibration, self._origin = calibration, origin
        if not origin.startswith("calibration"):
            self._sigma = {}
        self._sliders.show(calibration)
        self._redraw()

    def _moved(self, calibration: Calibration | Exception) -> None:
        if isinstance(calibration, Exception):
            self._notice.fail(calibration)
            return
        self._notice.clear_message()
        if self._origin.startswith("calibration"):
            self._origin += ", then " + BY_HAND
        elif self._origin == NO_CHANGE:
            self._origin = BY_HAND
        self._calibration, self._sigma = calibration, {}
        self._redraw()

    def _redraw(self) -> None:
        if self._bench is not None and self._calibration is not None and self._part.value:
            self._live.submit(self._bench, self._calibration, self._part.value)

    def _show(self, view: CalibrationView) -> None:
        if self._bench is None or self._calibration is None:
            return
        u = view.band.u
        with pn.io.hold():
            show_expected(self._histogram, self._difference, view.n, *view.band)
            show_pit(self._histogram, self._difference, view.before, u, BEFORE)
            show_pit(self._histogram, self._difference, view.now, u)
            about = controller.caption(self._bench, self._part.value, view.n, self._origin)
            self._scores.object = score_table(view.before, view.now, about)
            self._show_offsets()

    def _show_offsets(self) -> None:
        parameter = self._sliders.parameter
        key = (parameter, self._bench.bands)
        new = self._offsets is None or self._offsets[0] != key
        if new:
            self._offsets = key, offsets_picture(self._bench.bands, parameter)
        picture = self._offsets[1]
        values = np.asarray(getattr(self._calibration, parameter))
        show_offsets(picture, self._bench.bands, values, self._sigma.get(parameter))
        if new:  # after its data: a page is not told of a new figure and a change to it at once
            self._offset_pane.objects = [panes(picture)]

    def _save_it(self) -> None:
        if self._bench is None or self._calibration is None:
            return
        name = self._name.value_input or self._name.value
        name = controller.save(self._library, self._calibration, name, self._bench)
        self._session.refresh()
        self._session.calibration = name
        self._notice.say(f"Saved as {name}, and in use in every tab.", "success")

    # -- the fit

    def _start_fit(self) -> None:
        if self._bench is None:
            return
        self._fit_notice.clear_message()
        self._run = controller.start_fit(
            self._library,
            self._bench,
            self._fit_name.value_input or self._fit_name.value,
            self._folds.value,
            tuple(self._free.value),
            self._sliders.frozen,
        )
        self._poll()

    def _cancel_fit(self) -> None:
        if self._run is not None:
            stop(self._run, lambda error: None)

    def _look(self) -> tuple | None:
        return standing(jobs.status(self._run)) if self._run else None

    def _poll(self) -> None:
        """Show how far the fit is, and take over what it found."""
        if self._run is None:
            return
        found = jobs.status(self._run)
        with pn.io.hold():
            self._fit.disabled = found.active
            for part in (self._cancel, self._progress, self._progress_line):
                part.visible = found.active
            self._progress.value = round(100 * found.done / found.total) if found.total else 0
            self._progress_line.object = found.message or "Starting the fit"
            if found.active:
                return
            self._run = None
            if found.state == "finished":
                self._take_over(found)
            else:
                severity = "info" if found.state == "cancelled" else "error"
                self._fit_notice.say(f"The fit was {found.state}. {found.message}", severity)

    def _take_over(self, found: jobs.RunStatus) -> None:
        try:
            result = controller.fitted(found)
        except Exception as error:
            self._fit_notice.fail(error)
            return
        self._session.refresh()
        self._part.value = SEALED
        self._sigma = result.sigma
        self._session.calibration = result.name
        self._fit_notice.say(result.sentence, "success" if result.gained else "warning")
        self._fit_name.value = controller.next_name(self._library, "fit")

    def __panel__(self):
        offsets = card(
            "Change the photometry",
            self._sliders,
            self._revert,
            self._name,
            self._save,
            width=WIDTH,
            margin=(0, 0, 12, 0),
        )
        fit = card(
            "Fit it",
            pmui.Typography(
                "Offsets that make the known redshifts most probable, found as a job.",
                variant="body2",
                margin=(0, 12),
            ),
            self._free,
            self._folds,
            self._fit_name,
            self._fit,
            self._cancel,
            self._progress_line,
            self._progress,
            width=WIDTH,
        )
        return pn.Row(
            pmui.Column(offsets, fit, width=WIDTH, margin=(0, 16, 0, 0)),
            pn.Column(
                self._notice,
                self._fit_notice,
                self._waiting,
                self._part,
                self._right,
                sizing_mode="stretch_width",
            ),
            sizing_mode="stretch_width",
        )
