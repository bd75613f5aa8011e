resource "google_artifact_registry_repository" "images" {
  repository_id = "nba-pipeline"
  location      = var.region
  format        = "DOCKER"
  description   = "The one image of all services."

  # What ran last month must be there to roll back to; what ran last year need not.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = 20
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [google_project_service.required]
}
