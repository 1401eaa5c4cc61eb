"""Physical constants of the synthesis (CGS, IAU 2015 nominal solar luminosity)."""

L_SUN_ERG_S = 3.828e33
C_AA_S = 2.99792458e18
MPC_CM = 3.0856775814913673e24
PLANCK_ERG_S = 6.62607015e-27
Z_SUN = 0.02  # solar metal mass fraction of the BC03 grids

LYMAN_LIMIT_AA = 911.75
LY_ALPHA_AA = 1215.67
BIRTH_CLOUD_GYR = 0.010  # stars younger than this sit in their birth cloud (Charlot & Fall 2000)

# erg/s/cm2/Hz -> microjansky (AB zero-point 23.9)
CGS_TO_UJY = 1e29
