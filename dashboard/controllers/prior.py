"""What a recipe draws, for the prior view: drawn once for all sessions."""

from dashboard.store import SHARED
from photoz.simulate.prior import PriorSample

N = 12_000


def prior_of(recipe: str) -> PriorSample:
    """Draw a shipped recipe by name, or return what was drawn.

    The same numbers as `photoz prior RECIPE --n 12000`.

    Raises:
        PhotozError: the recipe cannot be drawn.
    """

    def draw() -> PriorSample:
        from photoz.simulate import load_recipe
        from photoz.simulate.prior import sample_prior

        return sample_prior(load_recipe(recipe), N)

    return SHARED.get(("prior", recipe), draw)
