"""Cloud Run entry point: FUNCTION_TARGET=player_daily_cache."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def player_daily_cache(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
