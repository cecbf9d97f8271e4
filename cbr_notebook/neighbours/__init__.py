"""Doors to other tools: calendars, Terraform, alerts, assistants."""
