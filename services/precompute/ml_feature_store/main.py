"""Cloud Run entry point: FUNCTION_TARGET=ml_feature_store."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def ml_feature_store(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
