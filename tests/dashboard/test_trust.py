"""The badge of a galaxy: which bands it names, and when it is silent."""

import numpy as np

from dashboard.controllers.trust import TrustView, trust_view
from photoz.catalogue import Catalogue
from tests.photoz.trust.making import random_reference

BANDS = ("u", "g", "r", "i")


def one_galaxy(flux, err=(0.1, 0.1, 0.1, 0.1)):
    flux, err = np.array([flux], float), np.array([err], float)
    return Catalogue(np.array([1]), BANDS, flux, err, np.full((1, 4), np.nan))


def like_the_simulation(reference):
    return 4.0 * np.asarray(reference.shapes.mean)[0]


def test_a_galaxy_like_the_simulation_has_no_badge():
    reference = random_reference(BANDS)
    view = trust_view(reference, one_galaxy(like_the_simulation(reference)), None, 0)
    assert view.sentence == ""
    assert view.ood < 1.0


def test_the_wrong_band_is_named_with_its_sign():
    reference = random_reference(BANDS)
    flux = like_the_simulation(reference)
    flux[2] = -60.0
    view = trust_view(reference, one_galaxy(flux), None, 0)
    assert view.blamed == ("r -",)
    assert view.out_of_range == ("r",)
    assert view.sentence == (
        f"Unlike simulated galaxies ({view.ood:.1f}): r -. Outside the trained range: r"
    )


def test_too_few_bands_are_said():
    reference = random_reference(BANDS)
    nan = np.nan
    view = trust_view(reference, one_galaxy((1.0, nan, nan, nan), (0.1, nan, nan, nan)), None, 0)
    assert view.sentence == "Fewer bands than the training had"


def test_models_without_a_reference_say_nothing():
    assert trust_view(None, one_galaxy((1.0, 1.0, 1.0, 1.0)), None, 0) == TrustView()
