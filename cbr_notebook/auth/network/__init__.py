"""The network below a session: its HTTP client, what bounds it, and what went wrong on the way."""
