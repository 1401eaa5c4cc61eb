"""A page of a large table: sorted and filtered on the server, each sort order found once."""

from dataclasses import dataclass, field

import numpy as np

PAGE = 12


@dataclass(frozen=True)
class Query:
    """Which rows a table shows, in which order.

    Attributes:
        sort: name of a column; the file's own order where empty.
        descending: largest first.
        within: by column, the range of values to keep; rows where it is unknown are kept only
            when there is no range for that column.
    """

    sort: str = ""
    descending: bool = False
    within: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rows:
    """The columns of a table of n rows.

    Attributes:
        columns: by name, (n,) numbers or text.
    """

    columns: dict[str, np.ndarray]
    _orders: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    def select(self, query: Query) -> np.ndarray:
        """Return the row numbers that a query keeps, in its order, (k,)."""
        order = self._order(query.sort)
        if query.descending and query.sort:
            order = self._reversed(query.sort, order)
        keep = np.ones(self.n, bool)
        for name, (low, high) in query.within.items():
            values = self.columns[name]
            keep &= (values >= low) & (values <= high)
        return order[keep[order]]

    def _order(self, name: str) -> np.ndarray:
        """Return the row numbers by increasing value, unknown ones last."""
        if name not in self._orders:
            values = self.columns.get(name)
            self._orders[name] = (
                np.arange(self.n) if values is None else np.argsort(values, kind="stable")
            )
        return self._orders[name]

    def _reversed(self, name: str, order: np.ndarray) -> np.ndarray:
        """Turn an order round; unknown values stay last."""
        values = self.columns[name]
        known = self.n
        if values.dtype.kind == "f":
            known = int(np.isfinite(values).sum())
        return np.concatenate([order[:known][::-1], order[known:]])


def page_of(position: int, size: int = PAGE) -> int:
    """Return the number, from 0, of the page that a position is on."""
    return position // size
