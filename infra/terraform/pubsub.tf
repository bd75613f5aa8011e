locals {
  # Where the dead-letter worker's own dead letters go: nobody listens, a person pulls.
  undeliverable = "nba-undeliverable"

  topics = toset(concat(tolist(var.topics), values(var.dead_letter_topics), [local.undeliverable]))
}

resource "google_pubsub_topic" "all" {
  for_each = local.topics

  name = each.key

  depends_on = [google_project_service.required]
}

resource "google_pubsub_subscription" "push" {
  for_each = var.subscriptions

  name  = each.key
  topic = google_pubsub_topic.all[each.value.topic].id

  # A filter cannot be changed: another one means another subscription, and what the old one had not delivered
  # is gone. The daily reconcile finds what that leaves undone.
  filter = each.value.filter

  # The longest that Pub/Sub waits for an answer, and what a service takes at most.
  ack_deadline_seconds       = 600
  message_retention_duration = "604800s"

  # Between seasons nothing is delivered for months; a subscription that expired would lose the first game.
  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  # An instance that is busy answers 429, which counts as an attempt: with few attempts a backfill would
  # dead-letter itself. A hundred, with pauses of up to 600 s, last for 16 hours.
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.all[each.value.wrapped ? local.undeliverable : var.dead_letter_topics[each.value.topic]].id
    max_delivery_attempts = 100
  }

  push_config {
    push_endpoint = google_cloud_run_v2_service.worker[each.value.service].uri

    oidc_token {
      service_account_email = google_service_account.pusher[each.value.service].email
      audience              = google_cloud_run_v2_service.worker[each.value.service].uri
    }

    # Unwrapped, the ce-* attributes arrive as headers, which makes the push a CloudEvent; and junk reaches the
    # worker, which quarantines it. A dead letter stays wrapped: only the envelope says where it comes from.
    dynamic "no_wrapper" {
      for_each = each.value.wrapped ? [] : [true]
      content {
        write_metadata = no_wrapper.value
      }
    }
  }

  # The first push must find its caller allowed.
  depends_on = [
    google_cloud_run_v2_service_iam_member.invoker,
    google_service_account_iam_member.signs_pushes,
  ]
}

# Forwarding a dead letter takes two grants of Google's own account; without them Pub/Sub goes on delivering
# for ever, and says nothing.
resource "google_pubsub_subscription_iam_member" "forwards_dead_letters" {
  for_each = var.subscriptions

  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

resource "google_pubsub_topic_iam_member" "takes_dead_letters" {
  for_each = toset(concat(values(var.dead_letter_topics), [local.undeliverable]))

  topic  = google_pubsub_topic.all[each.key].name
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription" "undeliverable" {
  name  = local.undeliverable
  topic = google_pubsub_topic.all[local.undeliverable].id

  # As long as Pub/Sub keeps anything: a person has to come by.
  message_retention_duration = "2678400s"

  expiration_policy {
    ttl = ""
  }
}
