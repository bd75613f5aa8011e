"""Cloud Run entry point: FUNCTION_TARGET=upcoming_team_game_context."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def upcoming_team_game_context(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
