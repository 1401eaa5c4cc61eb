"""What a reader of another code's files found, and the posterior it becomes."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from photoz.infer.modes import grid_map
from photoz.infer.peers import densities_of_points, no_density, normalised
from photoz.infer.posterior import Posterior
from photoz.provenance import provenance


@dataclass(frozen=True)
class Found:
    """Redshifts of n galaxies by one code; everything but ids may be missing.

    Attributes:
        code: name of the code, for people.
        ids: whole numbers or text, (n,).
        z_point: the code's own best redshift, NaN where it has none, (n,).
        z_spec: spectroscopic redshifts, NaN where unknown, (n,), or None.
        summaries: further columns (`z_median`, `z_lo68`, `z_hi68`), (n,) each.
        z_grid: redshifts of the densities, (m,), or None for a result of points alone.
        density: (n, m), any positive normalisation; NaN or zero rows where there is none.
        at_points: whether `density` is the value at the grid's points, linear between them; else
            it is the mass of the grid's cells over their widths.
        numbered: whether the file had no ids, so that these are its row numbers.
        notes: what a reader should know of this result, one sentence each.
    """

    code: str
    ids: np.ndarray
    z_point: np.ndarray | None = None
    z_spec: np.ndarray | None = None
    summaries: dict[str, np.ndarray] = field(default_factory=dict)
    z_grid: np.ndarray | None = None
    density: np.ndarray | None = None
    at_points: bool = True
    numbered: bool = False
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of galaxies."""
        return len(self.ids)

    def take(self, rows: np.ndarray) -> "Found":
        """Return some rows, given by index or mask."""
        cut = lambda a: None if a is None else a[rows]  # noqa: E731
        return replace(
            self,
            ids=self.ids[rows],
            z_point=cut(self.z_point),
            z_spec=cut(self.z_spec),
            summaries={key: values[rows] for key, values in self.summaries.items()},
            density=cut(self.density),
        )


def as_posterior(found: Found, name: str, path: Path) -> Posterior:
    """Return a posterior of one estimator.

    Where the code gave a density and no point, the point is the density's peak. A result of
    points alone has NaN densities; `Posterior.has_density` tells.

    Args:
        found: what was read.
        name: of the estimator.
        path: of the file, for the provenance.
    """
    point = np.full(found.n, np.nan) if found.z_point is None else found.z_point
    if found.z_grid is None or found.density is None:
        grid, pdf = no_density(point)
    elif found.at_points:
        grid, pdf = densities_of_points(found.z_grid, found.density)
    else:
        grid, pdf = normalised(found.z_grid, np.asarray(found.density, np.float64))
    if found.density is not None:
        point = np.where(np.isfinite(point), point, grid_map(grid, pdf))
    record = provenance("posterior", code=found.code, file=path.name, notes=list(found.notes))
    return Posterior(
        ids=found.ids,
        z_grid=grid,
        pdf={name: pdf},
        z_max=float(grid[-1]),
        z_spec=found.z_spec,
        summaries={name: {"z_map": point, **found.summaries}},
        provenance=record,
    )


def ids_of(texts: np.ndarray) -> np.ndarray:
    """Return ids as whole numbers where all of them are (also `12.0000`), else as text, (n,)."""
    texts = np.asarray(texts)
    if texts.dtype.kind in "iu":
        return texts.astype(np.int64)
    if texts.dtype.kind == "S":
        texts = np.char.decode(texts, "utf-8", "replace")
    try:
        numbers = texts.astype(np.float64)
    except ValueError:
        return np.char.strip(texts.astype(np.str_))
    if not (np.isfinite(numbers) & (np.abs(numbers) < 2.0**53) & (numbers % 1 == 0)).all():
        return np.char.strip(texts.astype(np.str_))
    return numbers.astype(np.int64)


def positive_or_nan(values: np.ndarray) -> np.ndarray:
    """Return redshifts (n,) float64; zero, negative and absurd ones, all marks, become NaN."""
    values = np.asarray(values, np.float64)
    return np.where(np.isfinite(values) & (values > 0.0) & (values < 50.0), values, np.nan)
