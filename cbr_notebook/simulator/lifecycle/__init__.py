"""What happens as time passes: policies run, backups expire, vaults go."""
