"""The three states of a band of a galaxy, never mixed, as arrays hold them.

MEASURED: flux and error are known, negative fluxes included. LIMIT: only an upper limit is known.
MISSING: not observed.
"""

MEASURED, LIMIT, MISSING = 0, 1, 2
