"""The learning curves of a training run."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bokeh.models import HoverTool, Legend, LegendItem, NumeralTickFormatter

from dashboard.components.numbers import table_html
from dashboard.components.picture import Picture, source
from dashboard.theme import colour, display_name, plain_figure, quiet_legend

KINDS = ("mdn", "flow")
OVERLAY = "other_"  # prefix of the sources of a second run


@dataclass(frozen=True)
class Curve:
    """One quantity against steps.

    Attributes:
        key: name in metrics.jsonl.
        label: on the axis.
        hint: in the tooltip.
    """

    key: str
    label: str
    hint: str


CURVES = (
    Curve("loss", "Training loss", "loss"),
    Curve("val_log_score", "Log score, held out", "log score"),
    Curve("val_crps", "CRPS in z, held out", "CRPS"),
    Curve("val_pit_ks", "PIT distance, held out", "distance"),
)


def curve_picture(curve: Curve, height: int = 250) -> Picture:
    """Return an empty figure of one quantity: sources `mdn`, `flow` and those of an overlay."""
    fig = plain_figure("Training step", curve.label, height=height)
    fig.xaxis.formatter = NumeralTickFormatter(format="0,0")
    fig.yaxis.axis_label_text_font_size = "12px"
    fig.x_range.start = 0
    sources, dots = {}, []
    for kind in KINDS:
        for prefix, dash, alpha in ((OVERLAY, "dashed", 0.6), ("", "solid", 1.0)):
            data = source(step=[], value=[])
            data.name = f"{curve.key}-{prefix}{kind}"
            sources[prefix + kind] = data
            line = fig.line(
                "step", "value", source=data, color=colour(kind), line_width=2,
                line_dash=dash, line_alpha=alpha,
            )  # fmt: skip
            if not prefix:
                dot = fig.scatter("step", "value", source=data, color=colour(kind), size=5)
                dot.name = display_name(kind)
                dots.append(dot)
                if curve is CURVES[0]:
                    _label(fig, line, kind)
    fig.add_tools(
        HoverTool(
            renderers=dots,
            tooltips=[("model", "$name"), ("step", "@step{0,0}"), (curve.hint, "@value{0.0000}")],
        )
    )
    if curve is CURVES[0]:
        quiet_legend(fig, "top_right")
    return Picture(fig, sources)


def _label(fig: Any, line: Any, kind: str) -> None:
    """Name a line in the legend."""
    if not fig.legend:
        fig.add_layout(Legend(items=[]))
    fig.legend[0].items.append(LegendItem(label=display_name(kind), renderers=[line]))


def show_curves(
    pictures: Sequence[Picture],
    rows: Iterable[Mapping[str, Any]],
    prefix: str = "",
) -> None:
    """Put the lines of metrics into the pictures of `CURVES`, in their order.

    Args:
        pictures: one for each of `CURVES`.
        rows: lines of metrics.jsonl.
        prefix: `OVERLAY` to draw them dashed as a second run.
    """
    rows = list(rows)
    for curve, picture in zip(CURVES, pictures, strict=True):
        for kind in KINDS:
            own = [r for r in rows if r.get("model") == kind and r.get(curve.key) is not None]
            points = _broken_between_members(own, curve.key)
            picture.patch(prefix + kind, step=[p[0] for p in points], value=[p[1] for p in points])


def _broken_between_members(
    rows: Sequence[Mapping[str, Any]], key: str
) -> list[tuple[float, float]]:
    """Return (step, value) of rows of one model, with a point of NaN before every next member."""
    points: list[tuple[float, float]] = []
    for before, row in zip((None, *rows), rows, strict=False):
        if before is not None and before.get("member") != row.get("member"):
            points.append((math.nan, math.nan))
        points.append((row["step"], row[key]))
    return points


SCORES: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("Log score (higher is better)", lambda c: f"{c['test']['log_score']:.3f}"),
    ("CRPS in z (lower is better)", lambda c: f"{c['test']['crps']:.4f}"),
    ("PIT distance from uniform", lambda c: f"{c['test']['pit_ks']:.3f}"),
    ("Galaxies in this test", lambda c: f"{c['test']['n']:,}"),
    ("Steps", lambda c: f"{c['steps']:,}"),
    ("Best step, which was kept", lambda c: f"{c['best_step']:,}"),
    ("Training time", lambda c: f"{c['seconds']:,.0f} s"),
)


def card_table(cards: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the cards of a run's models as one HTML table, empty for none.

    Args:
        cards: by estimator, as in the header of a model file.
    """
    if not cards:
        return ""
    first = next(iter(cards.values()))
    rows = [(name, [read(card) for card in cards.values()]) for name, read in SCORES]
    caption = (
        "Scored on simulated galaxies held out of training. Learned from "
        f"{first['n_simulated']:,} galaxies of the recipe {first['recipe']} in "
        f"{len(first['noise']['bands'])} bands, seed {first['seed']}; made "
        f"{first['made'][:16].replace('T', ' ')} UTC by photoz {first['photoz']}. "
        f"Redshifts it expects: {first['prior_implied']}."
    )
    return table_html(["Model card", *(display_name(kind) for kind in cards)], rows, caption)
