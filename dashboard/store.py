"""What the sessions of one server share: engines and models, loaded once each."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
# results of whole catalogues, the last few that somebody looked at; other kinds stay
KEEP = {"inference": 4, "comparison": 8, "catalogues": 6, "noise": 6, "prior": 6}


class Shared:
    """A cache whose entries are made once, even when several threads ask together.

    Keys are tuples that begin with the kind of entry.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._made: dict[Hashable, Any] = {}

    def get(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return the entry of `key`, making it the first time; a failure is not remembered."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            value = self._made[key] if key in self._made else make()
            with self._lock:
                self._made.pop(key, None)
                self._made[key] = value  # the newest use stands last
                self._forget(key[0])
            return value

    def _forget(self, kind: Hashable) -> None:
        """Drop the entries of a kind that nobody asked for in the longest time."""
        of_kind = [key for key in self._made if key[0] == kind]
        for key in of_kind[: max(0, len(of_kind) - KEEP.get(kind, len(of_kind)))]:
            del self._made[key]
            self._making.pop(key, None)


SHARED = Shared()


def engine(survey: str, z_max: float) -> Any:
    """Return the synthesis engine of a survey."""

    def make() -> Any:
        from photoz.sed.engine import Engine

        return Engine.load(survey, z_max=z_max)

    return SHARED.get(("engine", survey, z_max), make)
