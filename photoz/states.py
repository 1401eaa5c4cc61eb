"""The three states of a band of a galaxy, never mixed, and photometry that says them.

MEASURED: flux and error are known, negative fluxes included. LIMIT: only an upper limit is known.
MISSING: not observed.
"""

from typing import Any, NamedTuple

MEASURED, LIMIT, MISSING = 0, 1, 2


class Photometry(NamedTuple):
    """What a survey gives and a model reads, each (n, n_band); fluxes in microjansky.

    Attributes:
        flux: float32, NaN where not measured.
        err: float32, NaN where not measured.
        limit: float32, NaN where not a limit.
        state: int8 or int32, 0 measured, 1 limit, 2 missing.
    """

    flux: Any  # numpy on the host, a tracer inside a compiled chunk
    err: Any
    limit: Any
    state: Any
