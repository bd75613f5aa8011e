"""Cloud Run entry point: FUNCTION_TARGET=prediction_grading."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def prediction_grading(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
