"""The split shares no batch; weights, draws and groups are what they say; bad samples refused."""

from dataclasses import replace

import numpy as np
import pytest

from photoz.errors import InputError
from photoz.simulate import read_simulation
from photoz.train.job import run as train
from photoz.train.sample import as_part, band_groups, select_bands, split_by_batch, weights
from tests.photoz.train.toy import BANDS, make_run, write_inputs, write_simulation


@pytest.fixture(scope="module")
def simulation(toy_inputs):
    return read_simulation(toy_inputs["simulation"])


def test_no_redshift_is_in_two_parts(simulation):
    split = split_by_batch(simulation, BANDS, "proposal", seed=7)
    parts = [split.train, split.validation, split.test]
    assert sum(part.n for part in parts) == len(simulation.z)
    shared = [set(a.z) & set(b.z) for a, b in zip(parts, [*parts[1:], parts[0]], strict=True)]
    assert shared == [set(), set(), set()]  # a batch of the toy has a redshift of its own
    n_batch = len(np.unique(simulation.batch))
    assert split.validation.n == split.test.n == 4 * round(0.05 * n_batch)


def test_the_split_depends_on_the_seed_alone(simulation):
    again = [split_by_batch(simulation, BANDS, "proposal", seed).test.z for seed in (7, 7, 8)]
    assert np.array_equal(again[0], again[1])
    assert not np.array_equal(again[0], again[2])


def test_weights_follow_the_recipe_where_asked(simulation):
    assert (weights(simulation, "proposal") == 1.0).all()
    found = weights(simulation, "target")
    ratio = found / np.exp(simulation.log_weight)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)
    assert found.mean() == pytest.approx(1.0, abs=1e-5)


def test_a_weighted_draw_has_the_weighted_distribution(simulation):
    part = as_part(simulation, BANDS, "target")
    drawn = part.draw(20_000, np.random.default_rng(0))
    expected = np.average(part.z, weights=part.weight)
    assert abs(expected - part.z.mean()) > 0.1
    assert drawn.z.mean() == pytest.approx(expected, abs=4 * part.z.std() / np.sqrt(20_000))
    assert (drawn.weight == 1.0).all()


def test_an_unweighted_draw_repeats_nobody(simulation):
    part = as_part(simulation, BANDS, "proposal")
    drawn = part.draw(10**6, np.random.default_rng(0))
    assert drawn.n == part.n
    assert np.array_equal(np.sort(drawn.z), np.sort(part.z))


def test_bands_come_in_the_order_asked(simulation):
    flux = select_bands(simulation, ("c", "a"))
    np.testing.assert_array_equal(flux[:, 0], simulation.flux_ujy[:, 2].astype(np.float32))
    with pytest.raises(InputError, match=r"no band x.*a, b, c"):
        select_bands(simulation, ("a", "x"))


def test_ten_rows_are_refused(tmp_path, tiny):
    sim = write_simulation(tmp_path / "ten.parquet", n=10, per_batch=1)
    with pytest.raises(InputError, match=r"has 10 galaxies in 10 batches.*simulate 1,000"):
        train(make_run(tmp_path / "run", {}), tiny | {"simulation": str(sim)})


def test_two_batches_are_refused(simulation):
    two = replace(simulation, batch=(np.arange(len(simulation.z)) % 2).astype(np.int32))
    with pytest.raises(InputError, match="in 2 batches"):
        split_by_batch(two, BANDS, "proposal", 0)


def test_a_flux_that_is_no_number_is_found_before_training(simulation):
    flux = simulation.flux_ujy.copy()
    flux[17, 1] = np.nan
    with pytest.raises(InputError, match=r"has 1 galaxies.*first in row 17"):
        split_by_batch(replace(simulation, flux_ujy=flux), BANDS, "proposal", 0)


def test_a_band_of_the_noise_that_was_not_simulated_is_named(tmp_path, tiny):
    inputs = write_inputs(tmp_path)
    noise = tmp_path / "toy-noise.json"
    noise.write_text(noise.read_text().replace('"name": "b"', '"name": "hsc_y"'))
    with pytest.raises(InputError, match="no band hsc_y"):
        train(make_run(tmp_path / "run", {}), tiny | inputs)


def test_groups_of_bands_are_those_of_the_survey():
    found = band_groups("cosmos2020", ("hsc_g", "hsc_r", "irac1", "ib427", "nb711", "nonesuch"))
    assert found[0] == found[1]
    assert len(set(found)) == 5  # broad, irac, medium, narrow, and the unknown one
    assert len(band_groups("no-such-survey", ("a", "b"))) == 2
    assert set(band_groups("no-such-survey", ("a", "b"))) == {0}
