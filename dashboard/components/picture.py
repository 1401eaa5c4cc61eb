"""A figure together with the data sources that feed it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import panel as pn
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

    def named(self, prefix: str) -> "Picture":
        """Name the sources `prefix.key`, by which a script in the page finds them."""
        for key, data in self.sources.items():
            data.name = f"{prefix}.{key}"
        self.figure.name = prefix
        return self

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


def panes(*pictures: Picture, **options: Any) -> pn.Column:
    """Return pictures below each other.

    A plain Panel column and not a Material one: React measures a column while the figures in it
    are not drawn yet, which Bokeh answers with an error.
    """
    options.setdefault("sizing_mode", "stretch_width")
    return pn.Column(
        *(pn.pane.Bokeh(picture.figure, sizing_mode="stretch_width") for picture in pictures),
        **options,
    )
