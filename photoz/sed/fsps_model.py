"""What photoz asks of FSPS, in a grid and in direct mode alike, and what is known against it."""

# Chabrier (2003) IMF and Draine & Li (2007) dust, as PROVABGS (Hahn et al. 2023, arXiv:2202.01809)
IMF, IMF_TYPE = "Chabrier", 1
DUST_MODEL = {"duste_gamma": 0.01, "duste_umin": 1.0, "duste_qpah": 3.5}
L_SUN_FSPS_ERG_S = 3.839e33  # FSPS's own; the IAU's is 3.828e33

FSPS_FAULTS = {
    "v4-c3k": [
        "FSPS 4.0 with the real C3K spectra reads only 11 of their 13 metallicities: stars above "
        "solar metallicity get the spectra of solar ones, and -2.25 is read as -2.2. Builds "
        "with MILES are not affected."
    ]
}
