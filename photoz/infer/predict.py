"""From photometry to posteriors, chunk by chunk with one compiled program per model."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.errors import InputError, ModelError
from photoz.features import FeatureSpec, features
from photoz.infer.chunks import CHUNK, map_chunks
from photoz.infer.densities import Cells, cdf_on_edges, differences
from photoz.infer.grid import default_grid
from photoz.infer.mixture import check_weight, with_mixture
from photoz.infer.photometry import Photometry, check_bands, photometry_for
from photoz.infer.posterior import ODDS_HALF_WIDTH, SUMMARY_QUANTILES, Posterior
from photoz.models import MDN_WEIGHT, Estimator, TrainedModel
from photoz.provenance import provenance
from photoz.states import MISSING

if TYPE_CHECKING:
    from photoz.calibrate import Calibration
    from photoz.catalogue import Catalogue
    from photoz.trust import Judgement


class Inferred(NamedTuple):
    """What one model says of n galaxies."""

    pdf: Float[Array, "n m"]
    conditional: Any
    summary: dict[str, Float[Array, " n"]]


def conditional_of(
    estimator: Estimator, spec: FeatureSpec, calibration: Any, photometry: Photometry
) -> Any:
    """Return the conditional parameters of photometry after a calibration (arrays or None)."""
    flux, err, limit, state = photometry
    if calibration is not None:
        from photoz.calibrate import apply

        flux, err, limit = apply(calibration, flux, err, limit)
    return estimator.conditional(features(spec, flux, err, limit, state))


def infer(
    estimator: Estimator,
    spec: FeatureSpec,
    calibration: Any,
    photometry: Photometry,
    grid: Cells,
) -> Inferred:
    """Return densities, their parameters and summaries of one chunk.

    Three compiled programs, for the reason that `density_on_cells` gives.
    """
    conditional = _network(estimator, spec, calibration, photometry)
    cdf = cdf_on_edges(estimator, conditional, grid.edges)
    pdf, summary = _cells_and_summary(estimator, conditional, cdf, grid)
    return Inferred(pdf, conditional, summary)


_network = eqx.filter_jit(conditional_of)


@eqx.filter_jit
def _cells_and_summary(
    estimator: Estimator,
    conditional: Any,
    cdf: Float[Array, "n m_edge"],
    grid: Cells,
) -> tuple[Float[Array, "n m"], dict[str, Float[Array, " n"]]]:
    pdf = differences(cdf, grid.widths)
    peak = grid.points[jnp.argmax(pdf, axis=1)]
    half = ODDS_HALF_WIDTH * (1.0 + peak)
    odds = estimator.cdf(conditional, peak + half) - estimator.cdf(conditional, peak - half)
    quantiles = estimator.quantile(conditional, jnp.array([list(SUMMARY_QUANTILES.values())]))
    summary = {"z_map": peak, "odds": odds}
    summary |= {name: quantiles[:, k] for k, name in enumerate(SUMMARY_QUANTILES)}
    return pdf, summary


def predict(
    models: Mapping[str, TrainedModel],
    catalogue: "Catalogue",
    calibration: "Calibration | None" = None,
    z_grid: np.ndarray | None = None,
    *,
    chunk: int = CHUNK,
    allow_missing_bands: bool = False,
    mdn_weight: float = MDN_WEIGHT,
    with_ood: bool = True,
) -> Posterior:
    """Return the posteriors of a catalogue by every model, and by the mixture of both.

    Galaxies without any band get NaN. `ood` and `out_of_range` come from the first model that
    carries a reference of simulated galaxies.

    Args:
        models: by estimator name, all on the same bands.
        catalogue: photometry, with the model's bands in any order; others are ignored.
        calibration: offsets applied before the features.
        z_grid: increasing redshifts; default 0 to z_max in steps of 0.005.
        chunk: rows per compiled call.
        allow_missing_bands: treat bands that the catalogue lacks as missing.
        with_ood: judge also how unlike the simulation each galaxy is, which takes longer than its
            p(z).
        mdn_weight: of the MDN in the mixture (`with_mixture`); one model alone has none.

    Raises:
        ModelError: no model, models that do not fit together, or bands that do not fit.
        InputError: an empty catalogue, a calibration without a band of the model, an unusable
            grid, or a weight outside 0 to 1.
    """
    bands, z_max = common_support(models)
    check_weight(mdn_weight)
    if catalogue.n == 0:
        raise InputError("The catalogue has no rows: there is nothing to predict.")
    check_bands(bands, catalogue.bands, allow_missing=allow_missing_bands)
    z_grid = default_grid(z_max) if z_grid is None else np.asarray(z_grid, np.float64)
    grid = Cells.of(z_grid)
    photometry = photometry_for(catalogue, bands)
    offsets = None if calibration is None else calibration.for_bands(bands).arrays()
    blank = (photometry.state == MISSING).all(axis=1)
    results = {}
    for name, model in models.items():
        run = partial(_infer_chunk, model, offsets, grid)
        results[name] = map_chunks(run, photometry, catalogue.n, chunk)
    results = {k: jax.tree.map(lambda a: _blank_rows(a, blank), r) for k, r in results.items()}
    judged = _judged(models, photometry, offsets) if with_ood else None
    posterior = Posterior(
        ids=catalogue.ids,
        z_grid=z_grid,
        pdf={k: r.pdf for k, r in results.items()},
        z_max=z_max,
        conditional={k: r.conditional for k, r in results.items()},
        z_spec=catalogue.z_spec,
        summaries={k: r.summary for k, r in results.items()},
        provenance=provenance(
            "posterior",
            parents={
                "models": {k: m.card for k, m in models.items()},
                "catalogue": catalogue.provenance,
                "calibration": None if calibration is None else calibration.provenance,
            },
            calibrated=calibration is not None,
            prior_z={k: m.card["prior_z"] for k, m in models.items() if "prior_z" in m.card},
            n=catalogue.n,
            n_without_photometry=int(blank.sum()),
        ),
        ood=None if judged is None else judged.ood,
        out_of_range=None if judged is None else judged.out_of_range,
    )
    if catalogue.z_spec is not None:
        for name in models:
            posterior.summaries[name]["pit"] = posterior.cdf(name, catalogue.z_spec)
    return with_mixture(posterior, mdn_weight)


def common_support(models: Mapping[str, TrainedModel]) -> tuple[tuple[str, ...], float]:
    """Return the bands and z_max that all models share.

    Raises:
        ModelError: there is no model, or they differ.
    """
    if not models:
        raise ModelError("No model was given: predict needs an MDN, a flow, or both.")
    kinds = {(m.bands, m.z_max) for m in models.values()}
    if len(kinds) > 1:
        raise ModelError(
            f"The models {', '.join(models)} were trained on different bands or redshift ranges "
            "and cannot share a posterior; predict with one at a time."
        )
    return next(iter(kinds))


def _judged(
    models: Mapping[str, TrainedModel], photometry: Photometry, offsets: Any
) -> "Judgement | None":
    """Hold photometry against the first reference that a model carries."""
    from photoz.trust import judge

    references = [m.trust for m in models.values() if m.trust is not None]
    return judge(references[0], photometry, offsets) if references else None


def _infer_chunk(model: TrainedModel, offsets: Any, grid: Cells, block: Photometry) -> Inferred:
    return infer(model.estimator, model.features, offsets, block, grid)


def _blank_rows(values: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """Put NaN where a galaxy has no photometry."""
    if not blank.any():
        return values
    values = np.array(values)
    values[blank] = np.nan
    return values
