"""Sentences on the page: what went wrong with folded details, and what an empty panel awaits."""

import traceback

import panel_material_ui as pmui

from photoz.errors import PhotozError


def sentence(error: Exception) -> str:
    """Return what a person reads: our own sentence, or a plain one for an unexpected error."""
    if isinstance(error, PhotozError):
        return str(error)
    return f"This did not work ({type(error).__name__}: {error}). The rest of the page goes on."


class Notice(pmui.Column):
    """A place for one message; hidden while there is nothing to say."""

    def __init__(self, **params) -> None:
        super().__init__(visible=False, sizing_mode="stretch_width", **params)

    def clear_message(self) -> None:
        """Take the message away."""
        self.visible = False
        self.objects = []

    def say(self, text: str, severity: str = "info") -> None:
        """Show a sentence: `info`, `success`, `warning` or `error`."""
        self.objects = [
            pmui.Alert(object=text, severity=severity, sizing_mode="stretch_width", margin=(4, 0))
        ]
        self.visible = True

    def fail(self, error: Exception) -> None:
        """Show an error as its sentence, with the traceback folded away when it is not ours."""
        self.say(sentence(error), "error")
        if not isinstance(error, PhotozError):
            trace = "".join(traceback.format_exception(error))
            self.append(pmui.Details(object=f"```\n{trace}\n```", title="Details"))


def empty(title: str, what_next: str) -> pmui.Paper:
    """Return a panel that says why it is empty and what to do."""
    return pmui.Paper(
        pmui.Typography(title, variant="h6"),
        pmui.Typography(what_next, variant="body2"),
        elevation=0,
        variant="outlined",
        sizing_mode="stretch_width",
        styles={"padding": "24px"},
    )
