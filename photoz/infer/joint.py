"""Redshift, mass, star formation and dust of a catalogue by a joint model: medians, intervals."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import photoz.jaxconfig  # noqa: F401
from photoz.errors import InputError, ModelError
from photoz.infer.chunks import CHUNK, map_chunks
from photoz.infer.photometry import Photometry, check_bands, photometry_for
from photoz.infer.predict import conditional_of
from photoz.models import Joint, JointDensity, JointParams, TrainedModel
from photoz.provenance import provenance, to_json
from photoz.states import MISSING

if TYPE_CHECKING:
    import pyarrow as pa

    from photoz.calibrate import Calibration
    from photoz.catalogue import Catalogue

QUANTILES = {"median": 0.5, "lo68": 0.16, "hi68": 0.84}
AT_Z_SPEC = "at_zspec"


def predict_joint(
    model: TrainedModel,
    catalogue: "Catalogue",
    calibration: "Calibration | None" = None,
    *,
    chunk: int = CHUNK,
    allow_missing_bands: bool = False,
) -> "pa.Table":
    """Return medians and 68 % intervals of every quantity of a joint model.

    Columns `id`, `z_spec` where the catalogue has it, and `<name>_median`, `<name>_lo68`,
    `<name>_hi68` of each quantity. Where there are spectroscopic redshifts, also
    `<name>_median_at_zspec` and so on of all but z: at that redshift, by the same density. Galaxies
    without any band have NaN. The header says what made it, under the key `photoz`.

    Args:
        model: of `load_joint`.
        catalogue: photometry, with the model's bands in any order; others are ignored.
        calibration: offsets applied before the features.
        chunk: rows per compiled call.
        allow_missing_bands: treat bands that the catalogue lacks as missing.

    Raises:
        ModelError: not a joint model, or bands that do not fit.
        InputError: an empty catalogue, or a calibration without a band of the model.
    """
    import pyarrow as pa

    estimator = model.estimator
    if not isinstance(estimator, Joint):
        raise ModelError(f"A joint model is expected here; this is a model {estimator.kind}.")
    if catalogue.n == 0:
        raise InputError("The catalogue has no rows: there is nothing to predict.")
    check_bands(model.bands, catalogue.bands, allow_missing=allow_missing_bands)
    photometry = photometry_for(catalogue, model.bands)
    offsets = None if calibration is None else calibration.for_bands(model.bands).arrays()
    blank = (photometry.state == MISSING).all(axis=1)
    run = partial(_chunk, estimator, model.features, offsets)
    conditional = map_chunks(run, photometry, catalogue.n, chunk)
    columns = summaries(estimator, conditional, chunk)
    if catalogue.z_spec is not None:
        columns |= summaries_at(estimator, conditional, catalogue.z_spec, chunk)
    columns = {name: np.where(blank, np.nan, column) for name, column in columns.items()}
    first: dict[str, Any] = {"id": catalogue.ids}
    if catalogue.z_spec is not None:
        first["z_spec"] = catalogue.z_spec
    record = provenance(
        "joint",
        parents={
            "model": model.card,
            "catalogue": catalogue.provenance,
            "calibration": None if calibration is None else calibration.provenance,
        },
        quantities=list(estimator.names),
        n=catalogue.n,
        n_without_photometry=int(blank.sum()),
    )
    return pa.table(first | columns).replace_schema_metadata({"photoz": to_json(record)})


def summaries(
    density: JointDensity, conditional: JointParams, chunk: int = CHUNK
) -> dict[str, np.ndarray]:
    """Return median and 68 % interval of each quantity, (n,) by `<name>_<which>`."""
    found = map_chunks(partial(_quantiles, density), conditional, len(conditional[0]), chunk)
    return {
        f"{name}_{which}": found[name][:, k].astype(np.float64)
        for name in density.names
        for k, which in enumerate(QUANTILES)
    }


def summaries_at(
    density: JointDensity, conditional: JointParams, z: np.ndarray, chunk: int = CHUNK
) -> dict[str, np.ndarray]:
    """Return those of every quantity but z at known redshifts, (n,); NaN where z is not known."""
    z_max = density.coordinates.z_max
    known = np.isfinite(z) & (z > 0.0) & (z < z_max)
    rows = conditional, np.where(known, z, 0.5 * z_max).astype(np.float32)
    found = map_chunks(partial(_quantiles_at, density), rows, len(z), chunk)
    return {
        f"{name}_{which}_{AT_Z_SPEC}": np.where(known, found[name][:, k], np.nan)
        for name in density.names[1:]
        for k, which in enumerate(QUANTILES)
    }


@eqx.filter_jit
def _chunk(estimator: Joint, spec: Any, offsets: Any, block: Photometry) -> JointParams:
    return conditional_of(estimator, spec, offsets, block)


@eqx.filter_jit
def _quantiles(density: JointDensity, conditional: JointParams) -> dict[str, Float[Array, "n 3"]]:
    q = jnp.array([list(QUANTILES.values())])
    return {name: density.quantile_of(conditional, name, q) for name in density.names}


@eqx.filter_jit
def _quantiles_at(density: JointDensity, rows: tuple[JointParams, jax.Array]) -> dict[str, Array]:
    return _quantiles(*density.given_z(*rows))


def predict_joint_file(
    model: str | Path,
    catalogue: str | Path,
    out: str | Path,
    *,
    calibration: str | Path | None = None,
    allow_missing_bands: bool = False,
) -> dict[str, Any]:
    """Write the table of `predict_joint` for a catalogue file.

    Args:
        model: folder that holds a joint model, its file, or the name of shipped models.
        catalogue: file in the project's form.
        out: Parquet file to write.
        calibration: TOML file of offsets to apply.
        allow_missing_bands: treat bands that the catalogue lacks as missing.

    Returns:
        `n` rows, `path`, `quantities`, `n_without_photometry`.

    Raises:
        InputError: `out` cannot be written, or an empty catalogue.
        CatalogueError: the catalogue cannot be read.
        ModelError: a model that cannot be read, is of redshift alone, or does not fit.
    """
    import json

    import pyarrow.parquet as pq

    from photoz.atomic import atomic_path
    from photoz.calibrate import load_calibration
    from photoz.catalogue import read_catalogue
    from photoz.infer.unit_check import check_unit
    from photoz.jobs.targets import check_target
    from photoz.models import find_models, load_joint

    out = check_target(out, [catalogue, *([calibration] if calibration else [])], [".parquet"])
    loaded = load_joint(find_models(model))
    offsets = None if calibration is None else load_calibration(calibration)
    galaxies = read_catalogue(catalogue)
    check_bands(loaded.bands, galaxies.bands, allow_missing=allow_missing_bands)
    check_unit(loaded, galaxies)
    table = predict_joint(loaded, galaxies, offsets, allow_missing_bands=allow_missing_bands)
    with atomic_path(out) as temporary:
        pq.write_table(table, temporary)
    record = json.loads(table.schema.metadata[b"photoz"])
    names = ("n", "quantities", "n_without_photometry")
    return {name: record[name] for name in names} | {"path": str(out)}
