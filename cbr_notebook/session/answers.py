"""Answers: what is found out from several lists, defined where it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd

from cbr_notebook import catalogue, frames
from cbr_notebook.api.records import Policy, Vault
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.session.account import Account
from cbr_notebook.session.finding import ResourceKind
from cbr_notebook.session.gaps import missed_runs
from cbr_notebook.session.growth import Growth
from cbr_notebook.session.moments import LONGEST, Moment, span
from cbr_notebook.session.runs import runs
from cbr_notebook.session.zones import zone

_HOUR = timedelta(hours=1)


class Answers(Account):
    """Questions whose answer is in no single list of the service."""

    def unprotected(
        self,
        kind: ResourceKind | None = None,
        *,
        target: str = "7d",
        backups: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Give the servers, disks and file systems that are not protected as they should be.

        A resource is listed with the first of these reasons that holds: it is ``in no vault``;
        its vault has ``no backup policy``; each of them is off (``policy is off``); it has
        ``no good backup`` (one that is available); its ``last good backup is too old``. A disk
        that is attached to a server is looked at with its server, unless it is in a vault
        itself.

        Args:
            kind: ``server``, ``disk`` or ``turbo``; the three if left out.
            target: the age that the last good backup may have: ``24h``, ``7d``.
            backups: ``session.backups(status="available")``, where that was asked already: for
                several answers from one reading. Asked for if left out.

        Returns:
            The columns of ``cbr.schema("unprotected")``.

        Raises:
            InvalidRequest: the target is not a length of time, there is no such kind, or
                ``backups`` are not the good ones.

        API: Protectable, "Querying Protectable Resources"; Vault; Policy; Backup.
        """
        oldest = self.now - span(target, "target")
        before = self.client.transport.requests
        kinds: tuple[Any, ...] = ("server", "disk", "turbo") if kind is None else (kind,)
        known = {row.id: row for each in kinds for row in self.client.protectables.list_all(each)}
        vaults = self._vaults_by_resource()
        servers = (
            known.values() if "server" in kinds else self.client.protectables.list_all("server")
        )
        attached = {disk.id for server in servers for disk in server.children or ()} - set(vaults)
        policies = self._backup_policies()
        newest = _newest(self._good(backups))
        rows = []
        for row in known.values():
            if row.id in attached:
                continue
            vault = vaults.get(row.id)
            last = newest.get(row.id)
            reason = _reason(vault, policies.get(vault.id, []) if vault else [], last, oldest)
            if reason is not None:
                rows.append(
                    SimpleNamespace(
                        id=row.id, name=row.name, type=row.type, size_gb=row.size, reason=reason,
                        vault_id=vault.id if vault else None,
                        vault_name=vault.name if vault else None,
                        newest=_text(last), age_hours=_hours(self.now, last),
                    )
                )  # fmt: skip
        return self._answer(frames.UNPROTECTED, rows, {"kind": kind, "target": target}, before)

    def capacity(self, *, days: int = 30, backups: pd.DataFrame | None = None) -> pd.DataFrame:
        """Give how full each vault is, how fast it fills, and until when it lasts.

        The growth is what the last days tell: good backups made a day, less those that will
        leave a day by the rules (their expiry date, or the age or number that the vault's
        policy keeps), times what a good backup of this vault takes on average. A vault that
        keeps as many as it makes does not grow; ``full_at`` is empty unless it does.

        Args:
            days: how many days to look back, and ahead for what leaves; 1 to 36500.
            backups: ``session.backups(status="available")``, where that was asked already: for
                several answers from one reading. Asked for if left out.

        Returns:
            The columns of ``cbr.schema("capacity")``, the fullest vault first.

        Raises:
            InvalidRequest: ``days`` is out of range, or ``backups`` are not the good ones.

        API: Vault, "Querying the Vault List"; Backup; Policy.
        """
        _check_days(days)
        before = self.client.transport.requests
        vaults = list(self.client.vaults.list_all())
        policies = self._backup_policies()
        backups = self._good(backups)
        rows = []
        for vault in vaults:
            inside = backups[backups["vault_id"] == vault.id]
            growth = Growth.of(inside, policies.get(vault.id, []), self.now, days)
            size, used = vault.billing.size or 0, vault.billing.used or 0
            daily = growth.a_day * used / len(inside) if len(inside) else 0.0
            rows.append(
                SimpleNamespace(
                    id=vault.id, name=vault.name, size_gb=size, used_mb=used,
                    used_percent=round(100 * used / (size * 1024), 1) if size else None,
                    threshold=vault.threshold, allocated_gb=vault.billing.allocated,
                    backups=len(inside), made_a_day=round(growth.made, 2),
                    leaving_a_day=round(growth.leaving, 2), growth_mb_a_day=round(daily, 1),
                    full_at=_text(_full_at(self.now, size * 1024 - used, daily)),
                    auto_expand=vault.auto_expand,
                )
            )  # fmt: skip
        rows.sort(key=lambda row: -(row.used_percent or 0))
        return self._answer(frames.CAPACITY, rows, {"days": days}, before)

    def recovery_points(
        self, *, target: str = "24h", days: int = 7, backups: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Give the newest and the oldest good backup of each resource, and what is missing.

        Listed is each resource that is in a vault or has good backups (available ones). A gap
        is a run of an enabled backup policy of its vault, in the last ``days``, between which
        and the next run no good backup of the resource was made. Runs count from the oldest
        backup that the policy still keeps, and until an hour ago: later ones may be at work.

        Args:
            target: the age that the newest may have: ``24h``, ``7d``.
            days: how many days to look back for gaps; 1 to 36500.
            backups: ``session.backups(status="available")``, where that was asked already: for
                several answers from one reading. Asked for if left out.

        Returns:
            The columns of ``cbr.schema("recovery_points")``, the oldest newest first.

        Raises:
            InvalidRequest: the target is not a length of time, ``days`` is out of range, or
                ``backups`` are not the good ones.

        API: Backup, "Querying All Backups"; Vault; Policy.
        """
        allowed = span(target, "target")
        _check_days(days)
        before = self.client.transport.requests
        vaults = self._vaults_by_resource()
        policies = self._backup_policies()
        backups = self._good(backups)
        by_resource = {str(key): rows for key, rows in backups.groupby("resource_id", sort=False)}
        names = {
            resource.id: (resource.name, resource.type)
            for vault in vaults.values()
            for resource in vault.resources or ()
        }
        rows = []
        for each in dict.fromkeys([*names, *by_resource]):
            good = by_resource.get(each)
            moments = [] if good is None else sorted(good["created_at"])
            newest = moments[-1].to_pydatetime() if moments else None
            if each in names:
                name, kind = names[each]
            else:
                assert good is not None
                name, kind = good["resource_name"].iloc[0], good["resource_type"].iloc[0]
            vault = vaults.get(each)
            mine = [] if vault is None else [p for p in policies.get(vault.id, []) if p.enabled]
            taken = [moment.to_pydatetime() for moment in moments]
            rows.append(
                SimpleNamespace(
                    id=each, name=name, type=kind, vault_name=vault.name if vault else None,
                    backups=len(moments), newest=_text(newest),
                    oldest=_text(moments[0].to_pydatetime() if moments else None),
                    age_hours=_hours(self.now, newest),
                    target_hours=int(allowed / _HOUR),
                    within_target=newest is not None and self.now - newest <= allowed,
                    gaps=sum(len(missed_runs(p, taken, self.now, days)) for p in mine),
                )
            )  # fmt: skip
        rows.sort(key=lambda row: (row.newest or "", row.name or ""))
        return self._answer(frames.RECOVERY_POINTS, rows, {"target": target, "days": days}, before)

    def gaps(self, *, days: int = 7, backups: pd.DataFrame | None = None) -> pd.DataFrame:
        """Give the runs of policies that left a resource without a good backup.

        What a gap is says :meth:`recovery_points`, which counts them; a resource that never
        had a good backup has none, ``unprotected()`` lists it.

        The service does not tell what a policy or a vault was like earlier, so past days are
        held against the policies and vaults of today: after a policy was changed, or a resource
        was moved, days before it may show gaps that were none then, or hide some.

        Args:
            days: how many days to look back, 1 to 36500.
            backups: ``session.backups(status="available")``, where that was asked already: for
                several answers from one reading. Asked for if left out.

        Returns:
            The columns of ``cbr.schema("gaps")``, the newest first.

        Raises:
            InvalidRequest: ``days`` is out of range, or ``backups`` are not the good ones.

        API: Backup, "Querying All Backups"; Vault; Policy.
        """
        _check_days(days)
        before = self.client.transport.requests
        vaults = self._vaults_by_resource()
        policies = self._backup_policies()
        good = self._good(backups)
        moments = {
            str(key): sorted(each.to_pydatetime() for each in rows)
            for key, rows in good.groupby("resource_id", sort=False)["created_at"]
        }
        rows = [
            SimpleNamespace(
                resource_id=resource.id, resource_name=resource.name, missed_at=_text(run),
                policy_id=policy.id, policy_name=policy.name,
                vault_id=vault.id, vault_name=vault.name,
            )
            for vault in {each.id: each for each in vaults.values()}.values()
            for policy in policies.get(vault.id, ()) if policy.enabled
            for resource in vault.resources or ()
            for run in missed_runs(policy, moments.get(resource.id, []), self.now, days)
        ]  # fmt: skip
        rows.sort(key=lambda row: (row.missed_at or "", row.resource_name or ""), reverse=True)
        return self._answer(frames.GAPS, rows, {"days": days}, before)

    def failures(self, *, since: Moment = "30d", until: Moment | None = None) -> pd.DataFrame:
        """Give the tasks that failed, timed out or were skipped, with cause and remedy.

        Args:
            since: not begun before this: a time, or ``7d``, ``12h``.
            until: not begun after this.

        Returns:
            The columns of ``cbr.schema("failures")``, newest first.

        Raises:
            InvalidRequest: a time cannot be read.

        API: Task, "Querying the Task List".
        """
        before = self.client.transport.requests
        bad = ("failed", "timeout", "skipped")
        table = self.tasks(status=bad, since=since, until=until)
        kept = [column.name for column in frames.FAILURES.columns if column.name != "advice"]
        advice = [_advice(code) for code in table["error_code"]]
        frame = table[kept].assign(advice=pd.Series(advice, dtype="str", index=table.index))
        return self._signed(frames.FAILURES, frame, table.attrs["filters"], before)

    def schedule(self, *, days: int = 7, timezone: str | None = None) -> pd.DataFrame:
        """Give the next runs of every enabled policy on every vault it is applied to.

        Args:
            days: how many days ahead, 1 to 366.
            timezone: of the local time, such as ``Europe/Paris`` or ``UTC+02:00``; this
                computer's if left out.

        Returns:
            The columns of ``cbr.schema("schedule")``, in order of time.

        Raises:
            InvalidRequest: ``days`` is out of range, or there is no such time zone.

        API: Policy, "Querying the Policy List".
        """
        if not 1 <= days <= 366:
            raise InvalidRequest(f"days must be 1 to 366, not {days}.", field="days")
        there = zone(timezone) if timezone is not None else None
        before = self.client.transport.requests
        vaults = {vault.id: vault for vault in self.client.vaults.list_all()}
        rows = []
        for policy in self.client.policies.list().policies:
            if not policy.enabled or not policy.associated_vaults:
                continue
            for run in runs(policy, self.now, self.now + timedelta(days=days)):
                local = run.astimezone(there).isoformat(" ", timespec="minutes")
                for applied in policy.associated_vaults:
                    vault = vaults.get(applied.vault_id)
                    rows.append(
                        SimpleNamespace(
                            runs_at=_text(run), runs_at_local=local, policy_id=policy.id,
                            policy_name=policy.name, operation_type=policy.operation_type,
                            vault_id=applied.vault_id, vault_name=vault.name if vault else None,
                            resources=len(vault.resources or ()) if vault else None,
                        )
                    )  # fmt: skip
        rows.sort(key=lambda row: (row.runs_at, row.policy_name or "", row.vault_name or ""))
        return self._answer(frames.SCHEDULE, rows, {"days": days, "timezone": timezone}, before)

    # -- helpers ------------------------------------------------------------------------------

    def _vaults_by_resource(self) -> dict[str, Vault]:
        return {
            resource.id: vault
            for vault in self.client.vaults.list_all()
            for resource in vault.resources or ()
        }

    def _good(self, backups: pd.DataFrame | None) -> pd.DataFrame:
        """Give the good backups: those that were given, if that is what they are, else asked for.

        Raises:
            InvalidRequest: something else was given.
        """
        if backups is None:
            return self.backups(status="available")
        if backups.attrs.get("project_id") != self.identity.project_id or (
            *map(backups.attrs.get, ("resource", "filters", "limit")),
        ) != ("backups", {"status": "available"}, None):
            raise InvalidRequest(
                "These are not all good backups of this project.",
                field="backups",
                advice='Give session.backups(status="available"), or leave them out.',
            )
        return backups

    def _backup_policies(self) -> dict[str, list[Policy]]:
        """Give the backup policies of each vault."""
        found: dict[str, list[Policy]] = {}
        for policy in self.client.policies.list(operation_type="backup").policies:
            for applied in policy.associated_vaults or ():
                found.setdefault(applied.vault_id, []).append(policy)
        return found

    def _answer(
        self, schema: frames.Schema, rows: Sequence[Any], asked: dict[str, Any], before: int
    ) -> pd.DataFrame:
        return self._signed(schema, schema.frame(rows), asked, before)


def _check_days(days: int) -> None:
    if not 1 <= days <= LONGEST.days:
        raise InvalidRequest(
            f"days must be 1 to {LONGEST.days}, not {days}.",
            advice="Leave it out, or choose fewer.",
            field="days",
        )


def _reason(
    vault: Vault | None, policies: Sequence[Policy], last: datetime | None, oldest: datetime
) -> str | None:
    if vault is None:
        return "in no vault"
    if not policies:
        return "no backup policy"
    if not any(policy.enabled for policy in policies):
        return "policy is off"
    if last is None:
        return "no good backup"
    return "last good backup is too old" if last < oldest else None


def _newest(backups: pd.DataFrame) -> dict[str, datetime]:
    found = backups.groupby("resource_id")["created_at"].max()
    return {str(resource): moment.to_pydatetime() for resource, moment in found.items()}


def _full_at(now: datetime, left_mb: int, daily: float) -> datetime | None:
    if left_mb <= 0:
        return now
    # What takes longer than a century is no forecast.
    if daily <= 0 or left_mb / daily > 36_500:
        return None
    return now + timedelta(days=left_mb / daily)


def _hours(now: datetime, then: datetime | None) -> int | None:
    return None if then is None else int((now - then) / _HOUR)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _advice(code: Any) -> str | None:
    entry = catalogue.lookup(code) if isinstance(code, str) and code else None
    return entry.advice if entry else None
