"""Names that tables of redshifts go by, most telling first, compared without case."""

from collections.abc import Mapping

import numpy as np

NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "ids", "ident", "object_id", "objectid", "objid", "source_id", "number", "name"),
    "z_spec": ("z_spec", "zspec", "spec_z", "specz", "z_true", "ztrue", "redshift"),
    "z_mode": ("z_point", "z_mode", "zmode", "z_map", "z_peak"),
    "z_point": (
        *("z_point", "z", "z_phot", "zphot", "z_photo", "photo_z", "photoz", "photz"),
        *("z_best", "zbest", "z_peak", "zpeak", "z_b", "zb", "z_map", "z_mode", "zmode"),
        *("z_ml", "z_med", "z_median", "zmed", "z_mean", "zmean"),
    ),
    "z_median": ("z_median", "z_med", "z500", "zmedian"),
    "z_lo68": ("z_lo68", "z_lo", "z_low", "z160", "l68", "z_best68_low", "z_med68_low", "z16"),
    "z_hi68": ("z_hi68", "z_hi", "z_high", "z840", "u68", "z_best68_high", "z_med68_high", "z84"),
}


def first_named(columns: Mapping[str, np.ndarray], what: str) -> np.ndarray | None:
    """Return the column that holds a quantity by one of its names, or None."""
    found = named(columns, what)
    return None if found is None else columns[found]


def named(columns: Mapping[str, np.ndarray], what: str) -> str | None:
    """Return the name of the column that holds a quantity, as the table spells it, or None."""
    spelled = {name.lower(): name for name in reversed(list(columns))}
    return next((spelled[name] for name in NAMES[what] if name in spelled), None)
