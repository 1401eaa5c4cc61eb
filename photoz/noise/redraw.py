"""The errors of a real catalogue drawn anew by a noise model: how the model itself is checked."""

from dataclasses import replace

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.noise.donors import Donors, donated_error, pick_donors
from photoz.noise.draw import draw_error
from photoz.noise.model import NoiseModel
from photoz.states import MEASURED


def redraw_errors(
    catalogue: Catalogue, model: NoiseModel, seed: int, donors: Donors | None = None
) -> Catalogue:
    """Return the catalogue with the errors that the model gives at its fluxes.

    Fluxes, limits and missing bands stay, so nothing but the noise model is at work: no
    simulation, no population. (Limits stay because a galaxy became one by its error, which a
    draw at a known flux cannot know; `mock_catalogue` draws both.)

    Args:
        catalogue: real galaxies, with every band of the model.
        model: the noise.
        seed: of the draw.
        donors: real galaxies whose errors are taken over; None draws them from the model.

    Raises:
        CatalogueError: a band of the model that the catalogue does not have.
    """
    import jax
    import jax.numpy as jnp

    catalogue = catalogue.with_bands(model.bands)
    state, arrays, key = catalogue.state, model.arrays(depth_jitter=0.0), jax.random.key(seed)
    flux = np.where(state == MEASURED, catalogue.flux_ujy, 0.0)
    true = jnp.asarray(flux, jnp.float32)
    if donors is None:
        err = draw_error(arrays, key, true)
    else:
        err = donated_error(donors, arrays, pick_donors(donors, arrays, key, true), true)
    return replace(catalogue, err_ujy=np.where(state == MEASURED, np.asarray(err, float), np.nan))


def halves(catalogue: Catalogue, seed: int = 0) -> tuple[Catalogue, Catalogue]:
    """Split a catalogue into two random halves, so that no galaxy is compared with itself."""
    order = np.random.default_rng(seed).permutation(catalogue.n)
    return catalogue.take(order[: catalogue.n // 2]), catalogue.take(order[catalogue.n // 2 :])
