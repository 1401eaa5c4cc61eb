"""A catalogue in another unit than microjansky is asked about, not believed."""

from dataclasses import replace

import numpy as np
import pytest

from photoz.assets import asset_path
from photoz.catalogue import read_catalogue, write_catalogue
from photoz.errors import CatalogueError
from photoz.infer.job import predict_file
from photoz.infer.unit_check import check_unit
from photoz.models import load_model


@pytest.fixture(scope="module")
def model():
    return load_model(asset_path("models", "cosmos2020/mdn.safetensors"))


@pytest.fixture(scope="module")
def mock():
    whole = read_catalogue(asset_path("data", "cosmos2020-mock.parquet"))
    return whole.take(np.arange(400))


def in_unit(mock, ujy, stated="assumed"):
    return replace(
        mock,
        flux_ujy=mock.flux_ujy / ujy,
        err_ujy=mock.err_ujy / ujy,
        provenance=mock.provenance | {"flux_unit": stated},
    )


@pytest.mark.parametrize(("unit", "ujy"), [("nanomaggy", 3.631), ("nJy", 1e-3)])
def test_another_unit_is_named_and_asked_about(model, mock, unit, ujy):
    with pytest.raises(CatalogueError, match=f"as if its fluxes were in {unit} .*give them the"):
        check_unit(model, in_unit(mock, ujy))


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.5, 8.0])
def test_microjansky_of_other_depths_pass(model, mock, factor):
    check_unit(model, in_unit(mock, factor))


def test_one_deep_band_is_no_unit(model, mock):
    err = mock.err_ujy.copy()
    err[:, 0] /= 3.631
    check_unit(model, replace(in_unit(mock, 1.0), err_ujy=err))


def test_a_stated_unit_is_believed(model, mock):
    check_unit(model, in_unit(mock, 3.631, "stated"))


def test_it_is_asked_where_a_file_is_read(mock, tmp_path):
    import pyarrow.parquet as pq

    write_catalogue(in_unit(mock, 3.631), tmp_path / "ours.parquet")
    # the same columns from another hand: neither our record nor units
    table = pq.read_table(tmp_path / "ours.parquet")
    bare = table.replace_schema_metadata(None).cast(
        table.schema.remove_metadata().empty_table().schema
    )
    names = bare.column_names
    bare = bare.from_arrays([bare[name].combine_chunks() for name in names], names=names)
    pq.write_table(bare, tmp_path / "bare.parquet")
    with pytest.raises(CatalogueError, match="in nanomaggy"):
        predict_file("cosmos2020", tmp_path / "bare.parquet", tmp_path / "p.parquet")
    assert not (tmp_path / "p.parquet").exists()
