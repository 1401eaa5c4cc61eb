"""A photometric catalogue in memory: fluxes, errors, limits, redshifts, where they came from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from photoz.errors import CatalogueError
from photoz.states import LIMIT, MEASURED, MISSING


@dataclass(frozen=True)
class Catalogue:
    """Galaxies with total fluxes in an ordered list of bands.

    Attributes:
        ids: (n,) integers or text, as in the file.
        bands: names of the bands.
        flux_ujy: (n, n_band) float64, microjansky; NaN = missing; negative values allowed.
        err_ujy: (n, n_band) one sigma errors, > 0 where measured, NaN where missing.
        uplim_ujy: (n, n_band) upper limits where only a limit is known, else NaN.
        z_spec: (n,) spectroscopic redshifts, NaN = unknown; None if the file has none.
        ra_deg: (n,) right ascension or None.
        dec_deg: (n,) declination or None.
        ebv_mw: (n,) Galactic reddening E(B-V), magnitudes, or None.
        extra: further columns of the file by name, (n,) each.
        provenance: what made the catalogue.

    Raises:
        CatalogueError: an array that does not fit the ids and bands.
    """

    ids: np.ndarray
    bands: tuple[str, ...]
    flux_ujy: np.ndarray
    err_ujy: np.ndarray
    uplim_ujy: np.ndarray
    z_spec: np.ndarray | None = None
    ra_deg: np.ndarray | None = None
    dec_deg: np.ndarray | None = None
    ebv_mw: np.ndarray | None = None
    extra: dict[str, np.ndarray] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.ids), len(self.bands))
        for name in ("flux_ujy", "err_ujy", "uplim_ujy"):
            if getattr(self, name).shape != shape:
                raise CatalogueError(
                    f"The catalogue's {name} has shape {getattr(self, name).shape}, expected "
                    f"{shape} for {shape[0]} galaxies in {shape[1]} bands."
                )
        for name, column in self._columns().items():
            if len(column) != shape[0]:
                raise CatalogueError(
                    f"The catalogue's {name} has {len(column)} rows, expected {shape[0]}."
                )

    @property
    def n(self) -> int:
        """Number of galaxies."""
        return len(self.ids)

    @property
    def state(self) -> np.ndarray:
        """(n, n_band) uint8: 0 measured, 1 limit, 2 missing."""
        limit = np.isfinite(self.uplim_ujy)
        measured = np.isfinite(self.flux_ujy) & np.isfinite(self.err_ujy) & ~limit
        return np.where(limit, LIMIT, np.where(measured, MEASURED, MISSING)).astype(np.uint8)

    @property
    def usable(self) -> np.ndarray:
        """(n,) bool: at least one band is measured or limited."""
        return (self.state != MISSING).any(axis=1)

    def take(self, index: np.ndarray) -> "Catalogue":
        """Return the galaxies of an index array or a boolean mask, in its order."""
        rows = {name: column[index] for name, column in self._columns().items()}
        return Catalogue(
            ids=self.ids[index],
            bands=self.bands,
            flux_ujy=self.flux_ujy[index],
            err_ujy=self.err_ujy[index],
            uplim_ujy=self.uplim_ujy[index],
            z_spec=rows.get("z_spec"),
            ra_deg=rows.get("ra_deg"),
            dec_deg=rows.get("dec_deg"),
            ebv_mw=rows.get("ebv_mw"),
            extra={name: rows[name] for name in self.extra},
            provenance=self.provenance,
        )

    def with_bands(self, bands: Sequence[str]) -> "Catalogue":
        """Return the catalogue with exactly these bands, in this order.

        Raises:
            CatalogueError: a band that the catalogue does not have.
        """
        absent = [band for band in bands if band not in self.bands]
        if absent:
            raise CatalogueError(
                f"The catalogue has no band {', '.join(absent)}; its bands are "
                f"{', '.join(self.bands)}. Rename its columns flux_<band>, err_<band>, or use a "
                "model made for these bands."
            )
        index = [self.bands.index(band) for band in bands]
        return Catalogue(
            ids=self.ids,
            bands=tuple(bands),
            flux_ujy=self.flux_ujy[:, index],
            err_ujy=self.err_ujy[:, index],
            uplim_ujy=self.uplim_ujy[:, index],
            z_spec=self.z_spec,
            ra_deg=self.ra_deg,
            dec_deg=self.dec_deg,
            ebv_mw=self.ebv_mw,
            extra=self.extra,
            provenance=self.provenance,
        )

    def _columns(self) -> dict[str, np.ndarray]:
        named = {
            "z_spec": self.z_spec,
            "ra_deg": self.ra_deg,
            "dec_deg": self.dec_deg,
            "ebv_mw": self.ebv_mw,
            **self.extra,
        }
        return {name: column for name, column in named.items() if column is not None}
