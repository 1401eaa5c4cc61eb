"""Tables for people of what `photoz.cli.judging` finds."""

import math
from pathlib import Path
from typing import Any

import click

from photoz.cli.output import print_table

BASELINES = ("trainz", "gaussian")
BIN_METRICS = {  # heading and format: what a terminal of 80 columns holds
    "sigma_nmad": ("NMAD", ".4f"),
    "outlier_fraction": ("outliers", ".3f"),
    "crps": ("CRPS", ".4f"),
    "log_score": ("score", ".2f"),
    "coverage_68": ("68 %", ".2f"),
}
_SMALLEST_P = 1e-4  # shown; below it the digits say nothing
_CERTAIN = 0.05  # places likelier than this by chance are in JSON only
_SHOWN_PLACES = 3


def print_judgement(found: dict[str, Any]) -> None:
    """Print the tables of pairs, bins, local coverage and odds, those that are there."""
    _print_pairs(found["pairs"])
    for key, show in (("bins", _print_bins), ("local", _print_local), ("odds", _print_odds)):
        if key in found:
            show(found[key])


def with_error(value: float, error: float | None) -> str:
    """Return a value with its error, to the digits that the error leaves; "-" where unknown."""
    if isinstance(value, float) and math.isnan(value):
        return "-"
    if error is None or not 0.0 < error < math.inf:
        return f"{value:.3g}" if isinstance(value, float) else str(value)
    digits = max(0, -math.floor(math.log10(error)))
    return f"{value:.{digits}f}±{error:.{digits}f}"


def heading(row: dict[str, Any], key: str = "") -> str:
    """Return the name of an estimator; `key` is the prefix of its keys in the row."""
    name = row["estimator"] if not key else row[key]
    return name + (" calibrated" if row.get(f"{key}_calibrated" if key else "calibrated") else "")


def _print_pairs(rows: list[dict[str, Any]]) -> None:
    """Print each estimator against that of the best log score; JSON has every pair."""
    known = [row for row in rows if math.isfinite(row["log_score_difference"])]
    if not known:
        return
    best = _best(known)
    several = len({row[f"{key}_result"] for row in known for key in ("first", "second")}) > 1
    table = []
    for row in known:
        sides = [_side(row, "first"), _side(row, "second")]
        if best not in sides:
            continue
        sign, other = (-1.0, "second") if sides[0] == best else (1.0, "first")
        cells = [
            with_error(sign * row[f"{key}_difference"], row.get(f"{key}_difference_err"))
            for key in ("log_score", "crps")
        ]
        result = [row[f"{other}_result"]] if several else []
        table.append([heading(row, other), *result, row["n"], *cells])
    name = best[0] + (" calibrated" if best[2] else "")
    title = f"Differences to {name}, the same galaxies"
    columns = ["", *(["result"] if several else []), "n", "log score", "CRPS"]
    print_table(title, columns, table)


def _side(row: dict[str, Any], key: str) -> tuple[str, str | None, bool | None]:
    return row[key], row[f"{key}_result"], row[f"{key}_calibrated"]


def _best(rows: list[dict[str, Any]]) -> tuple[str, str | None, bool | None]:
    """Return the estimator with the highest log score, on the galaxies of the most pairs."""
    won: dict[Any, int] = {}
    for row in rows:
        better = "first" if row["log_score_difference"] >= 0.0 else "second"
        for key in ("first", "second"):
            won[_side(row, key)] = won.get(_side(row, key), 0) + (key == better)
    return max(won, key=lambda side: won[side])


def _print_bins(rows: list[dict[str, Any]]) -> None:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((_whose(row), row["by"]), []).append(row)
    for (whose, by), some in groups.items():
        labels = ["", "n", *(label for label, _ in BIN_METRICS.values()), "PIT p"]
        print_table(f"{whose} by {by}", labels, [_bin_cells(row) for row in some])
    if any(row["by"] == "z_spec" for row in rows):
        click.echo(
            "In bins of z_spec even perfect posteriors are biased and have no uniform PIT: use "
            "z_map."
        )


def _bin_cells(row: dict[str, Any]) -> list[Any]:
    if row["problem"]:
        return [_ends(row), row["n"], "too few", *[""] * len(BIN_METRICS)]
    p = row["pit_ks_p"]
    cells = [f"{row[key]:{form}}" for key, (_, form) in BIN_METRICS.items()]
    return [_ends(row), row["n"], *cells, f"{p:.2g}" if p >= _SMALLEST_P else f"<{_SMALLEST_P:g}"]


def _print_local(rows: list[dict[str, Any]]) -> None:
    names = ", ".join(rows[0]["covariates"])
    tested = [row for row in rows if not row["problem"]]
    table = [
        [_whose(row), row["n"], row["k"], *(f"{row[k]:.2g}" for k in ("rms_excess", "p_value"))]
        for row in tested
    ]
    if table:
        title = f"Is the PIT uniform everywhere in {names}?"
        print_table(title, ["", "n", "neighbours", "off by", "p"], table)
    for row in rows:
        if row["problem"]:
            click.echo(f"{_whose(row)}: {row['problem']}")
    for row in tested:
        if row["estimator"] not in BASELINES:
            for line in _places(row):
                click.echo(line)


def _places(row: dict[str, Any]) -> list[str]:
    """Return a sentence on each of the worst places that are not there by chance."""
    sure = [place for place in row["worst"] if place["p_value"] <= _CERTAIN]
    if not sure:
        return [f"{_whose(row)}: no place is worse than chance makes the worst of all."]
    lines = []
    for place in sure[:_SHOWN_PLACES]:
        ends = [f"{n} {place['low'][n]:.3g} to {place['high'][n]:.3g}" for n in place["median"]]
        said = f" ({place['said']})" if place["said"] else ""
        lines.append(
            f"{_whose(row)}, {', '.join(ends)}: mean PIT {place['mean_pit']:.2f}, 68 % covers "
            f"{place['coverage_68']:.2f}, p {place['p_value']:.2g}{said}"
        )
    return lines


def _print_odds(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        bins = [
            [
                _ends(b),
                b["n"],
                f"{b['outlier_fraction']:.3f}",
                f"{b['outlier_low']:.3f} to {b['outlier_high']:.3f}",
                f"{b['promised']:.3f}",
            ]
            for b in row["bins"]
            if b["n"]
        ]
        title = f"{_whose(row)}: outliers by odds"
        print_table(title, ["", "n", "outliers", "68 % interval", "promised"], bins)
        keys = ("kept", "completeness", "purity", "sigma_nmad")
        cuts = [
            [f"{c['odds_min']:.4f}", c["n"], *(f"{c[key]:.3f}" for key in keys)]
            for c in row["curve"][::2]
        ]
        columns = ["odds at least", "n", "kept", "completeness", "purity", "sigma NMAD"]
        print_table(f"{_whose(row)}: cuts in odds", columns, cuts)


def _whose(row: dict[str, Any]) -> str:
    """Name an estimator and its result, unless the one says the other."""
    alone = row["estimator"] == Path(row["result"]).stem
    return heading(row) if alone else f"{heading(row)} of {row['result']}"


def _ends(row: dict[str, Any]) -> str:
    """Return the ends of a bin, or its name where it has none."""
    if not math.isfinite(row["low"]):
        return row["bin"]
    return f"{row['low']:.3g} to {row['high']:.3g}"
