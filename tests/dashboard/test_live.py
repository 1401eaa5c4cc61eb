"""A result reaches the page even where its first callback was lost, and then once only."""

import threading

from bokeh.document import Document

from dashboard.components import live


class Forgetful(Document):
    """Loses the first callback, as a session that is still being set up can."""

    asked = 0

    def add_next_tick_callback(self, callback):
        """Run every callback but the first at once."""
        self.asked += 1
        if self.asked > 1:
            callback()


def test_a_lost_callback_is_given_again_and_shown_once(monkeypatch):
    monkeypatch.setattr(live, "WAIT_S", 0.05)
    shown, ended = [], threading.Event()

    def show(result):
        shown.append(result)
        ended.set()

    latest = live.Latest(lambda x: 2 * x, show, shown.append)
    latest._document = Forgetful()
    latest.submit(21)
    assert ended.wait(10.0)
    live.POOL.submit(lambda: None).result()
    assert shown == [42]
    assert latest._document.asked == 2
