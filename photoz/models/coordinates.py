"""Where the Gaussians of a joint density live: every quantity mapped onto the whole real line.

A density that must vanish outside an interval is a Gaussian mixture of a stretched coordinate, so
that it is normalised on the interval exactly and its marginals are mixtures of the marginals.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.errors import InputError

SSFR_KNEE = -12.0  # log10 of 1/yr; photometry does not tell galaxies below it from one another
DUST_SCALE_MAG = 0.2  # below it the coordinate turns logarithmic
_TINY = 1e-12


class Axis(NamedTuple):
    """An increasing map of an open interval onto the real line.

    Attributes:
        low: lower end of the interval.
        high: its upper end.
        to: from the quantity to its coordinate; finite also at and beyond the ends.
        back: the inverse.
        log_slope: ln of the derivative of `to`.
    """

    low: float
    high: float
    to: Callable[[Array], Array]
    back: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]


def redshift_axis(z_max: float) -> Axis:
    """Logit of ln(1+z) / ln(1+z_max): (0, z_max) onto the real line."""
    length = float(np.log1p(z_max))

    def parts(z: Array) -> tuple[Array, Array]:
        below = jnp.maximum(jnp.log1p(jnp.maximum(z, 0.0)), _TINY)
        above = jnp.maximum(jnp.log1p(jnp.maximum(z_max - z, 0.0) / (1.0 + z)), _TINY)
        return below, above

    def to(z: Array) -> Array:
        below, above = parts(z)
        return jnp.log(below) - jnp.log(above)

    def log_slope(z: Array) -> Array:
        below, above = parts(z)
        return np.log(length) - jnp.log(below) - jnp.log(above) - jnp.log1p(z)

    return Axis(0.0, float(z_max), to, lambda u: jnp.expm1(length * jax.nn.sigmoid(u)), log_slope)


def positive_axis(scale: float) -> Axis:
    """Inverse softplus: (0, inf) onto the real line, the identity well above the scale."""

    def rise(x: Array) -> Array:
        return -jnp.expm1(-jnp.maximum(x / scale, 1e-6))

    return Axis(
        0.0,
        float("inf"),
        lambda x: jnp.maximum(x, 1e-6 * scale) + scale * jnp.log(rise(x)),
        lambda u: scale * jax.nn.softplus(u / scale),
        lambda x: -jnp.log(rise(x)),
    )


def knee_axis(knee: float) -> Axis:
    """The identity above the knee, knee - ln(1 + knee - x) below: long lower tails made short."""

    def depth(x: Array) -> Array:
        return jnp.maximum(knee - x, 0.0)

    def back(u: Array) -> Array:
        below = jnp.expm1(jnp.minimum(depth(u), 60.0))
        return jnp.maximum(u, knee) - below

    return Axis(
        -float("inf"),
        float("inf"),
        lambda x: jnp.maximum(x, knee) - jnp.log1p(depth(x)),
        back,
        lambda x: -jnp.log1p(depth(x)),
    )


def plain_axis() -> Axis:
    """The identity."""
    infinity = float("inf")
    return Axis(-infinity, infinity, lambda x: x, lambda u: u, jnp.zeros_like)


class Coordinates(eqx.Module):
    """Named quantities and their standardised coordinates, all static.

    Attributes:
        names: of the quantities, in the order of every last axis.
        z_max: upper end of the support in redshift.
        location: mean of each coordinate over the training galaxies.
        scale: their standard deviations.
    """

    names: tuple[str, ...] = eqx.field(static=True, converter=tuple)
    z_max: float = eqx.field(static=True, converter=float)
    location: tuple[float, ...] = eqx.field(static=True, converter=tuple)
    scale: tuple[float, ...] = eqx.field(static=True, converter=tuple)

    @property
    def n(self) -> int:
        """Number of quantities."""
        return len(self.names)

    def place(self, name: str) -> int:
        """Return the place of a quantity.

        Raises:
            InputError: there is none of that name.
        """
        if name not in self.names:
            raise InputError(
                f"There is no {name!r} in this joint density of {', '.join(self.names)}."
            )
        return self.names.index(name)

    def axis(self, name: str) -> Axis:
        """Return the map of one quantity before it is standardised."""
        axes = {
            "z": lambda: redshift_axis(self.z_max),
            "log_ssfr": lambda: knee_axis(SSFR_KNEE),
            "a_v": lambda: positive_axis(DUST_SCALE_MAG),
        }
        return axes.get(name, plain_axis)()

    def to(self, name: str, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the standardised coordinate of a quantity."""
        i = self.place(name)
        return (self.axis(name).to(x) - self.location[i]) / self.scale[i]

    def back(self, name: str, u: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return a quantity from its standardised coordinate, inside its interval."""
        i, axis = self.place(name), self.axis(name)
        return jnp.clip(axis.back(self.location[i] + self.scale[i] * u), axis.low, axis.high)

    def log_slope(self, name: str, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return ln of the derivative of the standardised coordinate."""
        return self.axis(name).log_slope(x) - float(np.log(self.scale[self.place(name)]))

    def inside(self, name: str, x: Float[Array, "..."]) -> Array:
        """Say whether values lie in the open interval of a quantity."""
        axis = self.axis(name)
        return (x > axis.low) & (x < axis.high)

    def among(self, names: Sequence[str]) -> "Coordinates":
        """Return the coordinates of some of the quantities, in the order given.

        Raises:
            InputError: none is named, one twice, or one that is not there.
        """
        index = [self.place(name) for name in names]
        if not index or len(set(index)) < len(index):
            raise InputError(f"Name one or more of {', '.join(self.names)}, each once.")
        location, scale = ([a[i] for i in index] for a in (self.location, self.scale))
        return Coordinates(names, self.z_max, location, scale)


def fit_coordinates(names: Sequence[str], z_max: float, values: np.ndarray) -> Coordinates:
    """Return coordinates standardised on a sample.

    Args:
        names: of the quantities.
        z_max: upper end of the support in redshift.
        values: (n, n_name) the sample.

    Raises:
        InputError: a quantity does not vary.
    """
    blank = Coordinates(names, z_max, [0.0] * len(names), [1.0] * len(names))
    columns = [jnp.asarray(values[:, i], jnp.float32) for i in range(len(names))]
    mapped = [blank.to(name, x) for name, x in zip(names, columns, strict=True)]
    raw = [np.asarray(u, np.float64) for u in mapped]
    constant = [name for name, u in zip(names, raw, strict=True) if not u.std() > 1e-6]
    if constant:
        raise InputError(
            f"{' and '.join(constant)} is the same for all simulated galaxies: a joint model needs "
            "quantities that vary. Simulate with a wider prior."
        )
    location, scale = ([float(f(u)) for u in raw] for f in (np.mean, np.std))
    return Coordinates(names, z_max, location, scale)
