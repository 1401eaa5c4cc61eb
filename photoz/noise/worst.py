"""Which bands of a mock survey differ most from the real one, and a sentence that says how."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def order_bands(
    bands: Sequence[dict[str, Any]], colours: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Order bands by how much they differ, most first.

    A band differs by the largest of: |ln| of the ratio of errors at equal magnitude, averaged
    over magnitudes; |ln| of the ratio of limits; the distance of its magnitudes and the smaller
    of those of its colours, each in units of half their width in the real catalogue; and the
    difference of the shares of galaxies measured. One is a factor of e, a whole width, or
    all against none. (A wrong band spoils the colours with both neighbours, its neighbour only
    one: hence the smaller.)

    Args:
        bands: records of `photoz.noise.compare`.
        colours: records of `photoz.noise.colours`.

    Returns:
        Records `band`, `differs` (that number), `by` (`errors`, `limits`, `magnitudes`, `colours`
        or `measured`) and `because`, a sentence.
    """
    found = []
    for row in bands:
        own = [c for c in colours if row["band"] in (c["blue"], c["red"]) and c["relative"]]
        reasons = {
            "errors": (row["ln_err_abs"], _errors),
            "limits": (_abs_log(row["limit_ratio"]), _limits),
            "magnitudes": (row["mag_relative"], _magnitudes),
            "colours": (min((c["relative"] for c in own), default=None), _colours),
            "measured": (abs(row["measured_mock"] - row["measured_real"]), _measured),
        }
        known = {by: r for by, r in reasons.items() if r[0] is not None}
        by = max(known, key=lambda name: known[name][0])
        differs, say = known[by]
        found.append(
            {"band": row["band"], "differs": float(differs), "by": by, "because": say(row, own)}
        )
    return sorted(found, key=lambda record: -record["differs"])


def _abs_log(ratio: float | None) -> float | None:
    return None if ratio is None else abs(float(np.log(ratio)))


def _errors(row: dict[str, Any], _own: list[dict[str, Any]]) -> str:
    return (
        f"errors of {row['band']} are {row['err_ratio']:.2g} times the mock's at "
        f"{row['err_ratio_mag']:.3g} mag"
    )


def _limits(row: dict[str, Any], _own: list[dict[str, Any]]) -> str:
    return f"limits of {row['band']} are {row['limit_ratio']:.2g} times the mock's"


def _magnitudes(row: dict[str, Any], _own: list[dict[str, Any]]) -> str:
    shift = row["mag_median_real"] - row["mag_median_mock"]
    if abs(shift) < row["mag_distance"] / 2:
        return f"magnitudes in {row['band']} are {row['mag_distance']:.2g} mag apart on average"
    side = "fainter" if shift > 0 else "brighter"
    return f"galaxies in {row['band']} are {abs(shift):.2g} mag {side} than the mock's"


def _colours(row: dict[str, Any], own: list[dict[str, Any]]) -> str:
    worst = max(own, key=lambda c: c["relative"])
    shift = worst["median_real"] - worst["median_mock"]
    if abs(shift) < worst["distance"] / 2:
        return f"{worst['colour']} is {worst['distance']:.2g} mag apart on average"
    side = "redder" if shift > 0 else "bluer"
    return f"{worst['colour']} is {abs(shift):.2g} mag {side} than the mock's"


def _measured(row: dict[str, Any], _own: list[dict[str, Any]]) -> str:
    return (
        f"{row['band']} is measured in {row['measured_real']:.0%} of the galaxies, in the mock in "
        f"{row['measured_mock']:.0%}"
    )
