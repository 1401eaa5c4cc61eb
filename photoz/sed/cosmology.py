"""Distances and ages of a flat LambdaCDM universe, from astropy, tabulated for the device."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from photoz.sed.constants import MPC_CM


@dataclass(frozen=True)
class Cosmology:
    """Flat LambdaCDM: Hubble constant in km/s/Mpc and matter density."""

    h0: float = 70.0
    om0: float = 0.3

    def _astropy(self) -> Any:  # astropy builds its classes at run time
        from astropy import cosmology

        flat: Any = cosmology.FlatLambdaCDM
        return flat(H0=self.h0, Om0=self.om0)

    def age_gyr(self, z: np.ndarray) -> np.ndarray:
        """Age of the universe at z, Gyr, same shape."""
        return np.asarray(self._astropy().age(z).value)

    def luminosity_distance_cm(self, z: np.ndarray) -> np.ndarray:
        """Luminosity distance at z, cm, same shape."""
        return np.asarray(self._astropy().luminosity_distance(z).value) * MPC_CM

    def comoving_volume_mpc3(self, z: np.ndarray) -> np.ndarray:
        """Differential comoving volume dV/dz over the whole sky, Mpc^3, same shape."""
        return 4 * np.pi * np.asarray(self._astropy().differential_comoving_volume(z).value)
