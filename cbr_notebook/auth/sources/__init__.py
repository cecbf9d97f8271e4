"""Where identities come from: each source names who, and the place that belongs to it."""
