"""What requests and responses are made of, for all groups of operations."""
