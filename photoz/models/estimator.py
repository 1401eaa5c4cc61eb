"""What every conditional density estimator of p(z | photometry) offers."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float, PRNGKeyArray


@runtime_checkable
class Estimator(Protocol):
    """A density of z on [0, z_max], zero outside, conditional on a feature vector.

    `conditional` runs the network once per galaxy; everything else is evaluated from what it
    returns, a pytree of arrays with leading axis n. Redshifts are (n,), one per galaxy, or
    (n, m), or (1, m) for a grid that all galaxies share; results have shape (n,) or (n, m).
    Densities are per unit z.
    """

    @property
    def kind(self) -> str:
        """`mdn`, `flow`, `mixture` or `joint`: the name in files and columns."""
        ...

    @property
    def z_max(self) -> float:
        """Upper end of the support."""
        ...

    @property
    def n_feature(self) -> int:
        """Length of the feature vector."""
        ...

    def conditional(self, features: Float[Array, "n n_feature"]) -> Any:
        """Return the parameters of the n densities."""
        ...

    def log_prob(self, conditional: Any, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return ln p(z), -inf outside [0, z_max]."""
        ...

    def cdf(self, conditional: Any, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return P(z' <= z), 0 below the support and 1 above."""
        ...

    def quantile(self, conditional: Any, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the redshift where the CDF is q."""
        ...

    def sample(self, conditional: Any, key: PRNGKeyArray, m: int) -> Float[Array, "n m"]:
        """Return m redshifts for each galaxy."""
        ...

    def hyperparameters(self) -> dict[str, Any]:
        """Return what the constructor needs to rebuild the same shapes."""
        ...
