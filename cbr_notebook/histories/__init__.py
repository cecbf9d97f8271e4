"""The memory of projects: a lake of tables by day, and what it tells."""
