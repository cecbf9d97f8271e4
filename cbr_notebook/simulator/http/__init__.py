"""The way in: requests are routed, authenticated and answered."""
