"""Make a mock survey: the noise drawn onto a simulation."""

from functools import partial

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.errors import InputError
from photoz.noise.donors import Donors, draw_like
from photoz.noise.draw import draw_noise
from photoz.noise.model import NoiseModel

# randomness belongs to rows, not to how many are worked on at once: chunk k has its own key
CHUNK = 4096


def mock_catalogue(
    ids: np.ndarray,
    z: np.ndarray,
    flux_ujy: np.ndarray,
    bands: tuple[str, ...],
    model: NoiseModel,
    seed: int,
    first_chunk: int = 0,
    donors: Donors | None = None,
) -> Catalogue:
    """Observe simulated galaxies once, as the survey itself would: no jitter of depth.

    Args:
        ids: (n,) of the rows.
        z: (n,) true redshifts, which become `z_spec`.
        flux_ujy: (n, n_band) true fluxes, microjansky.
        bands: names of the simulation's bands; those of the noise model must be among them.
        model: the noise.
        seed: of the noise.
        first_chunk: number of whole chunks of 4,096 rows that lie before these.
        donors: real galaxies whose depth and missing bands are taken over, each simulated galaxy
            those of one of similar brightness; None draws both from the model.

    Raises:
        InputError: a band of the noise model was not simulated.
    """
    import jax

    absent = [band for band in model.bands if band not in bands]
    if absent:
        raise InputError(
            f"The simulation has no band {', '.join(absent)} that the noise model has; it has "
            f"{', '.join(bands)}. Fit the noise on bands of the simulated survey."
        )
    column = [bands.index(band) for band in model.bands]
    arrays, root = model.arrays(depth_jitter=0.0), jax.random.key(seed)
    draw = jax.jit(draw_noise if donors is None else partial(draw_like, donors))
    n, n_band = len(z), len(column)
    flux, err, limit = (np.full((n, n_band), np.nan) for _ in range(3))
    for k, start in enumerate(range(0, n, CHUNK), start=first_chunk):
        rows = slice(start, min(start + CHUNK, n))
        size = rows.stop - start
        # padded to the full chunk, so that the draw of a row never depends on the rows after it
        true = np.zeros((CHUNK, n_band), np.float32)
        true[:size] = flux_ujy[rows, column]
        redshift = np.zeros(CHUNK, np.float32)
        redshift[:size] = z[rows]
        drawn = jax.device_get(draw(arrays, jax.random.fold_in(root, k), true, redshift))
        flux[rows], err[rows], limit[rows] = (a[:size] for a in drawn[:3])
    return Catalogue(
        ids=np.asarray(ids),
        bands=model.bands,
        flux_ujy=flux,
        err_ujy=err,
        uplim_ujy=limit,
        z_spec=np.asarray(z, float),
    )
