"""Cloud Run entry point: FUNCTION_TARGET=ingest."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle_service


@functions_framework.cloud_event
def ingest(event: CloudEvent) -> None:
    """Handle one request for raw data."""
    handle_service("ingest", event)
