"""`predict` as a job: a catalogue file through trained models into a posterior file."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import photoz.jaxconfig  # noqa: F401
from photoz.errors import InputError, JobError
from photoz.infer.chunks import CHUNK
from photoz.infer.photometry import check_bands, photometry_for
from photoz.infer.posterior import Posterior
from photoz.infer.posterior_file import FORMS, default_form, posterior_writer
from photoz.infer.predict import common_support, predict
from photoz.infer.unit_check import check_unit
from photoz.jobs.targets import check_entries, check_target
from photoz.states import MISSING

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue

SLAB_CHUNKS = 4  # chunks whose densities are in memory at once
CONFIG = (
    "models",
    "catalogue",
    "out",
    "calibration",
    "pdf",
    "chunk",
    "allow_missing_bands",
    "with_ood",
)


def run(run: Any, config: dict[str, Any]) -> dict[str, Any]:
    """Predict as a job of `photoz.jobs`.

    Args:
        run: the run folder's interface (`progress`, `should_stop`).
        config: `models` (folder, file or shipped name), `catalogue`, `out`, and optionally
            `calibration`, `pdf`, `chunk`, `allow_missing_bands`, as in `predict_file`.

    Returns:
        As `predict_file`.

    Raises:
        InputError: an entry of the configuration is unknown or missing; and see `predict_file`.
    """
    check_entries(config, CONFIG, ("models", "catalogue", "out"), "prediction")
    options = {k: config[k] for k in CONFIG[3:] if config.get(k) is not None}
    return predict_file(
        config["models"],
        config["catalogue"],
        config["out"],
        **options,
        progress=run.progress,
        should_stop=run.should_stop,
    )


def predict_file(
    models: str | Path,
    catalogue: str | Path,
    out: str | Path,
    *,
    calibration: str | Path | None = None,
    pdf: str | None = None,
    chunk: int = CHUNK,
    allow_missing_bands: bool = False,
    with_ood: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Write the posteriors of a catalogue file; memory for densities is bounded by the chunk.

    Args:
        models: folder of models, one model file, or the name of shipped models.
        catalogue: file in the project's form.
        out: Parquet file to write.
        calibration: TOML file of offsets to apply.
        pdf: `grid`, `quantiles`, `components` or `none`; default by the number of rows.
        chunk: rows per compiled call.
        allow_missing_bands: treat bands that the catalogue lacks as missing.
        with_ood: judge how unlike the simulation each galaxy is; see `predict`.
        progress: called with (rows done, rows).
        should_stop: asked between slabs of rows; true ends it with a JobError.

    Returns:
        `n` rows, `path`, `pdfs_per_s` (densities, of every model, without compilation and without
        counting the mixture), `estimators`, `pdf`, `n_without_photometry`, `n_ood`,
        `n_out_of_range` (None where they were not asked for, or the models carry no reference),
        `seconds`.

    Raises:
        InputError: `out` cannot be written, an unknown form, or an empty catalogue.
        CatalogueError: the catalogue cannot be read.
        ModelError: models that cannot be read or do not fit the catalogue.
        JobError: stopped; nothing was written.
    """
    from photoz.calibrate import load_calibration
    from photoz.catalogue import read_catalogue
    from photoz.models import find_models, load_models

    started = time.perf_counter()
    out = check_target(out, [catalogue, *([calibration] if calibration else [])], [".parquet", ""])
    _check_options(pdf, chunk)
    loaded = load_models(find_models(models))
    bands, _ = common_support(loaded)
    offsets = None if calibration is None else load_calibration(calibration).for_bands(bands)
    galaxies = read_catalogue(catalogue)
    if galaxies.n == 0:
        raise InputError(f"{catalogue} has no rows: there is nothing to predict.")
    check_bands(bands, galaxies.bands, allow_missing=allow_missing_bands)
    check_unit(next(iter(loaded.values())), galaxies)
    form = pdf or default_form(galaxies.n)

    def posterior_of(part: "Catalogue") -> Any:
        return predict(
            loaded,
            part,
            offsets,
            chunk=chunk,
            allow_missing_bands=allow_missing_bands,
            with_ood=with_ood,
        )

    slabs = list(_slabs(galaxies.n, chunk))
    blank = sum(_n_blank(galaxies.take(rows), bands) for rows in slabs)
    first = posterior_of(galaxies.take(slabs[0][: min(chunk, len(slabs[0]))]))  # compiles
    compiled = time.perf_counter()
    done, flags = 0, Flags()
    progress(0, galaxies.n)
    with posterior_writer(out, form) as writer:
        for rows in slabs:
            if should_stop():
                raise JobError(
                    f"Stopped after {done} of {galaxies.n} galaxies; nothing was written."
                )
            posterior = posterior_of(galaxies.take(rows))
            # the file's metadata come from its first slab and speak of the whole
            facts = {"n": galaxies.n, "n_without_photometry": blank}
            writer.write(replace(posterior, provenance=posterior.provenance | facts))
            flags.count(posterior)
            done += len(rows)
            progress(done, galaxies.n)
    ended = time.perf_counter()
    return {
        "n": galaxies.n,
        "pdfs_per_s": galaxies.n * len(loaded) / (ended - compiled),
        "path": str(out),
        "estimators": list(first.estimators),
        "pdf": form,
        "n_without_photometry": blank,
        "n_ood": flags.n_ood,
        "n_out_of_range": flags.n_out_of_range,
        "seconds": ended - started,
    }


@dataclass
class Flags:
    """Galaxies unlike the simulated ones and outside the trained range; None = not known."""

    n_ood: int | None = None
    n_out_of_range: int | None = None

    def count(self, posterior: Posterior) -> None:
        """Add the galaxies of a part."""
        if posterior.ood is not None and posterior.out_of_range is not None:
            self.n_ood = (self.n_ood or 0) + int(np.sum(posterior.ood > 1.0))
            self.n_out_of_range = (self.n_out_of_range or 0) + int(posterior.out_of_range.sum())


def _check_options(pdf: str | None, chunk: int) -> None:
    if pdf is not None and pdf not in FORMS:
        raise InputError(f"There is no posterior form {pdf!r}: use {', '.join(FORMS)}.")
    if isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1:
        raise InputError(f"chunk = {chunk!r}: expected a whole number of rows, 1 or more.")


def _slabs(n: int, chunk: int) -> Iterator[np.ndarray]:
    """Yield row numbers in slabs of nearly equal size: a short last one would compile again."""
    yield from np.array_split(np.arange(n), -(-n // (SLAB_CHUNKS * chunk)))


def _n_blank(part: "Catalogue", bands: tuple[str, ...]) -> int:
    """Count the galaxies without photometry in any of the bands."""
    return int((photometry_for(part, bands).state == MISSING).all(axis=1).sum())
