"""Look at files again and again, and touch the page only when something has changed.

A periodic callback of the page itself walks through all its models every time, 20 ms or more of
a large page even when nothing happens, for every open page. This looks outside the page.
"""

import logging
from collections.abc import Callable, Hashable

import panel as pn

from dashboard.components.live import on_page

log = logging.getLogger("photoz.dashboard")


class Follow:
    """Call `changed` on the page whenever `look` returns another value; ends with the session.

    Args:
        look: cheap; touches no widget; called on the server's loop.
        changed: called where the page may be changed; also the first time.
        every_ms: time between two looks.
    """

    def __init__(
        self, look: Callable[[], Hashable], changed: Callable[[], None], every_ms: int = 500
    ) -> None:
        self._look, self._changed = look, changed
        self._seen: Hashable = object()
        self._document = pn.state.curdoc
        if self._document is None or not self._document.session_context:
            return
        from tornado.ioloop import PeriodicCallback

        self._timer = PeriodicCallback(self.tick, every_ms)
        self._timer.start()
        pn.state.on_session_destroyed(lambda _: self._timer.stop())

    def tick(self) -> None:
        """Look once."""
        session = self._document.session_context.session if self._document else None
        if session is not None and session.connection_count == 0:
            return  # closed, or not yet open: the next look sees the same
        try:
            found = self._look()
        except Exception:  # the next look may succeed: a run may be deleted while it is read
            log.exception("a look at the run folders failed")
            return
        if found == self._seen:
            return
        self._seen = found
        if self._document is not None:
            on_page(self._document, self._changed)
