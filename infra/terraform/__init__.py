"""The cloud, as Terraform, and what derives its inputs from the topology."""
