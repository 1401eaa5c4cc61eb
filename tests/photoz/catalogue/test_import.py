"""An import converts units exactly, keeps what is good and counts everything it changes."""

import numpy as np
import pytest
from astropy import units as u

from photoz.catalogue import import_catalogue, read_catalogue, write_catalogue
from photoz.errors import CatalogueError, InputError
from tests.photoz.catalogue.making import good_columns, same, write_parquet

CSV = """ID,zs,RA,gm,ge,rf,re,junk
a1,0.5,10,22.1,0.1,1000,20,x
a2,-99,20,99,99,2000,0,y
a2,0.3,30,23,0.2,2000,5,y
,0.3,40,23,0.2,2000,5,y
a3,--,400,inf,0.2,-30,5,y
a4,0.7,50,21,0.1,-9999,5,y
"""
MAPPING = """
id = "ID"
z_spec = "zs"
ra = "RA"
[[band]]
name = "g"
flux = "gm"
err = "ge"
unit = "mag_ab"
[[band]]
name = "r"
flux = "rf"
err = "re"
unit = "njy"
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "in.csv").write_text(CSV)
    (tmp_path / "map.toml").write_text(MAPPING)
    return tmp_path / "in.csv", tmp_path / "map.toml"


def test_mapped_table(files):
    catalogue, report = import_catalogue(*files)
    assert catalogue.ids.tolist() == ["a1", "a2", "a3", "a4"]
    np.testing.assert_array_equal(catalogue.z_spec, [0.5, np.nan, np.nan, 0.7])
    assert catalogue.ra_deg is not None
    np.testing.assert_array_equal(catalogue.ra_deg, [10, 20, np.nan, 50])
    flux = (22.1 * u.ABmag).to(u.uJy).value
    assert catalogue.flux_ujy[0, 0] == pytest.approx(flux, rel=1e-12)
    # d ln f = 0.4 ln 10 dm
    assert catalogue.err_ujy[0, 0] == pytest.approx(0.1 * 0.4 * np.log(10) * flux, rel=1e-12)
    assert catalogue.flux_ujy[:, 1] == pytest.approx([1.0, np.nan, -0.03, np.nan], nan_ok=True)
    assert catalogue.err_ujy[:, 1] == pytest.approx([0.02, np.nan, 0.005, np.nan], nan_ok=True)
    assert (report.rows_read, report.rows_kept) == (6, 4)
    assert report.dropped == {"no id": 1, "repeated id": 1}
    assert report.cleared == {"z_spec": 1, "ra": 1}
    g, r = report.bands
    assert (g["measured"], g["missing"], g["sentinel"], g["infinite"]) == (2, 2, 1, 1)
    assert (r["measured"], r["missing"], r["sentinel"], r["error_not_above_0"]) == (2, 2, 1, 1)
    assert any("1 columns of the file are not carried over" in note for note in report.notes)
    assert any("1 galaxies have no band" in note for note in report.notes)


@pytest.mark.parametrize(
    ("unit", "factor"),
    # a nanomaggy is 1e-9 of the AB zero point, 3631 jansky
    [("ujy", 1.0), ("njy", 1e-3), ("jy", 1e6), ("nanomaggy", 3631e6 * 1e-9)],
)
def test_units(tmp_path, unit, factor):
    (tmp_path / "in.csv").write_text("f,e\n2.5,0.5\n-1,0.25\n")
    (tmp_path / "map.toml").write_text(
        f"unit = '{unit}'\n[[band]]\nname = 'g'\nflux = 'f'\nerr = 'e'\n"
    )
    catalogue, report = import_catalogue(tmp_path / "in.csv", tmp_path / "map.toml")
    assert catalogue.flux_ujy[:, 0] == pytest.approx([2.5 * factor, -factor])
    assert catalogue.err_ujy[:, 0] == pytest.approx([0.5 * factor, 0.25 * factor])
    assert catalogue.ids.tolist() == [1, 2]
    assert any("no id" in note for note in report.notes)


def test_own_names_with_marks_become_a_readable_catalogue(tmp_path):
    clean = good_columns()
    dirty = {name: np.array(values) for name, values in clean.items()}
    dirty["flux_hsc_g"][[0, 1]] = -99, np.inf
    dirty["err_hsc_r"][2] = 0
    dirty["z_spec"][5] = -9999
    source = write_parquet(tmp_path / "dirty.parquet", dirty)
    with pytest.raises(CatalogueError):
        read_catalogue(source)
    catalogue, report = import_catalogue(source)
    write_catalogue(catalogue, tmp_path / "clean.parquet")
    clean["flux_hsc_g"][[0, 1]] = np.nan
    clean["flux_hsc_r"][2] = clean["err_hsc_r"][2] = np.nan
    clean["z_spec"][5] = np.nan
    expected = read_catalogue(write_parquet(tmp_path / "expected.parquet", clean))
    same(read_catalogue(tmp_path / "clean.parquet"), expected)
    assert report.dropped == {}
    assert [band["limits"] for band in report.bands] == [0, 1]


def test_stated_units_and_magnitude_names_need_no_mapping(tmp_path):
    columns = {"id": [1, 2], "flux_g": [1.0, 2.0], "err_g": [0.1, 0.1]}
    path = write_parquet(tmp_path / "a.parquet", columns, {"flux_g": "nmgy", "err_g": "nmgy"})
    assert import_catalogue(path)[0].flux_ujy[:, 0] == pytest.approx([3.631, 7.262])
    columns = {"id": [1, 2], "mag_g": [23.9, 99.0], "magerr_g": [0.1, 99.0]}
    catalogue, _ = import_catalogue(write_parquet(tmp_path / "b.parquet", columns))
    assert catalogue.flux_ujy[:, 0] == pytest.approx([1.0, np.nan], nan_ok=True)


def test_a_flux_of_99_is_kept_where_the_mapping_says_so(tmp_path):
    (tmp_path / "in.csv").write_text("f,e\n99,0.5\n-1,0.25\n")
    (tmp_path / "map.toml").write_text(
        "sentinels = [-1]\n[[band]]\nname = 'g'\nflux = 'f'\nerr = 'e'\nunit = 'ujy'\n"
    )
    catalogue, _ = import_catalogue(tmp_path / "in.csv", tmp_path / "map.toml")
    assert catalogue.flux_ujy[:, 0] == pytest.approx([99, np.nan], nan_ok=True)


def test_provenance_names_source_and_mapping(files):
    catalogue, _ = import_catalogue(*files)
    record = catalogue.provenance
    assert record["parents"]["file"]["name"] == "in.csv"
    assert record["mapping"]["bands"][0]["flux"] == "gm"
    assert record["report"]["dropped"] == {"no id": 1, "repeated id": 1}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"gm"', '"gmm"', r"has no column gmm, which the mapping names; did you mean gm"),
        ('"mag_ab"', '"mag"', r"band 1: unit is 'mag'; expected one of ujy, njy, jy"),
        ('err = "ge"\n', "", r"band 1 has no err"),
        ('name = "r"', 'name = "g"', r"band g twice"),
        ('id = "ID"', "id = 3", r"id is 3; expected the name of a column in quotes"),
        ('id = "ID"', 'idd = "ID"', r"unknown entry idd"),
        ('id = "ID"', "id = ", r"not valid TOML"),
        ('id = "ID"', 'sentinels = "x"', r"sentinels must be a list of numbers"),
        (MAPPING, 'id = "ID"', r"names no band"),
    ],
)
def test_bad_mappings(files, old, new, sentence):
    assert old in MAPPING
    files[1].write_text(MAPPING.replace(old, new))
    with pytest.raises((InputError, CatalogueError), match=sentence):
        import_catalogue(*files)


def test_text_that_is_no_number_is_not_guessed(files):
    files[0].write_text(CSV.replace("22.1", "bright"))
    with pytest.raises(CatalogueError, match="column gm has the text 'bright' in row 1"):
        import_catalogue(*files)


def test_magnitudes_under_the_names_of_fluxes_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    columns = {"id": np.arange(30), "flux_g": rng.uniform(18, 25, 30), "err_g": np.full(30, 0.1)}
    with pytest.raises(CatalogueError, match="as magnitudes do"):
        import_catalogue(write_parquet(tmp_path / "a.parquet", columns))
