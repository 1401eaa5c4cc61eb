"""The prior view of Simulate: what a recipe draws, before any photometry is seen."""

import panel as pn
import panel_material_ui as pmui
from bokeh.layouts import gridplot
from panel.viewable import Viewer

from dashboard.components.card import card
from dashboard.components.live import SLOW_POOL, Latest
from dashboard.components.notice import Notice
from dashboard.components.numbers import Numbers, table_html
from dashboard.components.progress import Waiting
from dashboard.controllers.prior import prior_of
from dashboard.controllers.train import recipes
from dashboard.plots.prior import SHORT, prior_pictures
from photoz.simulate.prior import PriorSample

CAPTION = (
    "Percentiles of the population: the weights of the draws are applied. M* is surviving mass, "
    "ages are mass-weighted, sSFR is that of the last 100 Myr."
)


class PriorView(Viewer):
    """The recipe and its percentiles on the left; pictures of everything it draws on the right."""

    def __init__(self, **params) -> None:
        super().__init__(**params)
        self._notice = Notice()
        self._waiting = Waiting(240, 240, 240)
        self._pictures = pn.Column(sizing_mode="stretch_width")
        self._table = Numbers(margin=(4, 12))
        self._about = pmui.Typography("", variant="body2", margin=(4, 12, 12, 12))
        names = recipes()
        self._recipe = pmui.Select(
            label="Recipe", options=names, value=names[0], sizing_mode="stretch_width"
        )
        self._drawn = Latest(prior_of, self._show, self._failed, pool=SLOW_POOL)
        self._recipe.param.watch(self._ask, "value")
        self._ask()

    def _ask(self, *_events) -> None:
        self._notice.clear_message()
        self._pictures.visible = False
        self._waiting.start(f"Drawing galaxies of {self._recipe.value}.")
        self._drawn.submit(self._recipe.value)

    def _failed(self, error: Exception) -> None:
        self._waiting.stop()
        self._notice.fail(error)

    def _show(self, sample: PriorSample) -> None:
        self._waiting.stop()
        grid = gridplot(prior_pictures(sample), ncols=2, sizing_mode="stretch_width")
        with pn.io.hold():
            self._about.object = (
                f"{sample.n:,} galaxies; {100 * sample.kept_share:.0f} % of all drawn pass the "
                f"selection; the weights leave {sample.effective_n:,.0f} effective ones."
            )
            self._table.object = percentiles_html(sample)
            self._pictures.objects = [pn.pane.Bokeh(grid, sizing_mode="stretch_width")]
            self._pictures.visible = True

    def __panel__(self):
        return pmui.Row(
            card("What a recipe draws", self._recipe, self._about, self._table, width=330),
            pmui.Column(
                self._notice, self._waiting, self._pictures, sizing_mode="stretch_width",
                margin=(0, 0, 0, 16),
            ),
            sizing_mode="stretch_width",
        )  # fmt: skip


def percentiles_html(sample: PriorSample) -> str:
    """Return the table of weighted percentiles."""
    labels = SHORT | {"magnitude": f"{sample.band} (AB mag)"}
    summary = sample.summary()
    rows = [
        (labels[name], [f"{value:.2f}" for value in row.values()]) for name, row in summary.items()
    ]
    keys = [(name, list(row)) for name, row in summary.items()]
    return table_html(["", "16 %", "50 %", "84 %"], rows, CAPTION, keys)
