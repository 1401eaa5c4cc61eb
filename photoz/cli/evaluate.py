"""`photoz evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoz.cli.judging import Judged, judge, judging_options, read_options
from photoz.cli.judging_tables import BASELINES, heading, print_judgement, with_error
from photoz.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from photoz.infer import Posterior

METRICS = {
    "result": "result",
    "n": "n",
    "sigma_nmad": "sigma NMAD",
    "outlier_fraction": "outliers",
    "bias": "bias",
    "crps": "CRPS",
    "log_score": "log score",
    "cde_loss": "CDE loss",
    "coverage_68": "coverage 68",
    "coverage_95": "coverage 95",
    "pit_ks": "PIT KS",
    "pit_ks_p": "PIT KS p",
}
ACROSS = 4  # results side by side: what a terminal of 80 columns holds


@click.command("evaluate")
@click.argument("results", metavar="RESULT...", nargs=-1, required=True)
@click.option("--bootstrap", default=200, show_default=True, type=int, help="For the errors.")
@judging_options
@json_option
def command(
    results: tuple[str, ...], bootstrap: int, catalogue: str | None, as_json: bool, **asked: Any
) -> None:
    """Score posteriors against the spectroscopic redshifts that their files carry.

    RESULT is a file of `photoz predict`, or another code's result: LePHARE's output catalogue,
    EAZY's .zout, eazy-py's .zout.fits or HDF5, an ensemble of qp, a file of `photoz import-result`,
    or a table with id and z_phot. Points alone have point metrics only.

    Two baselines are always there: trainz gives every galaxy the redshift distribution of the
    sample, gaussian one width about the first estimator's point.
    """
    from photoz.errors import InputError
    from photoz.metrics import evaluate

    if bootstrap < 0 or bootstrap == 1:
        raise InputError(f"--bootstrap {bootstrap}: expected 0 for no errors, or 2 and more.")
    wanted = read_options(catalogue=catalogue, **asked)
    judged = _with_baselines(results, catalogue)
    rows: list[dict[str, Any]] = []
    for one in judged:
        for row in evaluate(one.posterior, n_bootstrap=bootstrap):
            rows.append({"estimator": row["estimator"], "result": one.result, **row})
    rows.sort(key=lambda row: row["estimator"] in BASELINES)
    found = judge(judged, wanted, bootstrap)
    if as_json:
        print_json({"rows": rows, **found})
        return
    for first in range(0, len(rows), ACROSS):
        some = rows[first : first + ACROSS]
        shown = {k: label for k, label in METRICS.items() if k != "result" or len(results) > 1}
        table = [
            [label, *(with_error(row[key], row.get(f"{key}_err")) for row in some)]
            for key, label in shown.items()
        ]
        print_table("Scores against z_spec", ["", *map(heading, some)], table)
    print_judgement(found)


def _with_baselines(results: tuple[str, ...], catalogue: str | None) -> list[Judged]:
    """Read the results, each with two baselines unless another has the same galaxies."""
    from photoz.infer.imports import read_result, redshifts_if_any

    known = redshifts_if_any(catalogue) if catalogue else None
    judged: list[Judged] = []
    samples: list[Any] = []
    for path in results:
        posterior = read_result(path, z_spec_from=known, only_z_spec=True)
        name = Path(path).name
        judged.append(Judged(name, posterior))
        if not any(_same_galaxies(posterior, other) for other in samples):
            samples.append(posterior)
            judged += [Judged(name, base, posterior) for base in _baselines(posterior)]
    return judged


def _baselines(like: "Posterior") -> list["Posterior"]:
    from photoz.metrics import gaussian, trainz

    return [trainz(like, like.require_z_spec()), gaussian(like, like.estimators[0])]


def _same_galaxies(one: "Posterior", other: "Posterior") -> bool:
    """Whether two results are of the same galaxies, in any order."""
    return sorted(map(str, one.ids)) == sorted(map(str, other.ids))
