"""What the page offers together fits together."""

from dashboard.library import Library
from dashboard.session import Session
from photoz.workspace import make_demo


def test_the_noise_offered_first_has_the_bands_of_the_simulation(tmp_path):
    from dashboard.tabs.train import Train

    library = Library(make_demo(tmp_path / "demo"))
    assert library.noises_for("cosmos2020-small") == ["cosmos2020"]
    tab = Train(Session(library))
    assert tab._simulation.value == "cosmos2020-small"
    assert tab._noise.value == "cosmos2020"


def test_a_model_meets_a_catalogue_of_its_bands(tmp_path):
    session = Session(Library(make_demo(tmp_path / "demo")))
    assert session.catalogue in session.library.catalogues_for(session.model)
