"""The calibration file: per band a flux scale, a flux offset, an error scale and an error floor."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import tomlkit
from jaxtyping import Array, Float
from tomlkit.exceptions import TOMLKitError

from photoz.atomic import write_text
from photoz.errors import InputError

FORMAT_VERSION = 1
PARAMETERS = ("flux_scale", "flux_offset_ujy", "error_scale", "error_floor")
_NO_CHANGE = {"flux_scale": 1.0, "flux_offset_ujy": 0.0, "error_scale": 1.0, "error_floor": 0.0}


class CalibrationArrays(NamedTuple):
    """The four parameters of every band on the device, (n_band,) or (n_gal, n_band) each."""

    flux_scale: Float[Array, "*n n_band"]
    flux_offset_ujy: Float[Array, "*n n_band"]
    error_scale: Float[Array, "*n n_band"]
    error_floor: Float[Array, "*n n_band"]


@dataclass(frozen=True)
class Calibration:
    """Offsets between a survey and the simulation a model was trained on.

    flux' = flux_scale * flux + flux_offset_ujy
    err'  = hypot(error_scale * flux_scale * err, error_floor * flux')

    Attributes:
        bands: the names, in the order of the arrays.
        flux_scale: (n_band,) factors > 0.
        flux_offset_ujy: (n_band,) additive background, microjansky.
        error_scale: (n_band,) factors > 0.
        error_floor: (n_band,) fraction of the flux, >= 0.
        provenance: what the numbers were fitted on.

    Raises:
        InputError: an array of another length, or a value outside these ranges.
    """

    bands: tuple[str, ...]
    flux_scale: np.ndarray
    flux_offset_ujy: np.ndarray
    error_scale: np.ndarray
    error_floor: np.ndarray
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bands", tuple(self.bands))
        for name in PARAMETERS:
            values = np.array(getattr(self, name), float)
            object.__setattr__(self, name, values)
            _check_values(name, values, self.bands)

    def arrays(self) -> CalibrationArrays:
        """Return the parameters as float32 device arrays."""
        return CalibrationArrays(*(jnp.asarray(getattr(self, n), jnp.float32) for n in PARAMETERS))

    def for_bands(self, bands: Sequence[str]) -> "Calibration":
        """Return the same calibration for `bands`, in their order.

        Raises:
            InputError: a band that this calibration does not have.
        """
        missing = [band for band in bands if band not in self.bands]
        if missing:
            raise InputError(
                f"The calibration has no band {', '.join(missing)}; it has "
                f"{', '.join(self.bands)}. Fit one on the bands of this catalogue."
            )
        index = [self.bands.index(band) for band in bands]
        columns = {name: getattr(self, name)[index] for name in PARAMETERS}
        return Calibration(tuple(bands), **columns, provenance=self.provenance)


def identity(bands: Sequence[str]) -> Calibration:
    """Return the calibration that changes nothing."""
    n = len(bands)
    return Calibration(tuple(bands), np.ones(n), np.zeros(n), np.ones(n), np.zeros(n))


def apply(
    calibration: Calibration | CalibrationArrays,
    flux_ujy: Float[Array, "n_gal n_band"],
    err_ujy: Float[Array, "n_gal n_band"],
    limit_ujy: Float[Array, "n_gal n_band"],
) -> tuple[
    Float[Array, "n_gal n_band"], Float[Array, "n_gal n_band"], Float[Array, "n_gal n_band"]
]:
    """Return calibrated fluxes, errors and limits; pure, jittable, differentiable.

    Fluxes are one product of (flux, 1) with the 2 x n_band parameters, variances one of
    (err^2, flux'^2). Negative and zero fluxes stay finite in value and gradient; what is NaN
    (missing bands, absent limits) stays NaN and sends no gradient.

    Args:
        calibration: parameters (n_band,), or (n_gal, n_band) to give each galaxy its own.
        flux_ujy: measured fluxes, NaN = missing.
        err_ujy: their errors.
        limit_ujy: upper limits, scaled like the fluxes.
    """
    c = calibration.arrays() if isinstance(calibration, Calibration) else calibration
    (flux, has_flux), (err, has_err), (limit, has_limit) = map(
        _without_nan, (flux_ujy, err_ujy, limit_ujy)
    )
    terms = jnp.stack([flux, jnp.ones_like(flux)], axis=-1)
    weights = jnp.stack([c.flux_scale, c.flux_offset_ujy], axis=-1)
    new_flux = jnp.einsum("...k,...k->...", terms, weights)
    # in units of the error itself: a squared float32 flux of bright galaxies loses the error
    ratio = new_flux / jnp.where(has_err, err, 1.0)
    parts = jnp.stack([jnp.ones_like(ratio), ratio**2], axis=-1)
    variances = jnp.stack([(c.error_scale * c.flux_scale) ** 2, c.error_floor**2], axis=-1)
    new_err = err * jnp.sqrt(jnp.einsum("...k,...k->...", parts, variances))
    new_limit = c.flux_scale * limit
    return (
        jnp.where(has_flux, new_flux, jnp.nan),
        jnp.where(has_err, new_err, jnp.nan),
        jnp.where(has_limit, new_limit, jnp.nan),
    )


def _without_nan(values: Array) -> tuple[Array, Array]:
    """Return the values with 1 in place of what is not finite, and where they are finite."""
    values = jnp.asarray(values, jnp.float32)
    finite = jnp.isfinite(values)
    return jnp.where(finite, values, 1.0), finite


def save_calibration(calibration: Calibration, path: str | Path) -> None:
    """Write a calibration as TOML, one table a band."""
    document = tomlkit.document()
    document.add(tomlkit.comment("flux' = flux_scale * flux + flux_offset_ujy (microjansky)"))
    document.add(
        tomlkit.comment("err' = hypot(error_scale * flux_scale * err, error_floor * flux')")
    )
    document["format"] = FORMAT_VERSION
    bands = tomlkit.aot()
    for i, name in enumerate(calibration.bands):
        table = tomlkit.table()
        table["name"] = name
        for parameter in PARAMETERS:
            table[parameter] = float(f"{getattr(calibration, parameter)[i]:.9g}")
        bands.append(table)
    document["band"] = bands
    document["provenance"] = _toml_safe(calibration.provenance)
    write_text(path, tomlkit.dumps(document))


def load_calibration(path: str | Path) -> Calibration:
    """Read a calibration file.

    Raises:
        InputError: a missing or broken file, an unknown format version, or a band without one
            of its four numbers.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no calibration file {path}; `photoz calibrate` writes one.")
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is not readable as TOML: {error}. `photoz calibrate` writes calibrations."
        ) from error
    if "format" not in document:
        raise InputError(
            f"{path} is not a calibration: it has no entry format. `photoz calibrate` writes one."
        )
    if document.get("format") != FORMAT_VERSION:
        raise InputError(
            f"{path} has calibration format {document.get('format')!r}; this version of photoz "
            f"reads format {FORMAT_VERSION}. Fit it again with `photoz calibrate`."
        )
    tables = document.get("band") or []
    columns = {
        name: np.array([_number(path, table, name) for table in tables]) for name in PARAMETERS
    }
    names = tuple(str(table.get("name", "?")) for table in tables)
    if not names:
        raise InputError(f"{path} has no [[band]] table: it calibrates nothing.")
    return Calibration(names, **columns, provenance=dict(document.get("provenance", {})))


def _number(path: Path, table: dict[str, Any], name: str) -> float:
    value = table.get(name, _NO_CHANGE[name])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(
            f"{path}, band {table.get('name', '?')}: {name} is {value!r}; expected a number."
        )
    return float(value)


def _check_values(name: str, values: np.ndarray, bands: tuple[str, ...]) -> None:
    if values.shape != (len(bands),):
        raise InputError(
            f"The calibration has {len(bands)} bands but {values.size} values of {name}; "
            "give one a band."
        )
    positive = name in ("flux_scale", "error_scale")
    bad = ~np.isfinite(values) | ((values <= 0) if positive else False)
    if name == "error_floor":
        bad |= values < 0
    if bad.any():
        first = int(np.argmax(bad))
        expected = {"flux_offset_ujy": "a finite number", "error_floor": "a number >= 0"}
        raise InputError(
            f"The calibration of band {bands[first]} has {name} {values[first]:g}; expected "
            f"{expected.get(name, 'a number above 0')}."
        )


def _toml_safe(record: Any) -> Any:
    """Return what TOML holds: plain types, no nulls."""
    plain = json.loads(json.dumps(record, default=str))
    return _drop_none(plain)


def _drop_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _drop_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_drop_none(v) for v in value if v is not None]
    return value
