"""What runs the pipeline in the cloud."""
