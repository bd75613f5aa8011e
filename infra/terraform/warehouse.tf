resource "google_bigquery_dataset" "declared" {
  for_each = var.datasets

  dataset_id  = each.key
  location    = var.location
  description = each.value.description

  # What a worker that died left behind goes by itself, after a day.
  default_table_expiration_ms = each.value.staging ? 86400000 : null

  delete_contents_on_destroy = false

  depends_on = [google_project_service.required]
}

resource "google_bigquery_table" "declared" {
  for_each = var.tables

  dataset_id  = google_bigquery_dataset.declared[each.value.dataset].dataset_id
  table_id    = each.value.table
  description = each.value.description

  time_partitioning {
    type  = "DAY"
    field = each.value.partition_column
  }

  # A query that forgets its dates is refused, not billed.
  require_partition_filter = true
  clustering               = length(each.value.clustering) > 0 ? each.value.clustering : null
  schema                   = jsonencode(each.value.schema)

  deletion_protection = true

  lifecycle {
    # Tables are born here and widened by `nba init`, which adds columns as nullable whatever their mode is for
    # a new table. Terraform would see a difference that it can only mend by making the table anew.
    ignore_changes = [schema]
  }
}
