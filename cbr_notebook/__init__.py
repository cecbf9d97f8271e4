"""Huawei Cloud Backup and Recovery in a notebook."""

__version__ = "0.1.0"
