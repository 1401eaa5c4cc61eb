"""Draw a survey's noise onto a simulation file, in pieces: memory does not grow with the file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from photoz.atomic import atomic_path
from photoz.errors import CatalogueError, InputError
from photoz.jobs.targets import check_target
from photoz.noise.apply import CHUNK, mock_catalogue
from photoz.noise.donors import Donors
from photoz.noise.model import NoiseModel
from photoz.provenance import file_sha256, provenance
from photoz.simulate.catalogue import open_simulation

EBV = "ebv_mw"  # where the simulation is seen through the Milky Way
WEIGHT = "log_weight"  # ln(target / proposal) of a simulation, kept beside its mock
# rows in memory at once: whole chunks, so that pieces draw what the whole would
PIECE = 16 * CHUNK


def write_mock(
    simulation: str | Path,
    model: NoiseModel,
    seed: int,
    out: str | Path,
    *,
    donors: Donors | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Observe every galaxy of a simulation once and write the catalogue.

    The same simulation, model and seed give the same catalogue; row i does not depend on how many
    rows follow it.

    Args:
        simulation: file of `photoz simulate`.
        model: the noise; its bands become those of the catalogue.
        seed: of the noise, 0 to 2147483647.
        out: the Parquet file to write, whole or not at all.
        donors: as for `mock_catalogue`.
        progress: called with (rows done, n).

    Returns:
        The number of galaxies.

    Raises:
        InputError: the seed, the bands or `out` cannot be used.
        CatalogueError: the simulation is missing, damaged or something else.
    """
    import pyarrow.parquet as pq

    from photoz.catalogue.write import to_arrow

    if not 0 <= seed < 2**31:
        raise InputError(f"seed = {seed}: expected 0 to 2147483647.")
    check_target(out, [simulation], [".parquet"])
    file, record = open_simulation(simulation)
    n = file.metadata.num_rows
    if n == 0:
        raise CatalogueError(f"{simulation} is a simulation without galaxies: simulate it again.")
    bands = tuple(record["bands"])
    # so that bad bands are refused before anything is drawn
    mock_catalogue(np.zeros(0, int), np.zeros(0), np.zeros((0, len(bands))), bands, model, seed)
    made = provenance(
        "catalogue",
        parents={
            "simulation": {**record, "sha256": file_sha256(simulation)},
            "noise": model.provenance,
        },
        mock=True,
        errors="the model's" if donors is None else f"of {donors.n} real galaxies",
        seed=seed,
        survey=record.get("survey"),
        n=n,
    )
    done, writer = 0, None
    with atomic_path(out) as temporary:
        try:
            for ids, z, flux, ebv_mw, extra in _pieces(file, bands):
                catalogue = mock_catalogue(
                    ids, z, flux, bands, model, seed, first_chunk=done // CHUNK, donors=donors
                )
                catalogue = replace(catalogue, ebv_mw=ebv_mw)
                catalogue.provenance.update(made)
                catalogue.extra.update(extra)
                table = to_arrow(catalogue, limits=model.censor_snr is not None)
                writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd")
                writer.write_table(table)
                done += catalogue.n
                progress(done, n)
        finally:
            if writer is not None:
                writer.close()
    return n


def _pieces(file: Any, bands: tuple[str, ...]):
    """Yield ids, redshifts, fluxes (n, n_band), E(B-V) or None, and weights, piece by piece."""
    import pyarrow as pa

    others = [name for name in (WEIGHT, EBV) if name in file.schema_arrow.names]
    columns = ["id", "z", *others, *(f"flux_{band}" for band in bands)]
    held: list[Any] = []
    rows = 0
    for batch in file.iter_batches(batch_size=PIECE, columns=columns):
        held.append(batch)
        rows += batch.num_rows
        # batches end where row groups do; what is drawn starts at multiples of the chunk
        while rows >= PIECE:
            table = pa.Table.from_batches(held)
            yield _arrays(table.slice(0, PIECE), bands)
            held = table.slice(PIECE).to_batches()
            rows -= PIECE
    if rows:
        yield _arrays(pa.Table.from_batches(held), bands)


def _arrays(
    table: Any, bands: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, dict[str, np.ndarray]]:
    flux = np.stack([table[f"flux_{band}"].to_numpy() for band in bands], axis=1)
    weights = {WEIGHT: table[WEIGHT].to_numpy()} if WEIGHT in table.column_names else {}
    ebv_mw = table[EBV].to_numpy() if EBV in table.column_names else None
    ids, z = table["id"].to_numpy(), table["z"].to_numpy()
    bad = ~(np.isfinite(flux).all(axis=1) & np.isfinite(z))
    if bad.any():
        raise CatalogueError(
            f"The simulation has {int(bad.sum())} galaxies whose flux or redshift is not a finite "
            f"number, the first has id {ids[bad][0]}. Simulate it again."
        )
    return ids, z, flux, ebv_mw, weights
