"""Score galaxies against a model's reference and name the bands to blame."""

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from photoz.infer.chunks import map_chunks
from photoz.states import MEASURED, MISSING
from photoz.trust.leave_one_out import leave_one_out
from photoz.trust.ranges import outside
from photoz.trust.reference import Reference

if TYPE_CHECKING:
    from photoz.infer.photometry import Photometry

N_KEPT = 12
CHUNK = 1024
MAX_BLAMED = 6


class Judgement(NamedTuple):
    """How far n galaxies are from the simulated ones.

    Attributes:
        ood: (n,) largest share of a band's threshold; 1 is passed by 1 % of simulated galaxies.
            NaN where no band is measured.
        out_of_range: (n,) the photometry is outside the trained range.
        band_share: (n, n_band) each band's share of its threshold, positive where it is brighter
            than the other bands say; NaN where not measured.
        band_out_of_range: (n, n_band) bands outside the trained range.
    """

    ood: Any
    out_of_range: Any
    band_share: Any
    band_out_of_range: Any


def judge(
    reference: Reference, photometry: "Photometry", calibration: Any = None, *, chunk: int = CHUNK
) -> Judgement:
    """Score photometry, chunk by chunk with one compiled program.

    Args:
        reference: of the model, in the order of the photometry's bands.
        photometry: n galaxies.
        calibration: offsets (`CalibrationArrays`) applied before, or None.
        chunk: rows per compiled call at most.
    """
    run = partial(_judge, reference, calibration)
    return map_chunks(run, photometry, len(photometry.state), chunk)


def bands_to_blame(
    reference: Reference, photometry: "Photometry", calibration: Any = None
) -> np.ndarray:
    """Return which bands contradict the others, (n, n_band) bool.

    A wrong band spoils what is expected of its neighbours. So the worst is blamed, left out, and
    the rest judged again, until all agree.

    Args:
        reference: of the model.
        photometry: n galaxies; every one is judged up to six times, so give those of interest.
        calibration: offsets applied before, or None.
    """
    state = np.array(photometry.state)
    blamed = np.zeros(state.shape, bool)
    for _ in range(MAX_BLAMED):
        left = photometry._replace(state=state)
        share = np.nan_to_num(np.abs(judge(reference, left, calibration).band_share))
        worst = share.argmax(axis=1)
        rows = np.flatnonzero(share.max(axis=1) > 1.0)
        if not rows.size:
            break
        blamed[rows, worst[rows]] = True
        state[rows, worst[rows]] = MISSING
    return blamed


@jax.jit
def _judge(reference: Reference, calibration: Any, photometry: "Photometry") -> Judgement:
    flux, err, limit, state = photometry
    if calibration is not None:
        from photoz.calibrate import apply

        flux, err, limit = apply(calibration, flux, err, limit)
    measured = state == MEASURED
    kept = min(N_KEPT, reference.shapes.log_share.shape[0])
    deviate = leave_one_out(reference.shapes, kept, flux, err * reference.noise_width, measured)
    share = jnp.where(measured, deviate / reference.threshold, jnp.nan)
    ood = jnp.max(jnp.nan_to_num(jnp.abs(share)), axis=1)
    beyond, few = outside(reference.trained, flux, err, limit, state)
    return Judgement(
        ood=jnp.where(jnp.any(measured, axis=1), ood, jnp.nan),
        out_of_range=jnp.any(beyond, axis=1) | few,
        band_share=share,
        band_out_of_range=beyond,
    )
