"""What BigQuery says when a job fails, and what the adapter makes of it: try again, or say so."""

from __future__ import annotations

import json

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from shared.sql import Statement
from shared.warehouse.bigquery_warehouse import BigQueryWarehouse
from shared.warehouse.port import TableNotFoundError, TransientWarehouseError, WarehouseError, query
from tests.emulators.http_server import Answer, Request, serving

STAGED = "Already Exists: Table p:nba_staging.expected_players__1f63"


def failing(reason: str, message: str, request: Request) -> Answer:
    """A job that has ended with this error, however one asks for it."""
    error = {"reason": reason, "message": message}
    if "/queries/" in request.path:
        body: dict[str, object] = {"error": {"code": 400, "message": message, "errors": [error]}}
        return Answer(400, {"Content-Type": "application/json"}, json.dumps(body).encode())
    sent = json.loads(request.body) if request.body else {}
    reference = sent.get("jobReference") or {"projectId": "p", "jobId": "j", "location": "US"}
    body = {
        "jobReference": reference,
        "configuration": {"jobType": "QUERY", "query": {"query": "SELECT 1"}},
        "status": {"state": "DONE", "errorResult": error, "errors": [error]},
        "statistics": {},
    }
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("reason", "message", "raised"),
    [
        (
            "invalidQuery",
            "Transaction is aborted due to concurrent update",
            TransientWarehouseError,
        ),
        (
            "invalid",
            "Could not serialize access to table t",
            TransientWarehouseError,
        ),
        ("resourcesExceeded", "Resources exceeded during query execution", TransientWarehouseError),
        ("rateLimitExceeded", "Exceeded rate limits", TransientWarehouseError),
        # Two runs made the same shared staging table at once: next time it is there.
        ("duplicate", STAGED, TransientWarehouseError),
        ("duplicate", STAGED.replace("nba_staging", "nba_raw"), WarehouseError),
        (
            "notFound",
            "Not found: Table p:nba_raw.nbac_schedule was not found",
            TableNotFoundError,
        ),
        ("invalidQuery", "Syntax error: Unexpected end of script at [1:8]", WarehouseError),
        ("bytesBilledLimitExceeded", "Query exceeded limit for bytes billed", WarehouseError),
    ],
)
def test_a_failed_job_is_what_its_reason_says(
    reason: str, message: str, raised: type[WarehouseError]
) -> None:
    with serving(lambda request: failing(reason, message, request)) as port:
        client = bigquery.Client(
            project="p",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options=ClientOptions(api_endpoint=f"http://127.0.0.1:{port}"),
        )
        warehouse = BigQueryWarehouse(client, location="US", maximum_bytes_billed=10**9)
        with pytest.raises(WarehouseError, match="statement-name") as error:
            query(warehouse, Statement("statement-name", "SELECT 1"), {})

    assert type(error.value) is raised
    assert message in str(error.value)
