"""A prior as a line of the recipe: `{uniform = [a, b]}`, `{normal = [mean, width]}` and so on."""

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from photoz.errors import RecipeError

INFINITY = float("inf")
KINDS = ("uniform", "log_uniform", "normal", "fixed")


@dataclass(frozen=True)
class Prior:
    """One parameter's distribution.

    Attributes:
        kind: one of `KINDS`.
        first: lower bound, mean, or the fixed value.
        second: upper bound or width.
        low: smallest value drawn from a normal.
        high: largest value drawn from a normal.
    """

    kind: str
    first: float
    second: float = 0.0
    low: float = -INFINITY
    high: float = INFINITY

    def draw(self, key: Array, n: int) -> Float[Array, " n"]:
        """Draw n values."""
        if self.kind == "fixed":
            return jnp.full(n, self.first)
        if self.kind == "uniform":
            return jax.random.uniform(key, (n,), minval=self.first, maxval=self.second)
        if self.kind == "log_uniform":
            low, high = jnp.log(self.first), jnp.log(self.second)
            return jnp.exp(jax.random.uniform(key, (n,), minval=low, maxval=high))
        return cut_normal(key, n, self.first, self.second, self.low, self.high)

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest value that can be drawn."""
        if self.kind == "fixed":
            return self.first, self.first
        return (self.low, self.high) if self.kind == "normal" else (self.first, self.second)

    def to_table(self) -> dict[str, Any]:
        """Return the table of the recipe; `prior_from_table` takes it back."""
        if self.kind == "fixed":
            return {"fixed": self.first}
        table: dict[str, Any] = {self.kind: [self.first, self.second]}
        if self.kind == "normal" and self.low > -INFINITY:
            table["cut"] = [self.low, self.high]
        return table


def cut_normal(key: Array, n: int, mean, width, low: float, high: float) -> Float[Array, " n"]:
    """Draw n normal values truncated to [low, high]; mean and width may be (n,)."""
    bounds = (jnp.asarray(low) - mean) / width, (jnp.asarray(high) - mean) / width
    return mean + width * jax.random.truncated_normal(key, *bounds, (n,))


def prior_from_table(table: Any, where: str) -> Prior:
    """Read a prior from its table in a recipe; `where` names it in errors.

    Raises:
        RecipeError: it is not a prior.
    """
    shape = (
        "{uniform = [low, high]}, {log_uniform = [low, high]}, {fixed = value} or "
        "{normal = [mean, width], cut = [low, high]}"
    )
    if not isinstance(table, dict) or len(set(table) & set(KINDS)) != 1:
        raise RecipeError(f"{where} = {table!r}: expected {shape}.")
    kind = next(iter(set(table) & set(KINDS)))
    unknown = set(table) - {kind} - ({"cut"} if kind == "normal" else set())
    if unknown:
        raise RecipeError(f"{where}: unknown entry {unknown.pop()!r}; expected {shape}.")
    first, second = _finite_pair([table[kind], 0.0] if kind == "fixed" else table[kind], where)
    low, high = _pair(table["cut"], where) if "cut" in table else (-INFINITY, INFINITY)
    if (kind in ("uniform", "log_uniform") and first >= second) or low >= high:
        raise RecipeError(f"{where}: the bounds are reversed or equal; expected {shape}.")
    if kind == "log_uniform" and first <= 0:
        raise RecipeError(f"{where}: log_uniform needs bounds above 0, found {first:g}.")
    if kind == "normal" and second <= 0:
        raise RecipeError(f"{where}: normal needs a width above 0, found {second:g}.")
    return Prior(kind, first, second, low, high)


def _finite_pair(value: Any, where: str) -> tuple[float, float]:
    first, second = _pair(value, where)
    if not (math.isfinite(first) and math.isfinite(second)):
        raise RecipeError(f"{where} = {value!r}: expected finite numbers.")
    return first, second


def _pair(value: Any, where: str) -> tuple[float, float]:
    numbers = (
        [v for v in value if isinstance(v, (int, float)) and not isinstance(v, bool)]
        if (isinstance(value, (list, tuple)))
        else []
    )
    if len(numbers) != 2 or any(math.isnan(number) for number in numbers):
        raise RecipeError(f"{where} = {value!r}: expected two numbers, [a, b].")
    return float(numbers[0]), float(numbers[1])
