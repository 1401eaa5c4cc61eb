"""Tables of numbers that people read: right-aligned, tabular digits, a caption, no widget."""

from collections.abc import Sequence
from html import escape

import panel as pn

STYLE = """
table { border-collapse: collapse; font-size: 13px; width: 100% }
table { font-variant-numeric: tabular-nums }
caption { caption-side: bottom; text-align: left; padding-top: 6px; font-size: 12px; opacity: 0.8 }
th { font-weight: 600; text-align: right; vertical-align: bottom }
td { text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
th, td { padding: 4px 6px; border-bottom: 1px solid rgba(128, 128, 128, 0.28) }
th[scope=row] { text-align: left }
small { opacity: 0.75 }
.scroll { overflow-x: auto }
"""


def table_html(
    head: Sequence[str],
    rows: Sequence[tuple[str, Sequence[str]]],
    caption: str = "",
    keys: Sequence[tuple[str, Sequence[str]]] | None = None,
) -> str:
    """Return a table as HTML.

    Args:
        head: names of the columns; the first is that of the row names.
        rows: name of each row and its cells, as text; `±` onwards is set smaller.
        caption: a sentence below the table.
        keys: names of rows and columns in attributes `data-row` and `data-column`, by which a
            test or a script finds a number; the texts themselves where not given.
    """
    keys = keys or [(name, head[1:]) for name, _ in rows]
    lines = []
    for (name, cells), (row_key, column_keys) in zip(rows, keys, strict=True):
        tds = "".join(
            f'<td data-row="{escape(row_key)}" data-column="{escape(key)}">{_cell(cell)}</td>'
            for cell, key in zip(cells, column_keys, strict=True)
        )
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{tds}</tr>')
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    below = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="scroll"><table>{below}<thead><tr>{columns}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    value, sign, error = text.partition(" ±")
    return f"{escape(value)} <small>±{escape(error)}</small>" if sign else escape(value)


class Numbers(pn.pane.HTML):
    """A pane for such a table."""

    def __init__(self, **params) -> None:
        params.setdefault("sizing_mode", "stretch_width")
        super().__init__("", stylesheets=[STYLE], **params)
