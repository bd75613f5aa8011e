# Least privilege: data roles are on datasets, publishing is on topics, and each service is called by an
# account that may call nothing else.

resource "google_service_account" "runtime" {
  for_each = var.services

  account_id   = "nba-run-${each.value.account}"
  display_name = "Runs ${each.key}"

  depends_on = [google_project_service.required]
}

resource "google_service_account" "pusher" {
  for_each = var.services

  account_id   = "nba-push-${each.value.account}"
  display_name = "Pushes to ${each.key}"

  depends_on = [google_project_service.required]
}

locals {
  reads = merge([
    for name, service in var.services : { for dataset in service.reads : "${name}/${dataset}" => { service = name, dataset = dataset } }
  ]...)
  edits = merge([
    for name, service in var.services : { for dataset in service.edits : "${name}/${dataset}" => { service = name, dataset = dataset } }
  ]...)
  publishes = merge([
    for name, service in var.services : { for topic in service.publishes : "${name}/${topic}" => { service = name, topic = topic } }
  ]...)
}

# Jobs belong to a project; this role starts them and reads no data.
resource "google_project_iam_member" "runs_jobs" {
  for_each = var.services

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = "serviceAccount:${google_service_account.runtime[each.key].email}"
}

resource "google_bigquery_dataset_iam_member" "reader" {
  for_each = local.reads

  dataset_id = google_bigquery_dataset.declared[each.value.dataset].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = "serviceAccount:${google_service_account.runtime[each.value.service].email}"
}

resource "google_bigquery_dataset_iam_member" "editor" {
  for_each = local.edits

  dataset_id = google_bigquery_dataset.declared[each.value.dataset].dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = "serviceAccount:${google_service_account.runtime[each.value.service].email}"
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.publishes

  topic  = google_pubsub_topic.all[each.value.topic].name
  role   = "roles/pubsub.publisher"
  member = "serviceAccount:${google_service_account.runtime[each.value.service].email}"
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.services

  name     = google_cloud_run_v2_service.worker[each.key].name
  location = google_cloud_run_v2_service.worker[each.key].location
  role     = "roles/run.invoker"
  member   = "serviceAccount:${google_service_account.pusher[each.key].email}"
}

# Pub/Sub signs the token of a push in the name of the pusher.
resource "google_service_account_iam_member" "signs_pushes" {
  for_each = var.services

  service_account_id = google_service_account.pusher[each.key].name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.pubsub_agent
}

resource "google_storage_bucket_iam_member" "raw_reader" {
  for_each = { for name, service in var.services : name => service if service.reads_raw_source && var.raw_bucket != "" }

  bucket = var.raw_bucket
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${google_service_account.runtime[each.key].email}"
}
