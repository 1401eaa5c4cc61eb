"""A table of a million rows of which the browser holds one page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
from bokeh.models.widgets.tables import NumberFormatter
from panel.viewable import Viewer

from dashboard.controllers.pages import PAGE, Query, Rows, page_of

ROW_PX = 27
HEAD = ".tabulator .tabulator-header .tabulator-col"
STYLE = f"""
.tabulator {{ font-size: 13px !important }}
{HEAD} .tabulator-col-content {{ padding: 6px !important }}
{HEAD} .tabulator-col-title {{ padding-right: 0 !important }}
{HEAD}[aria-sort=none] .tabulator-col-sorter {{ display: none }}
{HEAD} .tabulator-col-sorter {{ right: 2px !important }}
.tabulator-row, .tabulator-row .tabulator-cell {{
  min-height: {ROW_PX}px !important; height: {ROW_PX}px !important; line-height: 18px !important;
}}
.tabulator-row .tabulator-cell {{ padding: 4px 6px !important; cursor: pointer }}
"""


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        key: its name in `Rows`.
        title: what people read.
        digits: after the point; None for text.
        width: pixels.
    """

    key: str
    title: str
    digits: int | None = None
    width: int = 70


class PagedTable(Viewer):
    """Sorts and filters on the server and hands one page to the browser.

    Args:
        rows: the whole table.
        columns: those to show.
        chosen: called with a row number when a person clicks a row.
    """

    def __init__(
        self, rows: Rows, columns: Sequence[Column], chosen: Callable[[int], None], **params
    ) -> None:
        super().__init__(**params)
        self._rows, self._columns, self._chosen = rows, columns, chosen
        self.query = Query()
        self._selected: int | None = None
        self._found = rows.select(self.query)
        self._places: dict[int, int] | None = None
        self._table = pn.widgets.Tabulator(
            self._page(0),
            show_index=False,
            selectable=1,
            disabled=True,
            pagination=None,
            layout="fit_columns",
            titles={c.key: c.title for c in columns},
            text_align={c.key: "right" for c in columns if c.digits is not None},
            widths={c.key: c.width for c in columns},
            formatters={
                c.key: NumberFormatter(format=f"0.{'0' * c.digits}")
                for c in columns
                if c.digits is not None
            },
            configuration={"headerSortTristate": True},
            stylesheets=[STYLE],
            height=ROW_PX * PAGE + 34,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._table.on_click(self._clicked)
        self._table.param.watch(self._sorted, "sorters")
        self._pager = pmui.Pagination(
            count=1, value=0, size="small", sibling_count=0, margin=(4, 0)
        )
        self._pager.param.watch(lambda _: self._turn(), "value")
        self._count = pmui.Typography("", variant="body2", margin=(8, 4))
        self._refresh()

    @property
    def found(self) -> np.ndarray:
        """Row numbers in the order of the table, after the filters."""
        return self._found

    def filter(self, within: dict[str, tuple[float, float]]) -> None:
        """Keep only rows inside ranges."""
        self._ask(Query(self.query.sort, self.query.descending, within))

    def select(self, row: int) -> None:
        """Mark a row and turn to its page; a row that the filters hide is marked nowhere."""
        self._selected = row
        place = self.place(row)
        if place is not None and self._pager.value != page_of(place):
            self._pager.value = page_of(place)
        else:
            self._mark()

    def place(self, row: int) -> int | None:
        """Position of a row in the order of the table, None when the filters hide it."""
        at = np.flatnonzero(self._found == row)
        return int(at[0]) if at.size else None

    def _ask(self, query: Query) -> None:
        self.query = query
        self._found = self._rows.select(query)
        self._refresh()

    def _refresh(self) -> None:
        n = len(self._found)
        self._count.object = (
            f"{n:,} galaxies" if n == self._rows.n else f"{n:,} of {self._rows.n:,} galaxies"
        )
        pages = max(1, -(-n // PAGE))
        self._pager.count = max(pages, self._pager.count)  # its value must stay below its count
        if self._pager.value:
            self._pager.value = 0  # a new order is read from its beginning
        else:
            self._turn()
        self._pager.count = pages

    def _turn(self) -> None:
        self._table.value = self._page(self._pager.value)
        self._mark()

    def _page(self, number: int) -> pd.DataFrame:
        rows = self._found[number * PAGE : (number + 1) * PAGE]
        data = {}
        for column in self._columns:
            values = self._rows.columns[column.key][rows]
            data[column.key] = values.astype(str if column.digits is None else float)
        return pd.DataFrame(data)

    def _mark(self) -> None:
        page = self._found[self._pager.value * PAGE : (self._pager.value + 1) * PAGE]
        self._table.selection = np.flatnonzero(page == self._selected).tolist()

    def _clicked(self, event) -> None:
        page = self._found[self._pager.value * PAGE : (self._pager.value + 1) * PAGE]
        if 0 <= event.row < len(page):
            self._chosen(int(page[event.row]))

    def _sorted(self, event) -> None:
        first = event.new[0] if event.new else {"field": "", "dir": "asc"}
        self._ask(Query(first["field"], first["dir"] == "desc", self.query.within))

    def __panel__(self):
        return pn.Column(
            self._table,
            pmui.Row(self._pager, self._count, sizing_mode="stretch_width"),
            sizing_mode="stretch_width",
        )
