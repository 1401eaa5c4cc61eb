"""Values as JSON holds them."""

import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Turn numpy scalars and arrays into Python's own; numbers that are not finite into None."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
