"""Train: teach the estimators on a simulation as a job, and watch them learn."""

from pathlib import Path

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.components.card import card
from dashboard.components.follow import Follow
from dashboard.components.live import SLOW_POOL, Latest
from dashboard.components.notice import Notice, empty
from dashboard.components.numbers import Numbers
from dashboard.components.picture import panes
from dashboard.controllers import train as controller
from dashboard.controllers.train import Look, Request
from dashboard.plots.training import (
    CURVES,
    OVERLAY,
    card_table,
    curve_picture,
    show_curves,
)
from dashboard.session import Session

POLL_MS = 500
FORM_WIDTH = 330
NONE = "none"
STATES = {
    "queued": "hourglass_empty",
    "running": "directions_run",
    "finished": "check_circle",
    "failed": "error",
    "cancelled": "cancel",
    "lost": "help",
}
DEFAULT_N = 200_000


class Train(Viewer):
    """What to train on the left with the list of runs; the chosen run on the right."""

    def __init__(self, session: Session, **params) -> None:
        super().__init__(**params)
        self._session, self._library = session, session.library
        self._notice = Notice()
        self._run: Path | None = None
        self._shown: tuple = ()
        self._listed: list[Path] = []
        self._make_form()
        self._make_simulation_form()
        self._make_run_view()
        self._refresh_choices()
        # the first look comes once the tab is on the page: only then can figures be measured
        self._follower = Follow(self._look, self._poll, POLL_MS)

    def _make_form(self) -> None:
        wide = {"sizing_mode": "stretch_width", "margin": (8, 12)}
        self._simulation = pmui.Select(label="Simulation to learn from", options=[], **wide)
        self._noise = pmui.Select(label="Noise of the survey", options=[], **wide)
        self._simulation.param.watch(self._match_noise, "value")
        self._models = pmui.Select(
            label="Models", options=list(controller.MODELS), value="MDN and flow", **wide
        )
        self._preset = pmui.Select(
            label="Length",
            options={text: key for key, text in controller.LENGTHS.items()},
            value="quick",
            **wide,
        )
        self._name = pmui.TextInput(label="Name of the model", value="my-model", **wide)
        self._steps = pmui.IntInput(
            label="Steps", value=controller.steps_of("quick"), start=1, step=100, **wide
        )
        self._preset.param.watch(
            lambda event: self._steps.param.update(value=controller.steps_of(event.new)), "value"
        )
        self._seed = pmui.IntInput(label="Seed", value=0, start=0, step=1, **wide)
        self._start = pmui.Button(
            label="Start training", icon="play_arrow", color="primary", variant="contained", **wide
        )
        self._start.on_click(lambda _: self._guarded(self._start_training))

    def _make_simulation_form(self) -> None:
        wide = {"sizing_mode": "stretch_width", "margin": (8, 12)}
        recipes = controller.recipes()
        self._recipe = pmui.Select(label="Recipe", options=recipes, value=recipes[0], **wide)
        self._n = pmui.IntInput(
            label="Number of galaxies", value=DEFAULT_N, start=1, step=10_000, **wide
        )
        self._simulation_name = pmui.TextInput(
            label="Name of the simulation", value="my-simulation", **wide
        )
        self._simulate = pmui.Button(
            label="Simulate galaxies", icon="auto_awesome", variant="outlined", **wide
        )
        self._simulate.on_click(lambda _: self._guarded(self._start_simulation))
        self._fit_noise = pmui.Button(
            label="Fit the noise of the active catalogue",
            icon="graphic_eq",
            variant="outlined",
            **wide,
        )
        self._noise_job = Latest(
            lambda name: controller.fit_noise_of(self._library, name),
            self._noise_fitted,
            self._notice.fail,
            pool=SLOW_POOL,
        )
        self._fit_noise.on_click(lambda _: self._start_noise())

    def _make_run_view(self) -> None:
        self._runs = pmui.MenuList(items=[], sizing_mode="stretch_width", label="")
        self._runs.param.watch(self._picked, "active")
        self._heading = pmui.Typography("", variant="h6", margin=(4, 0))
        self._line = pmui.Typography("", variant="body2", margin=(2, 0))
        self._bar = pmui.LinearProgress(value=0, sizing_mode="stretch_width", margin=(4, 0))
        self._cancel = pmui.Button(label="Cancel", icon="stop", variant="outlined")
        self._resume = pmui.Button(label="Resume", icon="play_arrow", variant="outlined")
        self._cancel.on_click(lambda _: self._guarded(self._cancel_run))
        self._resume.on_click(lambda _: self._guarded(self._resume_run))
        self._pause_note = pmui.Typography(
            "Cancel keeps what was learned; Resume goes on from there.", variant="caption"
        )
        self._pictures = [curve_picture(curve) for curve in CURVES]
        self._compare = pmui.Select(
            label="Compare with (dashed)",
            options=[NONE],
            value=NONE,
            width=260,
            margin=(14, 0, 4, 0),
        )
        self._compare.param.watch(lambda _: self._overlay(), "value")
        self._rows = [
            pn.Row(*(panes(p) for p in pair), sizing_mode="stretch_width")
            for pair in (self._pictures[:2], self._pictures[2:])
        ]
        # filled when first needed: a figure that was hidden before it was drawn cannot be measured
        self._curves = pn.Column(sizing_mode="stretch_width")
        self._card = Numbers(margin=(8, 0), max_width=760)
        self._empty = pmui.Column(sizing_mode="stretch_width", visible=False)
        self._parts = [
            pmui.Row(self._heading, self._cancel, self._resume, sizing_mode="stretch_width"),
            self._line,
            self._bar,
            self._pause_note,
            self._compare,
            self._curves,
            self._card,
        ]
        self._view = pn.Column(sizing_mode="stretch_width")

    @staticmethod
    def _fill(column: pn.Column, parts: list) -> None:
        """Put parts into a column, unless they are there."""
        if list(column.objects) != parts:
            column.objects = parts

    def _guarded(self, action) -> None:
        self._notice.clear_message()
        try:
            action()
        except Exception as error:
            self._notice.fail(error)

    def _start_training(self) -> None:
        request = Request(
            simulation=self._simulation.value,
            noise=self._noise.value,
            models=controller.MODELS[self._models.value],
            preset=self._preset.value,
            name=self._name.value_input or self._name.value,
            steps=self._steps.value,
            seed=self._seed.value if self._seed.value is not None else 0,
        )
        config = controller.training_config(self._library, request)
        self._follow(controller.start(self._library, "train", config))

    def _start_simulation(self) -> None:
        config = controller.simulation_config(
            self._library,
            self._recipe.value,
            self._n.value,
            self._simulation_name.value_input or self._simulation_name.value,
        )
        self._follow(controller.start(self._library, "simulate", config))

    def _start_noise(self) -> None:
        if not self._session.catalogue:
            self._notice.say("Choose a catalogue on the left first.", "warning")
            return
        self._notice.say(f"Fitting the noise of {self._session.catalogue}.")
        self._noise_job.submit(self._session.catalogue)

    def _noise_fitted(self, name: str) -> None:
        self._refresh_choices()
        self._noise.value = name
        self._notice.say(f"The noise of {name} is fitted and chosen.", "success")

    def _cancel_run(self) -> None:
        if self._run:
            controller.stop(self._run, lambda error: None)
            self._poll()

    def _resume_run(self) -> None:
        if self._run:
            controller.resume(self._run)
            self._poll()

    def _follow(self, run_dir: Path) -> None:
        self._run = run_dir
        self._shown = ()
        self._poll()

    def _picked(self, event) -> None:
        index = event.new[0] if isinstance(event.new, tuple) else event.new
        if index is not None and index < len(self._listed) and self._listed[index] != self._run:
            self._follow(self._listed[index])

    def _look(self) -> tuple | None:
        """Return what the page shows of the run folders; None while the tab is not seen."""
        if self._session.tab != "train":
            return None
        runs = self._library.runs()
        return (self._run, controller.fingerprint(self._run), *map(controller.standing, runs))

    def _poll(self) -> None:
        """Show the run folders as they are; only what changed travels to the page."""
        if self._session.tab != "train":
            return
        runs = [r for r in self._library.runs() if r.kind in controller.KINDS]
        with pn.io.hold():
            self._list(runs)
            if self._run is None and runs:
                active = [r for r in runs if r.active]
                self._run = (active or runs)[0].run_dir
            self._empty.visible = self._run is None
            if self._run is None:
                self._fill(self._view, [])
                self._empty.objects = [self._nothing()]
                return
            try:
                self._show(controller.look(self._run))
                self._fill(self._view, self._parts)
            except Exception as error:
                self._run = None
                self._notice.fail(error)

    def _nothing(self) -> pmui.Paper:
        if not self._library.simulations():
            return empty(
                "No simulation yet",
                "The models learn from simulated galaxies. Choose a recipe on the left and press "
                "Simulate galaxies; it runs as a job, and training can start when it has ended.",
            )
        return empty(
            "Nothing has been trained here yet",
            "Choose a simulation, the noise of your survey and a length on the left, then press "
            "Start training. The curves appear here while the models learn.",
        )

    def _list(self, runs: list) -> None:
        listed = [r.run_dir for r in runs]
        what = {"train": "training", "simulate": "simulation"}
        items = [
            {
                "label": controller.title(r),
                "secondary": f"{what[r.kind]}, {r.state}",
                "icon": STATES[r.state],
            }
            for r in runs
        ]
        if items != self._runs.items:
            ended = listed == self._listed or len(listed) < len(self._listed)
            self._listed = listed
            self._runs.items = items
            if ended:
                self._refresh_choices()
            names = [r.run_dir.name for r in runs if r.kind == "train"]
            self._compare.options = [NONE, *names]
        if self._run in self._listed and self._runs.active != (self._listed.index(self._run),):
            self._runs.active = (self._listed.index(self._run),)

    def _show(self, seen: Look) -> None:
        status = seen.status
        state = (status.run_dir, status.state, status.attempt, len(seen.rows))
        self._heading.object = controller.title(status)
        self._line.object = seen.line
        self._bar.value = round(100 * seen.share)
        self._cancel.visible = status.active
        self._resume.visible = status.state in ("failed", "cancelled", "lost")
        if state == self._shown:
            return
        if self._shown[:2] != state[:2]:
            self._show_card(status)
        self._shown = state
        training = status.kind == "train"
        self._compare.visible = training
        self._pause_note.visible = training and status.state != "finished"
        if training:
            show_curves(self._pictures, seen.rows)
        # after their data: a page is not told of new figures and of changes to them at once
        self._fill(self._curves, self._rows if training else [])

    def _show_card(self, status) -> None:
        found = controller.cards(status) if status.state == "finished" else {}
        self._card.object = card_table(found)

    def _overlay(self) -> None:
        rows = []
        if self._compare.value != NONE:
            rows = controller.look(self._library.root / "runs" / self._compare.value).rows
        show_curves(self._pictures, rows, OVERLAY)

    def _refresh_choices(self) -> None:
        """Offer what the workspace holds now; a choice that still exists stays."""
        for select, names in (
            (self._noise, self._library.noises()),
            (self._simulation, self._library.simulations()),  # chooses a noise that fits
        ):
            if select.options != names:
                value = select.value if select.value in names else (names[-1] if names else None)
                select.param.update(options=names, value=value)
        self._start.disabled = not self._library.simulations()
        self._session.refresh()

    def _match_noise(self, _event) -> None:
        """Choose a noise model that fits the simulation, where the chosen one does not."""
        if self._simulation.value is None:
            return
        fitting = self._library.noises_for(self._simulation.value)
        if fitting and self._noise.value not in fitting:
            self._noise.value = fitting[0]

    def __panel__(self):
        train = card(
            "Train a model",
            self._simulation,
            self._noise,
            self._models,
            self._preset,
            self._name,
            pmui.Details(
                self._steps,
                self._seed,
                title="Advanced",
                fully_expanded=True,
                sizing_mode="stretch_width",
            ),
            self._start,
            width=FORM_WIDTH,
            margin=(0, 0, 12, 0),
        )
        simulate = card(
            "Simulate galaxies",
            self._recipe,
            self._n,
            self._simulation_name,
            self._simulate,
            self._fit_noise,
            width=FORM_WIDTH,
            margin=(0, 0, 12, 0),
        )
        runs = card(
            "Runs",
            self._runs,
            width=FORM_WIDTH,
            margin=(0, 0, 12, 0),
        )
        return pn.Row(
            pmui.Column(train, runs, simulate, width=FORM_WIDTH, margin=(0, 16, 0, 0)),
            pn.Column(self._notice, self._empty, self._view, sizing_mode="stretch_width"),
            sizing_mode="stretch_width",
        )
