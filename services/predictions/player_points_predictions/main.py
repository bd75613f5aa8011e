"""Cloud Run entry point: FUNCTION_TARGET=player_points_predictions."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def player_points_predictions(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
