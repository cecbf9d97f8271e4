"""The service, operation by operation: typed requests, typed answers."""
