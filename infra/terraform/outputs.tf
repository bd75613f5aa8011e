output "image_repository" {
  description = "Where the image of all services is pushed to."
  value       = "${google_artifact_registry_repository.images.location}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "service_urls" {
  description = "Address of every service; only Pub/Sub may call it."
  value       = { for name in keys(var.services) : name => google_cloud_run_v2_service.worker[name].uri }
}

output "deployed_image" {
  description = "The image that every service runs; what to give as var.image to come back here."
  value       = var.image
}

output "warehouse" {
  description = "NBA_WAREHOUSE for the command line."
  value       = "bigquery://${var.project_id}/${var.location}"
}

output "broker" {
  description = "NBA_BROKER for the command line."
  value       = "pubsub://${var.project_id}"
}

output "dashboard" {
  description = "The dashboard's resource name."
  value       = google_monitoring_dashboard.pipeline.id
}
