"""Posteriors of the open catalogue: inferred once for all sessions, one galaxy at a time shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.controllers.pages import Rows
from dashboard.controllers.trust import TrustView, trust_view
from dashboard.library import Library
from dashboard.plots.photometry import PhotometryView
from dashboard.plots.posterior import Curve, PosteriorView
from dashboard.session import NO_CALIBRATION
from dashboard.store import SHARED
from photoz.calibrate.sample import survey_reference
from photoz.catalogue import Catalogue
from photoz.errors import InputError
from photoz.infer import Posterior
from photoz.magnitudes import ab_magnitude
from photoz.sed.survey import shipped_pivots_aa
from photoz.trust import Reference

SLICE = 4096  # rows inferred between two reports of progress
N_COMPONENT_POINTS = 161


@dataclass(frozen=True)
class Inference:
    """What the models say of a whole catalogue, without the densities.

    Attributes:
        catalogue: the photometry in the bands of the models.
        calibration: offsets applied before the models, or None.
        wave_um: pivot wavelengths of the bands in micrometres, (n_band,).
        z_grid: redshifts of densities, (m,).
        z_max: end of the support.
        summaries: by estimator, columns (n,) of `Posterior.summaries`.
        conditional: by estimator, parameters with leading axis n, as in `Posterior`.
        rows: columns of the table.
        index: from identifier as text to row.
        reference: simulated galaxies in brief, of the models that carry them, or None.
    """

    catalogue: Catalogue
    calibration: Any
    wave_um: np.ndarray
    z_grid: np.ndarray
    z_max: float
    summaries: dict[str, dict[str, np.ndarray]]
    conditional: dict[str, Any]
    rows: Rows
    index: dict[str, int]
    reference: Reference | None = None

    @property
    def estimators(self) -> tuple[str, ...]:
        """Names of the estimators."""
        return tuple(self.summaries)

    def posterior(self, row: int) -> Posterior:
        """Return the posterior of one galaxy, its density from the stored parameters."""
        import jax

        from photoz.infer import densities

        at = np.array([row])
        conditional = jax.tree.map(lambda a: a[at], self.conditional)
        z_spec = self.catalogue.z_spec
        pdf = densities.all_cells(conditional, self.z_grid, self.z_max)
        return Posterior(
            ids=self.catalogue.ids[at],
            z_grid=self.z_grid,
            pdf={name: pdf[name] for name in self.estimators},
            z_max=self.z_max,
            conditional=conditional,
            z_spec=None if z_spec is None else z_spec[at],
            summaries={
                name: {key: values[at] for key, values in summary.items()}
                for name, summary in self.summaries.items()
            },
        )


def infer(
    library: Library,
    model: str,
    catalogue: str,
    calibration: str,
    report: Callable[[float], None] = lambda share: None,
) -> Inference:
    """Infer a whole catalogue, or return what was inferred before.

    Args:
        library: the workspace.
        model: name of a folder of models.
        catalogue: name of a catalogue.
        calibration: name of a calibration or `NO_CALIBRATION`.
        report: called with the share done.

    Raises:
        PhotozError: the sentences of the readers and of `photoz.infer.predict`.
    """
    offsets = None if calibration == NO_CALIBRATION else calibration
    key = ("inference", *library.stamps(model, catalogue, offsets))
    return SHARED.get(key, lambda: _infer(library, model, catalogue, calibration, report))


def _infer(
    library: Library, model: str, catalogue: str, calibration: str, report: Callable[[float], None]
) -> Inference:
    import jax

    from photoz.infer import predict
    from photoz.infer.photometry import check_bands

    models, everything = library.trained(model), library.catalogue(catalogue)
    bands = next(iter(models.values())).bands
    check_bands(bands, everything.bands)
    offsets = None if calibration == NO_CALIBRATION else library.calibration(calibration)
    seen = everything.with_bands(bands)
    parts = []
    for start in range(0, seen.n, SLICE):
        # the last slice reaches back into the one before: equal shapes compile once
        first = max(0, min(start, seen.n - SLICE))
        whole = predict(models, seen.take(np.arange(first, min(first + SLICE, seen.n))), offsets)
        part = (whole.summaries, whole.conditional)
        parts.append(jax.tree.map(lambda a, skip=start - first: np.asarray(a)[skip:], part))
        report(min(start + SLICE, seen.n) / seen.n)
    summaries, conditional = jax.tree.map(lambda *pieces: np.concatenate(pieces), *parts)
    summaries = {name: summaries[name] for name in whole.estimators}  # the tree has sorted them
    found = Inference(
        catalogue=seen,
        calibration=offsets,
        wave_um=band_wave_um(library, model, bands),
        z_grid=whole.z_grid,
        z_max=whole.z_max,
        summaries=summaries,
        conditional=conditional,
        rows=_rows(seen, summaries, reference_band(bands)),
        index={str(value): row for row, value in enumerate(seen.ids)},
        reference=next((m.trust for m in models.values() if m.trust is not None), None),
    )
    posterior_view(found, 0)  # compiles what a click needs
    trust_of(found, 0)
    return found


def _rows(catalogue: Catalogue, summaries: dict, band: str) -> Rows:
    flux = catalogue.flux_ujy[:, catalogue.bands.index(band)]
    columns: dict[str, np.ndarray] = {"id": catalogue.ids, "mag": ab_magnitude(flux)}
    if catalogue.z_spec is not None:
        columns["z_spec"] = catalogue.z_spec
    for name, summary in summaries.items():
        columns[f"z_{name}"] = np.asarray(summary["z_map"], float)
        columns[f"odds_{name}"] = np.asarray(summary["odds"], float)
    return Rows(columns)


def reference_band(bands: tuple[str, ...]) -> str:
    """Return the band whose magnitude the table shows: the survey's own choice, else the middle."""
    try:
        return survey_reference(bands)
    except InputError:
        return bands[len(bands) // 2]


def band_wave_um(library: Library, model: str, bands: tuple[str, ...]) -> np.ndarray:
    """Return pivot wavelengths in micrometres: of the model's noise file, else of a survey.

    Raises:
        InputError: neither knows the bands.
    """
    from photoz.noise import load_noise

    file = library.path("models", model) / "noise.json"
    if file.is_file():
        return load_noise(file).with_bands(bands).wave_aa / 1e4
    known = shipped_pivots_aa(bands)
    if set(bands) <= set(known):
        return np.array([known[band] for band in bands]) / 1e4
    raise InputError(
        f"The wavelengths of the bands {', '.join(bands)} are not known: {file} is missing and no "
        "shipped survey has them. Copy the model's noise.json back beside it."
    )


def photometry_view(found: Inference, row: int) -> PhotometryView:
    """Return what the photometry picture shows of a galaxy."""
    one = found.catalogue.take(np.array([row]))
    flux, err = one.flux_ujy[0], one.err_ujy[0]
    calibrated = np.full_like(flux, np.nan), np.full_like(err, np.nan)
    if found.calibration is not None:
        from photoz.calibrate import apply

        offsets = found.calibration.for_bands(one.bands)
        moved = apply(offsets, one.flux_ujy, one.err_ujy, one.uplim_ujy)
        calibrated = np.asarray(moved[0][0], float), np.asarray(moved[1][0], float)
    return PhotometryView(
        band=one.bands,
        wave_um=found.wave_um,
        flux_ujy=flux,
        err_ujy=err,
        limit_ujy=one.uplim_ujy[0],
        state=one.state[0],
        calibrated_ujy=calibrated[0],
        calibrated_err_ujy=calibrated[1],
    )


def trust_of(found: Inference, row: int) -> TrustView:
    """Return what the badge says of a galaxy."""
    return trust_view(found.reference, found.catalogue, found.calibration, row)


def posterior_view(found: Inference, row: int) -> PosteriorView:
    """Return what the posterior pictures show of a galaxy."""
    from photoz.infer.modes import MAP_METHODS

    posterior = found.posterior(row)
    curves = {}
    for name in found.estimators:
        summary = posterior.summaries[name]
        edges = np.broadcast_to(found.z_grid, (1, found.z_grid.size))
        curves[name] = Curve(
            pdf=posterior.pdf[name][0],
            cdf=_cdf(posterior, name, edges)[0],
            z_map={m: float(posterior.z_map(name, m)[0]) for m in MAP_METHODS[name]},
            **{k: float(summary[k][0]) for k in ("z_median", "z_lo68", "z_hi68", "odds")},
            pit=float(summary["pit"][0]) if "pit" in summary else np.nan,
        )
    return PosteriorView(
        z_grid=found.z_grid,
        z_max=found.z_max,
        z_spec=float(posterior.z_spec[0]) if posterior.z_spec is not None else np.nan,
        curves=curves,
        components=_components(found, posterior) if "mdn" in found.estimators else [],
    )


def _cdf(posterior: Posterior, estimator: str, at: np.ndarray) -> np.ndarray:
    from photoz.infer import densities

    params = densities.parameters(posterior.conditional, estimator)
    return densities.evaluate(estimator, "cdf", params, at, posterior.z_max)


def _components(found: Inference, posterior: Posterior) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return every component of the MDN as (z, weight times density), largest weight first."""
    from photoz.infer import densities
    from photoz.models import MDNParams

    log_weight, mean, log_width = (np.asarray(a[0], float) for a in posterior.conditional["mdn"])
    reach = np.linspace(-5.0, 5.0, N_COMPONENT_POINTS)
    z = np.clip(mean[:, None] + np.exp(log_width)[:, None] * reach, 0.0, found.z_max)
    alone = MDNParams(*(np.asarray(a, np.float32)[:, None] for a in (0.0 * mean, mean, log_width)))
    density = np.exp(densities.evaluate("mdn", "log_prob", alone, z, found.z_max))
    weighted = np.exp(log_weight)[:, None] * density
    return [(z[k], weighted[k]) for k in np.argsort(-log_weight)]
