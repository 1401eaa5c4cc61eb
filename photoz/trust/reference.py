"""What a model remembers of its training galaxies, to tell which others are unlike them."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.errors import ModelError
from photoz.trust.leave_one_out import Shapes

N_FACTOR_AXES = 3


class TrainedRange(NamedTuple):
    """Extremes of the photometry that training drew, jitter of depth and lost bands included.

    Where training never drew a measured band, or a limit in it, low is +inf and high is -inf.

    Attributes:
        log_err_low: (n_band,) of ln err, err in microjansky.
        log_err_high: the same, upper end.
        flux_low: (n_band,) of the measured flux, microjansky.
        flux_high: the same, upper end.
        log_limit_low: (n_band,) of ln limit, limit in microjansky.
        log_limit_high: the same, upper end.
        n_band_low: smallest number of bands measured or with a limit.
    """

    log_err_low: Float[Array, " n_band"]
    log_err_high: Float[Array, " n_band"]
    flux_low: Float[Array, " n_band"]
    flux_high: Float[Array, " n_band"]
    log_limit_low: Float[Array, " n_band"]
    log_limit_high: Float[Array, " n_band"]
    n_band_low: Float[Array, ""]


class Reference(NamedTuple):
    """The reference of a model, in the order of its bands.

    Attributes:
        shapes: mixture of relative fluxes.
        threshold: (n_band,) deviates of a band beyond which it is to blame.
        noise_width: standard deviation of the survey's noise in units of its scale.
        trained: the trained range.
    """

    shapes: Shapes
    threshold: Float[Array, " n_band"]
    noise_width: Float[Array, ""]
    trained: TrainedRange

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as float32 arrays by name, for a model file."""
        named = {f"shapes.{k}": v for k, v in self.shapes._asdict().items()}
        named |= {f"trained.{k}": v for k, v in self.trained._asdict().items()}
        named |= {"threshold": self.threshold, "noise_width": self.noise_width}
        return {k: np.array(v, np.float32, order="C") for k, v in named.items()}

    @classmethod
    def from_arrays(cls, n_band: int, arrays: Mapping[str, np.ndarray]) -> "Reference":
        """Build a reference from what `to_arrays` gave.

        Args:
            n_band: number of the model's bands.
            arrays: by name.

        Raises:
            ModelError: an array is missing, has another shape, or holds NaN.
        """
        shapes = _expected_shapes(n_band, arrays.get("shapes.factor", np.zeros((0, n_band, 0))))
        for name, shape in shapes.items():
            found = arrays[name].shape if name in arrays else None
            if found != shape or np.isnan(arrays[name]).any():
                raise ModelError(
                    f"The array {name} of the model's reference of simulated galaxies is "
                    f"{'missing' if found is None else f'{found} or holds NaN'}, expected {shape} "
                    "numbers: the model file is damaged, train it again."
                )
        ready = {k: jnp.asarray(arrays[k], jnp.float32) for k in shapes}
        return cls(
            shapes=Shapes(**{k: ready[f"shapes.{k}"] for k in Shapes._fields}),
            threshold=ready["threshold"],
            noise_width=ready["noise_width"],
            trained=TrainedRange(**{k: ready[f"trained.{k}"] for k in TrainedRange._fields}),
        )


def _expected_shapes(n_band: int, factor: np.ndarray) -> dict[str, tuple[int, ...]]:
    k, q = (factor.shape[0], factor.shape[2]) if factor.ndim == N_FACTOR_AXES else (0, 0)
    shapes: dict[str, tuple[int, ...]] = {
        "shapes.unit_ujy": (n_band,),
        "shapes.log_share": (k,),
        "shapes.mean": (k, n_band),
        "shapes.factor": (k, n_band, q),
        "shapes.own": (k, n_band),
        "threshold": (n_band,),
        "noise_width": (),
    }
    shapes |= {f"trained.{name}": (n_band,) for name in TrainedRange._fields}
    return shapes | {"trained.n_band_low": ()}
