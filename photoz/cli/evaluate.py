"""`photoz evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoz.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from photoz.infer import Posterior

COLUMNS = {
    "estimator": "estimator",
    "result": "result",
    "n": "n",
    "sigma_nmad": "sigma NMAD",
    "outlier_fraction": "outliers",
    "bias": "bias",
    "crps": "CRPS",
    "log_score": "log score",
    "cde_loss": "CDE loss",
    "coverage_68": "cov. 68",
    "coverage_95": "cov. 95",
    "pit_ks": "PIT KS",
    "pit_ks_p": "p",
}


@click.command("evaluate")
@click.argument("results", metavar="RESULT...", nargs=-1, required=True)
@click.option("--bootstrap", default=200, show_default=True, type=int, help="For the errors.")
@json_option
def command(results: tuple[str, ...], bootstrap: int, as_json: bool) -> None:
    """Score posteriors against the spectroscopic redshifts that their files carry.

    RESULT is a file of `photoz predict`, or another code's saved densities (id, z_spec, z_point,
    pz). Two baselines are always there: trainz gives every galaxy the redshift distribution of
    the sample, gaussian one width about the first estimator's point.
    """
    from photoz.errors import InputError
    from photoz.metrics import evaluate

    if bootstrap < 0 or bootstrap == 1:
        raise InputError(f"--bootstrap {bootstrap}: expected 0 for no errors, or 2 and more.")
    rows: list[dict[str, Any]] = []
    samples: list[Any] = []
    for path in results:
        posterior = _read(path)
        judged = [posterior]
        if not any(_same_galaxies(posterior, other) for other in samples):
            samples.append(posterior)
            judged += _baselines(posterior)
        for row in evaluate(judged, n_bootstrap=bootstrap):
            rows.append({"estimator": row["estimator"], "result": Path(path).name, **row})
    rows.sort(key=lambda row: row["estimator"] in ("trainz", "gaussian"))
    if as_json:
        print_json({"rows": rows})
    else:
        print_table(
            "Scores against spectroscopic redshifts",
            list(COLUMNS.values()),
            [[_cell(row, key) for key in COLUMNS] for row in rows],
        )


def _read(path: str) -> "Posterior":
    """Read the galaxies with a spectroscopic redshift of a posterior or reference file."""
    from photoz.infer import is_peer_file, read_peer, read_posterior

    posterior = read_peer(path) if is_peer_file(path) else read_posterior(path, only_z_spec=True)
    posterior.require_z_spec()
    return posterior


def _baselines(like: "Posterior") -> list["Posterior"]:
    from photoz.metrics import gaussian, trainz

    return [trainz(like, like.require_z_spec()), gaussian(like, like.estimators[0])]


def _same_galaxies(one: "Posterior", other: "Posterior") -> bool:
    """Whether two results are of the same galaxies, in any order."""
    return sorted(map(str, one.ids)) == sorted(map(str, other.ids))


def _cell(row: dict[str, Any], key: str) -> Any:
    value = row[key]
    error = row.get(f"{key}_err")
    if key == "estimator" and row.get("calibrated"):
        return f"{value} (calibrated)"
    return f"{value:.4g} ± {error:.1g}" if error is not None else value
