"""The noise of a survey, as numbers per band: what `photoz noise fit` writes to a file."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.errors import InputError
from photoz.magnitudes import ab_magnitude

# fractions of flux by wavelength: photometry is calibrated best between u and Y
DEFAULT_FLOOR = 0.01
DEFAULT_FLOOR_EDGES = 0.02
DEFAULT_FLOOR_INFRARED = 0.03
BLUE_AA, RED_AA, INFRARED_AA = 4_000.0, 10_000.0, 22_000.0
SCALARS = (
    "template_amplitude",
    "template_length",
    "student_nu",
    "depth_jitter",
    "band_jitter",
    "censor_snr",
    "limit_n_sigma",
)
PER_BAND = ("wave_aa", "sigma0_ujy", "photon_ujy", "fraction", "scatter", "floor")


class NoiseArrays(NamedTuple):
    """The noise model on the device, float32; the argument of `draw_noise`."""

    wave_aa: Float[Array, " n_band"]
    sigma0_ujy: Float[Array, " n_band"]
    photon_ujy: Float[Array, " n_band"]
    fraction: Float[Array, " n_band"]
    scatter: Float[Array, "n_band n_band"]
    floor: Float[Array, " n_band"]
    pattern_cdf: Float[Array, " n_pattern"]
    pattern_missing: Float[Array, "n_pattern n_band"]
    template_amplitude: Float[Array, ""]
    template_length: Float[Array, ""]
    student_nu: Float[Array, ""]
    depth_jitter: Float[Array, ""]
    band_jitter: Float[Array, ""]
    censor_snr: Float[Array, ""]
    limit_n_sigma: Float[Array, ""]


@dataclass(frozen=True)
class NoiseModel:
    """Quoted errors, what they leave out, and what is missing or only a limit.

    The quoted error of a band is log-normal about
    sigma(f)^2 = sigma0^2 + photon * f + (fraction * f)^2, its scatter correlated between bands.
    The flux strays from the truth by a Student t of scale
    hypot(sigma, floor * f, template_amplitude * template_error(rest wavelength) * f). With a
    template_length the last of the three is not part of it but a smooth function of rest
    wavelength, normal and shared by neighbouring bands (`photoz.noise.template.smooth_error`).

    Attributes:
        bands: names of the bands.
        wave_aa: (n_band,) pivot wavelengths, angstrom.
        sigma0_ujy: (n_band,) background error, microjansky.
        photon_ujy: (n_band,) variance per flux, microjansky.
        fraction: (n_band,) error as a fraction of flux at the bright end.
        scatter: (n_band,) standard deviation of ln sigma about that curve.
        correlation: (n_band, n_band) of that scatter: a galaxy at a field's edge is shallow in all.
        floor: (n_band,) fraction of flux that the quoted error leaves out.
        patterns: (n_pattern, n_band) bool, True = missing: which bands are missing together.
        pattern_share: (n_pattern,) how often, sums to one.
        template_amplitude: factor on the template error.
        template_length: over which it is correlated, in ln(rest wavelength), as residuals of
            spectra fitted to real galaxies are; 0: it strikes every band by itself.
        student_nu: degrees of freedom of the tails. The default is an assumption: quoted errors
            cannot tell it, `fit_tails` can where two bands see the same light.
        depth_jitter: scatter of ln sigma, all bands together, added in training only, so that one
            network knows surveys half and twice as deep.
        band_jitter: the same for each band by itself.
        censor_snr: a flux up to this many sigma becomes a limit; None = never, 0 = where not
            positive.
        limit_n_sigma: the limit is this many sigma.
        provenance: what it was fitted on.
    """

    bands: tuple[str, ...]
    wave_aa: np.ndarray
    sigma0_ujy: np.ndarray
    photon_ujy: np.ndarray
    fraction: np.ndarray
    scatter: np.ndarray
    correlation: np.ndarray
    floor: np.ndarray
    patterns: np.ndarray
    pattern_share: np.ndarray
    template_amplitude: float = 0.8
    template_length: float = 0.06
    student_nu: float = 8.0
    depth_jitter: float = 0.35
    band_jitter: float = 0.2
    censor_snr: float | None = None
    limit_n_sigma: float = 3.0
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_band = len(self.bands)
        object.__setattr__(self, "patterns", np.asarray(self.patterns, bool))
        for name in (*PER_BAND, "correlation", "pattern_share"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), float))
        shapes = dict.fromkeys(PER_BAND, (n_band,)) | {
            "correlation": (n_band, n_band),
            "patterns": (len(self.pattern_share), n_band),
        }
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value.shape != shape or not np.isfinite(value).all():
                raise InputError(
                    f"The noise model's {name} must be {shape} finite numbers for {n_band} bands; "
                    f"found shape {value.shape}."
                )
        self._check_values()

    def _check_values(self) -> None:
        for name in ("wave_aa", "sigma0_ujy"):
            bad = getattr(self, name) <= 0
            if bad.any():
                band = self.bands[int(np.argmax(bad))]
                raise InputError(f"The noise model's {name} of band {band} must be above 0.")
        for name in ("photon_ujy", "fraction", "scatter", "floor"):
            bad = getattr(self, name) < 0
            if bad.any():
                band = self.bands[int(np.argmax(bad))]
                raise InputError(f"The noise model's {name} of band {band} must not be negative.")
        self._check_scalars()
        share, correlation = self.pattern_share, self.correlation
        if (share < 0).any() or not share.sum() > 0:
            raise InputError(
                "The noise model's pattern_share must be 0 or more, and above 0 for a pattern."
            )
        symmetric = np.allclose(correlation, correlation.T, atol=1e-6)
        if not symmetric or (len(correlation) and np.linalg.eigvalsh(correlation)[0] <= 0):
            raise InputError(
                "The noise model's correlation is not that of any scatter (not symmetric, or not "
                "positive definite). `photoz noise fit` makes one that is."
            )

    def _check_scalars(self) -> None:
        named = {name: getattr(self, name) for name in SCALARS}
        if self.censor_snr is None:
            del named["censor_snr"]
        for name, value in named.items():
            low = -np.inf if name == "censor_snr" else 0.0
            number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not number or not np.isfinite(float(value)) or float(value) < low:
                raise InputError(
                    f"The noise model's {name} is {value!r}; expected a finite number"
                    f"{', 0 or more' if low == 0 else ''}."
                )
        if self.student_nu <= 2:
            raise InputError(
                f"The noise model's student_nu is {self.student_nu}; it must be above 2, or the "
                "noise has no variance."
            )

    def arrays(self, depth_jitter: float | None = None) -> NoiseArrays:
        """Return the model on the device.

        Args:
            depth_jitter: replaces the model's jitter of depth; 0 turns that of single bands off
                as well and draws errors like the survey's own.
        """
        jitter = self.depth_jitter if depth_jitter is None else depth_jitter
        cdf = np.cumsum(self.pattern_share) / np.sum(self.pattern_share)
        scatter = np.linalg.cholesky(self.correlation) * self.scatter[:, None]
        values = {name: getattr(self, name) for name in PER_BAND} | {
            "scatter": scatter,
            "pattern_cdf": cdf,
            "pattern_missing": self.patterns,
            "template_amplitude": self.template_amplitude,
            "template_length": self.template_length,
            "student_nu": self.student_nu,
            "depth_jitter": jitter,
            "band_jitter": self.band_jitter if jitter > 0 else 0.0,
            "censor_snr": -np.inf if self.censor_snr is None else self.censor_snr,
            "limit_n_sigma": self.limit_n_sigma,
        }
        return NoiseArrays(**{k: jnp.asarray(v, jnp.float32) for k, v in values.items()})

    def sigma_ujy(self, flux_ujy: np.ndarray) -> np.ndarray:
        """Median quoted error, (..., n_band) microjansky; negative flux counts as zero."""
        flux = np.maximum(flux_ujy, 0.0)
        variance = self.sigma0_ujy**2 + self.photon_ujy * flux + (self.fraction * flux) ** 2
        return np.sqrt(variance)

    @property
    def depth_ab_mag(self) -> np.ndarray:
        """(n_band,) AB magnitude of five sigma of the background error."""
        return ab_magnitude(5.0 * self.sigma0_ujy)

    def with_bands(self, bands: tuple[str, ...] | list[str]) -> "NoiseModel":
        """Return the model of these bands, in this order.

        Raises:
            InputError: a band the model does not have.
        """
        from dataclasses import replace

        absent = [band for band in bands if band not in self.bands]
        if absent:
            raise InputError(
                f"The noise model has no band {', '.join(absent)}; it has "
                f"{', '.join(self.bands)}. Fit it on a catalogue that has them "
                "(`photoz noise fit`)."
            )
        index = [self.bands.index(band) for band in bands]
        per_band = {name: getattr(self, name)[index] for name in PER_BAND}
        patterns, share = merge_patterns(self.patterns[:, index], self.pattern_share)
        return replace(
            self,
            bands=tuple(bands),
            **per_band,
            correlation=self.correlation[np.ix_(index, index)],
            patterns=patterns,
            pattern_share=share,
        )


def error_curves(model: NoiseModel, band: str, flux_ujy: np.ndarray) -> np.ndarray:
    """Return the 16, 50 and 84 % points of the quoted error in one band, (3, n) microjansky.

    Args:
        model: the noise.
        band: name of the band.
        flux_ujy: (n,) fluxes, microjansky.

    Raises:
        InputError: a band the model does not have.
    """
    alone = model.with_bands((band,))
    middle = alone.sigma_ujy(np.asarray(flux_ujy, float)[:, None])[:, 0]
    # 0.9945 standard deviations hold 68 % of a normal distribution
    return middle * np.exp(0.9945 * alone.scatter[0] * np.array([[-1.0], [0.0], [1.0]]))


def default_floor(wave_aa: np.ndarray) -> np.ndarray:
    """Fraction of flux that errors leave out: 1 %; 2 % in u and from 1 micrometre; 3 % from 2.2."""
    wave = np.asarray(wave_aa)
    edges = (wave < BLUE_AA) | (wave > RED_AA)
    floor = np.where(edges, DEFAULT_FLOOR_EDGES, DEFAULT_FLOOR)
    return np.where(wave > INFRARED_AA, DEFAULT_FLOOR_INFRARED, floor)


def merge_patterns(
    missing: np.ndarray, share: np.ndarray, n_max: int = 64
) -> tuple[np.ndarray, np.ndarray]:
    """Unite equal patterns of missing bands, keep the most frequent, drop the empty galaxy.

    Args:
        missing: (n, n_band) bool, True = missing.
        share: (n,) weight of each row.
        n_max: patterns to keep.

    Returns:
        Patterns (n_pattern, n_band) bool and shares (n_pattern,) that sum to one.
    """
    seen = ~missing.all(axis=1)
    if not seen.any():
        return np.zeros((1, missing.shape[1]), bool), np.ones(1)
    unique, inverse = np.unique(missing[seen], axis=0, return_inverse=True)
    weight = np.bincount(inverse.ravel(), share[seen], minlength=len(unique))
    order = np.argsort(-weight, kind="stable")[:n_max]
    return unique[order], weight[order] / weight[order].sum()
