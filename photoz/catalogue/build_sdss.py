"""Build the demonstration's real catalogue: 10,000 SDSS + 2MASS galaxies with redshifts.

    pip download --no-deps kcorrect==5.1.9 && unzip kcorrect-5.1.9-*.whl
    python -m photoz.catalogue.build_sdss kcorrect/data/test/gst_tests_small.fits OUT.parquet

The file gives SDSS model fluxes in nanomaggies with inverse variances, their Galactic
extinction in magnitudes, and total 2MASS magnitudes in the Vega system; zero marks a galaxy
that 2MASS does not have. All become microjansky, corrected for extinction. The 2MASS totals are
not matched in aperture to the SDSS model fluxes.
"""

import sys
from pathlib import Path

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.catalogue.extinction import fitzpatrick99
from photoz.catalogue.tables import Table, read_table
from photoz.catalogue.write import write_catalogue
from photoz.errors import CatalogueError, InputError, PhotozError
from photoz.provenance import file_sha256, provenance

COMMAND = "python -m photoz.catalogue.build_sdss KCORRECT_FITS OUT.parquet"
NANOMAGGY_UJY = 3.631
# m_AB = m_SDSS + offset in u, g, r, i, z: D. Eisenstein's calibration, as used by Blanton & Roweis
# 2007 (arXiv:astro-ph/0606170) and kcorrect.utils.sdss_ab_correct
SDSS_AB_OFFSET = (-0.036, 0.012, 0.010, 0.028, 0.040)
SDSS_BANDS = ("sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z")
# flux density of a source of magnitude zero, jansky: Cohen, Wheaton & Megeath 2003, AJ 126, 1090
TWOMASS_ZERO_JY = {"twomass_J": 1594.0, "twomass_H": 1024.0, "twomass_Ks": 666.7}
# pivot wavelengths of sdss_r, J, H, Ks in the survey file's curves, angstrom
PIVOT_AA = {
    "sdss_r": 6175.0,
    "twomass_J": 12_355.0,
    "twomass_H": 16_458.0,
    "twomass_Ks": 21_603.0,
}
COLUMNS = ("RA", "DEC", "MODELFLUX", "MODELFLUX_IVAR", "EXTINCTION", "Z")
REDDEST = 2
MAG_TO_FRACTION = 0.4 * np.log(10.0)


def build_sdss(source: str | Path, out: str | Path) -> Catalogue:
    """Convert kcorrect's test file into a catalogue and write it.

    Args:
        source: `gst_tests_small.fits`.
        out: the Parquet file to write.

    Raises:
        CatalogueError: the source is another file.
        InputError: `out` cannot be written.
    """
    table = read_table(source)
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        raise CatalogueError(
            f"{source} has no column {', '.join(absent)}; expected "
            "kcorrect/data/test/gst_tests_small.fits of the kcorrect 5.1.9 wheel."
        )
    a_r = table.columns["EXTINCTION"][:, REDDEST].astype(float)
    sdss_flux, sdss_err = _sdss(table)
    infrared = [_twomass(table, band, a_r) for band in TWOMASS_ZERO_JY]
    flux = np.column_stack([sdss_flux, *(pair[0] for pair in infrared)])
    err = np.column_stack([sdss_err, *(pair[1] for pair in infrared)])
    catalogue = Catalogue(
        ids=np.arange(1, table.n + 1),
        bands=(*SDSS_BANDS, *TWOMASS_ZERO_JY),
        flux_ujy=flux,
        err_ujy=err,
        uplim_ujy=np.full(flux.shape, np.nan),
        z_spec=table.columns["Z"].astype(float),
        ra_deg=table.columns["RA"],
        dec_deg=table.columns["DEC"],
        extra={"extinction_r_mag": table.columns["EXTINCTION"][:, REDDEST]},
        provenance=_provenance(source),
    )
    write_catalogue(catalogue, out)
    return catalogue


def _sdss(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Fluxes and errors (n, 5) in microjansky, without the Milky Way's extinction."""
    nanomaggy = table.columns["MODELFLUX"].astype(float)
    ivar = table.columns["MODELFLUX_IVAR"].astype(float)
    extinction = table.columns["EXTINCTION"].astype(float)
    scale = NANOMAGGY_UJY * 10 ** (0.4 * (extinction - np.array(SDSS_AB_OFFSET)))
    seen = np.isfinite(nanomaggy) & (ivar > 0)
    err = scale / np.sqrt(np.where(seen, ivar, 1.0))
    return np.where(seen, nanomaggy * scale, np.nan), np.where(seen, err, np.nan)


def _twomass(table: Table, band: str, a_r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flux and error (n,) of one 2MASS band in microjansky, NaN where 2MASS has none."""
    letter = band.removeprefix("twomass_")[0]
    mag = table.columns[f"{letter}_M_EXT"].astype(float)
    mag_err = table.columns[f"{letter}_MSIG_EXT"].astype(float)
    ratio = fitzpatrick99(np.array(PIVOT_AA[band])) / fitzpatrick99(np.array(PIVOT_AA["sdss_r"]))
    seen = (mag > 0) & (mag_err > 0)
    flux = TWOMASS_ZERO_JY[band] * 1e6 * 10 ** (-0.4 * (mag - a_r * ratio))
    err = MAG_TO_FRACTION * mag_err * flux
    return np.where(seen, flux, np.nan), np.where(seen, err, np.nan)


def _provenance(source: str | Path) -> dict:
    return provenance(
        "catalogue",
        parents={"gst_tests_small.fits": {"sha256": file_sha256(source), "in": "kcorrect 5.1.9"}},
        title="SDSS + 2MASS galaxies with spectroscopic redshifts",
        survey="sdss-2mass",
        command=COMMAND,
        licence="BSD-3-Clause, Copyright (c) 2016 Michael R. Blanton (kcorrect)",
        citations=[
            "Blanton & Roweis 2007, AJ 133, 734 (kcorrect)",
            "Abazajian et al. 2009, ApJS 182, 543 (SDSS DR7)",
            "Skrutskie et al. 2006, AJ 131, 1163 (2MASS)",
        ],
        fluxes="SDSS model fluxes, 2MASS total extended magnitudes; apertures are not matched",
        mw_extinction="corrected: SDSS by its EXTINCTION column (Schlegel et al. 1998), 2MASS by "
        "A_r times A_band / A_r of Fitzpatrick 1999, R_V 3.1, at the pivot wavelengths",
        sdss_ab_offset_mag=dict(zip(SDSS_BANDS, SDSS_AB_OFFSET, strict=True)),
        twomass_zero_jy=TWOMASS_ZERO_JY,
    )


def main(argv: list[str]) -> int:
    """Run the builder on two paths; return the exit code."""
    try:
        if len(argv) != 2:
            raise InputError(
                "Usage: python -m photoz.catalogue.build_sdss KCORRECT_FITS OUT.parquet"
            )
        catalogue = build_sdss(*argv)
    except PhotozError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{catalogue.n} galaxies in {len(catalogue.bands)} bands in {argv[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
