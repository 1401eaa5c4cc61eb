"""Models by name: a person's own, or those that photoz ships."""

from pathlib import Path

from photoz.assets import assets_dir
from photoz.errors import InputError


def find_models(name: str | Path) -> Path:
    """Return the path of models: the user's own, or shipped ones by name.

    Raises:
        InputError: neither, or a file of another kind.
    """
    path = Path(name)
    if path.is_file() and path.suffix != ".safetensors":
        raise InputError(
            f"{name} is not a model: expected a folder of `photoz train`, a .safetensors file, or "
            "the name of shipped models. The model comes first, the catalogue second."
        )
    if path.exists():
        return path
    shipped = assets_dir() / "models" / str(name)
    if path.name == str(name) and shipped.is_dir():
        return shipped
    known = sorted(p.parent.name for p in (assets_dir() / "models").glob("*/mdn.safetensors"))
    raise InputError(
        f"There is no model file or folder {name}, and photoz ships no models of that name "
        f"(shipped: {', '.join(known) or 'none'}). `photoz train` makes them."
    )
