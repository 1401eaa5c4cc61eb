"""A framed group of controls under a title."""

from typing import Any

import panel_material_ui as pmui


def card(title: str, *parts: Any, width: int, **options: Any) -> pmui.Paper:
    """Return controls in a frame.

    Args:
        title: of the group.
        *parts: the controls.
        width: pixels.
        **options: of the frame.
    """
    return pmui.Paper(
        pmui.Typography(title, variant="h6", margin=(8, 12)),
        *parts,
        elevation=0,
        variant="outlined",
        width=width,
        **options,
    )
