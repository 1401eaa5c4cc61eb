"""Whether the simulation makes galaxies like the chosen one, and which bands deny it."""

from dataclasses import dataclass

import numpy as np

from photoz.catalogue import Catalogue
from photoz.trust import Reference


@dataclass(frozen=True)
class TrustView:
    """What the badge of a galaxy says.

    Attributes:
        ood: its score; 1 is passed by 1 % of simulated galaxies. NaN where not known.
        blamed: bands that contradict the others, with `+` or `-` for too bright or too faint.
        out_of_range: bands outside the trained range.
        few_bands: it has fewer bands than training galaxies.
    """

    ood: float = np.nan
    blamed: tuple[str, ...] = ()
    out_of_range: tuple[str, ...] = ()
    few_bands: bool = False

    @property
    def sentence(self) -> str:
        """What is wrong, for a badge; empty where nothing is."""
        said = []
        if self.blamed:
            said.append(f"Unlike simulated galaxies ({self.ood:.1f}): {', '.join(self.blamed)}")
        if self.out_of_range:
            said.append(f"Outside the trained range: {', '.join(self.out_of_range)}")
        if self.few_bands:
            said.append("Fewer bands than the training had")
        return ". ".join(said)


def trust_view(
    reference: Reference | None, catalogue: Catalogue, calibration, row: int
) -> TrustView:
    """Judge one galaxy.

    Args:
        reference: of the models, None where they carry none.
        catalogue: photometry in the bands of the models.
        calibration: offsets applied before, or None.
        row: of the galaxy.
    """
    if reference is None:
        return TrustView()
    from photoz.infer.photometry import photometry_for
    from photoz.trust import bands_to_blame, judge

    bands = catalogue.bands
    photometry = photometry_for(catalogue.take(np.array([row])), bands)
    offsets = None if calibration is None else calibration.for_bands(bands).arrays()
    found = judge(reference, photometry, offsets)
    blamed = bands_to_blame(reference, photometry, offsets)[0]
    outside = found.band_out_of_range[0]
    return TrustView(
        ood=float(found.ood[0]),
        blamed=tuple(
            f"{band} {'+' if share > 0 else '-'}"
            for band, wrong, share in zip(bands, blamed, found.band_share[0], strict=True)
            if wrong
        ),
        out_of_range=tuple(np.array(bands)[outside]),
        few_bands=bool(found.out_of_range[0]) and not outside.any(),
    )
