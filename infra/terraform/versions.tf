terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }

  # The bucket is given at `terraform init -backend-config=...`: it exists before anything here does.
  backend "gcs" {
    prefix = "nba-pipeline"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  # The budgets API counts its calls against a project, which a person's credentials do not name.
  billing_project       = var.project_id
  user_project_override = true

  default_labels = {
    system = "nba-pipeline"
  }
}

data "google_project" "this" {
  project_id = var.project_id
}

locals {
  # Google's own accounts of this project. They come into being when the API is enabled.
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_project_service" "required" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
  ])

  project = var.project_id
  service = each.key

  # Others may use the same API in this project.
  disable_on_destroy = false
}
