"""The look of the page: one colour for each thing in every tab, and how a figure is dressed.

Each colour stands at a contrast of 3 or more on both the light and the dark paper, so that a
change of theme never recolours data, and stays apart from the others under protanopia and
deuteranopia. Text is never coloured by them.
"""

from typing import Any

from bokeh.models import HoverTool
from bokeh.plotting import figure

COLOURS = {
    "mdn": "#0a7ab8",
    "flow": "#c4703f",
    "mixture": "#8a2bff",
    "truth": "#c9326d",
    "peers": "#a548e8",
    "real": "#069a97",
    "simulated": "#a88a08",
}
GUIDE = "#858585"  # axes at zero, expectations, bands of equal probability
PAPER = {"light": "#ffffff", "dark": "#1e1e1e"}
NAMES = {"mdn": "MDN", "flow": "Flow", "mixture": "Mixture", "truth": "Spectroscopic z"}

THEME_CONFIG = {
    mode: {
        "palette": {
            "primary": {"main": primary, "contrastText": text},
            "background": {"default": ground, "paper": PAPER[mode]},
        },
        "typography": {"fontSize": 13, "h1": {"fontSize": "1.25rem", "fontWeight": 600}},
        "shape": {"borderRadius": 6},
    }
    for mode, primary, text, ground in (
        ("light", "#155e8b", "#ffffff", "#f4f6f8"),
        ("dark", "#7cc3ee", "#0b1d29", "#121212"),
    )
}


def display_name(estimator: str) -> str:
    """Return the name people read for an estimator key."""
    return NAMES.get(estimator, estimator)


def colour(estimator: str) -> str:
    """Return the colour of an estimator; anything that is not ours is a peer."""
    return COLOURS.get(estimator, COLOURS["peers"])


def plain_figure(
    x_label: str,
    y_label: str,
    *,
    height: int,
    tooltips: list[tuple[str, str]] | None = None,
    **options: Any,
) -> figure:
    """Return an empty figure in the house's dress: wide, quiet grid, no logo.

    Args:
        x_label: axis label with its unit.
        y_label: axis label with its unit.
        height: pixels; the width follows the page.
        tooltips: what hovering shows; none by default.
        **options: any argument of `bokeh.plotting.figure`.
    """
    options.setdefault("tools", "pan,box_zoom,wheel_zoom,reset,save")
    options.setdefault("active_drag", "box_zoom")
    options.setdefault("sizing_mode", "stretch_width")
    fig = figure(x_axis_label=x_label, y_axis_label=y_label, height=height, **options)
    fig.toolbar.logo = None
    fig.toolbar.autohide = True
    fig.background_fill_color = None
    fig.border_fill_color = None
    fig.outline_line_color = None
    fig.min_border_right = 16
    fig.xgrid.grid_line_color = None
    if tooltips:
        fig.add_tools(HoverTool(tooltips=tooltips))
    return fig


def add_hover(fig: figure, renderers: list[Any], tooltips: list[tuple[str, str]]) -> None:
    """Let hovering over some glyphs show values; over others nothing."""
    fig.add_tools(HoverTool(renderers=renderers, tooltips=tooltips))


def quiet_legend(fig: figure, location: str = "top_right") -> None:
    """Make the legend small, see-through and a switch for its curves."""
    for legend in fig.legend:
        legend.location = location
        legend.click_policy = "hide"
        legend.background_fill_alpha = 0.0
        legend.border_line_alpha = 0.0
        legend.label_text_font_size = "11px"
        legend.padding = 4
