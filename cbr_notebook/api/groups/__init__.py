"""The operations, one file a group of the service's reference."""
