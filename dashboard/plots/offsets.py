"""One number per band at a glance, with its uncertainty where it was fitted."""

from collections.abc import Mapping

import numpy as np
from bokeh.models import FactorRange, Span, Whisker

from dashboard.components.picture import Picture, source
from dashboard.theme import COLOURS, GUIDE, plain_figure

LABELS = {
    "flux_scale": "Flux scale",
    "flux_offset_ujy": "Flux offset (µJy)",
    "error_scale": "Error scale",
    "error_floor": "Error floor",
}
NEUTRAL = {"flux_scale": 1.0, "flux_offset_ujy": 0.0, "error_scale": 1.0, "error_floor": 0.0}


def offsets_picture(bands: tuple[str, ...], parameter: str) -> Picture:
    """Return an empty figure of one parameter against bands: source `values`."""
    fig = plain_figure(
        "",
        LABELS[parameter],
        height=230,
        x_range=FactorRange(*bands),
        tooltips=[("band", "@band"), (LABELS[parameter], "@value{0.0000}"), ("±", "@sigma")],
    )
    fig.xaxis.major_label_orientation = 0.9
    fig.y_range.default_span = 0.2
    fig.add_layout(
        Span(
            location=NEUTRAL[parameter],
            dimension="width",
            line_color=GUIDE,
            line_dash="dashed",
            level="underlay",
        )
    )
    values = source(band=[], value=[], low=[], high=[], sigma=[])
    whisker = Whisker(base="band", lower="low", upper="high", source=values, line_color=GUIDE)
    whisker.upper_head.size = whisker.lower_head.size = 4
    whisker.upper_head.line_color = whisker.lower_head.line_color = GUIDE
    fig.add_layout(whisker)
    dots = fig.scatter("band", "value", source=values, size=8, color=COLOURS["real"])
    fig.hover.renderers = [dots]
    return Picture(fig, {"values": values})


def show_offsets(
    picture: Picture,
    bands: tuple[str, ...],
    values: np.ndarray,
    sigma: Mapping[str, float] | None = None,
) -> None:
    """Put the values (n_band,) of a parameter into its picture.

    Args:
        picture: from `offsets_picture`.
        bands: names of the bands.
        values: one a band.
        sigma: standard deviation by band; a band without one has no whisker.
    """
    spread = np.array([(sigma or {}).get(band, 0.0) for band in bands])
    picture.patch(
        "values",
        band=list(bands),
        value=np.asarray(values, float),
        low=values - spread,
        high=values + spread,
        sigma=[f"{s:.4f}" if s else "not fitted" for s in spread],
    )
