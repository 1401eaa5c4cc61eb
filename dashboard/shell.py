"""The frame of the page: left rail, choices, running jobs, and tabs built when first opened."""

import logging

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.components.notice import Notice
from dashboard.components.rail import Choices, RunningJobs
from dashboard.library import open_library
from dashboard.session import TABS, Session

log = logging.getLogger("photoz.dashboard")

ICONS = ("auto_awesome", "model_training", "table_chart", "tune", "compare_arrows")
LEADS = {
    "simulate": "Build a galaxy by hand and see what a survey would measure.",
    "train": "Teach the two density estimators on a simulation, and watch them learn.",
    "galaxies": "Pick a galaxy and see what its photometry says about its redshift.",
    "calibrate": "Move fluxes and errors band by band and see whether posteriors stay honest.",
    "compare": "Score both estimators where redshifts are known, before and after calibration.",
}


class Shell:
    """One page for one session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._notice = Notice()
        self._title = pmui.Typography("", variant="h1", margin=(4, 0, 0, 0))
        self._lead = pmui.Typography("", variant="body2", margin=(0, 0, 8, 0))
        self._built: dict[str, pn.viewable.Viewable] = {}
        self._body = pmui.Column(sizing_mode="stretch_width")
        self._menu = pmui.MenuList(
            items=[
                {"label": name.capitalize(), "icon": icon}
                for name, icon in zip(TABS, ICONS, strict=True)
            ],
            active=TABS.index(session.tab),
            sizing_mode="stretch_width",
        )
        self._menu.param.watch(self._picked, "active")
        session.param.watch(lambda _: self._show(), "tab")
        for complaint in session.complaints:
            self._notice.say(complaint, "warning")

    def _picked(self, event) -> None:
        index = event.new[0] if isinstance(event.new, tuple) else event.new
        if index is not None:
            self.session.tab = TABS[index]

    def _show(self) -> None:
        name = self.session.tab
        self._title.object = name.capitalize()
        self._lead.object = LEADS[name]
        self._menu.active = TABS.index(name)
        if name not in self._built:
            self._built[name] = self._build(name)
            self._body.append(self._built[name])
        for other, panel in self._built.items():
            panel.visible = other == name

    def _build(self, name: str) -> pn.viewable.Viewable:
        import importlib

        module = importlib.import_module(f"dashboard.tabs.{name}")
        try:
            viewer = getattr(module, name.capitalize())(self.session)
            return pmui.Column(viewer, sizing_mode="stretch_width")
        except Exception as error:
            log.exception("tab %s could not be built", name)
            broken = Notice()
            broken.fail(error)
            return broken

    def page(self) -> pmui.Page:
        """Return the page; the first tab is built once the frame is on screen."""
        page = pmui.Page(
            title="photoz",
            sidebar=[self._menu, pmui.Divider(), Choices(self.session), RunningJobs(self.session)],
            main=[
                pmui.Column(
                    self._notice,
                    self._title,
                    self._lead,
                    self._body,
                    sizing_mode="stretch_width",
                    margin=(8, 20),
                )
            ],
            sidebar_width=240,
            sidebar_resizable=False,
            theme_config=theme.THEME_CONFIG,
            meta_description="Photometric redshifts with full posteriors",
        )
        self.session.follow_address()
        for complaint in self.session.complaints:
            self._notice.say(complaint, "warning")
        pn.state.onload(self._show)
        return page


def build_page() -> pmui.Page:
    """Return the page of a new session on the workspace of this server."""
    pn.extension("tabulator", notifications=False)
    return Shell(Session(open_library())).page()
