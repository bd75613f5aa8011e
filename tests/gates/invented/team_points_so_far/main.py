"""Cloud Run entry point: FUNCTION_TARGET=team_points_so_far."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def team_points_so_far(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
