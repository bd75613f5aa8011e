"""Tests of what runs in the cloud, without a cloud."""
