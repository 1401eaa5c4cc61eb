"""Refuse a training that could not be carried out, from the headers of its files alone."""

from pathlib import Path

from photoz.assets import assets_dir
from photoz.errors import InputError
from photoz.models.members import member_files
from photoz.simulate.catalogue import open_simulation
from photoz.train.config import TrainConfig
from photoz.train.sample import MIN_GALAXIES


def check_request(config: TrainConfig) -> None:
    """Check simulation, noise model and output folder against each other.

    Raises:
        CatalogueError: the simulation is missing, is not one, or lacks what a joint model learns.
        InputError: too few galaxies, a band of the noise model that was not simulated, or an
            output folder that holds models already.
    """
    from photoz.noise import load_noise

    file, record = open_simulation(config.simulation)
    n_rows = file.metadata.num_rows
    absent = [band for band in load_noise(config.noise).bands if band not in record["bands"]]
    if absent:
        raise InputError(
            f"The simulation {config.simulation} has no band {', '.join(absent)}, which the noise "
            f"model has; it has {', '.join(record['bands'])}. Fit the noise on these bands."
        )
    if n_rows < MIN_GALAXIES:
        raise InputError(
            f"The simulation {config.simulation} has {n_rows} galaxies, too few to train on: "
            "simulate 1,000 at least, 100,000 for useful redshifts."
        )
    if "joint" in config.models:
        from photoz.simulate.physical import check_columns

        check_columns(file.schema_arrow.names)
    check_models_folder(Path(config.out), config.models)


def check_models_folder(out: Path, kinds: tuple[str, ...]) -> None:
    """Refuse a folder for models that cannot be made or holds models already.

    Raises:
        InputError: it is a file, has no parent folder, or holds a model of one of the kinds.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"Cannot write models into {out}: it is a file. Give a folder.")
    if not out.absolute().parent.is_dir():
        raise InputError(
            f"Cannot make {out}: the folder {out.parent} does not exist. Create it first."
        )
    for kind in kinds:
        if out.is_dir() and member_files(out, kind):
            raise InputError(
                f"{out} holds a trained {kind} already. Give another --out, or move it away."
            )


def shipped_noise(simulation: str | Path) -> Path:
    """Return the shipped noise model of the survey that a simulation was made for.

    Raises:
        CatalogueError: not a simulation.
        InputError: photoz ships none for this survey.
    """
    survey = Path(str(open_simulation(simulation)[1].get("survey", "?"))).stem
    path = assets_dir() / "noise" / f"{survey}.json"
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.json"))
        raise InputError(
            f"photoz ships no noise model for the survey {survey} of {simulation} (shipped: "
            f"{', '.join(known) or 'none'}). Fit one on the survey's catalogue or depths with "
            "`photoz noise fit CATALOGUE --out N` and give it with --noise N."
        )
    return path
