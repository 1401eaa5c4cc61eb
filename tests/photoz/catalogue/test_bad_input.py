"""Every bad catalogue is refused with a sentence naming column, row, value and remedy."""

import numpy as np
import pytest

from photoz.catalogue import read_catalogue
from photoz.errors import CatalogueError
from tests.photoz.catalogue.making import N, good_columns, write_parquet


def put(column, row, value):
    """Return a change of one value."""

    def change(columns):
        values = np.array(columns[column], float)
        values[row] = value
        columns[column] = values

    return change


def drop(*names):
    """Return a change that drops columns."""
    return lambda columns: [columns.pop(name) for name in names]


def text(column, row, value):
    """Return a change of a number column to text with one value that is none."""

    def change(columns):
        values = [str(v) for v in columns[column]]
        values[row] = value
        columns[column] = values

    return change


def magnitudes(columns):
    """Turn the fluxes into magnitudes under the names of fluxes."""
    rng = np.random.default_rng(0)
    for band in ("hsc_g", "hsc_r"):
        columns[f"flux_{band}"] = rng.uniform(20, 26, N)
        columns[f"err_{band}"] = rng.uniform(0.01, 0.3, N)
    columns.pop("uplim_hsc_r")


def renamed(columns):
    """Name the columns as magnitudes."""
    for name in [n for n in columns if n.startswith(("flux_", "err_", "uplim_"))]:
        columns[name.replace("flux_", "mag_")] = columns.pop(name)


CASES = [
    (drop("id"), r"no column id.*photoz import"),
    (put("id", 5, 101), r"1 ids are given more than once, the first is 101 in rows 1, 6"),
    (put("id", 5, np.nan), r"column id is missing in row 6"),
    (put("id", 5, 7.5), r"column id holds the number 7\.5 in row 6"),
    (put("err_hsc_g", 2, 0.0), r"err_hsc_g is 0 in row 3 \(id 103\), where flux_hsc_g is"),
    (put("err_hsc_g", 2, -0.5), r"err_hsc_g is -0\.5 in row 3 \(id 103\).*error above 0"),
    (drop("err_hsc_g"), r"flux_hsc_g but no err_hsc_g"),
    (drop("flux_hsc_g"), r"err_hsc_g but no flux_hsc_g"),
    (drop("flux_hsc_r", "err_hsc_r"), r"uplim_hsc_r but no flux_hsc_r"),
    (drop("flux_hsc_g", "flux_hsc_r"), r"no column flux_<band>; expected .* found id, z_spec"),
    (put("flux_hsc_g", 0, np.inf), r"flux_hsc_g is infinite in row 1 \(id 101\)"),
    (put("err_hsc_r", 0, -np.inf), r"err_hsc_r is infinite in row 1"),
    (put("flux_hsc_g", 1, -99), r"flux_hsc_g is -99 in row 2 \(id 102\).*photoz import"),
    (put("flux_hsc_g", 1, 99), r"flux_hsc_g is 99 in row 2"),
    (put("err_hsc_g", 1, 1e20), r"err_hsc_g is 1e\+20 in row 2"),
    (put("err_hsc_r", [1, 2, 3, 5, 7], -9999), r"row 2 .*, row 3 .*, row 4 .* and 2 more rows"),
    (text("flux_hsc_g", 2, "faint"), r"flux_hsc_g has the text 'faint' in row 3"),
    (text("z_spec", 2, "?"), r"z_spec has the text '\?' in row 3"),
    (put("z_spec", 2, -99), r"z_spec is -99 in row 3 \(id 103\); expected -0\.05 to 20"),
    (put("dec", 2, 95), r"column dec is 95 in row 3"),
    (put("ra", 2, np.inf), r"column ra is inf in row 3"),
    (put("uplim_hsc_r", 2, -1), r"uplim_hsc_r is -1 in row 3"),
    (put("flux_hsc_r", 4, 0.7), r"uplim_hsc_r is 0\.2 but flux_hsc_r is 0\.7.*row 5 \(id 105\)"),
    (magnitudes, r"100% of the fluxes lie between 10 and 35.*unit = 'mag_ab'"),
    (renamed, r"holds magnitudes \(mag_<band>\).*photoz import"),
]


@pytest.mark.parametrize(("change", "sentence"), CASES)
def test_refused_with_a_sentence(tmp_path, change, sentence):
    columns = good_columns()
    change(columns)
    path = write_parquet(tmp_path / "bad.parquet", columns)
    with pytest.raises(CatalogueError, match=sentence) as caught:
        read_catalogue(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("unit", "sentence"),
    [
        ("nanomaggy", r"flux_hsc_g is in nanomaggy.*unit = 'nanomaggy'"),
        ("mag(AB)", r"flux_hsc_g is in magnitudes"),
        ("count / s", r"'count / s', which is not a unit of flux density"),
        ("furlong per year", r"'furlong per year', which is not a unit of flux density"),
    ],
)
def test_units_that_are_no_flux_density(tmp_path, unit, sentence):
    units = {"flux_hsc_g": unit}
    path = write_parquet(tmp_path / "bad.parquet", good_columns(), units)
    with pytest.raises(CatalogueError, match=sentence):
        read_catalogue(path)


def test_fluxes_like_magnitudes_are_read_where_the_unit_is_stated(tmp_path):
    columns = good_columns()
    magnitudes(columns)
    path = write_parquet(tmp_path / "fine.parquet", columns, {"flux_hsc_g": "uJy"})
    assert read_catalogue(path).state.sum() == 0


def flux_table(tmp_path, change):
    """Forty galaxies of one colour, a factor 1,000 in brightness, without units."""
    level = np.geomspace(0.1, 100.0, 40)
    columns = {"id": np.arange(40)}
    for b, band in enumerate(("hsc_g", "hsc_r", "hsc_i")):
        columns |= {f"flux_{band}": level * (1 + b), f"err_{band}": np.full(40, 0.05)}
    change(columns)
    return write_parquet(tmp_path / "table.parquet", columns)


def one_band_of_magnitudes(columns):
    columns["flux_hsc_r"] = 23.9 - 2.5 * np.log10(columns["flux_hsc_r"])


def all_magnitudes_with_errors_of_fluxes(columns):
    for band in ("hsc_g", "hsc_r", "hsc_i"):
        columns[f"flux_{band}"] = 23.9 - 2.5 * np.log10(columns[f"flux_{band}"])
        columns[f"err_{band}"] *= 200.0


def one_band_in_jansky(columns):
    columns["flux_hsc_r"] *= 1e-6
    columns["err_hsc_r"] *= 1e-6


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (one_band_of_magnitudes, r"flux_hsc_r looks like magnitudes.*unit = 'mag_ab'"),
        (all_magnitudes_with_errors_of_fluxes, r"100% of the fluxes lie.*unit = 'mag_ab'"),
        (one_band_in_jansky, r"err_hsc_r is 5e-08 in the median.*looks like Jy.*photoz import"),
    ],
)
def test_a_column_of_another_unit_is_refused(tmp_path, change, sentence):
    assert read_catalogue(flux_table(tmp_path, lambda columns: None)).n == 40
    with pytest.raises(CatalogueError, match=sentence):
        read_catalogue(flux_table(tmp_path, change))
