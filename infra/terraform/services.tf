locals {
  raw_mount = "/raw"
}

resource "google_cloud_run_v2_service" "worker" {
  for_each = var.services

  name     = each.key
  location = var.region

  # Pub/Sub of the same project counts as internal, and nobody else has any business here.
  ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY"

  # A service holds nothing: what is to be kept is in BigQuery.
  deletion_protection = false

  template {
    service_account = google_service_account.runtime[each.key].email

    # A worker stops by itself after 540 s and leaves the rest to a message to itself.
    timeout = "${each.value.timeout_seconds}s"

    # One delivery at a time avoids double work and aborted transactions. Right answers do not depend on it.
    max_instance_request_concurrency = 1
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"

    scaling {
      min_instance_count = 0
      max_instance_count = 1
    }

    containers {
      image = var.image

      resources {
        limits = {
          cpu    = "1"
          memory = each.value.memory
        }
        # Billed while a request runs; a worker does nothing between requests.
        cpu_idle          = true
        startup_cpu_boost = true
      }

      ports {
        container_port = 8080
      }

      dynamic "env" {
        for_each = merge(
          {
            FUNCTION_TARGET = each.value.function_target
            NBA_WAREHOUSE   = "bigquery://${var.project_id}/${var.location}"
            NBA_BROKER      = "pubsub://${var.project_id}"
          },
          each.value.reads_raw_source && var.raw_bucket != "" ? {
            NBA_RAW_SOURCE = "${var.raw_format}:${local.raw_mount}"
          } : {},
        )
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "volume_mounts" {
        for_each = each.value.reads_raw_source && var.raw_bucket != "" ? [local.raw_mount] : []
        content {
          name       = "raw"
          mount_path = volume_mounts.value
        }
      }

      startup_probe {
        # Python imports its clients before the port opens.
        period_seconds    = 5
        failure_threshold = 12
        timeout_seconds   = 3
        tcp_socket {
          port = 8080
        }
      }
    }

    dynamic "volumes" {
      for_each = each.value.reads_raw_source && var.raw_bucket != "" ? [var.raw_bucket] : []
      content {
        name = "raw"
        gcs {
          bucket    = volumes.value
          read_only = true
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = var.image != ""
      error_message = "Services need an image: -var image=...@sha256:..."
    }
  }

  # A revision that starts before it may read its data would fail its first deliveries.
  depends_on = [
    google_bigquery_dataset_iam_member.editor,
    google_bigquery_dataset_iam_member.reader,
    google_project_iam_member.runs_jobs,
    google_project_service.required,
    google_pubsub_topic_iam_member.publisher,
    google_storage_bucket_iam_member.raw_reader,
  ]
}
