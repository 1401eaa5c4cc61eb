"""Catalogues survive writing and reading, and units and states are what they should be."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photoz.catalogue import Catalogue, read_catalogue, write_catalogue
from photoz.catalogue.checks import SENTINELS
from photoz.errors import CatalogueError, InputError
from tests.photoz.catalogue.making import N, good_columns, same, write_parquet

SUFFIXES = ("parquet", "ecsv", "fits")
positive = st.floats(1e-6, 1e7).filter(lambda x: x not in SENTINELS)


@st.composite
def catalogues(draw) -> Catalogue:
    """Any valid catalogue of up to 6 galaxies in up to 3 bands."""
    n, n_band = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    shape = (n, n_band)
    flux = draw(
        arrays(float, shape, elements=st.floats(-1e6, 1e6).filter(lambda x: x not in SENTINELS))
    )
    err = draw(arrays(float, shape, elements=positive))
    limit = draw(arrays(float, shape, elements=positive))
    state = draw(arrays(int, shape, elements=st.integers(0, 2)))
    if draw(st.booleans()):
        ids = np.array(
            draw(st.lists(st.integers(-(2**60), 2**60), min_size=n, max_size=n, unique=True))
        )
    else:
        text = st.text("abcXYZ019 _+-", min_size=1, max_size=8).map(str.strip).filter(bool)
        ids = np.array(draw(st.lists(text, min_size=n, max_size=n, unique=True)))
    maybe = lambda low, high: draw(  # noqa: E731
        st.none() | arrays(float, n, elements=st.floats(low, high) | st.just(np.nan))
    )
    return Catalogue(
        ids=ids,
        bands=tuple(f"band_{b}" for b in range(n_band)),
        flux_ujy=np.where(state == 0, flux, np.nan),
        err_ujy=np.where(state == 0, err, np.nan),
        uplim_ujy=np.where(state == 1, limit, np.nan),
        z_spec=maybe(0, 10),
        ra_deg=maybe(0, 360),
        dec_deg=maybe(-90, 90),
        ebv_mw=maybe(0, 2),
        extra={"kind": np.array([f"g{i}" for i in range(n)]), "flag": np.arange(n)},
        provenance={"kind": "catalogue", "note": 'it\'s "quoted", 100 % long ' * 9},
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=25, deadline=None)
@given(catalogue=catalogues())
def test_any_catalogue_survives_every_kind_of_file(suffix, catalogue):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"catalogue.{suffix}"
        write_catalogue(catalogue, path)
        read = read_catalogue(path)
        same(read, catalogue)
        np.testing.assert_array_equal(read.state, catalogue.state)
        assert read.provenance["note"] == catalogue.provenance["note"]
        assert read.provenance["n_without_photometry"] == (~catalogue.usable).sum()
        assert [p.name for p in Path(folder).iterdir()] == [path.name]


def test_other_software_finds_units_and_provenance(tmp_path):
    source = read_catalogue(write_parquet(tmp_path / "a.parquet", good_columns()))
    for suffix in SUFFIXES:
        write_catalogue(source, tmp_path / f"b.{suffix}")
    schema = pq.read_schema(tmp_path / "b.parquet")
    assert schema.field("flux_hsc_g").metadata == {b"unit": b"uJy"}
    assert json.loads(schema.metadata[b"photoz"])["sha256"] == source.provenance["sha256"]
    for suffix, form in (("ecsv", "ascii.ecsv"), ("fits", "fits")):
        table = Table.read(tmp_path / f"b.{suffix}", format=form)
        assert str(table["err_hsc_r"].unit) == "uJy"
        assert str(table["ra"].unit) == "deg"
        meta = {key.lower(): value for key, value in table.meta.items()}
        assert json.loads(meta["photoz"])["sha256"] == source.provenance["sha256"]


def test_three_states_and_what_is_not_read(tmp_path):
    columns = good_columns()
    columns["err_hsc_g"][0] = np.nan
    columns["err_hsc_r"][4] = 0.0
    for name in ("flux_hsc_g", "flux_hsc_r"):
        columns[name][9] = np.nan
    catalogue = read_catalogue(write_parquet(tmp_path / "a.parquet", columns))
    assert catalogue.state[0].tolist() == [2, 0]
    assert catalogue.state[3].tolist() == [2, 0]
    assert catalogue.state[4].tolist() == [0, 1]
    assert np.isnan(catalogue.flux_ujy[catalogue.state != 0]).all()
    assert np.isnan(catalogue.err_ujy[catalogue.state != 0]).all()
    assert catalogue.n == N
    assert catalogue.provenance["n_without_photometry"] == 1
    assert list(catalogue.extra) == ["z_spec_quality"]
    assert (catalogue.flux_ujy < 0).any()


def test_bands_are_chosen_and_ordered(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", good_columns())
    whole, turned = read_catalogue(path), read_catalogue(path, bands=["hsc_r", "hsc_g"])
    assert turned.bands == ("hsc_r", "hsc_g")
    np.testing.assert_array_equal(turned.flux_ujy, whole.flux_ujy[:, ::-1])
    with pytest.raises(CatalogueError, match="has no band hsc_y; its bands are hsc_g, hsc_r"):
        read_catalogue(path, bands=["hsc_y"])


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("uJy", 1), ("microjansky", 1), ("nJy", 1e-3), ("mJy", 1e3), ("erg / (s cm2 Hz)", 1e29)],
)
def test_units_of_flux_density_are_converted(tmp_path, unit, factor):
    columns = good_columns()
    units = {f"{k}_{b}": unit for k in ("flux", "err", "uplim") for b in ("hsc_g", "hsc_r")}
    read = read_catalogue(write_parquet(tmp_path / "a.parquet", columns, units))
    plain = read_catalogue(write_parquet(tmp_path / "b.parquet", columns))
    np.testing.assert_allclose(read.flux_ujy, plain.flux_ujy * factor, rtol=1e-12)
    np.testing.assert_allclose(read.err_ujy, plain.err_ujy * factor, rtol=1e-12)
    np.testing.assert_allclose(read.uplim_ujy, plain.uplim_ujy * factor, rtol=1e-12)


def test_own_files_may_hold_a_flux_of_exactly_99(tmp_path):
    catalogue = read_catalogue(write_parquet(tmp_path / "a.parquet", good_columns()))
    catalogue.flux_ujy[0, 0] = 99.0
    write_catalogue(catalogue, tmp_path / "b.parquet")
    assert read_catalogue(tmp_path / "b.parquet").flux_ujy[0, 0] == 99.0


def test_whole_ids_stored_as_floats_become_integers(tmp_path):
    columns = good_columns() | {"id": np.arange(N) + 5.0}
    ids = read_catalogue(write_parquet(tmp_path / "a.parquet", columns)).ids
    assert ids.dtype == np.int64
    assert ids.tolist() == list(range(5, 5 + N))


def test_failed_write_leaves_the_old_file(tmp_path):
    catalogue = read_catalogue(write_parquet(tmp_path / "a.parquet", good_columns()))
    target = tmp_path / "b.parquet"
    write_catalogue(catalogue, target)
    before = target.read_bytes()
    catalogue.extra["strange"] = np.zeros(N, complex)
    with pytest.raises(pa.ArrowNotImplementedError):
        write_catalogue(catalogue, target)
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]
    with pytest.raises(InputError, match=r"'\.csv'; expected \.parquet, \.ecsv or \.fits"):
        write_catalogue(catalogue, tmp_path / "b.csv")
    with pytest.raises(InputError, match="does not exist"):
        write_catalogue(catalogue, tmp_path / "no" / "b.parquet")
