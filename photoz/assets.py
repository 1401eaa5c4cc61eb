"""Where the files shipped with the code lie: surveys, recipes, SSP grid, models, data."""

from functools import cache
from pathlib import Path

from photoz.errors import InputError


@cache
def assets_dir() -> Path:
    """Return the assets folder: inside the installed wheel, or beside a source checkout."""
    package = Path(__file__).resolve().parent
    for candidate in (package / "_assets", package.parent / "assets"):
        if candidate.is_dir():
            return candidate
    raise InputError(
        f"The assets folder is missing: looked in {package / '_assets'} and "
        f"{package.parent / 'assets'}. Reinstall photoz."
    )


def asset_path(*parts: str) -> Path:
    """Return the path of one shipped file, for example `asset_path("recipes", "cosmos2020.toml")`.

    Raises:
        InputError: no such file is shipped.
    """
    path = assets_dir().joinpath(*parts)
    if not path.exists():
        raise InputError(f"photoz ships no file {'/'.join(parts)}: looked for {path}.")
    return path


def named_or_path(name: str | Path, folder: str, suffix: str = ".toml") -> Path:
    """Resolve a shipped name (`cosmos2020`) or a path of the user's own file.

    Raises:
        InputError: neither a file of that path nor a shipped one of that name exists.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = assets_dir() / folder / f"{name}{suffix}"
    if shipped.is_file():
        return shipped
    known = sorted(p.stem for p in (assets_dir() / folder).glob(f"*{suffix}"))
    raise InputError(
        f"No file {path} and no shipped {folder} entry of that name. "
        f"Shipped: {', '.join(known) or 'none'}."
    )
