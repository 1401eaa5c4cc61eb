"""The loss of a calibration: minus the log density of known redshifts under trained models."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from photoz.calibrate.calibration import Calibration, CalibrationArrays, apply
from photoz.calibrate.plan import GROUPS

# (n_band,) per group: ln flux scale, offset in median errors, ln error scale, floor
Theta = dict[str, Array]


class Density(Protocol):
    """p(z | photometry), differentiable in fluxes and errors; a pytree (equinox module)."""

    z_max: float

    def log_prob(
        self, flux_ujy: Array, err_ujy: Array, limit_ujy: Array, state: Array, z: Array
    ) -> Array:
        """Return ln p(z_i | galaxy i), (n_gal,)."""
        ...


class ModelDensity(eqx.Module):
    """The density of a trained model: features, network, estimator."""

    estimator: Any
    features: Any
    z_max: float = eqx.field(static=True)

    def log_prob(
        self,
        flux_ujy: Float[Array, "n b"],
        err_ujy: Float[Array, "n b"],
        limit_ujy: Float[Array, "n b"],
        state: Int[Array, "n b"],
        z: Float[Array, " n"],
    ) -> Float[Array, " n"]:
        """Return ln p(z_i | galaxy i)."""
        return self.estimator.log_prob(self.conditional(flux_ujy, err_ujy, limit_ujy, state), z)

    def conditional(self, flux_ujy: Array, err_ujy: Array, limit_ujy: Array, state: Array) -> Any:
        """Return the estimator's conditional parameters of each galaxy."""
        from photoz.features import features

        return self.estimator.conditional(
            features(self.features, flux_ujy, err_ujy, limit_ujy, state)
        )


class SpecSample(NamedTuple):
    """Photometry of galaxies with known redshift, as device arrays.

    Attributes:
        flux_ujy, err_ujy, limit_ujy: (n_gal, n_band), NaN where absent.
        state: (n_gal, n_band) 0 measured, 1 limit, 2 missing.
        z_spec: (n_gal,).
        offset_unit_ujy: (n_band,) the unit of flux offsets, the band's median error.
    """

    flux_ujy: Float[Array, "n b"]
    err_ujy: Float[Array, "n b"]
    limit_ujy: Float[Array, "n b"]
    state: Int[Array, "n b"]
    z_spec: Float[Array, " n"]
    offset_unit_ujy: Float[Array, " b"]


class Problem(NamedTuple):
    """All that the loss depends on besides theta; every array an argument, nothing captured.

    Attributes:
        densities: one or more; their log densities are averaged.
        sample: the galaxies.
        weight: (n_gal,) 1 in the fit, 0 held out.
        precision: ridge of each group, 1 / width^2, scalars.
        centre: theta that the ridge pulls to.
        outlier_fraction: share of the uniform density.
    """

    densities: tuple[Any, ...]
    sample: SpecSample
    weight: Float[Array, " n"]
    precision: Mapping[str, Array]
    centre: Theta
    outlier_fraction: Float[Array, ""]


def no_change(n_band: int) -> Theta:
    """Return the theta of the identity."""
    return {group: jnp.zeros(n_band, jnp.float32) for group in GROUPS}


def calibration_arrays(theta: Theta, offset_unit_ujy: Array) -> CalibrationArrays:
    """Return the parameters that `apply` takes."""
    return CalibrationArrays(
        jnp.exp(theta["flux_scale"]),
        theta["flux_offset"] * offset_unit_ujy,
        jnp.exp(theta["error_scale"]),
        theta["error_floor"],
    )


def theta_of(calibration: Calibration, offset_unit_ujy: Array) -> Theta:
    """Return the theta of a calibration."""
    c = calibration.arrays()
    return {
        "flux_scale": jnp.log(c.flux_scale),
        "flux_offset": c.flux_offset_ujy / offset_unit_ujy,
        "error_scale": jnp.log(c.error_scale),
        "error_floor": c.error_floor,
    }


def galaxy_losses(theta: Theta, problem: Problem) -> Float[Array, " n"]:
    """Return -ln p(z_spec) of every galaxy, averaged over the densities.

    Each density is mixed with a uniform one: (1 - f) p(z) + f / z_max. Theta is (n_band,), or
    (n_gal, n_band) to give each galaxy its own copy (which makes per-galaxy gradients cheap).
    """
    sample = problem.sample
    arrays = calibration_arrays(theta, sample.offset_unit_ujy)
    photometry = apply(arrays, sample.flux_ujy, sample.err_ujy, sample.limit_ujy)
    f = problem.outlier_fraction
    total = jnp.zeros_like(sample.z_spec)
    for density in problem.densities:
        log_p = density.log_prob(*photometry, sample.state, sample.z_spec)
        uniform = jnp.log(jnp.maximum(f, 1e-30) / density.z_max)
        total = total - jnp.logaddexp(jnp.log1p(-f) + log_p, uniform)
    return total / len(problem.densities)


def ridge(theta: Theta, problem: Problem) -> Float[Array, ""]:
    """Return half the squared distance from the centre, in units of the ridge widths."""
    off = {group: theta[group] - problem.centre[group] for group in GROUPS}
    return sum(
        (0.5 * problem.precision[group] * jnp.sum(off[group] ** 2) for group in GROUPS),
        jnp.zeros(()),
    )


def objective(theta: Theta, problem: Problem) -> Float[Array, ""]:
    """Return the weighted mean loss plus the ridge over the number of galaxies in the fit.

    Minus the log posterior per galaxy, with a Gaussian prior of the ridge's widths.
    """
    total = summed_loss(theta, problem) + ridge(theta, problem)
    return total / jnp.sum(problem.weight)


def summed_loss(theta: Theta, problem: Problem) -> Float[Array, ""]:
    """Return the weighted sum of the galaxies' losses, without the ridge."""
    losses = jnp.where(problem.weight > 0, galaxy_losses(theta, problem), 0.0)
    return jnp.sum(problem.weight * losses)


value_and_grad = eqx.filter_jit(jax.value_and_grad(objective))
losses_of = eqx.filter_jit(galaxy_losses)


def ridge_precision(widths: Mapping[str, float]) -> dict[str, Array]:
    """Return 1 / width^2 of each group; 0 (off) for a width of 0 or none given."""
    return {g: jnp.float32(1.0 / widths[g] ** 2 if widths.get(g, 0.0) > 0 else 0.0) for g in GROUPS}


def make_sample(
    flux_ujy: np.ndarray,
    err_ujy: np.ndarray,
    limit_ujy: np.ndarray,
    state: np.ndarray,
    z_spec: np.ndarray,
) -> SpecSample:
    """Put a sample on the device; the unit of offsets is each band's median error."""
    with np.errstate(all="ignore"):
        unit = np.array(
            [
                np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else 1.0
                for c in np.asarray(err_ujy, float).T
            ]
        )
    return SpecSample(
        jnp.asarray(flux_ujy, jnp.float32),
        jnp.asarray(err_ujy, jnp.float32),
        jnp.asarray(limit_ujy, jnp.float32),
        jnp.asarray(state, jnp.int32),
        jnp.asarray(z_spec, jnp.float32),
        jnp.asarray(unit, jnp.float32),
    )
