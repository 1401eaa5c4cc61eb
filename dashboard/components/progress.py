"""What a panel shows while a whole catalogue is computed: a sentence, a bar, a shape to come."""

import panel_material_ui as pmui


class Waiting(pmui.Column):
    """A sentence with a bar above the outline of what will be there; hidden when not waiting."""

    def __init__(self, *heights: int, **params) -> None:
        self._sentence = pmui.Typography("", variant="body2", margin=(4, 0))
        self._bar = pmui.LinearProgress(
            value=0, variant="indeterminate", sizing_mode="stretch_width", margin=(4, 0, 12, 0)
        )
        bones = [
            pmui.Skeleton(height=height, sizing_mode="stretch_width", margin=(4, 0))
            for height in heights
        ]
        super().__init__(
            self._sentence, self._bar, *bones, visible=False, sizing_mode="stretch_width", **params
        )

    def start(self, sentence: str) -> None:
        """Show, with how much is done still unknown."""
        self._sentence.object = sentence
        self._bar.param.update(variant="indeterminate", value=0)
        self.visible = True

    def share(self, done: float) -> None:
        """Show how much is done, 0 to 1."""
        self._bar.param.update(variant="determinate", value=round(100 * done))

    def stop(self) -> None:
        """Hide."""
        self.visible = False
