"""Finding things by ID, name, record or row."""

from __future__ import annotations

from typing import Any, Literal

from cbr_notebook.api.protectables import KINDS
from cbr_notebook.api.records import Backup, Policy, Protectable, Vault
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.session.names import Named, choose, is_id, one_text, texts
from cbr_notebook.session.reading import Reading

ResourceKind = Literal["server", "disk", "turbo", "workspace"]


class Finding(Reading):
    """Records of what people name."""

    def find_vault(self, vault: Named) -> Vault:
        """Give the record of a vault, by ID, name, record or row.

        Raises:
            NotFound: there is none; the message lists the vaults.
            InvalidRequest: the name fits several.
        """
        if isinstance(vault, Vault):
            return vault
        text = one_text(vault, "vault")
        if is_id(text):
            return self.client.vaults.show(text)
        return choose(text, list(self.client.vaults.list_all()), "vault", lambda v: v.name)

    def find_policy(self, policy: Named) -> Policy:
        """Give the record of a policy, by ID, name, record or row.

        Raises:
            NotFound: there is none; the message lists the policies.
            InvalidRequest: the name fits several.
        """
        if isinstance(policy, Policy):
            return policy
        text = one_text(policy, "policy")
        if is_id(text):
            return self.client.policies.show(text)
        return choose(text, self.client.policies.list().policies, "policy", lambda p: p.name)

    def find_backup(self, backup: Named) -> Backup:
        """Give the record of a backup with those of its disks, by ID, name, record or row.

        Raises:
            NotFound: there is none.
            InvalidRequest: the name fits several.
        """
        text = one_text(backup, "backup")
        if is_id(text):
            return self.client.backups.show(text)
        found = self.client.backups.list(name=text, limit=1000).backups
        if not found:
            found = self.client.backups.list(limit=20).backups
        return self.client.backups.show(choose(text, found, "backup", lambda b: b.name).id)

    def find_resource(self, resource: Named, kind: ResourceKind | None = None) -> Protectable:
        """Give the record of a server, disk or file system, by ID, name, record or row.

        Args:
            resource: which one.
            kind: ``server``, ``disk`` or ``turbo``, where that is known.

        Raises:
            NotFound: there is none; the message lists what there is.
            InvalidRequest: the name fits several.
        """
        if isinstance(resource, Protectable):
            return resource
        text = one_text(resource, "resource")
        if kind is not None and kind not in KINDS:
            raise InvalidRequest(f"There is no kind {kind!r}.", advice=f"Choose one of {KINDS}.")
        # A server's system disk often bears the server's name: then the server is meant.
        kinds: tuple[Any, ...] = (kind,) if kind else ("server", "turbo", "disk")
        search = {"id": text} if is_id(text) else {"name": text}
        for each in kinds:
            rows = self.client.protectables.list_all(each, **search)
            found = [row for row in rows if text in (row.id, row.name)]
            if found:
                return choose(text, found, each, lambda row: row.name)
        everything = [row for each in kinds for row in self.client.protectables.list_all(each)]
        return choose(text, everything, kind or "resource", lambda row: row.name)

    def _vault_ids(self, vaults: Named) -> str | list[str] | None:
        """Give the ID or IDs of the vaults that are meant."""
        return _one_or_several([self.find_vault(each).id for each in _each(vaults)])

    def _resource_filter(self, resources: Named) -> dict[str, Any]:
        """Give the filter for resources: what was deleted can still be asked for by name."""
        given = [] if resources is None else texts(resources)
        ids = [each for each in given if is_id(each)]
        names = [each for each in given if not is_id(each)]
        if ids and names:
            raise InvalidRequest(
                "Resources are named by IDs and names at once.", advice="Give one kind."
            )
        return {
            "resource_id": _one_or_several(ids),
            "resource_name": _one_or_several(names),
        }


def _each(value: Named) -> list[Any]:
    if value is None:
        return []
    return [value] if isinstance(value, Vault) else list(texts(value))


def _one_or_several(values: list[str]) -> str | list[str] | None:
    if not values:
        return None
    return values[0] if len(values) == 1 else values
