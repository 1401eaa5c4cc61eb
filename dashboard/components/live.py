"""From a moving hand to a picture: newest value only, computed off the page's thread."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import panel as pn
from panel.io.state import set_curdoc

log = logging.getLogger("photoz.dashboard")
POOL = ThreadPoolExecutor(max_workers=4, thread_name_prefix="photoz-live")
# whole catalogues take seconds to minutes and must not hold up a slider
SLOW_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="photoz-slow")
# A result that is ready while Bokeh is still setting up the session can be lost with its callback:
# it is handed over again. A closed page never answers.
ATTEMPTS, WAIT_S = 5, 2.0


class Latest:
    """Compute the newest request in a worker thread and show it on the page.

    While one request is being computed or shown, further ones replace each other: a storm of
    slider events costs one stale picture at most, and never a queue.

    Args:
        compute: called with the arguments of `submit` in a worker thread; touches no widget.
        show: called with its result where the page may be changed.
        fail: called with the exception instead of `show`.
        pool: the threads that compute.
    """

    def __init__(
        self,
        compute: Callable[..., Any],
        show: Callable[[Any], None],
        fail: Callable[[Exception], None],
        *,
        pool: ThreadPoolExecutor = POOL,
    ) -> None:
        self._compute, self._show, self._fail = compute, show, fail
        self._pool = pool
        self._document = pn.state.curdoc if _served() else None
        self._lock = threading.Lock()
        self._waiting: tuple | None = None
        self._busy = False

    def submit(self, *request: Any) -> None:
        """Ask for a new picture; replaces a request that has not been started."""
        if self._document is None:
            self._finish(*_attempt(self._compute, request))
            return
        with self._lock:
            self._waiting = request
            if self._busy:
                return
            self._busy = True
        self._pool.submit(self._work)

    def _take(self) -> tuple | None:
        with self._lock:
            request, self._waiting = self._waiting, None
            self._busy = request is not None
            return request

    def _work(self) -> None:
        while (request := self._take()) is not None:
            outcome = _attempt(self._compute, request)
            shown = threading.Event()
            for _ in range(ATTEMPTS):
                on_page(self._document, partial(self._then_release, shown, *outcome))
                if shown.wait(timeout=WAIT_S):
                    break

    def _then_release(self, shown: threading.Event, result: Any, error: Exception | None) -> None:
        if shown.is_set():
            return
        try:
            self._finish(result, error)
        finally:
            shown.set()

    def _finish(self, result: Any, error: Exception | None) -> None:
        if error is None:
            self._show(result)
        else:
            self._fail(error)


def _served() -> bool:
    return bool(pn.state.curdoc and pn.state.curdoc.session_context)


def _attempt(compute: Callable[..., Any], request: tuple) -> tuple[Any, Exception | None]:
    try:
        return compute(*request), None
    except Exception as error:
        log.exception("computation for the page failed")
        return None, error


def on_page(document: Any, action: Callable[[], None]) -> None:
    """Run `action` on the page of `document` at its next turn, from any thread.

    All it changes leaves as one message through Panel: Bokeh's own messages may overtake Panel's,
    and then a figure's data would arrive before the figure.
    """

    def act() -> None:
        with set_curdoc(document), pn.io.hold(document):
            action()

    document.add_next_tick_callback(act)
