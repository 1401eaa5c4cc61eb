"""Read any result, ours or another code's, as a posterior."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from photoz.errors import InputError
from photoz.infer.imports.detect import FORMATS, format_of
from photoz.infer.imports.eazy import read_eazy
from photoz.infer.imports.eazy_py import read_eazy_py
from photoz.infer.imports.found import Found, as_posterior
from photoz.infer.imports.lephare import read_lephare
from photoz.infer.imports.points import read_points
from photoz.infer.imports.qp_file import read_qp, root_of_parts
from photoz.infer.peers import read_peer
from photoz.infer.posterior import Posterior
from photoz.infer.posterior_file import read_posterior

_READERS: dict[str, Callable[[Path], Found]] = {
    "lephare": read_lephare,
    "eazy": read_eazy,
    "eazy-py": read_eazy_py,
    "qp": read_qp,
    "table": read_points,
}


class HasRedshifts(Protocol):
    """A catalogue, or anything else with spectroscopic redshifts (n,), or None, by id (n,)."""

    @property
    def ids(self) -> np.ndarray: ...  # noqa: D102

    @property
    def z_spec(self) -> np.ndarray | None: ...  # noqa: D102


def read_result(
    path: str | Path,
    format: str | None = None,
    estimator: str | None = None,
    z_spec_from: HasRedshifts | None = None,
    *,
    only_z_spec: bool = False,
) -> Posterior:
    """Read a result of ours or of another code (`FORMATS`).

    A result of points alone is a posterior whose densities are NaN (`Posterior.has_density`): it
    has point metrics and no others.

    Args:
        path: the file; for those that come in several, one of them (see the format's module).
        format: key of `FORMATS`; told by the content when None.
        estimator: name of the code in tables; default the file's name. Not for our own files,
            which name theirs.
        z_spec_from: gives spectroscopic redshifts by id where the file has none.
        only_z_spec: keep the galaxies with a spectroscopic redshift, all that scores need.

    Raises:
        InputError: missing, of no known kind or not what its kind should be, ids that do not match,
            or, with `only_z_spec`, no spectroscopic redshifts at all.
        CatalogueError: a table that cannot be read.
    """
    path = Path(path)
    kind = format or format_of(path)
    if kind not in FORMATS:
        raise InputError(f"There is no format {kind!r} of results: use {', '.join(FORMATS)}.")
    if not path.is_file() and kind != "qp":
        format_of(path)  # raises, with the reason
    if kind == "photoz":
        ours = read_posterior(path, only_z_spec=only_z_spec and z_spec_from is None)
        return _chosen(_filled(ours, z_spec_from, path), only_z_spec)
    if kind == "peer":
        return _chosen(_filled(read_peer(path, estimator), z_spec_from, path), only_z_spec)
    found = _READERS[kind](path)
    if z_spec_from is not None:
        found = _join(found, z_spec_from, path)
    if only_z_spec:
        known = np.zeros(found.n, bool) if found.z_spec is None else np.isfinite(found.z_spec)
        if not known.any():
            raise InputError(
                f"{path} has no spectroscopic redshift, which scores need: give a catalogue that "
                "has them by id with --catalogue C."
            )
        found = found.take(known)
    return as_posterior(found, estimator or _name_of(path), path)


def _join(found: Found, source: HasRedshifts, path: Path) -> Found:
    if found.numbered:
        raise InputError(
            f"{path} has no ids, so its galaxies cannot be found in the catalogue: give a file "
            "with ids, or write z_spec into it."
        )
    return replace(found, z_spec=joined_z_spec(found.ids, found.z_spec, source, path))


def _filled(posterior: Posterior, source: HasRedshifts | None, path: Path) -> Posterior:
    if source is None:
        return posterior
    z_spec = joined_z_spec(posterior.ids, posterior.z_spec, source, path)
    return replace(posterior, z_spec=z_spec)


def _chosen(posterior: Posterior, only_z_spec: bool) -> Posterior:
    if not only_z_spec:
        return posterior
    known = np.isfinite(posterior.require_z_spec())
    return posterior if known.all() else posterior.take(known)


def joined_z_spec(
    ids: np.ndarray, z_spec: np.ndarray | None, source: HasRedshifts, path: Path
) -> np.ndarray:
    """Return z_spec (n,), filled from a catalogue by id where it is unknown.

    Raises:
        InputError: the catalogue has no redshifts, or none of these ids.
    """
    if source.z_spec is None or not np.isfinite(source.z_spec).any():
        raise InputError("The catalogue has no spectroscopic redshift (column z_spec).")
    known = {str(i): z for i, z in zip(source.ids, source.z_spec, strict=True)}
    theirs = np.array([known.get(str(i), np.nan) for i in ids], np.float64)
    if not any(str(i) in known for i in ids):
        raise InputError(
            f"{path} and the catalogue have no id in common ({ids[0]} for one, {source.ids[0]} for "
            "the other): give the catalogue that the result was made from."
        )
    return theirs if z_spec is None else np.where(np.isfinite(z_spec), z_spec, theirs)


def _name_of(path: Path) -> str:
    """Return the file's name without its endings (`gds.eazypy.zout.fits`: gds)."""
    name = Path(root_of_parts(path).name.removesuffix(".gz")).stem
    for ending in (".data", ".zout", ".eazypy"):
        name = name.removesuffix(ending)
    return name
