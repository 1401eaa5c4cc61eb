"""A comparison of mock and real survey names what differs, in numbers that are known."""

from dataclasses import replace

import numpy as np
import pytest

from photoz.errors import InputError
from photoz.noise import check_noise, compare_catalogues, mock_catalogue
from photoz.noise.colours import compare_colours
from photoz.noise.distance import classifier_accuracy
from photoz.noise.pivots import adjacent_bands
from photoz.noise.weights import thin_by_weight
from tests.photoz.noise.making import BANDS, known_model, true_fluxes

N = 12_000


def observed(model, seed, n=N):
    flux, z = true_fluxes(n, seed)
    return mock_catalogue(np.arange(n), z, flux, BANDS, model, seed)


@pytest.fixture(scope="module")
def truth():
    patterns = np.array([[False, False, False], [True, False, False]])
    return known_model(patterns=patterns, pattern_share=np.array([0.75, 0.25]))


@pytest.fixture(scope="module")
def real(truth):
    return observed(truth, 5)


@pytest.fixture
def mock(truth):
    return observed(truth, 6)


def of(records, key, name):
    return next(record for record in records if record[key] == name)


def test_two_draws_of_one_survey_are_alike(mock, real):
    alike = compare_catalogues(mock, real)
    assert alike["distance"] < 0.05
    assert alike["c2st"] == pytest.approx(0.5, abs=3 * alike["c2st_err"])
    assert [row["band"] for row in alike["bands"]] == list(BANDS)
    assert alike["bands"][0]["measured_mock"] == pytest.approx(0.75, abs=0.015)
    assert alike["worst"][0]["differs"] < 0.06


def test_errors_twice_as_large_are_named_first(mock, real):
    alike = compare_catalogues(mock, real)
    mock.err_ujy[:, 1] *= 2.0
    seen = compare_catalogues(mock, real)
    assert seen["bands"][1]["ln_err_mean"] == pytest.approx(np.log(2.0), abs=0.03)
    assert seen["bands"][1]["mag_distance"] < 0.1
    assert seen["distance"] > 3 * max(alike["distance"], seen["distance_floor"])
    # a threshold halfway of a shift of ln 2 at a scatter of 0.2 is right in 95.8 % of cases; the
    # other bands, with which the scatter is correlated, tell more
    assert 0.95 < seen["c2st"] < 1.0
    first = seen["worst"][0]
    assert (first["band"], first["by"]) == ("hsc_r", "errors")
    assert first["differs"] == pytest.approx(np.log(2.0), abs=0.05)
    assert first["because"].startswith("errors of hsc_r are 0.4")
    assert "times the mock's at 2" in first["because"]


def test_another_population_is_not_taken_for_another_noise(truth, real):
    """Galaxies a magnitude brighter, observed with the same noise: equal errors at equal mag."""
    flux, z = true_fluxes(N, 6)
    brighter = mock_catalogue(np.arange(N), z, flux * 10**0.4, BANDS, truth, 6)
    seen = compare_catalogues(brighter, real)
    assert all(row["mag_distance"] == pytest.approx(1.0, abs=0.1) for row in seen["bands"])
    assert max(row["ln_err_abs"] for row in seen["bands"]) < 0.02
    assert {row["by"] for row in seen["worst"]} == {"magnitudes"}


def test_a_fainter_band_shows_in_magnitudes_and_in_its_colours_only(mock, real):
    mock.flux_ujy[:, 2] *= 10**-0.2
    seen = compare_catalogues(mock, real)
    assert seen["bands"][2]["mag_distance"] == pytest.approx(0.5, abs=0.06)
    gr, ri = seen["colours"]
    assert (gr["colour"], ri["colour"]) == ("hsc_g - hsc_r", "hsc_r - hsc_i")
    assert gr["distance"] < 0.03
    assert ri["median_mock"] - ri["median_real"] == pytest.approx(-0.5, abs=0.03)
    assert ri["distance"] == pytest.approx(0.5, abs=0.03)
    assert seen["worst"][0]["band"] == "hsc_i"
    assert seen["worst"][0]["by"] == "colours"
    assert "hsc_r - hsc_i is 0.5 mag redder than the mock's" in seen["worst"][0]["because"]


def test_bands_missing_or_limits_otherwise_are_said_so(real):
    never = observed(known_model(), 6)
    first = compare_catalogues(never, real)["worst"][0]
    assert (first["band"], first["by"]) == ("hsc_g", "measured")
    assert first["because"] == "hsc_g is measured in 75% of the galaxies, in the mock in 100%"
    deep = known_model(sigma0_ujy=np.full(3, 0.3), censor_snr=2.0)
    survey = observed(deep, 7)
    halved = observed(replace(deep, limit_n_sigma=deep.limit_n_sigma / 2), 8)
    row = compare_catalogues(halved, survey)["worst"][0]
    assert row["by"] == "limits"
    assert row["differs"] == pytest.approx(np.log(2.0), abs=0.06)


def test_a_classifier_sees_how_bands_belong_together(truth):
    """Errors of equal distribution in every band, correlated in one catalogue only."""
    narrow = known_model(
        scatter=np.full(3, 0.3), correlation=np.full((3, 3), 0.9) + 0.1 * np.eye(3)
    )
    one = observed(narrow, 5, 4000)
    other = observed(replace(narrow, correlation=np.eye(3)), 6, 4000)
    accuracy, err = classifier_accuracy(one, other)
    assert err == pytest.approx(0.5 / np.sqrt(4000))
    assert accuracy > 0.6
    twin, err = classifier_accuracy(one, observed(narrow, 6, 4000))
    assert twin == pytest.approx(0.5, abs=3 * err)


def test_noise_alone_is_checked_at_the_catalogues_own_fluxes(truth, real):
    right = check_noise(truth, real)
    assert right["distance"] < right["distance_floor"] + 0.02
    assert right["c2st"] == pytest.approx(0.5, abs=3 * right["c2st_err"])
    assert max(row["mag_distance"] for row in right["bands"]) == 0.0
    assert right["donors"]["distance"] < right["distance_floor"] + 0.02
    wrong = check_noise(replace(truth, sigma0_ujy=truth.sigma0_ujy * [1, 1, 2]), real)
    assert wrong["worst"][0]["band"] == "hsc_i"
    # brighter than 23 mag photon noise rules, and the background says little
    assert wrong["worst"][0]["because"].startswith("errors of hsc_i are 0.5 times")
    assert wrong["distance"] > right["distance"] + 0.05


def test_colours_are_of_detected_galaxies(real):
    (record,) = compare_colours(real, real, [("hsc_r", "hsc_i")])
    assert record["distance"] == 0.0
    detected = (real.flux_ujy[:, 1:] > 3 * real.err_ujy[:, 1:]).all(axis=1)
    assert record["n_real"] == detected.sum()
    colour = -2.5 * np.log10(real.flux_ujy[detected, 1] / real.flux_ujy[detected, 2])
    assert record["median_real"] == pytest.approx(np.median(colour))
    few = compare_colours(real.take(np.arange(5)), real, [("hsc_r", "hsc_i")])[0]
    assert few["distance"] is None


def test_neighbours_are_those_in_wavelength_where_it_is_known():
    assert adjacent_bands(["hsc_i", "ib484", "hsc_r"]) == [("ib484", "hsc_r"), ("hsc_r", "hsc_i")]
    assert adjacent_bands(["hsc_i", "mine", "hsc_r"]) == [("hsc_i", "mine"), ("mine", "hsc_r")]
    waves = {"hsc_i": 7700.0, "mine": 9000.0, "hsc_r": 6200.0}
    assert adjacent_bands(list(waves), waves) == [("hsc_r", "hsc_i"), ("hsc_i", "mine")]


def test_what_cannot_be_compared_is_refused(truth, real):
    with pytest.raises(InputError, match="catalogues have no band in common"):
        compare_catalogues(replace(real, bands=("a", "b", "c")), real)
    with pytest.raises(InputError, match="noise model and the catalogue have no band in common"):
        check_noise(truth, replace(real, bands=("a", "b", "c")))
    with pytest.raises(InputError, match="needs 20 of each"):
        compare_catalogues(real.take(np.arange(19)), real)


def test_a_mock_with_weights_is_compared_as_the_population_it_stands_for(real, truth):
    """Drawn from a proposal that prefers bright galaxies, weighted back."""
    flux, z = true_fluxes(3 * N, 8)
    magnitude = 23.9 - 2.5 * np.log10(flux[:, 1])
    log_proposal = -0.5 * (np.clip(magnitude, 20.0, 26.0) - 20.0)
    kept = np.random.default_rng(1).uniform(size=3 * N) < np.exp(log_proposal)
    bright = mock_catalogue(np.arange(kept.sum()), z[kept], flux[kept], BANDS, truth, 9)
    weighted = replace(bright, extra={"log_weight": -log_proposal[kept]})
    apart = [
        compare_catalogues(mock, real)["bands"][1]["mag_distance"] for mock in (bright, weighted)
    ]
    assert apart[0] > 1.0
    assert apart[1] < 0.12
    # against a mock of the same proposal whose weights are lost, weights have no place
    lost = replace(bright, provenance={"mock": True})
    assert compare_catalogues(weighted, lost)["bands"][1]["mag_distance"] == 0.0
    # and two mocks with weights are two samples of the target
    assert compare_catalogues(weighted, weighted)["bands"][1]["mag_distance"] == 0.0


def test_thinning_keeps_each_row_at_most_once_and_in_proportion():
    log_weight = np.log(np.repeat([1.0, 2.0, 4.0], 4000))
    rows = thin_by_weight(log_weight + 700.0)
    assert len(np.unique(rows)) == len(rows)
    counts = np.histogram(rows, [0, 4000, 8000, 12_000])[0]
    np.testing.assert_allclose(counts / 4000, [0.25, 0.5, 1.0], atol=0.03)
    assert len(thin_by_weight(np.zeros(7))) == 7
    assert len(thin_by_weight(np.zeros(0))) == 0
