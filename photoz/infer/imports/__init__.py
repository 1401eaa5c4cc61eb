"""Results of other codes, as posteriors or points beside ours; start at `read_result`."""

from photoz.infer.imports.detect import FORMATS, format_of
from photoz.infer.imports.found import Found, as_posterior
from photoz.infer.imports.points import KnownRedshifts, known_redshifts, redshifts_if_any
from photoz.infer.imports.read import read_result

__all__ = [
    "FORMATS",
    "Found",
    "KnownRedshifts",
    "as_posterior",
    "format_of",
    "known_redshifts",
    "read_result",
    "redshifts_if_any",
]
