"""Where a prior comes from, by one word: flat, a file of many kinds, or a recipe."""

import json
from pathlib import Path

import numpy as np

from photoz.errors import CatalogueError, InputError, PhotozError
from photoz.infer.redshift_prior import RedshiftPrior

RECIPE_GALAXIES = 50_000
FEWEST = 20  # redshifts of a catalogue
KINDS = (
    "`flat`, a simulation (.parquet), a table with columns z and density, a file of `photoz nz`, "
    "a catalogue with a column z_spec, or a recipe"
)


def read_prior(source: str | Path, z_max: float) -> RedshiftPrior:
    """Return the prior that a word or a file stands for.

    Of a simulation and of a recipe it is the recipe's own population after its selection, the
    weights applied; of a catalogue the distribution of its z_spec; of a file of `photoz nz` the
    hierarchical estimate.

    Args:
        source: `flat`, a file, or a recipe (a shipped name or a TOML file).
        z_max: upper end of the support.

    Raises:
        InputError: none of these, or without a density.
        CatalogueError: a file that cannot be read.
    """
    path = Path(source)
    if str(source) == "flat":
        return RedshiftPrior.flat(z_max)
    if path.is_dir():
        raise InputError(f"{source} is a folder; expected {KINDS}.")
    if not path.is_file() or path.suffix == ".toml":
        return _of_recipe(str(source), z_max)
    if path.suffix == ".parquet" and _is_simulation(path):
        return _of_simulation(path, z_max)
    return _of_table(path, z_max)


def as_prior(given: RedshiftPrior | str | Path, z_max: float) -> RedshiftPrior:
    """Return a prior as it is, or what `read_prior` makes of a word or a file."""
    return given if isinstance(given, RedshiftPrior) else read_prior(given, z_max)


def _of_recipe(recipe: str, z_max: float) -> RedshiftPrior:
    from photoz.simulate import load_recipe
    from photoz.simulate.prior import sample_prior

    try:
        loaded = load_recipe(recipe)
    except PhotozError as error:
        raise InputError(f"There is no prior {recipe!r}: expected {KINDS}. {error}") from error
    sample = sample_prior(loaded, RECIPE_GALAXIES)
    return RedshiftPrior.from_sample(sample.values["z"], z_max, sample.weight, f"recipe {recipe}")


def _is_simulation(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        return json.loads(metadata.get(b"photoz", b"{}")).get("kind") == "simulation"
    except (pa.ArrowException, OSError, ValueError):
        return False  # the reader of tables says what is wrong with it


def _of_simulation(path: Path, z_max: float) -> RedshiftPrior:
    from photoz.simulate.catalogue import open_simulation

    table = open_simulation(path)[0].read(columns=["z", "log_weight"])
    log_weight = table["log_weight"].to_numpy().astype(np.float64)
    weight = np.exp(log_weight - log_weight.max())
    return RedshiftPrior.from_sample(
        table["z"].to_numpy(), z_max, weight, f"simulation {path.name}"
    )


def _of_table(path: Path, z_max: float) -> RedshiftPrior:
    from photoz.catalogue.tables import read_table

    columns = read_table(path).columns
    try:
        numbers = {k: np.asarray(v, np.float64) for k, v in columns.items() if k in _WANTED}
    except ValueError as error:
        raise CatalogueError(
            f"{path}: a column of the prior is not of numbers ({error})."
        ) from error
    if {"z_low", "z_high", "hierarchical"} <= set(numbers):
        edges = np.append(numbers["z_low"], numbers["z_high"][-1])
        return RedshiftPrior(edges, numbers["hierarchical"], f"n(z) of {path.name}").checked()
    if {"z", "density"} <= set(numbers):
        return RedshiftPrior.from_points(numbers["z"], numbers["density"], f"table {path.name}")
    if "z_spec" in numbers:
        return _of_redshifts(numbers["z_spec"], z_max, path)
    raise InputError(
        f"{path} has no column z_spec, and not both of z and density; expected {KINDS}."
    )


def _of_redshifts(z_spec: np.ndarray, z_max: float, path: Path) -> RedshiftPrior:
    n = int(((z_spec >= 0.0) & (z_spec <= z_max)).sum())
    if n < FEWEST:
        raise InputError(
            f"{path} has {n} galaxies with a z_spec from 0 to {z_max:g}: a prior needs {FEWEST} at "
            "least."
        )
    return RedshiftPrior.from_sample(z_spec, z_max, name=f"z_spec of {path.name}")


_WANTED = ("z", "density", "z_spec", "z_low", "z_high", "hierarchical")
