"""The network both estimators share: a residual multilayer perceptron over the features."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray


def scaled_linear(n_in: int, n_out: int, scale: float, *, key: PRNGKeyArray) -> eqx.nn.Linear:
    """Return a linear layer with weights of variance scale^2 / n_in and zero biases."""
    layer = eqx.nn.Linear(n_in, n_out, key=key)
    weight = scale * jax.random.normal(key, (n_out, n_in)) / jnp.sqrt(float(n_in))
    return eqx.tree_at(lambda m: (m.weight, m.bias), layer, (weight, jnp.zeros(n_out)))


class ResidualBlock(eqx.Module):
    """`h + W2 silu(W1 silu(h))`, nearly the identity when new."""

    first: eqx.nn.Linear
    second: eqx.nn.Linear

    def __init__(self, width: int, *, key: PRNGKeyArray):
        key1, key2 = jax.random.split(key)
        self.first = scaled_linear(width, width, 1.4, key=key1)
        self.second = scaled_linear(width, width, 0.3, key=key2)

    def __call__(self, hidden: Float[Array, " width"]) -> Float[Array, " width"]:
        """Return the updated vector of one galaxy, (width,)."""
        return hidden + self.second(jax.nn.silu(self.first(jax.nn.silu(hidden))))


class Trunk(eqx.Module):
    """Residual MLP: features (n_feature,) of one galaxy -> hidden vector (width,)."""

    inlet: eqx.nn.Linear
    blocks: tuple[ResidualBlock, ...]

    def __init__(self, n_feature: int, width: int, depth: int, *, key: PRNGKeyArray):
        key_in, *keys = jax.random.split(key, depth + 1)
        self.inlet = scaled_linear(n_feature, width, 1.0, key=key_in)
        self.blocks = tuple(ResidualBlock(width, key=k) for k in keys)

    def __call__(self, features: Float[Array, " n_feature"]) -> Float[Array, " width"]:
        """Return silu of the last hidden vector, (width,)."""
        hidden = self.inlet(features)
        for block in self.blocks:
            hidden = block(hidden)
        return jax.nn.silu(hidden)
