"""What callers hand to ``session.client.vaults``, at an address that stays."""

from __future__ import annotations

from cbr_notebook.api.messages.vault_bodies import BillingCreate, BillingUpdate, ResourceItem

__all__ = ["BillingCreate", "BillingUpdate", "ResourceItem"]
