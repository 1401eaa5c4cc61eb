"""The toy survey's files, once for all tests of training."""

import pytest

from tests.photoz.train.toy import TINY, write_inputs


@pytest.fixture(scope="session")
def toy_inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("toy"))


@pytest.fixture
def tiny(toy_inputs):
    return toy_inputs | TINY
