"""Where runs are found: the `runs` folder of the workspace, by id or by path."""

import difflib
import os
import time
from pathlib import Path

from photoz.errors import JobError
from photoz.jobs.folder import is_run

WORKSPACE_VARIABLE = "PHOTOZ_WORKSPACE"
RUN_FOLDER = "run"  # of a run that lives beside what it makes


def default_workspace() -> Path:
    """Return the workspace of commands that name none; the dashboard opens the same."""
    named = os.environ.get(WORKSPACE_VARIABLE)
    return Path(named) if named else Path.home() / "photoz-workspace"


def register(run_dir: str | Path, kind: str, workspace: str | Path) -> Path | None:
    """Link a run that lives elsewhere into a workspace, so that its runs list shows it.

    Returns:
        The link, or None where the workspace cannot be written: the run does not depend on it.
    """
    folder = Path(workspace) / "runs"
    name = f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix in ("", *(f"-{i}" for i in range(2, 100))):
            link = folder / f"{name}{suffix}"
            if not (link.is_symlink() or link.exists()):
                link.symlink_to(Path(run_dir).resolve(), target_is_directory=True)
                return link
    except OSError:
        pass
    return None


def find_run(name: str | Path, workspace: str | Path) -> Path:
    """Return the run folder of an id, of a path, or of a folder that a run made.

    Raises:
        JobError: there is none.
    """
    runs = Path(workspace) / "runs"
    for folder in (Path(name), Path(name) / RUN_FOLDER, runs / name):
        if is_run(folder):
            return folder
    known = sorted(p.name for p in runs.iterdir() if is_run(p)) if runs.is_dir() else []
    near = difflib.get_close_matches(str(name), known, n=2)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise JobError(
        f"There is no run {name}: neither a run folder nor one of the {len(known)} runs of "
        f"{workspace}.{hint} `photoz runs list` shows them."
    )
