"""Catalogues and tables that the tests of this folder start from."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from photoz.catalogue import Catalogue

N = 12


def good_columns() -> dict:
    """Columns of a correct file: 12 galaxies, two bands, one limit, one missing flux."""
    rng = np.random.default_rng(7)
    columns = {
        "id": np.arange(101, 101 + N),
        "z_spec": rng.uniform(0.1, 2.0, N),
        "ra": rng.uniform(0, 360, N),
        "dec": rng.uniform(-90, 90, N),
        "flux_hsc_g": rng.lognormal(0, 2, N),
        "err_hsc_g": rng.lognormal(-3, 0.3, N),
        "flux_hsc_r": rng.normal(0, 5, N),
        "err_hsc_r": rng.lognormal(-3, 0.3, N),
        "uplim_hsc_r": np.full(N, np.nan),
        "z_spec_quality": rng.integers(1, 5, N),
    }
    columns["flux_hsc_g"][3] = np.nan
    columns["flux_hsc_r"][4], columns["uplim_hsc_r"][4] = 0.0, 0.2
    return columns


def write_parquet(path: Path, columns: dict, units: dict | None = None) -> Path:
    """Write columns as a plain Parquet file of somebody else."""
    arrays = [pa.array(values) for values in columns.values()]
    fields = [
        pa.field(name, a.type, metadata={"unit": units[name]} if units and name in units else None)
        for name, a in zip(columns, arrays, strict=True)
    ]
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), path)
    return path


def same(one: Catalogue, other: Catalogue) -> None:
    """Assert that two catalogues hold the same galaxies."""
    assert one.bands == other.bands
    assert one.ids.dtype.kind == other.ids.dtype.kind
    np.testing.assert_array_equal(one.ids, other.ids)
    for name in ("flux_ujy", "err_ujy", "uplim_ujy", "z_spec", "ra_deg", "dec_deg", "ebv_mw"):
        first, second = getattr(one, name), getattr(other, name)
        assert (first is None) == (second is None), name
        if first is not None:
            np.testing.assert_array_equal(first, second, err_msg=name)
    assert one.extra.keys() == other.extra.keys()
    for name, values in one.extra.items():
        np.testing.assert_array_equal(values, other.extra[name], err_msg=name)
