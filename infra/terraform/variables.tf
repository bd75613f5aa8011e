# What a person decides.

variable "project_id" {
  description = "Project that everything lives in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region of the services, the scheduler and the image registry."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is written like us-central1."
  }
}

variable "location" {
  description = "Location of the BigQuery datasets. It cannot be changed once they hold data."
  type        = string
  default     = "US"

  validation {
    condition     = can(regex("^(US|EU|[a-z]+-[a-z]+[0-9]+)$", var.location))
    error_message = "A location is US, EU, or a region like us-central1."
  }
}

variable "image" {
  description = "Image of all services, by digest: every service of a deployment runs the same bytes. Empty only where no service is applied (with -target)."
  type        = string
  default     = ""

  validation {
    condition     = var.image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by digest (...@sha256:...): a tag may be another image tomorrow."
  }
}

variable "raw_bucket" {
  description = "Bucket with raw files, which lost raw data is fetched from again. Empty: from nowhere; somebody else ingests."
  type        = string
  default     = ""
}

variable "raw_format" {
  description = "What is in raw_bucket: files (one per raw table) or nba-stats (documents as handed out)."
  type        = string
  default     = "files"

  validation {
    condition     = contains(["files", "nba-stats"], var.raw_format)
    error_message = "Use files or nba-stats."
  }
}

variable "retry_schedule" {
  description = "When the retry worker looks for what is due, as cron. A failure has its own pauses: ticking more often repairs nothing sooner than they end."
  type        = string
  default     = "*/15 * * * *"
}

variable "reconcile_schedule" {
  description = "When the whole grid is compared with its inputs, as cron, in US Eastern time. 13:00 is after the grace that ends at noon of the day after a game."
  type        = string
  default     = "0 13 * * *"
}

variable "oldest_message_seconds" {
  description = "Age of the oldest undelivered message that is worth an alert. A season backfill through services with one request at a time keeps messages for a while."
  type        = number
  default     = 7200

  validation {
    condition     = var.oldest_message_seconds >= 600
    error_message = "A delivery may take 600 s by itself."
  }
}

variable "alert_emails" {
  description = "Addresses that alerts go to."
  type        = set(string)
  default     = []
}

variable "runbook_url" {
  description = "Address of the runbook (the README.md beside this file), which every alert links to."
  type        = string

  validation {
    condition     = startswith(var.runbook_url, "https://") && !strcontains(var.runbook_url, "#")
    error_message = "An https address without an anchor."
  }
}

variable "billing_account" {
  description = "Billing account that the budget is on. Empty: no budget alert."
  type        = string
  default     = ""
}

variable "monthly_budget" {
  description = "Whole units of the billing account's currency per month, of which 50, 90 and 100 percent raise an alert."
  type        = number
  default     = 50

  validation {
    condition     = var.monthly_budget > 0 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "A positive whole number."
  }
}

# What is derived from the topology, in topology.auto.tfvars.json: `python -m infra.terraform.generate`.

variable "services" {
  description = "Services by name: the function each runs, and what it may read, edit and publish to."
  type = map(object({
    function_target  = string
    account          = string
    memory           = string
    timeout_seconds  = number
    reads            = set(string)
    edits            = set(string)
    publishes        = set(string)
    reads_raw_source = bool
  }))

  validation {
    condition     = alltrue([for name in keys(var.services) : can(regex("^[a-z][a-z0-9-]{0,47}[a-z0-9]$", name))])
    error_message = "A service is named by up to 49 lower-case letters, digits and hyphens."
  }

  validation {
    # With "nba-push-" before it an account id has at most the 30 characters that Google allows.
    condition     = alltrue([for service in values(var.services) : length(service.account) <= 21])
    error_message = "The account of a service has at most 21 characters."
  }
}

variable "topics" {
  description = "Topics that are published to."
  type        = set(string)
}

variable "dead_letter_topics" {
  description = "Topic to its dead-letter topic, for every topic that somebody listens to."
  type        = map(string)
}

variable "subscriptions" {
  description = "Push subscriptions by name. wrapped: pushed inside Pub/Sub's envelope."
  type = map(object({
    topic   = string
    service = string
    filter  = string
    wrapped = bool
  }))

  validation {
    condition     = alltrue([for subscription in values(var.subscriptions) : length(subscription.filter) <= 256])
    error_message = "Pub/Sub takes filters of up to 256 bytes."
  }
}

variable "tick_topic" {
  description = "Topic that the scheduler ticks on."
  type        = string
}

variable "datasets" {
  description = "Datasets by name. staging: tables in it expire by themselves."
  type = map(object({
    description = string
    staging     = bool
  }))
}

variable "tables" {
  description = "Tables by dataset.table, each with its columns, partition and clustering."
  type = map(object({
    dataset          = string
    table            = string
    description      = string
    partition_column = string
    clustering       = list(string)
    schema = list(object({
      name        = string
      type        = string
      mode        = string
      description = string
    }))
  }))

  validation {
    condition     = alltrue([for table in values(var.tables) : length(table.clustering) <= 4])
    error_message = "BigQuery clusters by at most four columns."
  }
}
