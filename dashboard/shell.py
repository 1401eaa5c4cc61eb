"""The frame of the page: left rail, choices, running jobs, and tabs built when first opened."""

import logging
import os
from functools import partial

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

from dashboard import theme
from dashboard.components.hands import Hands
from dashboard.components.live import on_page
from dashboard.components.notice import Notice
from dashboard.components.rail import Choices, RunningJobs
from dashboard.library import open_library
from dashboard.session import SEARCH_LABEL, TABS, Session
from photoz.errors import PhotozError

log = logging.getLogger("photoz.dashboard")

ICONS = ("auto_awesome", "model_training", "table_chart", "tune", "compare_arrows")
LEADS = {
    "simulate": "Build a galaxy by hand and see what a survey would measure.",
    "train": "Teach the two density estimators on a simulation, and watch them learn.",
    "galaxies": "Pick a galaxy and see what its photometry says about its redshift.",
    "calibrate": "Move fluxes and errors band by band and see whether posteriors stay honest.",
    "compare": "Score the estimators where redshifts are known, before and after calibration.",
}

HELP = """
| Key | |
|---|---|
| `j` `↓` `→` | next galaxy |
| `k` `↑` `←` | previous galaxy |
| `/` | find a galaxy by its id |
| `?` | this help |

The address of the page holds the tab, model, catalogue, calibration and galaxy: sent to a
colleague who has the same workspace, it opens the same view. Every picture can be zoomed with
box and wheel and saved from its toolbar, which appears when the pointer is over it.
"""


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
        self._help = pmui.Dialog(pmui.Markdown(HELP), title="Keys and links", open=False)
        self._hands = Hands(search_label=SEARCH_LABEL)
        self._hands.on_msg(lambda event: self._pressed(event.data))

    def _picked(self, event) -> None:
        index = event.new[0] if isinstance(event.new, tuple) else event.new
        if index is not None:
            self.session.tab = TABS[index]

    def _pressed(self, meaning: str) -> None:
        if meaning == "ready":
            if not self._built:  # Bokeh's own event of that name is sometimes never sent
                document = pn.state.curdoc
                document.add_next_tick_callback(partial(pn.state._on_load, document))
        elif meaning == "help":
            self._help.open = not self._help.open
        else:
            self.session.step = (meaning, self.session.step[1] + 1)

    def _head(self) -> None:
        self._title.object = self.session.tab.capitalize()
        self._lead.object = LEADS[self.session.tab]

    def _show(self) -> None:
        name = self.session.tab
        self._head()
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
            header=[self._where(), self._help_button()],
            main=[
                pmui.Column(
                    self._hands,
                    self._help,
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
            busy_indicator=None,
        )
        # every page follows the busy state of the whole server, and each change of it walks
        # through all models of the page: open pages keep each other at work for ever
        with edit_readonly(page):
            page.busy = False
        self.session.follow_address()
        self._head()
        if self.session.complaints:
            self._notice.say(" ".join(self.session.complaints), "warning")
        self._hands.address = self.session.address
        self.session.param.watch(
            lambda event: setattr(self._hands, "address", event.new), "address"
        )
        # not earlier: Panel drops what a hold collects before the page has connected
        self.session.param.watch(lambda _: self._show(), "tab")
        # at the next turn, which holds the document's lock: the event of loading does not
        pn.state.onload(partial(on_page, pn.state.curdoc, self._begin))
        return page

    def _begin(self) -> None:
        if not self._built:
            self._show()

    def _where(self) -> pn.viewable.Viewable:
        return pmui.Typography(
            f"Workspace {self.session.library.root}",
            variant="body2",
            sx={"color": "inherit", "opacity": 0.9},
            styles={"align-self": "center"},
            margin=(0, 16),
        )

    def _help_button(self) -> pn.viewable.Viewable:
        button = pmui.Button(
            label="Keys",
            icon="help_outline",
            variant="text",
            sx={"color": "inherit"},
            styles={"align-self": "center"},
        )
        button.on_click(lambda _: self._pressed("help"))
        return button


def build_page() -> pmui.Page:
    """Return the page of a new session on the workspace of this server."""
    pn.extension("tabulator", notifications=False)
    # a component made for a lost session would otherwise ask a CDN for its script
    os.environ.setdefault("PANEL_INLINE", "true")
    try:
        library = open_library()
    except PhotozError as error:
        return _apology(error)
    return Shell(Session(library)).page()


def _apology(error: PhotozError) -> pmui.Page:
    """Return a page that says why there is no workspace."""
    notice = Notice()
    notice.fail(error)
    title = pmui.Typography("No workspace", variant="h1")
    return pmui.Page(
        title="photoz",
        main=[pmui.Column(title, notice, sizing_mode="stretch_width", margin=(8, 20))],
        theme_config=theme.THEME_CONFIG,
    )
