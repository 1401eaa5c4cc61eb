"""Real galaxies that lend their depth: errors and missing bands taken over, not drawn.

A log-normal scatter has one peak and no memory of flux. A survey made of deep stripes, or one
that quotes errors in steps, has neither; taking over the whole row of a real galaxy keeps
whatever its errors have in common.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from photoz.catalogue.catalogue import Catalogue
from photoz.errors import InputError
from photoz.noise.draw import log_curve, observe
from photoz.noise.model import NoiseArrays, NoiseModel
from photoz.states import LIMIT, MISSING, Photometry

# galaxies of similar brightness that a donor is drawn from
N_NEAR = 20
MIN_DONORS = 50


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["residual", "missing", "brightness", "typical"],
    meta_fields=[],
)
@dataclass(frozen=True)
class Donors:
    """Real galaxies in the order of their brightness.

    Attributes:
        residual: (n_donor, n_band) ln of the quoted error over the model's curve; where missing,
            that of a neighbour in brightness.
        missing: (n_donor, n_band) bool.
        brightness: (n_donor,) mean over the bands observed of asinh(flux / background error), in
            each band relative to `typical`, so that a missing band makes nobody fainter.
        typical: (n_band,) median of asinh(flux / background error).
    """

    residual: Float[Array, "n_donor n_band"]
    missing: Bool[Array, "n_donor n_band"]
    brightness: Float[Array, " n_donor"]
    typical: Float[Array, " n_band"]

    @property
    def n(self) -> int:
        """Number of donors."""
        return self.brightness.shape[0]


def error_donors(catalogue: Catalogue, model: NoiseModel) -> Donors:
    """Return the galaxies of a catalogue as donors for a noise model fitted on it.

    Where only a limit is known, the error is the limit over the model's `limit_n_sigma`.

    Args:
        catalogue: the survey, with every band of the model.
        model: its noise.

    Raises:
        CatalogueError: a band of the model that the catalogue does not have.
        InputError: fewer than 50 galaxies, which would lend themselves again and again.
    """
    catalogue = catalogue.with_bands(model.bands)
    catalogue = catalogue.take(catalogue.usable)
    if catalogue.n < MIN_DONORS:
        raise InputError(
            f"The catalogue has {catalogue.n} galaxies with photometry; taking errors over from "
            f"real galaxies needs {MIN_DONORS}. Draw them from the noise model instead."
        )
    state = catalogue.state
    limited = state == LIMIT
    flux = np.where(limited, 0.0, catalogue.flux_ujy)
    err = np.where(limited, catalogue.uplim_ujy / model.limit_n_sigma, catalogue.err_ujy)
    missing = state == MISSING
    residual = np.where(missing, np.nan, np.log(err) - np.log(model.sigma_ujy(flux)))
    depth = np.where(missing, np.nan, np.arcsinh(flux / model.sigma0_ujy))
    typical = np.array(
        [np.median(d[np.isfinite(d)]) if np.isfinite(d).any() else 0.0 for d in depth.T]
    )
    bright = np.nanmean(depth - typical, axis=1)
    order = np.argsort(bright, kind="stable")
    return Donors(
        residual=jnp.asarray(_filled(residual[order]), jnp.float32),
        missing=jnp.asarray(missing[order]),
        brightness=jnp.asarray(bright[order], jnp.float32),
        typical=jnp.asarray(typical, jnp.float32),
    )


def _filled(residual: np.ndarray) -> np.ndarray:
    """Fill NaN in (n, n_band) with the nearest row above that is not, or the first; else 0."""
    filled = np.zeros_like(residual)
    rows = np.arange(len(residual))
    for b, column in enumerate(residual.T):
        seen = np.flatnonzero(np.isfinite(column))
        if len(seen):
            last = np.maximum(np.searchsorted(seen, rows, side="right") - 1, 0)
            filled[:, b] = column[seen[last]]
    return filled


def pick_donors(
    donors: Donors, arrays: NoiseArrays, key: Array, flux_ujy: Float[Array, "n n_band"]
) -> Int[Array, " n"]:
    """Draw for each galaxy one of the twenty donors nearest to it in brightness."""
    bright = (jnp.arcsinh(flux_ujy / arrays.sigma0_ujy) - donors.typical).mean(axis=1)
    near = min(N_NEAR, donors.n)
    first = jnp.searchsorted(donors.brightness, bright) - near // 2
    step = jax.random.randint(key, bright.shape, 0, near)
    return jnp.clip(first, 0, donors.n - near) + step


def donated_error(
    donors: Donors, arrays: NoiseArrays, index: Int[Array, " n"], flux_ujy: Float[Array, "n n_band"]
) -> Float[Array, "n n_band"]:
    """Return the quoted errors (microjansky) of donors, moved to these fluxes along the curve."""
    return jnp.exp(log_curve(arrays, flux_ujy) + donors.residual[index])


def draw_like(
    donors: Donors,
    arrays: NoiseArrays,
    key: Array,
    flux_ujy: Float[Array, "n n_band"],
    z: Float[Array, " n"],
) -> Photometry:
    """Observe true fluxes with the depth and the missing bands of real galaxies.

    Args:
        donors: from `error_donors`.
        arrays: from `NoiseModel.arrays()`; its scatter, jitter and patterns are not used.
        key: random key.
        flux_ujy: (n, n_band) true fluxes, microjansky.
        z: (n,) true redshifts.

    Returns:
        As `draw_noise`.
    """
    key_donor, key_flux = jax.random.split(key)
    flux = flux_ujy.astype(jnp.float32)
    index = pick_donors(donors, arrays, key_donor, flux)
    err = donated_error(donors, arrays, index, flux)
    return observe(arrays, key_flux, flux, z, err, donors.missing[index])
