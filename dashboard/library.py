"""The workspace as the page sees it: names of things, and loaded forms shared by sessions."""

import os
import threading
import time
from pathlib import Path
from typing import Any

from dashboard.store import SHARED

WORKSPACE_VARIABLE = "PHOTOZ_WORKSPACE"
MODEL_FILES = ("mdn", "flow")  # the page shows p(z); a joint model beside them is left alone
DEFAULT_WORKSPACE = Path.home() / "photoz-workspace"


class Library:
    """Names and loaded contents of one workspace folder.

    Args:
        root: the workspace folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def models(self) -> list[str]:
        """Names of the trained model folders."""
        found = (self.root / "models").glob("*/*.safetensors")
        return sorted({path.parent.name for path in found if path.stem in MODEL_FILES})

    def catalogues(self) -> list[str]:
        """Names of the catalogues."""
        return sorted(p.stem for p in (self.root / "catalogues").glob("*.parquet"))

    def simulations(self) -> list[str]:
        """Names of the simulated catalogues."""
        return sorted(p.stem for p in (self.root / "simulations").glob("*.parquet"))

    def noises(self) -> list[str]:
        """Names of the noise models."""
        return sorted(p.stem for p in (self.root / "noise").glob("*.json"))

    def calibrations(self) -> list[str]:
        """Names of the saved calibrations."""
        return sorted(p.stem for p in (self.root / "calibrations").glob("*.toml"))

    def path(self, kind: str, name: str) -> Path:
        """Where a thing of that kind and name lies."""
        suffix = {"noise": ".json", "calibrations": ".toml", "models": ""}.get(kind, ".parquet")
        return self.root / kind / f"{name}{suffix}"

    def catalogue(self, name: str) -> Any:
        """Return a loaded catalogue."""
        from photoz.catalogue import read_catalogue

        return self._load("catalogues", name, read_catalogue)

    def trained(self, name: str) -> dict[str, Any]:
        """Return the trained models of a folder, by estimator."""
        import photoz.jaxconfig  # noqa: F401
        from photoz.models import load_models

        return self._load("models", name, load_models)

    def calibration(self, name: str) -> Any:
        """Return a loaded calibration."""
        from photoz.calibrate import load_calibration

        return self._load("calibrations", name, load_calibration)

    def catalogues_for(self, model: str) -> list[str]:
        """Names of the catalogues that have every band of a model."""
        bands = set(self.model_bands(model))
        return [c for c in self.catalogues() if bands <= set(self.catalogue_bands(c))]

    def model_bands(self, model: str) -> tuple[str, ...]:
        """Band names a model was trained on, read from the header alone."""
        import json

        from safetensors import safe_open

        found = self.path("models", model).glob("*.safetensors")
        file = next(path for path in found if path.stem in MODEL_FILES)
        with safe_open(file, framework="numpy") as opened:
            return tuple(json.loads(opened.metadata()["photoz"])["bands"])

    def noises_for(self, simulation: str) -> list[str]:
        """Names of the noise models whose bands were all simulated."""
        from photoz.noise import load_noise

        bands = set(self.catalogue_bands(simulation, "simulations"))
        return [n for n in self.noises() if set(load_noise(self.path("noise", n)).bands) <= bands]

    def catalogue_bands(self, name: str, kind: str = "catalogues") -> tuple[str, ...]:
        """Band names of a catalogue or simulation, read from its schema alone."""
        import pyarrow.parquet as pq

        names = pq.read_schema(self.path(kind, name)).names
        return tuple(n.removeprefix("flux_") for n in names if n.startswith("flux_"))

    def runs(self, kind: str | None = None) -> list[Any]:
        """Status of the runs, newest first."""
        from photoz.jobs import list_runs

        folder = self.root / "runs"
        found = list_runs(folder) if folder.is_dir() else []
        return [r for r in found if kind in (None, r.kind)]

    def running(self) -> dict[str, float]:
        """Share done of each queued or running job, by what people read."""
        return {
            f"{r.kind} {r.id}": r.done / r.total if r.total else 0.0
            for r in self.runs()
            if r.active
        }

    def new_run(self, kind: str) -> Path:
        """Path of a run folder that does not exist yet."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        path = self.root / "runs" / f"{kind}-{stamp}"
        number = 1
        while path.exists():
            number += 1
            path = self.root / "runs" / f"{kind}-{stamp}-{number}"
        return path

    def add_catalogue(self, file: Path) -> str:
        """Read a catalogue file and keep a copy in the workspace; return its name.

        Raises:
            CatalogueError: it is not a catalogue in the project's form.
        """
        from photoz.catalogue import read_catalogue, write_catalogue

        catalogue = read_catalogue(file)
        target = self.path("catalogues", file.stem)
        if target.resolve() != file.resolve():
            write_catalogue(catalogue, target)
        return file.stem

    def stamps(self, model: str, catalogue: str, calibration: str | None) -> tuple:
        """Return a key that changes when any of what a result is made of is written again."""
        return (
            self.stamp("models", model),
            self.stamp("catalogues", catalogue),
            self.stamp("calibrations", calibration) if calibration else None,
        )

    def stamp(self, kind: str, name: str) -> tuple[str, str, int]:
        """Return what changes when a thing is written again: kind, path and newest time."""
        path = self.path(kind, name)
        files = [p for p in (path, *path.glob("*")) if p.exists()]
        return kind, str(path), max((p.stat().st_mtime_ns for p in files), default=0)

    def _load(self, kind: str, name: str, read: Any) -> Any:
        return SHARED.get(self.stamp(kind, name), lambda: read(self.path(kind, name)))


def open_library() -> Library:
    """Return the library of this server's workspace; a new one becomes the demonstration."""
    root = Path(os.environ.get(WORKSPACE_VARIABLE, DEFAULT_WORKSPACE))
    return SHARED.get(("library", root), lambda: _prepared(root))


def _prepared(root: Path) -> Library:
    from photoz.workspace import is_workspace, make_demo

    if not is_workspace(root):
        make_demo(root)
    return Library(root)


def warm_up() -> None:
    """Load the engine of the first tab in the background, before somebody asks."""
    from dashboard.controllers import laboratory

    def work() -> None:
        laboratory.view("cosmos2020", laboratory.Settings())

    threading.Thread(target=work, name="photoz-warm-up", daemon=True).start()
