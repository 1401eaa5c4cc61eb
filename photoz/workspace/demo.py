"""The demonstration workspace: a real SDSS sample, a simulated COSMOS2020, pretrained models."""

import shutil
from pathlib import Path

from photoz.assets import assets_dir
from photoz.errors import WorkspaceError
from photoz.workspace.folder import make_workspace

# shipped file or folder -> place in the workspace
CONTENTS = {
    "models/cosmos2020": "models/cosmos2020",
    "models/sdss-2mass": "models/sdss-2mass",
    "data/cosmos2020-mock.parquet": "catalogues/cosmos2020-mock.parquet",
    "data/sdss-2mass.parquet": "catalogues/sdss-2mass.parquet",
    "data/cosmos2020-simulation.parquet": "simulations/cosmos2020-small.parquet",
    "noise/cosmos2020.json": "noise/cosmos2020.json",
    "noise/sdss-2mass.json": "noise/sdss-2mass.json",
}


def make_demo(root: str | Path) -> Path:
    """Make the demonstration workspace and return its folder.

    Raises:
        WorkspaceError: the folder holds other files or cannot be made, or a shipped file is
            missing.
    """
    return make_workspace(Path(root), _copy_contents)


def _copy_contents(folder: Path) -> None:
    for source, target in CONTENTS.items():
        shipped = assets_dir() / source
        if not shipped.exists():
            raise WorkspaceError(
                f"The shipped file {source} is missing, so the demonstration cannot be made. "
                "Install photoz again; `photoz doctor` lists what is missing."
            )
        if shipped.is_dir():
            shutil.copytree(shipped, folder / target, dirs_exist_ok=True)
        else:
            shutil.copyfile(shipped, folder / target)
