"""Speed of inference: `python -m benchmarks.infer [--models DIR] [--json]`.

The figure is galaxies per second through the whole path of `photoz predict`: photometry,
features, network, p(z) on 601 points, peak, quantiles, odds. The limit counts necessary work only
at rates measured in the same run: the multiply-adds of the network and the exponentials of the
density. Where the folder holds members of an ensemble, `mdn_pdfs_per_s` is of the first network
alone, `mdn_ensemble_pdfs_per_s` of the `mdn_members` together.
"""

from dataclasses import replace
from typing import Any

import jax
import numpy as np

from benchmarks.machine import machine_figures, median_seconds, scaled
from benchmarks.report import run_on_models
from photoz.infer.chunks import CHUNK
from photoz.infer.densities import Cells
from photoz.infer.photometry import Photometry
from photoz.infer.predict import infer
from photoz.models import FlowEnsemble, MDNEnsemble, TrainedModel, member_of

N_GRID, N_CHUNK, REPEATS = 601, 8, 5
FORMULA = (
    "1 / (2 sum(weights) / sgemm + n_exp / exp); n_exp: one per component and edge (MDN), one per "
    "knot parameter (flow, whose grid needs none)"
)


def mock_photometry(model: TrainedModel, n: int) -> Photometry:
    """Return n galaxies scattered about the training sample's fluxes and errors."""
    rng, spec = np.random.default_rng(5), model.features
    shape = (n, spec.n_band)
    scaled_flux = np.asarray(spec.asinh_mean) + np.asarray(spec.asinh_std) * rng.normal(size=shape)
    log_err = np.asarray(spec.log_err_mean) + np.asarray(spec.log_err_std) * rng.normal(size=shape)
    flux = np.asarray(spec.softening_ujy) * np.sinh(scaled_flux)
    return Photometry(
        flux.astype(np.float32),
        np.exp(log_err).astype(np.float32),
        np.full(shape, np.nan, np.float32),
        np.zeros(shape, np.int8),
    )


def necessary_work(model: TrainedModel) -> tuple[float, float]:
    """Return the floating-point operations and exponentials that one galaxy cannot do without."""
    shape = model.estimator.hyperparameters()
    n_member = shape.get("n_member", 1)  # whose weights are stacked
    leaves = jax.tree.leaves(model.estimator)
    weights = [a for a in leaves if getattr(a, "ndim", 0) == (3 if "n_member" in shape else 2)]
    if model.estimator.kind == "mdn":
        n_exp = shape["n_component"] * (N_GRID + 1)
    else:
        n_exp = shape["n_spline"] * (3 * shape["n_bin"] + 1)
    return 2.0 * sum(w.size for w in weights), float(n_member * n_exp)


def pdfs_per_s(model: TrainedModel, chunk: int = CHUNK) -> float:
    """Return galaxies per second of the compiled chunk, photometry on the host, p(z) as numpy."""
    photometry = mock_photometry(model, chunk)
    grid = Cells.of(np.linspace(0.0, model.z_max, N_GRID))

    def chunks() -> None:
        for _ in range(N_CHUNK):
            jax.device_get(infer(model.estimator, model.features, None, photometry, grid))

    return N_CHUNK * chunk / median_seconds(chunks, REPEATS)


def networks(models: dict[str, TrainedModel]) -> dict[str, TrainedModel]:
    """Return what is measured by name: `mdn` is one network, `mdn_ensemble` all of them."""
    found = {}
    for kind, model in models.items():
        if isinstance(model.estimator, (MDNEnsemble, FlowEnsemble)):
            found[kind] = replace(model, estimator=member_of(model.estimator, 0))
            found[f"{kind}_ensemble"] = model
        else:
            found[kind] = model
    return found


def measure(models: dict[str, TrainedModel]) -> dict[str, Any]:
    """Measure and return the figures of each model, of ensembles beside their first member's."""
    machine = machine_figures()
    result: dict[str, Any] = {}
    for kind, model in networks(models).items():
        flop, n_exp = necessary_work(model)
        limit = 1.0 / (flop / (machine["sgemm_gflops"] * 1e9) + n_exp / machine["exp_per_s"])
        rate = pdfs_per_s(model)
        result |= {
            f"{kind}_pdfs_per_s": rate,
            f"scaled_{kind}_pdfs_per_s": scaled(rate, machine),
            f"{kind}_limit_pdfs_per_s": limit,
            f"{kind}_limit_ratio": rate / limit,
            f"{kind}_mflop": 1e-6 * flop,
            f"{kind}_n_exp": n_exp,
        }
        if kind.endswith("_ensemble"):
            members = model.estimator.hyperparameters()["n_member"]
            result[f"{model.estimator.kind}_members"] = members
    return result | {"limit_formula": FORMULA, "n_grid": N_GRID, **machine}


if __name__ == "__main__":
    run_on_models(measure, __doc__)
