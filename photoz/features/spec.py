"""What turns photometry into network input: constants per band, fitted once per model."""

from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from photoz.errors import InputError, ModelError

ARRAY_NAMES = (
    "softening_ujy",
    "asinh_mean",
    "asinh_std",
    "log_err_mean",
    "log_err_std",
    "projection",
    "whitening",
)
SQUARE = ("projection", "whitening")
# an axis is leading when it holds more than this share of the variance
LEADING_SHARE = 0.01


class FeatureSpec(eqx.Module):
    """Constants of the map from photometry to features, for one ordered list of bands.

    Attributes:
        bands: names of the bands, in the order of every band axis.
        softening_ujy: (n_band,) flux at which asinh turns from linear to logarithmic, microjansky.
        asinh_mean: (n_band,) mean of asinh(flux / softening).
        asinh_std: (n_band,) standard deviation of the same.
        log_err_mean: (n_band,) mean of ln(err), err in microjansky.
        log_err_std: (n_band,) standard deviation of the same.
        projection: (n_band, n_band) projector on the leading principal axes of the standardised
            asinh fluxes, which guesses a missing band from the others before whitening.
        whitening: (n_band, n_band) matrix whose columns are the principal axes of the standardised
            asinh fluxes, each divided by the scatter along it.
    """

    bands: tuple[str, ...] = eqx.field(static=True)
    softening_ujy: jax.Array
    asinh_mean: jax.Array
    asinh_std: jax.Array
    log_err_mean: jax.Array
    log_err_std: jax.Array
    projection: jax.Array
    whitening: jax.Array

    @property
    def n_band(self) -> int:
        """Number of bands."""
        return len(self.bands)

    @property
    def n_feature(self) -> int:
        """Number of features: asinh flux, whitened flux, ln err, limit and missing flags."""
        return 5 * self.n_band

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the constants as float32 arrays by name, for a model file."""
        return {name: np.asarray(getattr(self, name), np.float32) for name in ARRAY_NAMES}

    @classmethod
    def from_arrays(
        cls, bands: tuple[str, ...] | list[str], arrays: Mapping[str, np.ndarray]
    ) -> "FeatureSpec":
        """Build the constants from what `to_arrays` gave.

        Raises:
            ModelError: an array is missing, has another shape, or holds a value that is not finite.
        """
        n_band = len(bands)
        checked = {}
        for name in ARRAY_NAMES:
            shape = (n_band, n_band) if name in SQUARE else (n_band,)
            if name not in arrays:
                raise ModelError(f"The model's feature constants lack {name}: train it again.")
            array = np.asarray(arrays[name], np.float32)
            if array.shape != shape:
                raise ModelError(
                    f"The model's feature constant {name} has shape {array.shape}, expected "
                    f"{shape} for {n_band} bands: the model file is damaged, train it again."
                )
            if not np.isfinite(array).all():
                raise ModelError(
                    f"The model's feature constant {name} holds values that are not finite: "
                    "the model file is damaged, train it again."
                )
            checked[name] = jnp.asarray(array)
        return cls(bands=tuple(bands), **checked)


def fit_features(
    bands: tuple[str, ...] | list[str],
    flux_ujy: np.ndarray,
    err_ujy: np.ndarray,
    limit_ujy: np.ndarray,
    state: np.ndarray,
) -> FeatureSpec:
    """Fit the constants on a noisy simulated sample; 20,000 galaxies or more are recommended.

    Args:
        bands: names of the bands.
        flux_ujy: (n, n_band) observed fluxes, microjansky.
        err_ujy: (n, n_band) their errors, microjansky.
        limit_ujy: (n, n_band) upper limits, microjansky; read in bands that have nothing else.
        state: (n, n_band) 0 measured, 1 limit, 2 missing.

    Raises:
        InputError: the arrays do not have one column per band, or fewer than two galaxies.
    """
    state = np.asarray(state)
    if state.ndim != 2 or state.shape[1] != len(bands) or state.shape[0] < 2:
        raise InputError(
            f"Features are fitted on a table of galaxies x {len(bands)} bands, found shape "
            f"{state.shape}."
        )
    measured = state == 0
    err = np.where(measured, np.asarray(err_ujy, np.float64), np.nan)
    # how deep limits are says nothing of the colours of galaxies: they stand in only where a
    # band was never measured
    standing = np.where(measured.any(axis=0), measured, state == 1)
    flux = np.where(measured, np.asarray(flux_ujy, np.float64), limit_ujy)
    flux = np.where(standing, flux, np.nan)
    softening = _masked(np.nanmedian, err, measured, 1.0)
    scaled = np.arcsinh(flux / softening)
    mean = _masked(np.nanmean, scaled, standing, 0.0)
    std = _positive(_masked(np.nanstd, scaled, standing, 1.0))
    log_err = np.log(err)
    projection, whitening = _principal_axes((scaled - mean) / std, measured)
    return FeatureSpec.from_arrays(
        bands,
        {
            "softening_ujy": softening,
            "asinh_mean": mean,
            "asinh_std": std,
            "log_err_mean": _masked(np.nanmean, log_err, measured, 0.0),
            "log_err_std": _positive(_masked(np.nanstd, log_err, measured, 1.0)),
            "projection": projection,
            "whitening": whitening,
        },
    )


def _masked(statistic, values: np.ndarray, mask: np.ndarray, empty: float) -> np.ndarray:
    """Apply a NaN-aware statistic per band; `empty` where a band has no value at all."""
    result = np.full(values.shape[1], empty)
    present = mask.any(axis=0)
    result[present] = statistic(values[:, present], axis=0)
    return result


def _positive(std: np.ndarray) -> np.ndarray:
    """Replace the scatter of a constant column by one."""
    return np.where(std > 1e-4, std, 1.0)


def _principal_axes(standard: np.ndarray, measured: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Projector on the leading axes and PCA whitening matrix, (n_band, n_band) each.

    The correlation of two bands is that of the galaxies measured in both, so that missing bands
    and limits do not blur the colours.
    """
    standard = np.where(measured, standard, 0.0)
    power = (standard**2).T @ measured
    correlation = standard.T @ standard / np.sqrt(np.maximum(power * power.T, 1e-12))
    np.fill_diagonal(correlation, 1.0)
    variance, axes = np.linalg.eigh(correlation)
    variance, axes = variance[::-1], axes[:, ::-1]
    leading = axes[:, variance > LEADING_SHARE * variance.sum()]
    whitening = axes / np.sqrt(np.maximum(variance, 1e-5 * variance[0]))
    return leading @ leading.T, whitening
