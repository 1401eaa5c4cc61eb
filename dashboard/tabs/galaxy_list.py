"""The left half of Galaxies: search, filters, table and scatter of the whole catalogue."""

from collections.abc import Callable

import numpy as np
import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.components.picture import Picture, panes
from dashboard.components.table import Column, PagedTable
from dashboard.controllers.galaxies import Inference, reference_band
from dashboard.plots.redshifts import LARGEST, nearest, redshift_picture, subset
from dashboard.session import SEARCH_LABEL
from dashboard.theme import colour, display_name

TAP_REACH = 0.03  # of the axis


class GalaxyList(Viewer):
    """Everything that picks a galaxy.

    Args:
        found: the inferred catalogue.
        choose: called with a row number.
        search: called with the text of the search field.
    """

    def __init__(
        self, found: Inference, choose: Callable[[int], None], search: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._found, self._choose = found, choose
        self._main = found.estimators[0]
        self._field = pmui.TextInput(
            label=SEARCH_LABEL, size="small", sizing_mode="stretch_width", margin=(4, 0)
        )
        self._field.param.watch(lambda event: search(event.new.strip()), "value")
        self._table = PagedTable(found.rows, self._columns(), choose)
        self._filters = [self._filter(f"z_{self._main}"), self._filter("mag")]
        for slider in self._filters:
            slider.param.watch(self._apply_filters, "value_throttled")
        self._estimator = pmui.RadioButtonGroup(
            label="Photometric redshift of",
            options={display_name(e): e for e in found.estimators},
            value=self._main,
            size="small",
            margin=(4, 0),
        )
        self._estimator.param.watch(lambda _: self._draw(), "value")
        self._note = pmui.Typography("", variant="body2", margin=(0, 0, 4, 0))
        self.scatter = self._scatter()
        self._row: int | None = None
        self._draw()

    @property
    def found(self) -> np.ndarray:
        """Rows in the order of the table, after the filters."""
        return self._table.found

    def place(self, row: int) -> int | None:
        """Position of a row in that order."""
        return self._table.place(row)

    def mark(self, row: int) -> None:
        """Show which galaxy is chosen, in table and scatter."""
        self._row = row
        self._table.select(row)
        x, y = self._points(np.array([row]))
        self.scatter.patch("chosen", x=x, y=y)

    def tapped(self, event) -> None:
        """Choose the galaxy nearest to a tap on the scatter."""
        shown = self.scatter.sources["points"].data
        reach = TAP_REACH * (self.scatter.figure.x_range.end - self.scatter.figure.x_range.start)
        best = nearest(np.asarray(shown["x"]), np.asarray(shown["y"]), (event.x, event.y), reach)
        if best is not None:
            self._choose(self._found.index[str(shown["id"][best])])

    def _columns(self) -> list[Column]:
        known = self._found.rows.columns
        band = reference_band(self._found.catalogue.bands)
        columns = [Column("id", "id", None, 84)]
        if "z_spec" in known:
            columns.append(Column("z_spec", "z spec", 3, 62))
        names = [(e, display_name(e)) for e in self._found.estimators]
        columns += [Column(f"z_{e}", f"z {name}", 3, 40 + 5 * len(name)) for e, name in names]
        return [*columns, Column(f"odds_{self._main}", "odds", 2, 56), Column("mag", band, 2)]

    def _filter(self, name: str) -> pmui.RangeSlider:
        values = self._found.rows.columns[name]
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
        start, end = np.floor(10 * low) / 10, max(np.ceil(10 * high) / 10, low + 0.1)
        band = reference_band(self._found.catalogue.bands)
        label = f"{band} (AB)" if name == "mag" else f"z {display_name(self._main)}"
        return pmui.RangeSlider(
            label=label, start=float(start), end=float(end), value=(float(start), float(end)),
            step=0.05, format="0.00", size="small", sizing_mode="stretch_width", margin=(4, 8),
        )  # fmt: skip

    def _apply_filters(self, _event) -> None:
        within = {}
        for name, slider in zip((f"z_{self._main}", "mag"), self._filters, strict=True):
            if slider.value != (slider.start, slider.end):
                within[name] = slider.value
        self._table.filter(within)
        self._draw()

    def _has_truth(self) -> bool:
        z_spec = self._found.catalogue.z_spec
        return z_spec is not None and bool(np.isfinite(z_spec).any())

    def _scatter(self) -> Picture:
        x_label = "Spectroscopic redshift" if self._has_truth() else f"z {display_name(self._main)}"
        return redshift_picture(
            x_label, "Photometric redshift", self._z_end(), colour(self._main), height=380
        ).named("scatter")

    def _z_end(self) -> float:
        columns = self._found.rows.columns
        names = [n for n in columns if n.startswith("z_")]
        top = max(float(np.nanmax(columns[n], initial=0.1)) for n in names)
        return float(min(np.ceil(2 * top * 1.02) / 2, self._found.z_max * 1.02))

    def _points(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        columns = self._found.rows.columns
        x = columns["z_spec"] if self._has_truth() else columns[f"z_{self._main}"]
        return x[rows], columns[f"z_{self._estimator.value}"][rows]

    def _draw(self) -> None:
        """Put the filtered galaxies into the scatter."""
        rows = self.found
        x, y = self._points(rows)
        rows = rows[np.isfinite(x) & np.isfinite(y)]
        shown = subset(rows)
        x, y = self._points(shown)
        self.scatter.patch(
            "points", x=x, y=y, id=[str(i) for i in self._found.catalogue.ids[shown]]
        )
        self.scatter.parts["dots"].glyph.update(fill_color=colour(self._estimator.value))
        if self._row is not None:
            cx, cy = self._points(np.array([self._row]))
            self.scatter.patch("chosen", x=cx, y=cy)
        self._note.object = self._sentence(len(rows), len(shown))

    def _sentence(self, n: int, n_shown: int) -> str:
        if not self._has_truth():
            return "No spectroscopic redshifts in this catalogue: both axes are photometric."
        if n > n_shown:
            return f"{LARGEST:,} of {n:,} galaxies drawn; the dashed lines bound outliers."
        return f"{n:,} galaxies with spectroscopic redshift; the dashed lines bound outliers."

    def __panel__(self):
        return pn.Column(
            self._field,
            pn.Row(*self._filters, sizing_mode="stretch_width"),
            self._table,
            pn.Row(self._estimator, sizing_mode="stretch_width", margin=(8, 0, 0, 0)),
            self._note,
            panes(self.scatter),
            sizing_mode="stretch_width",
        )
