"""The SSP grid: its lattice, its averages, and files that are not grids."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoz.errors import GridError
from photoz.sed.build_bc03 import build_bc03
from photoz.sed.builders import build_grid
from photoz.sed.constants import LY_ALPHA_AA, LYMAN_LIMIT_AA
from photoz.sed.grid import load_grid, save_grid
from photoz.sed.onto_lattice import cell_average


@pytest.fixture(scope="module")
def grid():
    return load_grid()


def test_lyman_limit_and_lyman_alpha_are_pixel_edges(grid):
    for line in (LYMAN_LIMIT_AA, LY_ALPHA_AA):
        assert np.abs(grid.wave_edges_aa / line - 1).min() < 1e-9
    assert np.allclose(
        np.diff(np.log(grid.wave_edges_aa)), np.log(LY_ALPHA_AA / LYMAN_LIMIT_AA) / 128
    )


def test_ten_megayears_is_an_age_edge(grid):
    assert grid.age_edges_gyr[grid.n_young] == pytest.approx(0.010)
    assert grid.n_young == 8


def test_populations_fade_and_lose_mass(grid):
    width = np.diff(grid.wave_edges_aa)
    bolometric = grid.stellar[4] @ width
    fading = np.diff(bolometric[8:]) < 0
    # the populations themselves brighten by a tenth at 1.14 Gyr, where red giants set in
    assert np.flatnonzero(~fading).tolist() == [int(np.searchsorted(grid.age_edges_gyr, 1.09)) - 9]
    assert (np.diff(bolometric[8::3]) < 0).all()
    assert (grid.surviving <= 1.0001).all()
    # Bruzual & Charlot (2003), Kroupa-like IMF: about half of the mass survives at 10 Gyr
    at_10 = grid.surviving[4, np.searchsorted(grid.age_edges_gyr, 10.0) - 1]
    assert 0.4 < at_10 < 0.65


def test_case_b_balmer_lines_per_ionising_photon(grid):
    # Osterbrock & Ferland (2006): L(Hbeta) = 4.76e-13 erg per ionising photon, Ha/Hb = 2.86
    at = lambda wave: int(np.argmin(np.abs(grid.line_wave_aa - wave)))  # noqa: E731
    line = grid.line[4, 3].astype(float)  # solar, log U = -2.5
    beta = line[:5, at(4861.33)] * 3.828e33 / 1e46
    assert np.allclose(beta, 4.76e-13, rtol=0.15, atol=0)
    assert np.allclose(line[:5, at(6562.81)] / line[:5, at(4861.33)], 2.86, rtol=0.05)


def test_dust_emission_leaves_mostly_beyond_the_grid(grid):
    share = float(grid.dust_emission @ np.diff(grid.wave_edges_aa))
    assert 0.0 < share < 0.1


@given(st.lists(st.floats(0.0, 10.0), min_size=5, max_size=5), st.integers(1, 7))
def test_cell_averages_conserve_the_integral(values, n_cell):
    x, y = np.array([0.0, 1.0, 2.5, 3.0, 5.0]), np.array(values)
    edges = np.linspace(-1.0, 6.0, n_cell + 1)
    total = cell_average(x, y, edges) @ np.diff(edges)
    assert total == pytest.approx(np.trapezoid(y, x), abs=1e-9)


def test_a_grid_survives_its_file(grid, tmp_path):
    save_grid(grid, tmp_path / "g.npz")
    again = load_grid(tmp_path / "g.npz")
    assert np.array_equal(again.stellar, grid.stellar)
    assert again.provenance == grid.provenance


def test_broken_grid_files_are_sentences(grid, tmp_path):
    with pytest.raises(GridError, match="does not exist"):
        load_grid(tmp_path / "none.npz")
    save_grid(grid, tmp_path / "g.npz")
    whole = (tmp_path / "g.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(GridError, match="photoz ssp build"):
        load_grid(tmp_path / "cut.npz")
    np.savez(tmp_path / "old.npz", header=np.array('{"format": 0, "provenance": {}}'))
    with pytest.raises(GridError, match="format 0"):
        load_grid(tmp_path / "old.npz")


def _written(grid, path, **changes):
    save_grid(replace(grid, **changes), path)
    return path


def _changed(array, place, value):
    array = np.array(array)
    array[place] = value
    return array


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("stellar", lambda a: _changed(a, (1, 2, 3), np.nan), r"stellar is nan at \[1, 2, 3\]"),
        ("stellar", lambda a: _changed(a, (1, 2, 3), -a.max()), r"stellar is -.* at \[1, 2, 3\]"),
        ("surviving", lambda a: _changed(a, (0, 0), np.inf), r"surviving is inf at \[0, 0\]"),
        ("stellar", lambda a: a[:, :-1], r"stellar has the shape \(7, 79, 2401\), .*7, 80, 2401"),
        ("log_u", lambda a: a[::-1], r"the axis log_u does not increase"),
        ("log_z", lambda a: _changed(a, 3, a[2]), r"the axis log_z does not increase"),
        ("log_z", lambda a: np.array(["a"] * 7), r"log_z holds <U1, expected numbers"),
    ],
)
def test_arrays_that_are_no_grid_are_named(grid, tmp_path, name, change, sentence):
    path = _written(grid, tmp_path / "bad.npz", **{name: change(getattr(grid, name))})
    with pytest.raises(GridError, match=rf"bad\.npz.*{sentence}.*photoz ssp build"):
        load_grid(path)


def test_a_header_that_is_none_is_a_sentence(tmp_path):
    for header, sentence in (("[1]", "no header"), ('{"format": 1}', "provenance")):
        np.savez(tmp_path / "odd.npz", header=np.array(header))
        with pytest.raises(GridError, match=rf"{sentence}.*photoz ssp build"):
            load_grid(tmp_path / "odd.npz")


def test_builder_says_what_it_lacks(tmp_path):
    with pytest.raises(GridError, match="known: bc03"):
        build_grid("basti", None, 300.0, 66_000.0)
    with pytest.raises(GridError, match="not usable"):
        build_grid("bc03", None, 300.0, 100.0)
    with pytest.raises(GridError, match="is missing"):
        build_bc03(tmp_path)
