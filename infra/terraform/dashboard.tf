locals {
  # The questions of a bad morning, in the order in which they are asked.
  charts = [
    {
      title   = "Does anything wait? Oldest undelivered message, seconds"
      filter  = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", group_by = "resource.label.subscription_id"
    },
    {
      title   = "How much waits? Undelivered messages"
      filter  = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      aligner = "ALIGN_MAX", reducer = "REDUCE_SUM", group_by = "resource.label.subscription_id"
    },
    {
      title   = "What was given up? Dead letters"
      filter  = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/dead_letter_message_count\""
      aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", group_by = "resource.label.subscription_id"
    },
    {
      title   = "What do services answer? Requests by status class"
      filter  = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_count\""
      aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", group_by = "metric.label.response_code_class"
    },
    {
      title   = "How long do they take? Requests, 95th percentile, milliseconds"
      filter  = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_latencies\""
      aligner = "ALIGN_PERCENTILE_95", reducer = "REDUCE_MAX", group_by = "resource.label.service_name"
    },
    {
      title   = "Do they fit? Memory used, 99th percentile"
      filter  = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/container/memory/utilizations\""
      aligner = "ALIGN_PERCENTILE_99", reducer = "REDUCE_MAX", group_by = "resource.label.service_name"
    },
    {
      title   = "What does it cost? Bytes billed by BigQuery"
      filter  = "resource.type=\"global\" AND metric.type=\"bigquery.googleapis.com/query/scanned_bytes_billed\""
      aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", group_by = "resource.label.project_id"
    },
    {
      title   = "Is the world looked at? Reconciles"
      filter  = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.event["reconcile_done"].name}\""
      aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", group_by = "resource.label.service_name"
    },
    {
      title   = "What persists? Incidents opened"
      filter  = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.event["incident_opened"].name}\""
      aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", group_by = "metric.label.kind"
    },
  ]
}

resource "google_monitoring_dashboard" "pipeline" {
  dashboard_json = jsonencode({
    displayName = "NBA pipeline"
    mosaicLayout = {
      columns = 12
      tiles = [
        for position, chart in local.charts : {
          xPos   = (position % 3) * 4
          yPos   = floor(position / 3) * 4
          width  = 4
          height = 4
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = chart.filter
                    aggregation = {
                      alignmentPeriod    = "300s"
                      perSeriesAligner   = chart.aligner
                      crossSeriesReducer = chart.reducer
                      groupByFields      = [chart.group_by]
                    }
                  }
                }
              }]
            }
          }
        }
      ]
    }
  })

  depends_on = [google_project_service.required]
}
