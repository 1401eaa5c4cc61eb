"""Draw the figures of docs/sed.md: `python -m docs.sed_figures [--out DIR]`."""

import argparse
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from photoz.sed import AGN, Engine
from photoz.sed.constants import C_AA_S, CGS_TO_UJY, L_SUN_ERG_S
from photoz.sed.examples import quiet_disc

HERE = Path(__file__).resolve().parent
Z = 0.7
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#777777"
SIZE = (8.4, 3.8)


def parts(axes: Any, engine: Engine) -> None:
    """Draw one spectrum with its parts and the fluxes of its bands."""
    galaxy = quiet_disc(engine, Z)
    s = engine.spectrum(galaxy, Z)
    um = s.wave_aa * 1e-4
    for label, light, colour, width in (
        ("stars, before dust", s.stellar, BLUE, 1.0),
        ("nebula, before dust", s.nebular, GREEN, 0.8),
        ("dust", s.dust_emission, ORANGE, 1.0),
        ("what leaves", s.total, "black", 1.4),
    ):
        axes.plot(um, s.wave_aa * light, color=colour, lw=width, label=label)
    # nu L_nu of each band's flux, at its wavelength at rest
    flux_cgs = np.asarray(engine.photometry(galaxy, Z), float)[0] / CGS_TO_UJY
    pivot_aa = np.array([band.pivot_aa for band in engine.survey.bands])
    area = 4.0 * np.pi * engine.cosmology.luminosity_distance_cm(np.array([Z]))[0] ** 2
    height = area * flux_cgs * C_AA_S / pivot_aa / L_SUN_ERG_S
    rest_um = pivot_aa / (1.0 + Z) * 1e-4
    axes.plot(rest_um, height, "o", color=GREY, ms=4, label="COSMOS2020 bands")
    axes.set(xscale="log", yscale="log", xlim=(0.09, 6.0), ylim=(2e8, 1e11))
    _plain_ticks(axes, (0.1, 0.2, 0.5, 1, 2, 5))
    axes.set(xlabel="rest wavelength [µm]", ylabel="λ L_λ [L_sun]")
    axes.legend(frameon=False, fontsize=8, ncols=2)


def slopes(axes: Any, engine: Engine) -> None:
    """Draw how the magnitude of every band answers to dust, metals and gas, by autodiff."""
    galaxy = quiet_disc(engine, Z)
    pivot = np.array([band.pivot_aa for band in engine.survey.bands]) * 1e-4
    order = np.argsort(pivot)
    for name, label, colour in (
        ("tau_diffuse", "diffuse dust, per unit of optical depth", ORANGE),
        ("log_z_star", "metals of the stars, per dex", BLUE),
        ("log_u", "ionisation parameter, per dex", GREEN),
    ):

        def magnitude(value: jax.Array, name: str = name) -> jax.Array:
            flux = engine.photometry(galaxy._replace(**{name: value}), Z)[0]
            return -2.5 * jnp.log10(flux)

        slope = np.asarray(jax.jacfwd(magnitude)(getattr(galaxy, name)))[:, 0]
        axes.plot(pivot[order], slope[order], "o-", color=colour, ms=3, lw=0.8, label=label)
    axes.axhline(0.0, color=GREY, lw=0.6)
    axes.set(xscale="log", xlabel="observed wavelength of the band [µm]", ylabel="d mag")
    _plain_ticks(axes, (0.4, 0.6, 1, 2, 4))
    axes.legend(frameon=False, fontsize=8)


def options(axes: Any, engine: Engine) -> None:
    """Draw what the parameters that are off by default do to each band."""
    z = 3.2
    galaxy = quiet_disc(engine, z)
    one = lambda value: jnp.full(1, value, jnp.float32)  # noqa: E731
    plain = np.asarray(engine.photometry(galaxy, z))[0]
    pivot = np.array([band.pivot_aa for band in engine.survey.bands]) * 1e-4
    order = np.argsort(pivot)
    nucleus = AGN(one(10.5), one(-0.44), one(0.2), one(0.3))
    for label, changed, colour in (
        ("lines of H β and [O III] twice as strong", {"log_line": [0, 0.3, 0, 0]}, GREEN),
        ("a sightline of 1.6 times the depth", {"log_igm": 0.5}, BLUE),
        ("Milky Way, E(B-V) 0.1", {"ebv_mw": 0.1}, GREY),
        ("a nucleus of 3e10 L_sun", {"agn": nucleus}, ORANGE),
    ):
        leaves = {
            k: v if isinstance(v, AGN) else jnp.asarray(v, jnp.float32)[None]
            for k, v in changed.items()
        }
        flux = np.asarray(engine.photometry(galaxy._replace(**leaves), z))[0]
        change = -2.5 * np.log10(flux / plain)
        axes.plot(pivot[order], change[order], "o-", color=colour, ms=3, lw=0.8, label=label)
    axes.axhline(0.0, color=GREY, lw=0.6)
    axes.set(xscale="log", xlabel="observed wavelength of the band [µm]")
    _plain_ticks(axes, (0.4, 0.6, 1, 2, 4))
    axes.set(ylabel="change [mag], z = 3.2")
    axes.legend(frameon=False, fontsize=8)


def _plain_ticks(axes: Any, at: tuple[float, ...]) -> None:
    axes.set_xticks(at, [f"{x:g}" for x in at])
    axes.set_xticks([], minor=True)


FIGURES = {"sed-parts": parts, "sed-slopes": slopes, "sed-options": options}


def draw(out: Path) -> list[Path]:
    """Draw every figure into a folder; returns their paths."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    engine = Engine.load("cosmos2020")
    paths = []
    for name, figure in FIGURES.items():
        page, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
        figure(axes, engine)
        axes.spines[["top", "right"]].set_visible(False)
        paths.append(out / f"{name}.png")
        page.savefig(paths[-1], dpi=130)
        pyplot.close(page)
    return paths


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "pictures")
    for path in draw(parser.parse_args().out):
        print(path)
