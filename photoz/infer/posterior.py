"""The posterior of a catalogue: densities on a grid, and what they came from."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import jax
import numpy as np

from photoz.errors import InputError
from photoz.infer import densities, grid, modes
from photoz.infer.chunks import map_chunks

ODDS_HALF_WIDTH = 0.06  # of 1 + z_map
SUMMARY_QUANTILES = {"z_lo68": 0.16, "z_median": 0.5, "z_hi68": 0.84}


class StackedDensity(NamedTuple):
    """Sum of posteriors, which is not an estimate of n(z) (Malz 2021, arXiv:2101.04675)."""

    z_grid: np.ndarray
    density: np.ndarray
    label: str


@dataclass(frozen=True)
class Posterior:
    """p(z) of n galaxies by one or more estimators, all on one grid.

    Attributes:
        ids: identifiers as in the catalogue, (n,).
        z_grid: increasing redshifts, (m,).
        pdf: by estimator, (n, m): mass of each grid cell divided by its width; NaN rows where
            a galaxy has no usable photometry.
        z_max: upper end of the support.
        conditional: by estimator, the parameters (leading axis n) the densities come from;
            with them CDF, PIT, quantiles and samples are exact, else linear within a cell. Of
            the mixture only its weight: the rest are the parameters of the other two.
        z_spec: spectroscopic redshifts, NaN = unknown, (n,), or None.
        summaries: by estimator, columns computed with the densities (`z_map`, `z_median`,
            `z_lo68`, `z_hi68`, `odds`, `pit`), (n,) each.
        provenance: how it was made.
        ood: how far the photometry is from any simulated galaxy's, (n,); 1 is passed by 1 % of
            simulated galaxies. None where the models cannot tell.
        out_of_range: photometry outside the trained range, (n,) bool, or None.
    """

    ids: np.ndarray
    z_grid: np.ndarray
    pdf: dict[str, np.ndarray]
    z_max: float
    conditional: dict[str, Any] = field(default_factory=dict)
    z_spec: np.ndarray | None = None
    summaries: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    ood: np.ndarray | None = None
    out_of_range: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of galaxies."""
        return len(self.ids)

    @property
    def estimators(self) -> tuple[str, ...]:
        """Names of the estimators."""
        return tuple(self.pdf)

    @property
    def usable(self) -> np.ndarray:
        """Galaxies with a posterior, (n,) bool."""
        return np.asarray(np.isfinite(self.pdf[self.estimators[0]]).all(axis=1))

    def has_density(self, estimator: str) -> bool:
        """Return whether an estimator gives densities; results of points alone do not."""
        return bool(np.isfinite(self._pdf(estimator)[:, 0]).any())

    def take(self, rows: np.ndarray) -> "Posterior":
        """Return the posterior of some rows, given by index or mask."""
        rows = np.asarray(rows)
        cut = lambda tree: jax.tree.map(lambda a: a[rows], tree)  # noqa: E731
        return replace(
            self,
            ids=self.ids[rows],
            pdf=cut(self.pdf),
            conditional=cut(self.conditional),
            z_spec=None if self.z_spec is None else self.z_spec[rows],
            summaries=cut(self.summaries),
            ood=cut(self.ood),
            out_of_range=cut(self.out_of_range),
        )

    def alone(self, estimator: str) -> "Posterior":
        """Return the posterior of one estimator, with the parameters that evaluate it.

        Raises:
            InputError: it is not here.
        """
        needed = {estimator} if estimator != densities.POOL else {estimator, *densities.MEMBERS}
        return replace(
            self,
            pdf={estimator: self._pdf(estimator)},
            conditional={k: v for k, v in self.conditional.items() if k in needed},
            summaries={k: v for k, v in self.summaries.items() if k == estimator},
        )

    def is_exact(self, estimator: str) -> bool:
        """Return whether an estimator is evaluated from its parameters, not from its cells."""
        return densities.parameters(self.conditional, estimator) is not None

    def cdf(self, estimator: str, z: np.ndarray) -> np.ndarray:
        """Return the CDF of each galaxy at its own z (n,); NaN where either is unknown."""
        z = np.asarray(z, np.float64)
        if not self.is_exact(estimator):
            return grid.cdf_from_cells(self.z_grid, self._pdf(estimator), z)
        return np.where(np.isfinite(z), self._exact("cdf", estimator, np.nan_to_num(z)), np.nan)

    def log_prob(self, estimator: str, z: np.ndarray) -> np.ndarray:
        """Return ln p at each galaxy's own z (n,), -inf where p is zero or outside the grid."""
        z = np.asarray(z, np.float64)
        if self.is_exact(estimator):
            value = self._exact("log_prob", estimator, np.nan_to_num(z))
        else:
            density = grid.interpolate_rows(self.z_grid, self._pdf(estimator), z)
            with np.errstate(divide="ignore"):
                value = np.log(np.nan_to_num(density))
        return np.where(np.isfinite(z) & self.usable, value, np.nan)

    def quantile(self, estimator: str, q: np.ndarray | list[float]) -> np.ndarray:
        """Return quantiles, (n, len(q))."""
        q = np.asarray(q, np.float64)
        if not self.is_exact(estimator):
            return grid.quantiles_from_cells(self.z_grid, self._pdf(estimator), q)
        rows = np.broadcast_to(q, (self.n, len(q)))
        return np.where(self.usable[:, None], self._exact("quantile", estimator, rows), np.nan)

    def median(self, estimator: str) -> np.ndarray:
        """Return the median redshift, (n,)."""
        return self.quantile(estimator, [0.5])[:, 0]

    def interval(self, estimator: str, level: float = 0.68) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the central interval that holds `level`, (n,) each."""
        ends = self.quantile(estimator, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
        return ends[:, 0], ends[:, 1]

    def mean(self, estimator: str) -> np.ndarray:
        """Return the mean redshift of the stored density, (n,)."""
        edges = grid.cell_edges(self.z_grid)
        mass = self._pdf(estimator) * np.diff(edges)
        return mass @ (0.5 * (edges[1:] + edges[:-1])) / mass.sum(axis=1)

    def z_map(self, estimator: str, method: str = "stored", seed: int = 0) -> np.ndarray:
        """Return the maximum a posteriori redshift, (n,).

        Args:
            estimator: whose.
            method: `stored` (the file's point: the grid's, or a reference code's own peak),
                `grid`, `samples`, and for the MDN `components` and `components_refined`.
            seed: of the samples.

        Raises:
            InputError: a method this estimator or this file does not have.
        """
        stored = self.summaries.get(estimator, {}).get("z_map")
        if method == "stored" and stored is not None:
            return stored
        if method in ("stored", "grid"):
            return modes.grid_map(self.z_grid, self._pdf(estimator))
        if method not in modes.MAP_METHODS.get(estimator, ()):
            known = ", ".join(modes.MAP_METHODS.get(estimator, ("grid",)))
            raise InputError(f"{estimator!r} has no MAP method {method!r}: it has {known}.")
        params, density = self._params(estimator), densities.family(estimator, self.z_max)
        key = jax.random.key(seed)
        found = map_chunks(
            lambda p: modes.conditional_map(density, p, key, method), params, self.n, 1024
        )
        return np.where(self.usable, found, np.nan)

    def odds(self, estimator: str) -> np.ndarray:
        """Return the mass within 0.06 (1 + z_map) of the peak, (n,) (Coe et al. 2006)."""
        peak = self.z_map(estimator)
        half = ODDS_HALF_WIDTH * (1.0 + peak)
        return self.cdf(estimator, peak + half) - self.cdf(estimator, peak - half)

    def pit(self, estimator: str, method: str = "exact") -> np.ndarray:
        """Return the CDF at the spectroscopic redshift, (n,), NaN where that is unknown.

        Args:
            estimator: whose.
            method: `exact` (components, knots or cell masses) or `trapezium` (the original's).

        Raises:
            InputError: no spectroscopic redshifts, or another method.
        """
        z_spec = self.require_z_spec()
        if method == "exact":
            return self.cdf(estimator, z_spec)
        if method == "trapezium":
            return grid.trapezium_cdf(self.z_grid, self._pdf(estimator), z_spec)
        raise InputError(f"There is no PIT method {method!r}: use exact or trapezium.")

    def sample(self, estimator: str, m: int, seed: int = 0) -> np.ndarray:
        """Return m redshifts of each galaxy, (n, m): quantiles of uniform numbers."""
        q = np.random.default_rng(seed).random((self.n, m))
        if self.is_exact(estimator):
            return np.where(self.usable[:, None], self._exact("quantile", estimator, q), np.nan)
        edges = grid.cell_edges(self.z_grid)
        cumulative = grid.cdf_at_edges(self.z_grid, self._pdf(estimator))
        rows = [np.interp(u * c[-1], c, edges) for u, c in zip(q, cumulative, strict=True)]
        return np.where(self.usable[:, None], np.array(rows), np.nan)

    def n_z_stack(self, estimator: str) -> StackedDensity:
        """Return the mean of the stored densities, labelled as the stack that it is."""
        density = np.nanmean(self._pdf(estimator), axis=0)
        return StackedDensity(self.z_grid, density, "stack of p(z), not an estimate of n(z)")

    def require_z_spec(self) -> np.ndarray:
        """Return the spectroscopic redshifts.

        Raises:
            InputError: there are none.
        """
        if self.z_spec is None or not np.isfinite(self.z_spec).any():
            raise InputError(
                "This result has no spectroscopic redshift (column z_spec), which scores need. "
                "Add it to the catalogue with `photoz match` and predict again."
            )
        return self.z_spec

    def require_ood(self) -> np.ndarray:
        """Return the score of unlikeness to simulated galaxies, (n,).

        Raises:
            InputError: the models did not know it.
        """
        if self.ood is None:
            raise InputError(
                "This result has no column ood: its models carry no reference of simulated "
                "galaxies. `python -m photoz.trust.add MODEL SIMULATION` adds one; predict again "
                "afterwards."
            )
        return self.ood

    def _pdf(self, estimator: str) -> np.ndarray:
        if estimator not in self.pdf:
            raise InputError(
                f"This result has no estimator {estimator!r}: it has {', '.join(self.pdf)}."
            )
        return self.pdf[estimator]

    def _params(self, estimator: str) -> Any:
        self._pdf(estimator)
        found = densities.parameters(self.conditional, estimator)
        if found is None:
            raise InputError(
                f"This result holds no components or knots of {estimator!r}, which this needs: "
                "predict again with `--pdf components` or `--pdf grid`."
            )
        return found

    def _exact(self, method: str, estimator: str, at: np.ndarray) -> np.ndarray:
        """Evaluate a method of the density; at (n,) or (n, k)."""
        return densities.evaluate(estimator, method, self._params(estimator), at, self.z_max)
