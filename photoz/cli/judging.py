"""What `photoz evaluate` finds beyond its rows: pairs, bins, local coverage, odds."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue
    from photoz.infer import Posterior
    from photoz.metrics import LocalCoverage

_OPTIONS = (
    click.option(
        "--by",
        multiple=True,
        metavar="NAME",
        help="Metrics in bins of z_spec, z_map, odds, ood, a band of --catalogue (its magnitude) "
        "or BAND-BAND. May be repeated.",
    ),
    click.option("--bins", type=int, metavar="K", help="Bins of equal numbers.  [default: 4]"),
    click.option("--edges", metavar="A,B,C", help="Edges of the bins instead."),
    click.option(
        "--catalogue",
        metavar="FILE",
        help="The catalogue: magnitudes for --by, z_spec by id where a result has none.",
    ),
    click.option("--local", is_flag=True, help="Test whether the PIT is uniform everywhere."),
    click.option(
        "--covariates",
        metavar="NAMES",
        help="What `everywhere` means, as --by, with commas.  [default: z_map]",
    ),
    click.option("--odds", is_flag=True, help="Outliers by odds, and what cuts in odds buy."),
)


@dataclass(frozen=True)
class Judged:
    """A posterior to judge.

    Attributes:
        result: name of its file.
        posterior: the densities.
        like: of a baseline, the result that it stands beside; else None.
    """

    result: str
    posterior: "Posterior"
    like: "Posterior | None" = None


def judging_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of this module to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Wanted:
    """What the options ask for, with the catalogue that it needs."""

    by: tuple[str, ...]
    n_bins: int | None
    edges: list[float] | None
    catalogue: "Catalogue | None"
    covariates: tuple[str, ...]
    odds: bool


def read_options(
    *,
    by: tuple[str, ...],
    bins: int | None,
    edges: str | None,
    catalogue: str | None,
    local: bool,
    covariates: str | None,
    odds: bool,
) -> Wanted:
    """Return what the options ask for.

    Raises:
        InputError: options that do not go together, or a catalogue that is not needed.
        CatalogueError: a catalogue that cannot be read.
    """
    names = _covariates(covariates, local)
    cuts = _edges(edges, bins, by)
    return Wanted(by, bins, cuts, _read_catalogue(catalogue, (*by, *names)), names, odds)


def judge(judged: list[Judged], wanted: Wanted, bootstrap: int) -> dict[str, Any]:
    """Return `pairs`, and where asked for `bins`, `local` and `odds`, rows of each.

    Raises:
        InputError: something that the results or the catalogue cannot answer.
    """
    from photoz.metrics import pairs

    own = [one for one in judged if one.like is None]
    results = [one.result for one in judged]
    found: dict[str, Any] = {
        "pairs": pairs([one.posterior for one in judged], results=results, n_bootstrap=bootstrap)
    }
    if wanted.by:
        found["bins"] = [row for by in wanted.by for row in _bins(own, by, wanted, bootstrap)]
    if wanted.covariates:
        found["local"] = [row for one in judged for row in _local(one, wanted)]
    if wanted.odds:
        found["odds"] = [row for one in own for row in _odds(one)]
    return found


def _covariates(told: str | None, local: bool) -> tuple[str, ...]:
    from photoz.errors import InputError

    if not local:
        if told is not None:
            raise InputError("--covariates names what --local looks at: give --local too.")
        return ()
    names = tuple(name.strip() for name in (told or "z_map").split(",") if name.strip())
    if not names or "z_spec" in names:
        raise InputError(
            f"--covariates {told!r}: give one or more names of what the photometry tells. Given "
            "z_spec no PIT is uniform, not even a perfect posterior's: use z_map."
        )
    return names


def _edges(told: str | None, bins: int | None, by: tuple[str, ...]) -> list[float] | None:
    from photoz.errors import InputError

    if (told is not None or bins is not None) and not by:
        raise InputError("--bins and --edges say how --by cuts: give --by NAME too.")
    if told is None:
        return None
    if len(by) > 1 or bins is not None:
        raise InputError("--edges goes with one --by, and without --bins.")
    try:
        return [float(edge) for edge in told.split(",")]
    except ValueError as error:
        raise InputError(f"--edges {told}: expected numbers with commas, as 0,0.5,1.") from error


def _read_catalogue(path: str | None, names: tuple[str, ...]) -> "Catalogue | None":
    from photoz.catalogue import read_catalogue
    from photoz.errors import InputError
    from photoz.metrics.attributes import needs_catalogue

    needed = [name for name in names if needs_catalogue(name)]
    if path is None:
        if needed:
            raise InputError(
                f"{needed[0]!r} is not a number of a result (z_spec, z_map, odds, ood); if it is a "
                "band or a colour, --catalogue FILE says where its fluxes are."
            )
        return None
    return read_catalogue(path) if needed else None


def _bins(own: list[Judged], by: str, wanted: Wanted, bootstrap: int) -> list[dict[str, Any]]:
    from photoz.metrics import evaluate_bins
    from photoz.metrics.bins import N_BINS

    rows = evaluate_bins(
        [one.posterior for one in own],
        by,
        catalogue=wanted.catalogue,
        n_bins=N_BINS if wanted.n_bins is None else wanted.n_bins,
        edges=wanted.edges,
        n_bootstrap=bootstrap,
    )
    return [{"result": own[row.pop("posterior")].result, **row} for row in rows]


def _local(one: Judged, wanted: Wanted) -> list[dict[str, Any]]:
    import numpy as np

    from photoz.errors import InputError
    from photoz.metrics import attribute, local_coverage

    # a baseline is looked at where the result beside it is: its own peaks say nothing
    where, names = one.like or one.posterior, wanted.covariates
    rows = []
    for estimator in one.posterior.estimators:
        about = _about(one, estimator) | {"covariates": list(names)}
        of = estimator if estimator in where.estimators else where.estimators[0]
        table = np.column_stack([attribute(where, of, name, wanted.catalogue) for name in names])
        try:
            found = local_coverage(one.posterior.pit(estimator), table, names=names)
        except InputError as error:
            rows.append(about | {"problem": str(error)})
        else:
            rows.append(about | {"problem": None} | _numbers(found))
    return rows


def _numbers(found: "LocalCoverage") -> dict[str, Any]:
    """Return the numbers of a test that a table or JSON shows, without those of each galaxy."""
    keys = ("n", "n_left_out", "k", "statistic", "expected", "rms_excess", "p_value")
    numbers = {key: getattr(found, key) for key in keys}
    return numbers | {"worst": [place._asdict() for place in found.worst]}


def _odds(one: Judged) -> list[dict[str, Any]]:
    from photoz.metrics import reliability

    return [
        _about(one, estimator) | asdict(reliability(one.posterior, estimator))
        for estimator in one.posterior.estimators
    ]


def _about(one: Judged, estimator: str) -> dict[str, Any]:
    calibrated = one.posterior.provenance.get("calibrated")
    return {"estimator": estimator, "result": one.result, "calibrated": calibrated}
