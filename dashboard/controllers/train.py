"""From the form of the Train tab to a job, and from a run folder to what the tab shows."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.library import Library
from photoz import jobs
from photoz.errors import InputError, JobError, PhotozError
from photoz.train.config import PRESETS, config_from_dict

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LENGTHS = {
    "quick": "Quick: a first look, about 2 minutes",
    "standard": "Standard: good posteriors, about 20 minutes",
    "best": "Best: the last few per cent, about an hour",
}
MODELS = {"MDN and flow": ("mdn", "flow"), "MDN only": ("mdn",), "Flow only": ("flow",)}
POINTS = 25  # of a learning curve of a short run
KINDS = ("train", "simulate")
BATCH = 1024


@dataclass(frozen=True)
class Request:
    """What the form says.

    Attributes:
        simulation, noise: names in the workspace.
        models: estimators.
        preset: one of `LENGTHS`.
        name: of the folder of models.
        steps: in place of the preset's; None keeps it.
        seed: of everything random.
    """

    simulation: str | None
    noise: str | None
    models: tuple[str, ...]
    preset: str
    name: str
    steps: int | None = None
    seed: int = 0


def checked_name(name: str, what: str) -> str:
    """Return a name that can be a file's.

    Raises:
        InputError: empty, or with characters that are not for names.
    """
    name = name.strip()
    if not NAME.fullmatch(name):
        said = f"The name {name!r} of the {what} cannot be used" if name else f"Name the {what}"
        raise InputError(
            f"{said}: letters, digits, dot, dash and underscore, 64 at most, "
            "beginning with a letter or digit."
        )
    return name


def training_config(library: Library, request: Request) -> dict[str, Any]:
    """Return the configuration of a `train` job.

    Raises:
        InputError: something is not chosen, a band is missing, the name is taken or cannot be
            used, or a number is out of range.
    """
    name = checked_name(request.name, "model")
    if not request.simulation:
        raise InputError("Choose a simulation to learn from; Simulate below makes one.")
    if not request.noise:
        raise InputError("Choose the noise of a survey; it can be fitted on a catalogue below.")
    folder = library.path("models", name)
    taken = [kind for kind in request.models if (folder / f"{kind}.safetensors").exists()]
    if taken or folder in _targets(library):
        raise InputError(f"There is a model {name!r} already. Give another name.")
    _check_bands(library, request)
    changes: dict[str, Any] = {"seed": request.seed}
    if request.steps is not None:
        changes["steps"] = request.steps
    steps = changes.get("steps", PRESETS[request.preset]["steps"])
    changes |= evaluation(steps)
    config = config_from_dict(
        {
            "simulation": str(library.path("simulations", request.simulation).resolve()),
            "noise": str(library.path("noise", request.noise).resolve()),
            "out": str(folder.resolve()),
            "models": list(request.models),
            "preset": request.preset,
            **changes,
        }
    )
    return config.to_dict()


def steps_of(preset: str) -> int:
    """Return the length of a preset in optimiser steps."""
    return int(PRESETS[preset]["steps"])


def evaluation(steps: Any) -> dict[str, int]:
    """Return how often a run is scored, so that a short one has a curve too."""
    if not isinstance(steps, int) or steps < 1 or steps >= 200 * POINTS:
        return {}
    dispatch = 50 if steps >= 50 * POINTS else 10
    every = max(1, round(steps / POINTS / dispatch)) * dispatch
    return {"steps_per_dispatch": dispatch, "evaluate_every": every}


def _targets(library: Library) -> set[Path]:
    """Folders that runs which still go on will write."""
    found = set()
    for run in library.runs("train"):
        if run.active:
            found.add(Path(config_of(run.run_dir).get("out") or run.run_dir))
    return {path.resolve() for path in found} | found


def _check_bands(library: Library, request: Request) -> None:
    import pyarrow.parquet as pq

    from photoz.noise import load_noise

    bands = load_noise(library.path("noise", request.noise or "")).bands
    path = library.path("simulations", request.simulation or "")
    names = pq.read_schema(path).names
    missing = [band for band in bands if f"flux_{band}" not in names]
    if missing:
        raise InputError(
            f"The noise {request.noise!r} has bands that the simulation {request.simulation!r} "
            f"does not have: {', '.join(missing)}. Choose a simulation and a noise of one survey."
        )


def simulation_config(
    library: Library, recipe: str, n: int | None, name: str, seed: int = 0
) -> dict[str, Any]:
    """Return the configuration of a `simulate` job.

    Raises:
        InputError: the name is taken or cannot be used, or there are too few galaxies.
    """
    name = checked_name(name, "simulation")
    path = library.path("simulations", name)
    if path.exists():
        raise InputError(f"There is a simulation {name!r} already. Give another name.")
    if not isinstance(n, int) or n < 1_000:
        raise InputError(f"{n} galaxies are too few to learn from: simulate at least 1,000.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return {"recipe": recipe, "n": n, "seed": seed, "out": str(path.resolve())}


def recipes() -> list[str]:
    """Names of the shipped recipes."""
    from photoz.assets import assets_dir

    return sorted(path.stem for path in (assets_dir() / "recipes").glob("*.toml"))


def fit_noise_of(library: Library, catalogue: str) -> str:
    """Fit the noise of a catalogue, keep it in the workspace, return its name.

    Raises:
        PhotozError: the catalogue has no measured band, or bands of unknown wavelength.
    """
    from photoz.noise import fit_noise, save_noise

    path = library.path("noise", catalogue)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_noise(fit_noise(library.catalogue(catalogue)), path)
    return catalogue


def start(library: Library, kind: str, config: dict[str, Any]) -> Path:
    """Start a job in the workspace and return its folder."""
    return jobs.start(kind, config, library.new_run(kind))


def config_of(run_dir: Path) -> dict[str, Any]:
    """Return what a run was told, empty where that cannot be read."""
    try:
        return json.loads((run_dir / "config.json").read_text(encoding="utf-8"))["config"]
    except (OSError, ValueError, KeyError):
        return {}


def title(run: jobs.RunStatus) -> str:
    """Return the name of a run for people: what it makes."""
    out = config_of(run.run_dir).get("out")
    return Path(out).stem if out else run.id


@dataclass(frozen=True)
class Look:
    """A run as the page shows it.

    Attributes:
        status: of the run.
        rows: lines of its metrics.
        line: a sentence on how far it is.
        share: done, 0 to 1.
    """

    status: jobs.RunStatus
    rows: list[dict[str, Any]]
    line: str
    share: float


def look(run_dir: Path) -> Look:
    """Read a run folder.

    Raises:
        JobError: it is not there any more.
    """
    found = jobs.status(run_dir)
    rows, _ = jobs.read_metrics(run_dir)
    share = found.done / found.total if found.total else 0.0
    if found.state == "finished":
        share = 1.0
    return Look(found, rows, _line(found, rows, config_of(run_dir)), share)


def standing(run: jobs.RunStatus) -> tuple:
    """Return what a list of runs shows of one, to tell when it has changed."""
    return run.id, run.state, run.attempt, run.done, run.message


def fingerprint(run_dir: Path | None) -> tuple:
    """Return what changes with the files of a run that its status does not tell."""
    if run_dir is None:
        return ()
    metrics = run_dir / "metrics.jsonl"
    size = metrics.stat().st_size if metrics.exists() else 0
    return size, (run_dir / "STOP").exists()


def _line(found: jobs.RunStatus, rows: list[dict[str, Any]], config: dict[str, Any]) -> str:
    if found.state == "queued":
        return "Waiting to start."
    if not found.active:
        took = f" after {duration(found.seconds)}" if found.seconds else ""
        message = f" {found.message}" if found.message else ""
        return f"{found.state.capitalize()}{took}.{message}"
    if (found.run_dir / "STOP").exists():
        return "Stopping at the next safe point; what was learned so far is kept."
    parts = [(found.message or "Preparing").replace("the mdn", "the MDN")]
    if found.total:
        parts.append(f"{found.done:,} of {found.total:,}")
    rate = rows[-1].get("rate_gal_per_s") if rows else None
    if rate:
        parts.append(f"{rate:,.0f} galaxies/s")
        seconds = (found.total - found.done) * config.get("batch", BATCH) / rate
        parts.append(f"about {duration(seconds)} left")
    elif found.kind == "simulate" and found.done and found.seconds > 1:
        speed = found.done / found.seconds
        left = (found.total - found.done) / speed
        parts.append(f"{speed:,.0f} galaxies/s, about {duration(left)} left")
    return ", ".join(parts) + "."


def duration(seconds: float) -> str:
    """Return a length of time in words."""
    seconds = round(seconds)
    if seconds < 100:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def stop(run_dir: Path, fail: Callable[[Exception], None]) -> None:
    """Ask a run to stop, and end it by force in the background if it does not."""
    jobs.request_stop(run_dir)

    def work() -> None:
        try:
            jobs.cancel(run_dir)
        except PhotozError as error:
            fail(error)

    threading.Thread(target=work, name="photoz-cancel", daemon=True).start()


def resume(run_dir: Path) -> None:
    """Continue a run from its last checkpoint.

    Raises:
        JobError: it is active or finished.
    """
    jobs.resume(run_dir)


def cards(run: jobs.RunStatus) -> dict[str, dict[str, Any]]:
    """Return the model cards that a run wrote, by estimator, read from the headers alone.

    The card of an ensemble is its first member's with the scores of the ensemble.
    """
    from safetensors import SafetensorError, safe_open

    found = {}
    for kind, path in (run.result.get("models") or {}).items():
        try:
            with safe_open(path, framework="numpy") as opened:
                card = json.loads(opened.metadata()["photoz"])["card"]
            scores = {name: run.result[name][kind] for name in ("log_score", "crps", "pit_ks")}
            found[kind] = card | {"test": card["test"] | scores}
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise JobError(
                f"The model file {path} of this run cannot be read ({error}). "
                "It may have been moved or deleted since."
            ) from error
    return found
