"""What the person who runs a cloud holds in hand."""
