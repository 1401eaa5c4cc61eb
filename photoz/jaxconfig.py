"""The one module that touches `jax.config`; import it before the first jitted call.

Single precision everywhere on the device, and compiled programs kept on disk between
processes, so that the second start of a command or of the page does not compile again.
"""

import os
from pathlib import Path

import jax


def _cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "photoz" / "xla"


def configure() -> None:
    """Set the project's JAX options; safe to call more than once."""
    jax.config.update("jax_enable_x64", False)
    if os.environ.get("PHOTOZ_NO_COMPILE_CACHE"):
        return
    jax.config.update("jax_compilation_cache_dir", str(_cache_dir()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)


configure()
