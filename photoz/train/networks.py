"""The networks that one training run makes: members of each kind."""

from typing import NamedTuple

from photoz.models import member_name
from photoz.train.config import TrainConfig


class Network(NamedTuple):
    """One network of a run: its kind, and which member of the ensemble it is, from 1."""

    kind: str
    member: int

    @property
    def name(self) -> str:
        """Name of its files, without suffix."""
        return member_name(self.kind, self.member)

    @property
    def file(self) -> str:
        """Name of its model file and of its checkpoint."""
        return f"{self.name}.safetensors"


def networks_of(config: TrainConfig) -> list[Network]:
    """Return the networks of a run in order: the first member of every kind first."""
    members = range(1, config.members + 1)
    return [Network(kind, member) for member in members for kind in config.models]
