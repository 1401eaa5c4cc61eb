"""What the left rail holds below the tabs: the choices every tab shares, and running jobs."""

from typing import Any

import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.components.follow import Follow
from dashboard.session import Session

LABELS = {"model": "Model", "catalogue": "Catalogue", "calibration": "Calibration"}
POLL_MS = 1000


class Choices(Viewer):
    """Model, catalogue and calibration in use."""

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._selects = {
            name: pmui.Select.from_param(
                session.param[name], label=label, sizing_mode="stretch_width", margin=(6, 12)
            )
            for name, label in LABELS.items()
        }

    def __panel__(self):
        return pmui.Column(*self._selects.values(), sizing_mode="stretch_width")


class RunningJobs(Viewer):
    """The jobs that run now, with their progress."""

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._column = pmui.Column(sizing_mode="stretch_width", visible=False)
        self._shown: dict[str, pmui.LinearProgress] = {}
        self._poll()
        self._follower = Follow(self._look, self._poll, POLL_MS)

    def _look(self) -> tuple:
        return tuple(self._session.library.running().items())

    def _poll(self) -> None:
        running = self._session.library.running()
        if set(running) != set(self._shown):
            if set(self._shown) - set(running):
                self._session.refresh()
            self._shown = {
                name: pmui.LinearProgress(
                    value=round(100 * share), sizing_mode="stretch_width", margin=(0, 12)
                )
                for name, share in running.items()
            }
            self._column.objects = [
                pmui.Typography("Running", variant="overline", margin=(4, 12, 0, 12)),
                *(
                    pmui.Column(
                        pmui.Typography(name, variant="body2", margin=(0, 12)),
                        bar,
                        sizing_mode="stretch_width",
                    )
                    for name, bar in self._shown.items()
                ),
            ]
            self._column.visible = bool(running)
        for name, share in running.items():
            self._shown[name].value = round(100 * share)

    def __panel__(self):
        return self._column
