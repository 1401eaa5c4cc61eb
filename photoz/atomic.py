"""Write files so that a reader sees the old one or the whole new one, never half of it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from photoz.errors import InputError


@contextmanager
def atomic_path(target: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`, renamed onto it when the block succeeds.

    The temporary file keeps the suffix of `target`, is flushed to disk before the rename and
    is removed when the block raises.

    Raises:
        InputError: the folder of `target` does not exist or cannot be written.
    """
    target = Path(target)
    if not target.parent.is_dir():
        raise InputError(
            f"Cannot write {target}: the folder {target.parent} does not exist. Create it first."
        )
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent
        )
    except OSError as error:
        raise InputError(f"Cannot write {target}: {error.strerror or error}.") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(target: str | Path, text: str) -> None:
    """Write `text` to `target` in one piece."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
