"""What redacts, with its defaults."""

import pytest

from failonce.evidence.redact import Redactor


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    return Redactor()
