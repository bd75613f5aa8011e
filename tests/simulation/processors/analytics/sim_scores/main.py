"""Cloud Run entry point: FUNCTION_TARGET=sim_scores."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def sim_scores(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
