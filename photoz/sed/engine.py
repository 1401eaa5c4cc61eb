"""The synthesis engine: parameters in, band fluxes and spectra out, batched and differentiable.

Galaxies come in groups that share one redshift. What depends on redshift alone (band weights,
IGM, distance, age bins) is done once per group; the rest is a few matrix products and three
exponentials a pixel.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

import photoz.jaxconfig  # noqa: F401
from photoz.sed.agn import nucleus
from photoz.sed.bandweights import LUMINOSITY_UNIT, N_SUB, BandTables, band_tables
from photoz.sed.check_bands import check_bands
from photoz.sed.check_parameters import check_one_galaxy, check_parameters
from photoz.sed.cosmology import Cosmology
from photoz.sed.grid import SSPGrid, load_grid
from photoz.sed.milkyway import extinction_on_pixels
from photoz.sed.population import GridTables, SEDParameters, Switches, grid_tables, luminosities
from photoz.sed.projection import RedshiftTables, project, redshift_tables
from photoz.sed.survey import Survey, load_survey

GROUPS_PER_BLOCK = 4  # their spectra stay in the cache


class Tables(NamedTuple):
    """Everything the jitted functions read.

    Passed as arguments, so that a new survey of the same size does not compile again.
    """

    grid: GridTables
    bands: BandTables
    redshift: RedshiftTables


class Spectrum(NamedTuple):
    """One galaxy's rest-frame spectrum and its parts, L_sun / angstrom, (n_wave,).

    Attributes:
        wave_aa: rest wavelengths in angstrom.
        total: what leaves for the observer, after dust and IGM, lines included, and behind the
            Milky Way's dust where `ebv_mw` is given.
        stellar: stars alone, before dust and IGM.
        nebular: lines and continuum, before dust and IGM.
        dust_absorbed: light the dust took away.
        dust_emission: light the dust gives back.
        igm: transmission of the IGM.
        agn: disc behind its dust and torus, before the IGM; None where no nucleus is given.
    """

    wave_aa: np.ndarray
    total: np.ndarray
    stellar: np.ndarray
    nebular: np.ndarray
    dust_absorbed: np.ndarray
    dust_emission: np.ndarray
    igm: np.ndarray
    agn: np.ndarray | None = None


@partial(jax.jit, static_argnames="switches")
def group_photometry(
    tables: Tables, parameters: SEDParameters, z: Float[Array, " n_group"], switches: Switches
) -> Float[Array, "n_group n_gal n_band"]:
    """Band fluxes in microjansky of groups of galaxies that share a redshift.

    Args:
        tables: grid, bands and redshift tables of an `Engine`.
        parameters: leaves with leading axes (n_group, n_gal).
        z: one redshift per group.
        switches: which physics is on.
    """

    def one_group(item):
        group, redshift = item
        light = luminosities(tables.grid, group, switches)
        at = tables.grid, tables.bands, tables.redshift, light, redshift, switches
        return project(*at, group.log_igm, group.ebv_mw)

    return lax.map(jax.checkpoint(one_group), (parameters, z), batch_size=GROUPS_PER_BLOCK)


@dataclass(frozen=True)
class Engine:
    """An SSP grid, a survey's bands and a cosmology, ready to compute.

    Build one with `Engine.load("cosmos2020")`.

    Attributes:
        grid: the SSP grid.
        survey: the survey whose bands are computed.
        cosmology: distances and ages.
        z_max: largest redshift of the tables.
        switches: which physics is on.
        tables: device arrays.
        igm_model: whose mean transmission of the intergalactic medium.
    """

    grid: SSPGrid
    survey: Survey
    cosmology: Cosmology
    z_max: float
    switches: Switches
    tables: Tables
    igm_model: str = "inoue2014"

    @classmethod
    def load(
        cls,
        survey: Survey | str,
        *,
        grid: SSPGrid | str | Path | None = None,
        cosmology: Cosmology | None = None,
        z_max: float = 8.0,
        switches: Switches | None = None,
        dust_law: str = "kriek-conroy",
        igm_model: str = "inoue2014",
    ) -> "Engine":
        """Tabulate an engine.

        Args:
            survey: a survey, its shipped name, or the path of its TOML.
            grid: an SSP grid or its path; default the shipped one.
            cosmology: default H0 70, Om 0.3.
            z_max: largest redshift.
            switches: which physics is on; default all.
            dust_law: of the diffuse dust, one of `photoz.sed.dust.DUST_LAWS`.
            igm_model: one of `photoz.sed.igm.IGM_MODELS`.

        Raises:
            GridError: a band lies outside the spectrum at some redshift up to `z_max`, or the
                grid's file cannot be used.
            RecipeError: the survey file is wrong.
            InputError: there is no such dust law or IGM model.
        """
        loaded = grid if isinstance(grid, SSPGrid) else load_grid(grid)
        sky = survey if isinstance(survey, Survey) else load_survey(survey)
        cosmos, physics = cosmology or Cosmology(), switches or Switches()
        check_bands(sky.bands, loaded.wave_edges_aa, z_max, igm_model if physics.igm else None)
        tables = Tables(
            grid_tables(loaded, dust_law),
            band_tables(sky.bands, loaded.wave_edges_aa, z_max),
            redshift_tables(loaded.wave_edges_aa, cosmos, z_max, igm_model),
        )
        return cls(loaded, sky, cosmos, z_max, physics, tables, igm_model)

    def photometry(
        self, parameters: SEDParameters, z: Array | float
    ) -> Float[Array, "n_gal n_band"]:
        """Band fluxes in microjansky, each galaxy at its own redshift.

        Args:
            parameters: leaves with leading axis (n_gal,).
            z: redshifts, (n_gal,) or one for all, above 0 and up to `z_max`.

        Raises:
            GridError: a parameter is outside the grid, or is none (see `check_parameters`). Under
                `jit`, `grad` or `vmap` values are unknown: there a parameter outside the grid
                counts as the nearest node, as in `group_photometry`, which never checks.
        """
        self._check(parameters, z)
        n_gal = parameters.log_mass.shape[0]
        redshift = jnp.broadcast_to(jnp.asarray(z, jnp.float32), (n_gal,))
        lifted = jax.tree.map(lambda x: x[:, None], parameters)
        return group_photometry(self.tables, lifted, redshift, self.switches)[:, 0]

    def spectrum(self, parameters: SEDParameters, z: float) -> Spectrum:
        """Spectrum of one galaxy (leaves with leading axis 1) with its parts.

        Raises:
            GridError: there is not one galaxy, or a parameter is outside the grid.
        """
        check_one_galaxy(parameters)
        self._check(parameters, z)
        galaxy = parameters._replace(agn=None)
        light = jax.device_get(_light(self.tables.grid, galaxy, self.switches))
        agn = self._nucleus(parameters)
        igm = np.ones(self.grid.wave_aa.size)
        if self.switches.igm:
            from photoz.sed.igm import subpixel_transmission

            fine = subpixel_transmission(
                self.grid.wave_edges_aa, np.array([z]), N_SUB, self.igm_model
            )[0]
            if parameters.log_igm is not None:
                fine = fine ** np.exp(float(parameters.log_igm[0]))
            blue = fine.reshape(-1, N_SUB).mean(axis=1)
            igm[: blue.size] = blue
        galactic = self._milky_way(parameters, z)
        width = np.diff(self.grid.wave_edges_aa)

        def with_lines(continuum, lines):
            out = np.array(continuum[0], float)
            np.add.at(out, self._line_pixel(), lines[0] / width[self._line_pixel()])
            return out * LUMINOSITY_UNIT

        nebular = with_lines(light.nebular, light.line_intrinsic)
        stellar = np.asarray(light.stellar[0], float) * LUMINOSITY_UNIT
        seen = with_lines(light.attenuated, light.line)
        emission = float(light.absorbed[0]) * self.grid.dust_emission * LUMINOSITY_UNIT
        return Spectrum(
            wave_aa=self.grid.wave_aa,
            total=(seen + emission + (0.0 if agn is None else agn)) * igm * galactic,
            stellar=stellar,
            nebular=nebular,
            dust_absorbed=stellar + nebular - seen,
            dust_emission=emission,
            igm=igm,
            agn=agn,
        )

    def _check(self, parameters: SEDParameters, z: Array | float) -> None:
        nebular = self.switches.nebular
        check_parameters(parameters, z, grid=self.grid, z_max=self.z_max, nebular=nebular)

    def _nucleus(self, parameters: SEDParameters) -> np.ndarray | None:
        """Light of one galaxy's nucleus in L_sun / angstrom, (n_wave,), or None."""
        if parameters.agn is None:
            return None
        light = nucleus(self.tables.grid.agn, parameters.agn, LUMINOSITY_UNIT)
        return np.asarray(light[0], float) * LUMINOSITY_UNIT

    def _milky_way(self, parameters: SEDParameters, z: float) -> np.ndarray:
        """Share of one galaxy's light that the Milky Way lets through, (n_wave,)."""
        if parameters.ebv_mw is None:
            return np.ones(self.grid.wave_aa.size)
        first_aa = float(self.grid.wave_edges_aa[0]) * (1.0 + z)
        curve = extinction_on_pixels(first_aa, self.grid.wave_aa.size)
        return 10.0 ** (-0.4 * float(parameters.ebv_mw[0]) * curve)

    def _line_pixel(self) -> np.ndarray:
        """Pixel of each emission line, (n_line,)."""
        place = np.searchsorted(self.grid.wave_edges_aa, self.grid.line_wave_aa, side="right") - 1
        return np.clip(place, 0, self.grid.wave_aa.size - 1)


@partial(jax.jit, static_argnames="switches")
def _light(tables: GridTables, parameters: SEDParameters, switches: Switches):
    return luminosities(tables, parameters, switches)
