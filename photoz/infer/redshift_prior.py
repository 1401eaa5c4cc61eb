"""A prior in redshift: a one-dimensional density, from a sample, a table, or flat.

What is kept is a histogram (`edges`, `density`); what is meant is the line through the middles of
its bins, level in the two outer halves and zero beyond the ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from photoz.errors import InputError
from photoz.infer.grid import cell_edges

FINE = 0.01  # bins that others are joined from, or a 200th of the range where that is less
WIDTH = 0.05  # the usual bin
WIDEST = 0.25
FEW, MANY = 100, 400  # redshifts: a wide enough bin has the first, a bin with the second is cut
FLOOR = 1e-4  # of the flat density; no bin of a sample is below
NEARLY_ZERO = 1e-3  # of the flat density; nothing is learnt of redshifts drawn so rarely
_PARTS, _BINS = 4, 1000  # least bins between two points of a table, and over all of it


@dataclass(frozen=True)
class RedshiftPrior:
    """A density over redshift.

    Attributes:
        edges: increasing, (k + 1,).
        density: per unit z, not negative, (k,).
        name: what it is, for people.
        floor: least density that a bin was given, 0 where none was.
    """

    edges: Float[np.ndarray, " k_edge"]
    density: Float[np.ndarray, " k"]
    name: str = ""
    floor: float = 0.0

    @classmethod
    def flat(cls, z_max: float) -> "RedshiftPrior":
        """Return the prior that is equal from 0 to z_max."""
        return cls(np.array([0.0, z_max]), np.array([1.0 / z_max]), "flat")

    @classmethod
    def from_sample(
        cls,
        z: Float[np.ndarray, " n"],
        z_max: float,
        weight: Float[np.ndarray, " n"] | None = None,
        name: str = "",
    ) -> "RedshiftPrior":
        """Return the density of weighted redshifts from 0 to z_max.

        Bins are 0.05 wide, narrower (to 0.01) where there are many redshifts and wider (to 0.25)
        where there are few. What counts are different redshifts, since the simulated galaxies of
        one batch share theirs. No bin is below 1e-4 of the flat density.

        Args:
            z: redshifts; NaN and those outside 0 to z_max are left out.
            z_max: upper end of the support.
            weight: of each, not negative; equal by default.
            name: what it is.

        Raises:
            InputError: no redshift is left.
        """
        z = np.asarray(z, np.float64)
        weight = np.ones(len(z)) if weight is None else np.asarray(weight, np.float64)
        known = np.isfinite(z) & (z >= 0.0) & (z <= z_max) & (weight > 0.0)
        different, which = np.unique(z[known], return_inverse=True)
        if not len(different):
            raise InputError(
                f"{name or 'The sample'} has no redshift between 0 and {z_max:g}: there is no "
                "prior to take from it."
            )
        total = np.bincount(which, weights=weight[known])
        edges = _joined(different, total, z_max)
        share = np.histogram(different, edges, weights=total)[0] / total.sum()
        floor = FLOOR / z_max
        density = np.maximum(share / np.diff(edges), floor)
        return cls(edges, density / (density @ np.diff(edges)), name, floor)

    @classmethod
    def from_points(
        cls, z: Float[np.ndarray, " k"], density: Float[np.ndarray, " k"], name: str = ""
    ) -> "RedshiftPrior":
        """Return the density that runs straight between points and is zero outside them.

        Raises:
            InputError: z does not increase, a density is negative or not finite, or all are zero.
        """
        z, density = np.asarray(z, np.float64), np.asarray(density, np.float64)
        if len(z) < 2 or not np.isfinite(z).all() or not (np.diff(z) > 0).all():
            raise InputError(f"{name or 'The table'}: expected two or more increasing redshifts z.")
        parts = max(_PARTS, -(-_BINS // (len(z) - 1)))
        index = np.arange(parts * (len(z) - 1) + 1) / parts
        edges = np.interp(index, np.arange(len(z)), z)
        middle = 0.5 * (edges[1:] + edges[:-1])
        return cls(edges, np.interp(middle, z, density), name).checked()

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], name: str = "") -> "RedshiftPrior":
        """Return the prior of a record of `to_dict`.

        Raises:
            InputError: it is not one.
        """
        try:
            edges, density = (np.asarray(record[k], np.float64) for k in ("edges", "density"))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{name or 'The prior'}: expected edges and density as lists of numbers "
                f"({error!r})."
            ) from error
        said = str(record.get("name", "")) or name
        return cls(edges, density, said, float(record.get("floor", 0.0))).checked()

    def to_dict(self) -> dict[str, Any]:
        """Return it in JSON types, rounded to seven digits."""
        return {
            "edges": [float(f"{e:.7g}") for e in self.edges],
            "density": [float(f"{d:.7g}") for d in self.density],
            "floor": self.floor,
            "name": self.name,
        }

    def checked(self) -> "RedshiftPrior":
        """Return it unless its numbers are no density.

        Raises:
            InputError: they are not.
        """
        what = self.name or "The prior"
        if self.density.ndim != 1 or self.edges.shape != (len(self.density) + 1,):
            raise InputError(f"{what}: expected one density a bin and one edge more.")
        if not np.isfinite(self.edges).all() or not (np.diff(self.edges) > 0).all():
            raise InputError(f"{what}: expected edges that increase.")
        bad = ~(np.isfinite(self.density) & (self.density >= 0.0))
        if bad.any():
            raise InputError(
                f"{what}: its density near z = {self.edges[np.argmax(bad)]:.4g} is "
                f"{self.density[np.argmax(bad)]:g}; expected finite numbers, 0 or more."
            )
        if not self.density.any():
            raise InputError(f"{what} is zero everywhere: expected a density over redshift.")
        return self

    def on_cells(self, z_grid: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """Return the mean density in each cell of a grid, of mass one over the grid.

        Raises:
            InputError: there is no mass on the grid, or the grid is unusable.
        """
        edges = cell_edges(z_grid)
        middle = 0.5 * (self.edges[1:] + self.edges[:-1])
        inside = np.clip(edges, self.edges[0], self.edges[-1])
        z = np.unique(np.concatenate([self.edges[[0, -1]], middle, inside]))
        steps = _trapezia(z, np.interp(z, middle, self.density))
        mass = np.diff(np.interp(inside, z, np.concatenate([[0.0], np.cumsum(steps)])))
        if not mass.sum() > 0.0:
            raise InputError(
                f"{self.name or 'The prior'} has no mass between z = {edges[0]:g} and "
                f"{edges[-1]:g}, the grid of this result."
            )
        return mass / mass.sum() / np.diff(edges)


def nearly_zero(density: Float[np.ndarray, " m"], z_grid: Float[np.ndarray, " m"]) -> np.ndarray:
    """Return where a density on a grid is below a thousandth of the flat one, (m,) bool."""
    return density < NEARLY_ZERO / (z_grid[-1] - z_grid[0])


def _trapezia(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 0.5 * (y[1:] + y[:-1]) * np.diff(x)


def _joined(z: np.ndarray, weight: np.ndarray, z_max: float) -> np.ndarray:
    """Return edges whose bins hold enough different redshifts, (k + 1,).

    Redshifts are counted by their effective number, (sum w)^2 / sum w^2 (Kish 1965). An empty
    stretch keeps bins of its own, so that nothing is smeared into it.
    """
    fine = np.linspace(0.0, z_max, round(z_max / min(FINE, z_max / 200)) + 1)
    first, second = (np.histogram(z, fine, weights=weight**k)[0] for k in (1, 2))
    edges, sums = [0.0], np.zeros(2)
    for right, *found in zip(fine[1:], first, second, strict=True):
        sums += found
        held = sums[0] ** 2 / sums[1] if sums[1] > 0.0 else 0.0
        width = right - edges[-1] + 1e-9
        enough = held >= FEW or held == 0.0
        if held >= MANY or (width >= WIDTH and enough) or width >= WIDEST:
            edges.append(right)
            sums = np.zeros(2)
    if edges[-1] < fine[-1]:
        edges.append(fine[-1])
    return np.array(edges)
