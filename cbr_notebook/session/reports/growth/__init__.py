"""How backups and vaults grow: what came, what retention gives back, and until when it lasts."""
