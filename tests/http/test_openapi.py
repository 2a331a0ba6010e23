"""The service is as its own description says: Schemathesis asks it everything that the description allows, and more."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from servers.service import Serving, prose

schema = schemathesis.pytest.from_fixture("described")


@pytest.fixture(scope="session")
def described(service: Serving) -> schemathesis.BaseSchema:
    """The description that the running service gives of itself."""
    service.put("known", prose(40), source="wire")
    return schemathesis.openapi.from_url(f"{service.url}/openapi.json")


EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "15"))


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_operation_is_as_described(case: schemathesis.Case) -> None:
    """Valid and invalid requests get documented statuses, types and bodies, and never a server error."""
    case.call_and_validate()
