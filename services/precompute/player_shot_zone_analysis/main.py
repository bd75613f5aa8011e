"""Cloud Run entry point: FUNCTION_TARGET=player_shot_zone_analysis."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def player_shot_zone_analysis(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
