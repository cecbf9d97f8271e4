"""What a session can do: typed records back; long work is a Task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cbr_notebook.api.records import Backup, Policy, RestorePoint, Vault
from cbr_notebook.api.vault_bodies import ResourceItem
from cbr_notebook.api.vault_kinds import ObjectType
from cbr_notebook.errors import ConfirmationNeeded, InvalidRequest
from cbr_notebook.session.changes import Changes
from cbr_notebook.session.finding import ResourceKind
from cbr_notebook.session.moments import told
from cbr_notebook.session.names import Named, called, choose, is_id, one_text, texts
from cbr_notebook.session.own_tasks import tasks_of_point
from cbr_notebook.session.recurrence import patterns
from cbr_notebook.session.removing import deletion_finder, removal_finder
from cbr_notebook.session.waiting import Task
from cbr_notebook.session.words import counted


class Acts(Changes):
    """Changes. Whatever destroys something asks for its name first."""

    def create_vault(
        self,
        name: str,
        *,
        size_gb: int,
        object_type: ObjectType = "server",
        resources: Named = (),
        policy: Named = None,
        tags: Mapping[str, str] | None = None,
        auto_expand: bool = False,
        protect_type: Literal["backup", "replication"] = "backup",
        **settings: Any,
    ) -> Vault:
        """Create a vault that is paid per use.

        Args:
            name: 1 to 64 letters, digits, ``_`` and ``-``.
            size_gb: capacity in GB, 10 to 10485760.
            object_type: what it protects: ``server``, ``disk``, ``turbo``.
            resources: servers, disks or file systems to put into it.
            policy: a policy to apply to it.
            tags: at most ten.
            auto_expand: grow by a quarter when full.
            protect_type: ``backup``, or ``replication`` for replicas from elsewhere.
            settings: further ones of :meth:`api.vaults.Vaults.create`.

        Returns:
            The new vault.

        Raises:
            InvalidRequest: a value is out of range; nothing was sent.
            Conflict: a resource is in another vault already.

        API: Vault, "Creating a Vault".
        """
        kind = _kind(object_type)
        items = [self._item(each, kind) for each in texts(resources, "resource")]
        return self.client.vaults.create(
            name,
            size=size_gb,
            object_type=object_type,
            protect_type=protect_type,
            resources=items,
            backup_policy_id=None if policy is None else self.find_policy(policy).id,
            tags=dict(tags) if tags else None,
            auto_expand=auto_expand or None,
            **settings,
        )

    def update_vault(self, vault: Named, *, size_gb: int | None = None, **changes: Any) -> Vault:
        """Change a vault; what is left out stays.

        Args:
            vault: which one.
            size_gb: a new capacity in GB, not below what is used.
            changes: ``name``, ``auto_expand``, ``auto_bind``, ``bind_rules``, ``threshold``,
                ``smn_notify``, ``consistent_level``, ``locked``.

        API: Vault, "Modifying a Vault".
        """
        return self.client.vaults.update(self.find_vault(vault).id, size=size_gb, **changes)

    def delete_vault(self, vault: Named, *, confirm: str | None = None) -> Task:
        """Delete a vault with all its backups.

        Args:
            vault: which one.
            confirm: its name.

        Raises:
            ConfirmationNeeded: ``confirm`` is not its name; says what would be lost.
            Conflict: its state does not allow it.

        API: Vault, "Deleting a Vault".
        """
        found = self.find_vault(vault)
        self._confirm(called(found), confirm, f"the vault {called(found)}", vault_id=found.id)
        find = removal_finder(self.client, "vault_delete", found.id)
        self.client.vaults.delete(found.id)
        return self._task(f"Deleting {found.name}", find)

    def add_resources(self, vault: Named, resources: Named) -> Sequence[str]:
        """Put servers, disks or file systems into a vault, all or none.

        Args:
            vault: which one.
            resources: IDs, names, records or rows.

        Returns:
            Their IDs.

        Raises:
            NotFound: there is no such vault or resource; the message lists what there is.
            Conflict: one is in another vault already.

        API: Vault, "Associating Resources".
        """
        found = self.find_vault(vault)
        kind = _kind(found.billing.object_type)
        items = [self._item(each, kind) for each in texts(resources, "resource")]
        return self.client.vaults.add_resources(found.id, items)

    def remove_resources(
        self, vault: Named, resources: Named, *, confirm: str | None = None
    ) -> Task:
        """Take resources out of a vault, which deletes their backups in it.

        Args:
            vault: which one.
            resources: IDs, names, records or rows of resources in it.
            confirm: the name of the vault.

        Raises:
            ConfirmationNeeded: ``confirm`` is not its name; says what would be lost.
            NotFound: a resource is not in the vault.

        API: Vault, "Dissociating Resources".
        """
        found = self.client.vaults.show(self.find_vault(vault).id)
        leaving = [
            choose(each, found.resources or [], "resource of the vault", lambda r: r.name)
            for each in texts(resources, "resource")
        ]
        names = ", ".join(map(called, leaving))
        ids = [each.id for each in leaving]
        self._confirm(
            called(found),
            confirm,
            f"the backups of {names} in the vault {called(found)}",
            vault_id=found.id,
            resource_ids=ids,
        )
        find = removal_finder(self.client, "remove_resource", found.id, ids)
        self.client.vaults.remove_resources(found.id, ids)
        return self._task(f"Removing {names} from {found.name}", find)

    def back_up(
        self,
        vault: Named,
        *,
        resources: Named = None,
        name: str | None = None,
        description: str | None = None,
        incremental: bool = True,
        keep_days: int | None = None,
    ) -> Task:
        """Back up some or all resources of a vault now.

        Args:
            vault: which one.
            resources: resources in it; all if left out.
            name: of the backups.
            description: at most 255 characters.
            incremental: store only what changed since the last backup, where there is one.
            keep_days: delete the backups after so many days; never if left out.

        Returns:
            The running work; its ``result`` is the restore point.

        Raises:
            NotFound: a resource is not in the vault.
            Conflict: nothing can be backed up now.
            QuotaExceeded: the vault is full.

        API: Restore point, "Creating a Restore Point".
        """
        found = self.find_vault(vault)
        ids: list[str] | None = None
        if resources is not None:
            members = self.client.vaults.show(found.id).resources or []
            named = {each.name for each in members}
            ids = [
                each  # which the service knows, or says that it does not
                if is_id(each) and each not in named
                else choose(each, members, "resource of the vault", lambda r: r.name).id
                for each in texts(resources, "resource")
            ]
        point = self.client.restore_points.create(
            found.id,
            name=name,
            description=description,
            incremental=incremental,
            resources=ids,
            retention_days=keep_days,
        )
        return self._backup_task(point, found)

    def _backup_task(self, point: RestorePoint, vault: Vault) -> Task:
        resources = (point.vault.resources if point.vault else None) or []
        names = ", ".join(map(called, resources)) or called(vault)
        expected = max(1, len(resources))
        return self._task(
            f"Backing up {names}",
            lambda: tasks_of_point(
                self.client,
                point.id,
                begun_at=point.created_at,
                expected=expected,
                vault_id=vault.id,
            ),
            expected=expected,
            result=point,
        )

    def delete_backup(self, backup: Named, *, confirm: str | None = None) -> Task:
        """Delete a backup.

        Args:
            backup: which one.
            confirm: its name.

        Raises:
            ConfirmationNeeded: ``confirm`` is not its name.
            Conflict: it is busy, or an image depends on it.

        API: Backup, "Deleting a Backup".
        """
        found: Backup = self.find_backup(backup)
        if confirm != called(found):
            raise ConfirmationNeeded(
                f"This deletes the backup {called(found)} of "
                f"{found.resource_name or found.resource_id}, "
                f"made at {told(found.created_at)}. It cannot be undone.",
                advice=f"To go on, say confirm={called(found)!r}.",
            )
        find = deletion_finder(self.client, found)
        self.client.backups.delete(found.id)
        return self._task(f"Deleting {found.name}", find)

    def create_policy(
        self,
        name: str,
        *,
        pattern: str | Sequence[str] | None = None,
        days: str | Sequence[str] | None = None,
        every_days: int | None = None,
        times: str | Sequence[str] | None = None,
        max_backups: int | None = None,
        retention_days: int | None = None,
        day_backups: int | None = None,
        week_backups: int | None = None,
        month_backups: int | None = None,
        year_backups: int | None = None,
        timezone: str | None = None,
        full_backup_interval: int | None = None,
        operation_type: Literal["backup", "replication"] = "backup",
        destination_region: str | None = None,
        destination_project_id: str | None = None,
        enabled: bool = True,
    ) -> Policy:
        """Create a policy.

        Args:
            name: 1 to 64 letters, digits, ``_`` and ``-``.
            pattern: recurrence rules in UTC, instead of the next three.
            days: days of the week: ``"MO"``, ``["MO", "FR"]``, ``"daily"``.
            every_days: instead of ``days``: every so many days, 1 to 30.
            times: times of day in UTC: ``"23:00"``, ``["06:00", "18:00"]``.
            max_backups: how many backups of a resource are kept.
            retention_days: how many days a backup is kept.
            day_backups: daily backups kept besides; also ``week_backups``,
            week_backups: weekly ones,
            month_backups: monthly ones and
            year_backups: yearly ones; they need a time zone.
            timezone: of those periods, such as ``UTC+01:00``.
            full_backup_interval: incremental backups between two full ones.
            operation_type: ``backup`` or ``replication``.
            destination_region: where replicas go.
            destination_project_id: the project there.
            enabled: whether it runs.

        Raises:
            InvalidRequest: a value or rule is not valid; nothing was sent.
            QuotaExceeded: no more policies of this type.

        API: Policy, "Creating a Policy".
        """
        definition = {
            "max_backups": max_backups,
            "retention_duration_days": retention_days,
            "day_backups": day_backups,
            "week_backups": week_backups,
            "month_backups": month_backups,
            "year_backups": year_backups,
            "timezone": timezone,
            "full_backup_interval": full_backup_interval,
            "destination_region": destination_region,
            "destination_project_id": destination_project_id,
        }
        return self.client.policies.create(
            name,
            pattern=patterns(pattern, days=days, every_days=every_days, times=times),
            definition={key: value for key, value in definition.items() if value is not None},
            operation_type=operation_type,
            enabled=enabled,
        )

    def update_policy(self, policy: Named, **changes: Any) -> Policy:
        """Change a policy: ``name``, ``enabled``, ``pattern`` (a list), ``definition``.

        API: Policy, "Modifying a Policy".
        """
        return self.client.policies.update(self.find_policy(policy).id, **changes)

    def delete_policy(self, policy: Named, *, confirm: str | None = None) -> None:
        """Delete a policy; its backups stay, but nothing new is made.

        Args:
            policy: which one.
            confirm: its name.

        Raises:
            ConfirmationNeeded: ``confirm`` is not its name; says which vaults lose it.

        API: Policy, "Deleting a Policy".
        """
        found = self.find_policy(policy)
        if confirm != called(found):
            raise ConfirmationNeeded(
                f"This deletes the policy {called(found)}; {self._without_schedule(found.id)}.",
                advice=f"To go on, say confirm={called(found)!r}.",
            )
        self.client.policies.delete(found.id)

    def apply_policy(
        self, policy: Named, vault: Named, *, destination_vault: Named = None
    ) -> Vault:
        """Apply a policy to a vault, in place of another of its type.

        Args:
            policy: which policy.
            vault: which vault.
            destination_vault: the vault for replicas, of a replication policy.

        Returns:
            The vault.

        API: Vault, "Applying a Policy to a Vault".
        """
        found = self.find_vault(vault)
        applied = self.find_policy(policy)
        destination = None
        if destination_vault is not None:
            destination = self._destination(applied, destination_vault)
        self.client.vaults.apply_policy(found.id, applied.id, destination_vault_id=destination)
        return self.client.vaults.show(found.id)

    def remove_policy(self, policy: Named, vault: Named) -> Vault:
        """Take a policy off a vault; its backups stay.

        API: Vault, "Removing a Policy from a Vault".
        """
        found = self.find_vault(vault)
        self.client.vaults.remove_policy(found.id, self.find_policy(policy).id)
        return self.client.vaults.show(found.id)

    # -- helpers ------------------------------------------------------------------------------

    def _item(self, resource: str, kind: ResourceKind | None) -> ResourceItem:
        found = self.find_resource(resource, kind)
        return ResourceItem(found.id, found.type or "", found.name)

    def _destination(self, policy: Policy, vault: Named) -> str:
        """Give the ID of the vault that a policy replicates to; a name is looked up there."""
        text = one_text(vault, "vault")
        goal = policy.operation_definition
        if is_id(text) or goal is None or not goal.destination_region:
            return text
        project_id = goal.destination_project_id or self._project_of(goal.destination_region)
        return self.find_vault_elsewhere(text, goal.destination_region, project_id).id

    def _without_schedule(self, policy_id: str) -> str:
        """Say which vaults would lose the schedule of a policy."""
        applied = self.client.policies.show(policy_id).associated_vaults or ()
        ids = [each.vault_id for each in applied]
        if not ids:
            return "no vault has its schedule"
        known = {vault.id: called(vault) for vault in self.client.vaults.list_all()}
        names = ", ".join(sorted(known.get(each, each) for each in ids))
        return f"{counted(len(ids), 'vault')} would lose the schedule: {names}"

    def _confirm(
        self,
        name: str,
        confirm: str | None,
        what: str,
        *,
        vault_id: str,
        resource_ids: Sequence[str] | None = None,
    ) -> None:
        """Ask for a name unless it was given; say in numbers what would be lost."""
        if confirm == name:
            return
        lost = [
            backup
            for backup in self.client.backups.list_all(vault_id=vault_id)
            if resource_ids is None or backup.resource_id in resource_ids
        ]
        days = sorted({str(backup.created_at)[:10] for backup in lost})
        span = f", made from {days[0]} to {days[-1]}" if len(days) > 1 else ""
        span = f", made on {days[0]}" if len(days) == 1 else span
        raise ConfirmationNeeded(
            f"This deletes {what}: {counted(len(lost), 'backup')}{span}. It cannot be undone.",
            advice=f"To go on, say confirm={name!r}.",
        )


def _kind(object_type: str | None) -> ResourceKind | None:
    kinds: dict[str | None, ResourceKind] = {"server": "server", "disk": "disk", "turbo": "turbo"}
    if object_type is not None and object_type not in kinds:
        raise InvalidRequest(f"Resources of vaults for {object_type} cannot be looked up here.")
    return kinds.get(object_type)
