locals {
  service_logs = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(\"${join("\" OR \"", keys(var.services))}\")"

  # Log lines that are counted, by event, with the field that tells one kind from another.
  counted_events = {
    reconcile_done           = { by = "processor", what = "Reconciles that came to their end." }
    incident_opened          = { by = "failing_processor", what = "Incidents: failures with one cause." }
    quarantine_limit_reached = { by = "processor", what = "Refusals to take more poison for a fault of single messages." }
    dead_letter_recorded     = { by = "subscription", what = "Dead letters that were written down as failures." }
  }

  channels = [for address in var.alert_emails : google_monitoring_notification_channel.email[address].id]

  # One alert per thing that a person has to do something about; `section` is an anchor of the runbook.
  alerts = {
    dead-letters = {
      title     = "Dead letters: messages that nobody could handle"
      section   = "alert-dead-letters"
      filter    = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/dead_letter_message_count\""
      aligner   = "ALIGN_DELTA"
      period    = 300
      reducer   = "REDUCE_SUM"
      group_by  = ["resource.label.subscription_id"]
      above     = 0
      below     = null
      duration  = 0
      severity  = "ERROR"
      may_cease = true
      text      = "Pub/Sub gave up on messages after 100 attempts. Their dates are recorded as DEAD_LETTERED failures and will be tried again; what made the service fail for 16 hours is yours to find."
    }
    undeliverable = {
      title     = "Dead letters that could not even be recorded"
      section   = "alert-undeliverable"
      filter    = "resource.type=\"pubsub_subscription\" AND resource.label.subscription_id=\"${local.undeliverable}\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      aligner   = "ALIGN_MAX"
      period    = 300
      reducer   = "REDUCE_MAX"
      group_by  = ["resource.label.subscription_id"]
      above     = 0
      below     = null
      duration  = 0
      severity  = "CRITICAL"
      may_cease = true
      text      = "The dead-letter worker itself failed. The messages wait for 31 days to be pulled by hand."
    }
    oldest-message = {
      title     = "Messages wait for too long"
      section   = "alert-oldest-message"
      filter    = "resource.type=\"pubsub_subscription\" AND resource.label.subscription_id!=\"${local.undeliverable}\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      period    = 300
      reducer   = "REDUCE_MAX"
      group_by  = ["resource.label.subscription_id"]
      above     = var.oldest_message_seconds
      below     = null
      duration  = 600
      severity  = "WARNING"
      may_cease = true
      text      = "A service refuses or is busy: its oldest message has waited for longer than ${var.oldest_message_seconds} s."
    }
    reconciler-silent = {
      title    = "No reconcile came to its end for 26 hours"
      section  = "alert-reconciler-silent"
      filter   = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.event["reconcile_done"].name}\""
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      group_by = []

      # Absence can be watched for 23.5 hours at most, and a window may have 25. None within 23 hours, for 3 hours
      # on end, is none within 26.
      period    = 82800
      above     = null
      below     = 1
      duration  = 10800
      severity  = "ERROR"
      may_cease = false
      text      = "The daily reconcile finds what no message told of. Without it a lost message stays lost."
    }
    incident = {
      title     = "An incident was opened"
      section   = "alert-incident"
      filter    = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.event["incident_opened"].name}\""
      aligner   = "ALIGN_DELTA"
      period    = 300
      reducer   = "REDUCE_SUM"
      group_by  = ["metric.label.kind"]
      above     = 0
      below     = null
      duration  = 0
      severity  = "WARNING"
      may_cease = true
      text      = "Failures with one cause persist over several game dates. Incidents close by themselves when the failures do."
    }
    quarantine-limit = {
      title     = "A service takes no more poison"
      section   = "alert-quarantine-limit"
      filter    = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.event["quarantine_limit_reached"].name}\""
      aligner   = "ALIGN_DELTA"
      period    = 300
      reducer   = "REDUCE_SUM"
      group_by  = ["metric.label.kind"]
      above     = 0
      below     = null
      duration  = 0
      severity  = "CRITICAL"
      may_cease = true
      text      = "More than a fifth of what a service received within ten minutes could not be understood: a wrong deployment or subscription rather than a wrong message. Nothing is swallowed any more."
    }
  }
}

resource "google_logging_metric" "event" {
  for_each = local.counted_events

  name        = "nba/${each.key}"
  description = each.value.what
  filter      = "${local.service_logs} AND jsonPayload.event=\"${each.key}\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    labels {
      key         = "kind"
      value_type  = "STRING"
      description = "Field ${each.value.by} of the log line."
    }
  }

  label_extractors = {
    kind = "EXTRACT(jsonPayload.${each.value.by})"
  }

  depends_on = [google_project_service.required]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  display_name = each.key
  type         = "email"
  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.required]
}

resource "google_monitoring_alert_policy" "alert" {
  for_each = local.alerts

  display_name          = each.value.title
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter          = each.value.filter
      comparison      = each.value.above == null ? "COMPARISON_LT" : "COMPARISON_GT"
      threshold_value = each.value.above == null ? each.value.below : each.value.above
      duration        = "${each.value.duration}s"

      # A heartbeat that has ceased is the thing to hear of; a counter without data has nothing to count.
      evaluation_missing_data = each.value.may_cease ? (each.value.duration > 0 ? "EVALUATION_MISSING_DATA_INACTIVE" : null) : "EVALUATION_MISSING_DATA_ACTIVE"

      aggregations {
        alignment_period     = "${each.value.period}s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
        group_by_fields      = each.value.group_by
      }

      trigger {
        count = 1
      }
    }
  }

  alert_strategy {
    # Nothing closes a count of what has happened; a day without more of it does.
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    subject   = each.value.title
    content   = "${each.value.text}\n\nWhat to do: ${var.runbook_url}#${each.value.section}"

    links {
      display_name = "Runbook"
      url          = "${var.runbook_url}#${each.value.section}"
    }
  }
}
