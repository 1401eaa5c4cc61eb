"""One process runs all tests: what a module compiled is let go when it ends.

Each compiled program keeps memory mappings, of which Linux grants a process 65,530; a thousand
tests in a row would reach the limit, and XLA then aborts the process.
"""

import pytest


@pytest.fixture(autouse=True, scope="module")
def compiled_programs_end_with_their_module():
    """Drop JAX's compiled programs after every module."""
    yield
    import jax

    jax.clear_caches()
