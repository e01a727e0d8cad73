"""The API as its OpenAPI document describes it: whatever the document allows is answered as it says."""

from __future__ import annotations

import os

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

FACTOR = float(os.environ.get("FUZZ_FACTOR", "1"))
"""How many times as many examples as usual; see tests/benchmarks/fuzz.py."""
INDEXED = ("stanford/stanford-04.jpg",)

NO_SENSE = {
    "GET /api/v1/search": [positive_data_acceptance],  # a query of signs alone, or with a quotation mark left open
    "GET /iiif/{document}/search": [positive_data_acceptance],  # the same
    "GET /iiif/{document}/search1": [positive_data_acceptance],
    "GET /api/v1/words": [positive_data_acceptance],  # what is not one word, or a query as above
    "PUT /api/v1/words": [positive_data_acceptance],
    # a region outside of the page, a size that is none
    "GET /iiif/image/{name}/{region}/{size}/{rotation}/{quality}": [positive_data_acceptance],
    "PUT /api/v1/documents/{document}/description": [positive_data_acceptance],  # a date that is none
    "PUT /api/v1/lines/{line}/verdict": [positive_data_acceptance],  # a correction without a text
}
"""What a schema cannot tell from what makes sense."""


def test_the_document_tells_the_truth(served) -> None:
    document = schemathesis.openapi.from_url(f"{served.client.base_url}/api/v1/openapi.json")
    operations = [found.ok() for found in document.get_all_operations()]
    assert len(operations) >= 12
    for operation in operations:
        answered(operation)


def answered(operation) -> None:
    @given(operation.as_strategy())
    @settings(
        max_examples=max(1, round(15 * FACTOR)),
        derandomize=FACTOR == 1,
        suppress_health_check=list(HealthCheck),
    )
    def each(case) -> None:
        case.call_and_validate(excluded_checks=NO_SENSE.get(operation.label, []))

    each()
