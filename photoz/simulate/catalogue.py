"""Write and read simulated catalogues: Parquet with true fluxes, parameters and provenance."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from photoz.atomic import atomic_path, write_text
from photoz.errors import CatalogueError, InputError
from photoz.jobs.targets import check_target
from photoz.provenance import provenance, to_json
from photoz.simulate.recipe import Recipe, recipe_to_dict

if TYPE_CHECKING:
    from photoz.simulate.sampler import Sampler

PART_BATCHES = 512
EMPTY_PARTS = 4  # without a single galaxy: the selection asks for what is not drawn
PROVABGS_COLUMNS = ("beta", "gamma", "burst_fraction", "burst_gyr")
METADATA_KEY = b"photoz"
REMEDY = "`photoz simulate RECIPE --n N --seed S --out FILE` makes one."


@dataclass(frozen=True)
class Simulation:
    """A simulated catalogue in memory.

    Attributes:
        z: true redshifts, (n_gal,).
        batch: rows of one batch share a redshift; split samples by it, (n_gal,).
        log_weight: ln(target / proposal) density, (n_gal,).
        flux_ujy: true fluxes in microjansky, (n_gal, n_band).
        bands: band names.
        params: physical parameters by column name, (n_gal,) each.
        provenance: recipe, survey, seed, versions; `mw_coefficient`, A / E(B-V) of each band,
            where the fluxes are as observed through the Milky Way.
    """

    z: np.ndarray
    batch: np.ndarray
    log_weight: np.ndarray
    flux_ujy: np.ndarray
    bands: tuple[str, ...]
    params: dict[str, np.ndarray]
    provenance: dict[str, Any]


def _part_table(sampler: "Sampler", seed: int, part: int):
    """Rows of one part as a pyarrow table."""
    import jax
    import pyarrow as pa

    first = part * PART_BATCHES
    z, draw, flux, kept, weight = jax.device_get(sampler.batches(seed, first, PART_BATCHES))
    batch = np.broadcast_to(np.arange(first, first + PART_BATCHES)[:, None], kept.shape)
    columns: dict[str, np.ndarray] = {
        "z": np.broadcast_to(z[:, None], kept.shape)[kept].astype(np.float32),
        "batch": batch[kept].astype(np.int32),
        "log_weight": weight[kept].astype(np.float32),
    }
    absent = () if sampler.recipe.sfh.provabgs > 0 else PROVABGS_COLUMNS
    for name, value in draw._asdict().items():
        if value is None or name in absent:
            continue
        if value.ndim > kept.ndim:
            columns |= {f"{name}_{i + 1}": value[..., i][kept] for i in range(value.shape[-1])}
        elif name == "family":
            columns[name] = value[kept].astype(np.int8)
        else:
            columns[name] = value[kept]
    for b, band in enumerate(sampler.engine.survey.band_names):
        columns[f"flux_{band}"] = flux[..., b][kept]
    return pa.table(columns)


def simulate(
    recipe: Recipe,
    n: int,
    seed: int,
    out: str | Path,
    *,
    sampler: "Sampler | None" = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Path:
    """Simulate n galaxies into a Parquet file, part by part; an interrupted call resumes.

    Parts lie in `.<name>.parts` beside `out` until the last is there; calling again with the
    same recipe and seed continues after the last whole part.

    Args:
        recipe: what to draw and keep.
        n: number of galaxies.
        seed: of the whole catalogue; rows do not depend on anything else.
        out: the Parquet file.
        sampler: the recipe already prepared; prepared here where not given.
        progress: called with (rows done, n).
        should_stop: asked after each part; true leaves the parts for a later resume.

    Raises:
        InputError: n or seed is not usable, `out` cannot be written, or no galaxy passes.
        RecipeError: the recipe does not fit its survey or its grid.
    """
    import pyarrow.parquet as pq

    from photoz.simulate.sampler import CANDIDATES, Sampler

    out = Path(out)
    check_request(n, seed, out)
    parts = out.parent / f".{out.name}.parts"
    if not parts.exists():  # a recipe that cannot be drawn from leaves nothing behind
        sampler = sampler or Sampler.load(recipe)
    identity = to_json({"recipe": recipe_to_dict(recipe), "seed": seed, "part": PART_BATCHES})
    _open_parts(parts, identity)
    rows, index = 0, 0
    while rows < n:
        path = parts / f"part-{index:06d}.parquet"
        if not path.exists():
            sampler = sampler or Sampler.load(recipe)
            table = _part_table(sampler, seed, index)
            with atomic_path(path) as temporary:
                pq.write_table(table, temporary)
        rows += pq.ParquetFile(path).metadata.num_rows
        index += 1
        if rows == 0 and index >= EMPTY_PARTS:
            shutil.rmtree(parts)
            raise InputError(
                f"None of the first {index * PART_BATCHES * CANDIDATES:,} galaxies drawn from "
                f"recipe {recipe.name} is bright enough for its [selection]. Raise its limits."
            )
        progress(min(rows, n), n)
        if rows < n and should_stop():
            raise InputError(
                f"Stopped after {rows} of {n} galaxies; the same command continues from there."
            )
    _join(parts, index, n, out, recipe, seed)
    shutil.rmtree(parts)
    return out


def check_request(n: int, seed: int, out: str | Path) -> None:
    """Refuse a request that could not be carried out, before anything is computed.

    Raises:
        InputError: n or seed is out of range, or `out` cannot be written.
    """
    if n < 1:
        raise InputError(f"n = {n}: expected 1 galaxy or more.")
    if not 0 <= seed < 2**31:
        raise InputError(f"seed = {seed}: expected 0 to 2147483647.")
    check_target(out, suffixes=(".parquet",))


def _open_parts(parts: Path, identity: str) -> None:
    """Start the folder of parts, or continue it where recipe and seed are the same."""
    mark = parts / "identity.json"
    if parts.exists() and (not mark.exists() or mark.read_text() != identity):
        shutil.rmtree(parts)
    parts.mkdir(exist_ok=True)
    if not mark.exists():
        write_text(mark, identity)


def _join(parts: Path, n_part: int, n: int, out: Path, recipe: Recipe, seed: int) -> None:
    """Stream the parts into the final file with ids and provenance."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = [parts / f"part-{i:06d}.parquet" for i in range(n_part)]
    schema = pq.read_schema(files[0])
    bands = [name[5:] for name in schema.names if name.startswith("flux_")]
    record = provenance(
        "simulation",
        recipe=recipe_to_dict(recipe),
        survey=recipe.survey,
        bands=bands,
        seed=seed,
        n=n,
        z_max=recipe.z_max,
        **_milky_way(recipe),
    )
    full = pa.schema([pa.field("id", pa.int64()), *schema])
    full = full.with_metadata({METADATA_KEY: to_json(record).encode()})
    row = 0
    with atomic_path(out) as temporary, pq.ParquetWriter(temporary, full) as writer:
        for path in files:
            table = pq.read_table(path)
            table = table.slice(0, n - row)
            ids = pa.array(np.arange(row, row + table.num_rows), pa.int64())
            writer.write_table(
                table.add_column(0, "id", ids).replace_schema_metadata(full.metadata)
            )
            row += table.num_rows


def _milky_way(recipe: Recipe) -> dict[str, Any]:
    """What corrects the fluxes for the Milky Way, where the recipe has it."""
    if recipe.milky_way.ebv is None:
        return {}
    from photoz.catalogue.extinction import band_extinction
    from photoz.sed.survey import load_survey

    bands = load_survey(recipe.survey).bands
    return {"mw_coefficient": [band_extinction(b.wave_aa, b.transmission) for b in bands]}


def open_simulation(path: str | Path) -> tuple[Any, dict[str, Any]]:
    """Open a simulated catalogue: its Parquet file and what it says of itself, no rows read.

    Raises:
        CatalogueError: the file is missing, damaged, or not a simulation.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    if not path.is_file():
        raise CatalogueError(f"Simulation {path} does not exist. {REMEDY}")
    try:
        file = pq.ParquetFile(path)
        record = json.loads((file.schema_arrow.metadata or {}).get(METADATA_KEY, b"{}"))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if record.get("kind") != "simulation":
        raise CatalogueError(
            f"{path} is not a simulated catalogue (its header says {record.get('kind')!r}). "
            f"{REMEDY}"
        )
    return file, record


def _unreadable(path: str | Path, error: Exception) -> CatalogueError:
    return CatalogueError(f"{path} is not a readable Parquet file ({error}). {REMEDY}")


def read_simulation(path: str | Path) -> Simulation:
    """Read a simulated catalogue.

    Raises:
        CatalogueError: the file is missing, damaged, or not a simulation.
    """
    import pyarrow as pa

    file, record = open_simulation(path)
    try:
        table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error
    bands = tuple(record["bands"])
    plain = {"id", "z", "batch", "log_weight", *(f"flux_{b}" for b in bands)}
    column = lambda name: table[name].to_numpy()  # noqa: E731
    return Simulation(
        z=column("z"),
        batch=column("batch"),
        log_weight=column("log_weight"),
        flux_ujy=np.stack([column(f"flux_{b}") for b in bands], axis=1),
        bands=bands,
        params={c: column(c) for c in table.column_names if c not in plain},
        provenance=record,
    )


def before_milky_way(simulation: Simulation) -> Simulation:
    """Return a simulation corrected for the Milky Way by its bands' coefficients.

    As a catalogue is corrected: by one number a band, whatever the galaxy's colour. A simulation
    without the Milky Way comes back as it is.
    """
    from photoz.catalogue.extinction import without_milky_way

    coefficient = simulation.provenance.get("mw_coefficient")
    if coefficient is None:
        return simulation
    ebv = simulation.params["ebv_mw"]
    flux = without_milky_way(simulation.flux_ujy, ebv, np.asarray(coefficient))
    return replace(simulation, flux_ujy=flux.astype(simulation.flux_ujy.dtype))
