"""The workspace folder: its mark and its subfolders.

workspace.json  format version and when it was made
models/NAME/    mdn.safetensors, flow.safetensors, noise.json
catalogues/     real and mock catalogues
simulations/    true fluxes and parameters
noise/          noise models
calibrations/   offsets
results/        posteriors
runs/ID/        long work
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from photoz.atomic import write_text
from photoz.errors import WorkspaceError

FORMAT = 1
MARK = "workspace.json"
FOLDERS = ("models", "catalogues", "simulations", "noise", "calibrations", "results", "runs")


def is_workspace(root: Path) -> bool:
    """Whether a folder is a workspace this version can use.

    Raises:
        WorkspaceError: it is one of another format, or its mark cannot be read.
    """
    mark = root / MARK
    if not mark.is_file():
        return False
    try:
        record = json.loads(mark.read_text(encoding="utf-8"))
        found = record.get("format") if isinstance(record, dict) else None
    except (OSError, ValueError) as error:
        raise WorkspaceError(
            f"{mark} cannot be read ({error}). Put the file back from a copy, or choose another "
            "folder with --workspace."
        ) from error
    if found != FORMAT:
        raise WorkspaceError(
            f"The workspace {root} has format {found!r}; this photoz reads format {FORMAT}. Choose "
            "another folder with --workspace, or use the version that made it."
        )
    return True


def make_workspace(root: Path, fill: Callable[[Path], None] = lambda folder: None) -> Path:
    """Make a workspace, whole or not at all.

    Args:
        root: a folder that does not exist yet, or is empty.
        fill: called with the folder before it gets its name.

    Raises:
        WorkspaceError: the folder holds other files, or cannot be made.
    """
    root = root.expanduser().absolute()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise WorkspaceError(
            f"{root} is not a workspace, and it is not empty: nothing was put there. Choose a new "
            "or empty folder with --workspace."
        )
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    except OSError as error:
        raise WorkspaceError(
            f"Cannot make the workspace {root}: {error.strerror}. Choose another folder with "
            "--workspace."
        ) from error
    try:
        for name in FOLDERS:
            (building / name).mkdir()
        fill(building)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        write_text(building / MARK, json.dumps({"format": FORMAT, "made": made}) + "\n")
        umask = os.umask(0)
        os.umask(umask)
        building.chmod(0o777 & ~umask)
        building.replace(root)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return root
