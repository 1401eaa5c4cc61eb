"""What the sessions of one server share: engines and models, loaded once each."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """A cache whose entries are made once, even when several threads ask together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._made: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the entry of `key`, making it the first time; a failure is not remembered."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]


SHARED = Shared()


def engine(survey: str, z_max: float) -> Any:
    """Return the synthesis engine of a survey."""

    def make() -> Any:
        from photoz.sed.engine import Engine

        return Engine.load(survey, z_max=z_max)

    return SHARED.get(("engine", survey, z_max), make)
