"""A figure together with the data sources that feed it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure


@dataclass(frozen=True)
class Picture:
    """A figure built once, then patched through its named sources.

    Attributes:
        figure: the Bokeh figure (or layout of figures).
        sources: data sources by name.
        parts: further models that patches touch, by name.
    """

    figure: figure
    sources: dict[str, ColumnDataSource]
    parts: dict[str, Any] = field(default_factory=dict)

    def patch(self, name: str, **columns: Any) -> None:
        """Replace all columns of one source; float arrays travel in single precision."""
        self.sources[name].data = {key: compact(value) for key, value in columns.items()}


def compact(value: Any) -> Any:
    """Return float arrays in single precision, other things as they are."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32)
    return value


def source(**columns: Any) -> ColumnDataSource:
    """Return a data source of the given columns; a type for a column makes it empty."""
    return ColumnDataSource({key: compact(value) for key, value in columns.items()})
