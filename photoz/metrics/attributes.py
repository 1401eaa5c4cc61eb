"""One number a galaxy by its name: redshift, peak, odds, or a catalogue's magnitude or colour."""

from typing import TYPE_CHECKING

import numpy as np

from photoz.errors import InputError
from photoz.infer import Posterior
from photoz.magnitudes import ab_magnitude

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue

OF_ESTIMATOR = ("z_map", "odds")
OF_RESULT = ("z_spec", "ood")


def needs_catalogue(name: str) -> bool:
    """Return whether a name stands for a magnitude or a colour, not for a result's own number."""
    return name not in (*OF_ESTIMATOR, *OF_RESULT)


def attribute(
    posterior: Posterior, estimator: str, name: str, catalogue: "Catalogue | None" = None
) -> np.ndarray:
    """Return a number of each galaxy of a result, (n,), NaN where it is unknown.

    Args:
        posterior: the result.
        estimator: whose peak or odds.
        name: `z_spec`, `z_map`, `odds`, `ood`, a band of the catalogue (its AB magnitude), or two
            bands with a minus between them (their colour).
        catalogue: the photometry; galaxies are found by identifier, in any order. Unknown are
            magnitudes of bands that are missing, limits, or not above zero.

    Raises:
        InputError: an unknown name, no catalogue where one is needed, or one of other galaxies.
    """
    if name in OF_ESTIMATOR:
        return odds(posterior, estimator) if name == "odds" else posterior.z_map(estimator)
    if name == "z_spec":
        return posterior.require_z_spec()
    if name == "ood":
        return np.asarray(posterior.require_ood(), np.float64)
    if catalogue is None:
        known = ", ".join((*OF_RESULT, *OF_ESTIMATOR))
        raise InputError(
            f"{name!r} is not a number of a result ({known}). If it is a band or a colour, give "
            "the catalogue that was predicted."
        )
    bands = _bands_of(name, catalogue)
    row = _rows_of(posterior.ids, catalogue)
    columns = [catalogue.bands.index(band) for band in bands]
    magnitudes = ab_magnitude(catalogue.flux_ujy[row][:, columns])
    magnitudes[row < 0] = np.nan
    return magnitudes[:, 0] if len(bands) == 1 else magnitudes[:, 0] - magnitudes[:, 1]


def odds(posterior: Posterior, estimator: str) -> np.ndarray:
    """Return the odds (n,) that a result carries, computed where it carries none."""
    stored = posterior.summaries.get(estimator, {}).get("odds")
    return np.asarray(posterior.odds(estimator) if stored is None else stored, np.float64)


def _bands_of(name: str, catalogue: "Catalogue") -> tuple[str, ...]:
    """Return the one or two bands that a name stands for; a band may have a minus of its own."""
    if name in catalogue.bands:
        return (name,)
    parts = name.split("-")
    splits = [("-".join(parts[:i]), "-".join(parts[i:])) for i in range(1, len(parts))]
    found = [pair for pair in splits if set(pair) <= set(catalogue.bands)]
    if not found:
        raise InputError(
            f"{name!r} is no band of the catalogue and no colour of two of them (BAND-BAND); its "
            f"bands are {', '.join(catalogue.bands)}. A result's own numbers are "
            f"{', '.join((*OF_RESULT, *OF_ESTIMATOR))}."
        )
    return found[0]


def _rows_of(ids: np.ndarray, catalogue: "Catalogue") -> np.ndarray:
    """Return the catalogue's row of each identifier (n,), -1 where there is none."""
    row = {str(known): i for i, known in enumerate(catalogue.ids)}
    found = np.array([row.get(str(wanted), -1) for wanted in ids], int)
    if (found < 0).all():
        raise InputError(
            f"None of the result's {len(ids)} ids, as {ids[0]}, is among the catalogue's "
            f"{catalogue.n}: give the catalogue that was predicted."
        )
    return found
