"""Cloud Run entry points: FUNCTION_TARGET=retry and FUNCTION_TARGET=dead_letters."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle_service


@functions_framework.cloud_event
def retry(event: CloudEvent) -> None:
    """Handle one tick or raw completion."""
    handle_service("retry", event)


@functions_framework.cloud_event
def dead_letters(event: CloudEvent) -> None:
    """Handle one dead letter."""
    handle_service("dead_letters", event)
