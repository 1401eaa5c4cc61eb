"""What made a file: written into every product, so that each can be walked back."""

import hashlib
import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def provenance(kind: str, *, parents: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """Describe a product: its kind, code and library versions, parents and further facts.

    Args:
        kind: what the product is (`simulation`, `model`, `posterior`, ...).
        parents: provenance or hashes of what it was made from, by role.
        **facts: anything JSON can hold (seed, recipe, survey, n).
    """
    return {
        "kind": kind,
        "photoz": version("photoz"),
        "python": platform.python_version(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "parents": parents or {},
        **facts,
    }


def to_json(record: dict[str, Any]) -> str:
    """Serialise a provenance record with sorted keys."""
    return json.dumps(record, sort_keys=True, default=str)
