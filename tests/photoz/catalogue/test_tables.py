"""Tables are read the same from every kind of file, or refused in a sentence."""

import pickle

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import table, units
from astropy.io import fits

from photoz.catalogue import read_table
from photoz.errors import CatalogueError


@pytest.fixture
def content():
    """An astropy table with whole numbers, numbers, text, a masked value and a unit."""
    made = table.Table(
        {
            "number": np.array([3, 1, 2]),
            "flux": np.array([1.5, -2.25, np.nan]) * units.nJy,
            "name": ["one", "two", "three"],
        }
    )
    made["gap"] = table.MaskedColumn([1, 2, 3], mask=[False, True, False])
    return made


@pytest.mark.parametrize("suffix", ["parquet", "ecsv", "csv", "fits", "fits.gz"])
def test_every_kind_gives_the_same_columns(tmp_path, content, suffix):
    path = tmp_path / f"table.{suffix}"
    if suffix == "parquet":
        frame = {name: content[name].tolist() for name in content.colnames}
        fields = {"flux": {"unit": "nJy"}}
        schema = pa.schema(
            [pa.field(n, pa.array(v).type, metadata=fields.get(n)) for n, v in frame.items()]
        )
        pq.write_table(pa.table(frame, schema=schema), path)
    else:
        formats = {"ecsv": "ascii.ecsv", "csv": "ascii.csv"}
        content.write(path, format=formats.get(suffix, "fits"))
    read = read_table(path)
    assert read.n == 3
    np.testing.assert_array_equal(read.columns["number"], [3, 1, 2])
    np.testing.assert_array_equal(read.columns["flux"], [1.5, -2.25, np.nan])
    np.testing.assert_array_equal(read.columns["name"], ["one", "two", "three"])
    np.testing.assert_array_equal(read.columns["gap"], [1, np.nan, 3])
    assert read.columns["number"].dtype.kind == "i"
    # what follows cannot use big-endian numbers, which FITS holds
    assert all(c.dtype.isnative for c in read.columns.values())
    assert read.units.get("flux") == (None if suffix == "csv" else "nJy")


def test_ecsv_under_the_name_csv_is_read_as_what_it_is(tmp_path, content):
    path = tmp_path / "table.csv"
    content.write(path, format="ascii.ecsv")
    assert read_table(path).units == {"flux": "nJy"}


@pytest.mark.parametrize("suffix", [".parquet", ".ecsv", ".fits"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_file_cut_short_is_refused(tmp_path, suffix, share):
    whole = table.Table({"id": np.arange(2000), "x": np.arange(2000) / 7})
    path = tmp_path / f"table{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.table({n: np.asarray(whole[n]) for n in whole.colnames}), path)
    else:
        whole.write(path, format={".ecsv": "ascii.ecsv", ".fits": "fits"}[suffix])
    content = path.read_bytes()
    # for text the cut falls within a line
    path.write_bytes(content[: int(share * len(content)) - 7].rstrip(b"0123456789.e-"))
    with pytest.raises(CatalogueError, match=r"cannot be read as .* cut short|is cut short"):
        read_table(path)


@pytest.mark.parametrize("suffix", [".parquet", ".ecsv", ".csv", ".fits"])
def test_foreign_bytes_are_refused_and_never_unpickled(tmp_path, suffix):
    class Bomb:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    path = tmp_path / f"table{suffix}"
    path.write_bytes(pickle.dumps(Bomb()) + b"\n\x00\xff,1,2\n3\n")
    with pytest.raises(CatalogueError, match="cannot be read as"):
        read_table(path)
    assert not (tmp_path / "ran").exists()


def test_sentences_for_what_is_no_table(tmp_path):
    with pytest.raises(CatalogueError, match="does not exist: check the name"):
        read_table(tmp_path / "none.parquet")
    with pytest.raises(CatalogueError, match="is a folder"):
        read_table(tmp_path)
    empty = tmp_path / "empty.fits"
    empty.touch()
    with pytest.raises(CatalogueError, match="is empty"):
        read_table(empty)
    other = tmp_path / "table.xlsx"
    other.write_text("x")
    with pytest.raises(CatalogueError, match=r"'\.xlsx'.*\.parquet, \.ecsv, \.csv or \.fits"):
        read_table(other)
    header = tmp_path / "header.csv"
    header.write_text("id,flux_a,err_a\n")
    with pytest.raises(CatalogueError, match="without rows"):
        read_table(header)
    image = tmp_path / "image.fits"
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(image)
    with pytest.raises(CatalogueError, match="holds no table"):
        read_table(image)
    twice = tmp_path / "twice.csv"
    twice.write_text("id,x,x\n1,2,3\n")
    with pytest.raises(CatalogueError, match="more than one column named x"):
        read_table(twice)
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("id,x\n1,2\n3\n")
    with pytest.raises(CatalogueError, match="cannot be read as CSV"):
        read_table(ragged)
