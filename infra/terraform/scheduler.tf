locals {
  ticks = {
    retry     = { schedule = var.retry_schedule, time_zone = "Etc/UTC" }
    reconcile = { schedule = var.reconcile_schedule, time_zone = "America/New_York" }
  }
}

resource "google_cloud_scheduler_job" "tick" {
  for_each = local.ticks

  name        = "nba-${each.key}-tick"
  description = "Sends the ${each.key} tick."
  region      = var.region
  schedule    = each.value.schedule
  time_zone   = each.value.time_zone

  pubsub_target {
    topic_name = google_pubsub_topic.all[var.tick_topic].id
    data       = base64encode(jsonencode({ type = "nba.retry_tick", version = 1, work = each.key }))

    # No ce-id: it would be the same at every tick, and requests under an id that has been served are not served
    # again. Without one the event takes the id of the Pub/Sub message.
    attributes = {
      processor      = "*"
      status         = each.key
      ce-specversion = "1.0"
      ce-type        = "nba.retry_tick"
      ce-source      = "//cloudscheduler.googleapis.com/projects/${var.project_id}/jobs/nba-${each.key}-tick"
      content-type   = "application/json"
    }
  }

  depends_on = [google_project_service.required]
}
