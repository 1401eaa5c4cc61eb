"""The recipe of a simulation: a TOML file of a dozen readable lines, checked word by word."""

import math
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from photoz.assets import named_or_path
from photoz.errors import RecipeError
from photoz.sed.dust import DUST_LAWS
from photoz.sed.igm import IGM_MODELS
from photoz.simulate.massfunction import MASS_FUNCTIONS
from photoz.simulate.nuclei import Agn, check_agn
from photoz.simulate.priors import Prior, prior_from_table

METALS_RANGE = (-2.0, 0.4)  # log10 Z / Z_sun
LOG_U_RANGE = (-4.0, -1.0)
# Hahn et al. 2023, arXiv:2202.01809, Table 1
BURST_FRACTION = Prior("uniform", 0.0, 1.0)
BURST_GYR = Prior("uniform", 0.01, 13.27)
METAL_COEFFICIENT = Prior("log_uniform", 4.5e-5, 1.5e-2)

Pair = tuple[float, float]


@dataclass(frozen=True)
class Population:
    """Which galaxies exist.

    `mass` says what the masses are: surviving stars, as in mass functions, or all ever formed.
    """

    mass_function: str = "leja2020"
    mass: str = "surviving"
    log_mass_min: float = 5.0
    log_mass_max: float = 12.3
    mass_tilt: float = 0.0
    uniform_z_share: float = 0.2


@dataclass(frozen=True)
class Histories:
    """Shares of the star-formation families and their priors.

    `provabgs_time` stretches the bases to the age of the universe (scaled) or cuts them there
    (absolute, as published); `provabgs_bases` is a folder of published bases.
    """

    continuity: float = 1.0
    delayed: float = 0.0
    provabgs: float = 0.0
    continuity_scale: Pair = (0.3, 0.3)
    provabgs_time: str = "scaled"
    provabgs_bases: str = ""
    burst_fraction: Prior = BURST_FRACTION
    burst_gyr: Prior = BURST_GYR
    metal_coefficient: Prior = METAL_COEFFICIENT


@dataclass(frozen=True)
class Dust:
    """Priors of the dust; a pair is (mean, width) of a normal, of the index (low, high).

    `tau_birth_cloud` replaces the ratio to the diffuse dust.
    """

    law: str = "kriek-conroy"
    emission: bool = True
    tau_diffuse: Pair | Prior = (0.3, 1.0)
    birth_cloud_ratio: Pair = (1.0, 0.3)
    dust_index: Pair | Prior = (-1.0, 0.4)
    tau_birth_cloud: Prior | None = None


@dataclass(frozen=True)
class Metals:
    """Priors of log10 Z/Z_sun of stars and gas; without one, the mass-metallicity relation."""

    star: Prior | None = None
    gas: Prior | None = None


@dataclass(frozen=True)
class Nebular:
    """Nebular emission: switch, (mean, width) of log U, scatter of the gas metallicity in dex.

    `line_scatter` is the width in dex by which each group of lines (`photoz.sed.linegroups`)
    differs from the grid's, a normal cut at three widths, drawn for each group by itself.
    """

    on: bool = True
    log_u: Pair | Prior = (-2.7, 0.5)
    gas_scatter: float = 0.3
    line_scatter: float = 0.0


@dataclass(frozen=True)
class Igm:
    """Intergalactic absorption: Inoue et al. (2014), or Madau (1995).

    `scatter` is the width of ln optical depth from sightline to sightline, a normal about the
    model's mean cut at three widths.
    """

    on: bool = True
    model: str = "inoue2014"
    scatter: float = 0.0


@dataclass(frozen=True)
class MilkyWay:
    """Prior of the reddening E(B-V) of the Milky Way in front, magnitudes; without one, no dust.

    Fluxes are then as observed, and the column `ebv_mw` says how to correct them.
    """

    ebv: Prior | None = None


@dataclass(frozen=True)
class Sky:
    """Flat LambdaCDM."""

    h0: float = 70.0
    om0: float = 0.3


@dataclass(frozen=True)
class Recipe:
    """What a simulation draws and keeps.

    Attributes:
        name: short name.
        survey: shipped survey name or path of a survey TOML.
        z_min: smallest redshift drawn.
        z_max: largest redshift drawn; the posteriors' grid ends here.
        selection: AB magnitude limits by band; a galaxy passes if it passes in any.
        grid: path of an SSP grid; empty: the shipped one.
    """

    name: str
    survey: str
    z_min: float
    z_max: float
    selection: dict[str, float]
    grid: str = ""
    population: Population = field(default_factory=Population)
    sfh: Histories = field(default_factory=Histories)
    dust: Dust = field(default_factory=Dust)
    metals: Metals = field(default_factory=Metals)
    nebular: Nebular = field(default_factory=Nebular)
    igm: Igm = field(default_factory=Igm)
    milky_way: MilkyWay = field(default_factory=MilkyWay)
    agn: Agn = field(default_factory=Agn)
    cosmology: Sky = field(default_factory=Sky)


SECTIONS: dict[str, type] = {
    "population": Population,
    "sfh": Histories,
    "dust": Dust,
    "metals": Metals,
    "nebular": Nebular,
    "igm": Igm,
    "milky_way": MilkyWay,
    "agn": Agn,
    "cosmology": Sky,
}


def _near(word: str, known: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}."


def _typed(value: Any, default: Any, where: str) -> Any:
    if isinstance(default, Prior) or default is None or isinstance(value, dict):
        return prior_from_table(value, where)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise RecipeError(f"{where} = {value!r}: expected true or false.")
        return value
    if isinstance(default, tuple):
        if not (isinstance(value, list) and len(value) == len(default)):
            raise RecipeError(f"{where} = {value!r}: expected two numbers, [a, b].")
        return tuple(_typed(v, 0.0, where) for v in value)
    if isinstance(default, float):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise RecipeError(f"{where} = {value!r}: expected a number.")
        if not math.isfinite(value):
            raise RecipeError(f"{where} = {value}: expected a finite number.")
        return float(value)
    if not isinstance(value, str):
        raise RecipeError(f"{where} = {value!r}: expected text in quotes.")
    return value


def _section(kind: type, table: Any, where: str):
    if not isinstance(table, dict):
        raise RecipeError(f"{where} must be a section, [{where.rsplit(' ', maxsplit=1)[-1]}].")
    default = kind()
    known = [f.name for f in fields(default)]
    for key in table:
        if key not in known:
            raise RecipeError(f"{where}: unknown entry {key!r}; {_near(key, known)}")
    return kind(**{k: _typed(v, getattr(default, k), f"{where}.{k}") for k, v in table.items()})


def _check_ranges(recipe: Recipe, where: str) -> None:
    if not 0 < recipe.z_min < recipe.z_max <= 20:
        raise RecipeError(
            f"{where}: z_min {recipe.z_min} and z_max {recipe.z_max} must satisfy "
            "0 < z_min < z_max <= 20."
        )
    for name, value, known in (
        ("population.mass_function", recipe.population.mass_function, MASS_FUNCTIONS),
        ("population.mass", recipe.population.mass, ("surviving", "formed")),
        ("sfh.provabgs_time", recipe.sfh.provabgs_time, ("scaled", "absolute")),
        ("dust.law", recipe.dust.law, DUST_LAWS),
        ("igm.model", recipe.igm.model, IGM_MODELS),
    ):
        if value not in known:
            names = ", ".join(repr(entry) for entry in known)
            raise RecipeError(f"{where}: {name} {value!r} is not known; known: {names}.")
    if recipe.population.log_mass_min >= recipe.population.log_mass_max:
        raise RecipeError(f"{where}: population.log_mass_min must lie below log_mass_max.")
    if not 0 <= recipe.population.uniform_z_share <= 1:
        raise RecipeError(f"{where}: population.uniform_z_share must lie in 0..1.")
    families = (recipe.sfh.continuity, recipe.sfh.delayed, recipe.sfh.provabgs)
    if min(families) < 0 or abs(sum(families) - 1) > 1e-6:
        raise RecipeError(
            f"{where}: the shares of [sfh] sum to {sum(families):g}; they must sum to 1 and none "
            "may be negative."
        )
    if min(recipe.sfh.continuity_scale) <= 0:
        raise RecipeError(f"{where}: sfh.continuity_scale must be positive.")
    index = recipe.dust.dust_index
    if not isinstance(index, Prior) and index[0] > index[1]:
        raise RecipeError(f"{where}: dust.dust_index has its bounds reversed.")
    for name, value in (
        ("dust.tau_diffuse", recipe.dust.tau_diffuse),
        ("dust.birth_cloud_ratio", recipe.dust.birth_cloud_ratio),
        ("nebular.log_u", recipe.nebular.log_u),
    ):
        if not isinstance(value, Prior) and value[1] <= 0:
            raise RecipeError(f"{where}: {name} needs a width above 0; found {value[1]:g}.")
    for name, prior in (
        ("tau_diffuse", recipe.dust.tau_diffuse),
        ("tau_birth_cloud", recipe.dust.tau_birth_cloud),
    ):
        if isinstance(prior, Prior) and prior.range[0] < 0:
            raise RecipeError(
                f"{where}: dust.{name} may be drawn below 0; an optical depth is positive. Use "
                "uniform bounds above 0, or a normal with cut = [0, ...]."
            )
    _check_positive(recipe, where)
    _check_scatter(recipe, where)
    check_agn(recipe.agn, where)
    _check_grid_ranges(recipe, where)


def _check_positive(recipe: Recipe, where: str) -> None:
    for name, value, high in (
        ("nebular.gas_scatter", recipe.nebular.gas_scatter, 5.0),
        ("cosmology.h0", recipe.cosmology.h0, 500.0),
        ("cosmology.om0", recipe.cosmology.om0, 1.0),
    ):
        if not 0 < value <= high:
            raise RecipeError(f"{where}: {name} = {value:g}; it must be above 0, up to {high:g}.")


def _check_scatter(recipe: Recipe, where: str) -> None:
    for name, value, high in (
        ("nebular.line_scatter", recipe.nebular.line_scatter, 1.0),
        ("igm.scatter", recipe.igm.scatter, 1.0),
    ):
        if not 0 <= value <= high:
            raise RecipeError(f"{where}: {name} = {value:g}; it must lie in 0..{high:g}.")
    ebv = recipe.milky_way.ebv
    if ebv is not None and not 0 <= ebv.range[0] <= ebv.range[1] <= 20:
        raise RecipeError(
            f"{where}: milky_way.ebv may be drawn outside 0..20 magnitudes. Use uniform bounds, or "
            "a normal with cut = [0, 20]."
        )


def _check_grid_ranges(recipe: Recipe, where: str) -> None:
    """Priors must stay where the SSP grid has something to interpolate."""
    for name, prior, (low, high) in (
        ("metals.star", recipe.metals.star, METALS_RANGE),
        ("metals.gas", recipe.metals.gas, METALS_RANGE),
        ("nebular.log_u", recipe.nebular.log_u, LOG_U_RANGE),
    ):
        if isinstance(prior, Prior) and not low <= prior.range[0] <= prior.range[1] <= high:
            raise RecipeError(
                f"{where}: {name} reaches from {prior.range[0]:g} to {prior.range[1]:g}, the grid "
                f"covers {low:g} to {high:g}. Narrow the bounds, or cut = [{low:g}, {high:g}]."
            )


def recipe_from_dict(table: dict[str, Any], where: str) -> Recipe:
    """Check a parsed TOML table and build the recipe; `where` names it in errors.

    Raises:
        RecipeError: an entry is unknown, missing, of the wrong type or impossible.
    """
    plain = ["name", "survey", "z_min", "z_max", "grid"]
    known = [*plain, "selection", *SECTIONS]
    for key in table:
        if key not in known:
            raise RecipeError(f"{where}: unknown entry {key!r}; {_near(key, known)}")
    for key in ("survey", "z_max", "selection"):
        if key not in table:
            raise RecipeError(f"{where}: the entry {key!r} is missing.")
    selection = table["selection"]
    if not isinstance(selection, dict) or not selection:
        raise RecipeError(f"{where}: [selection] needs at least one line, band = limit in AB mag.")
    recipe = Recipe(
        name=_typed(table.get("name", Path(where).stem), "", f"{where}: name"),
        survey=_typed(table["survey"], "", f"{where}: survey"),
        z_min=_typed(table.get("z_min", 0.01), 0.0, f"{where}: z_min"),
        z_max=_typed(table["z_max"], 0.0, f"{where}: z_max"),
        selection={
            band: _typed(limit, 0.0, f"{where}: selection.{band}")
            for band, limit in selection.items()
        },
        grid=_typed(table.get("grid", ""), "", f"{where}: grid"),
        **{
            name: _section(kind, table[name], f"{where}: {name}")
            for name, kind in SECTIONS.items()
            if name in table
        },
    )
    _check_ranges(recipe, where)
    return recipe


def load_recipe(name: str | Path) -> Recipe:
    """Load a shipped recipe by name, or a recipe TOML by path.

    Raises:
        InputError: there is no such file or shipped recipe.
        RecipeError: the file is not TOML, or an entry is wrong; the sentence names it.
    """
    path = named_or_path(name, "recipes")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML: {error}.") from error
    return recipe_from_dict(table, str(path))


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Turn a recipe into plain JSON types; `recipe_from_dict` takes it back."""

    def plain(value: Any) -> Any:
        if isinstance(value, Prior):
            return value.to_table()
        if is_dataclass(value) and not isinstance(value, type):
            entries = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
            return {name: entry for name, entry in entries.items() if entry is not None}
        return list(value) if isinstance(value, tuple) else value

    return plain(recipe)
