"""What is sent and what comes back: records, bodies, and values refused before sending."""
