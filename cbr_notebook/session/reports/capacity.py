"""How full each vault is, how fast it fills, and until when it lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace

import msgspec
import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.records import Policy, Vault
from cbr_notebook.frames.vaults import vault_tags
from cbr_notebook.schedule.retention import Retention
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import check_days
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.protection import backup_policies
from cbr_notebook.session.queries.good_backups import good_backups
from cbr_notebook.session.reports.growth import growth_forecast as growth_of
from cbr_notebook.session.reports.growth.backup_flow import BackupFlow
from cbr_notebook.session.reports.growth.point_sizes import restore_points
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.timeparse import api_text

FILLING_DAYS = 90
"""A vault that will be full within so many days is filling up."""


def capacity(
    session: Context,
    *,
    days: int = 30,
    tags: Tags = None,
    backups: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how full each vault is, how fast it fills, and until when it lasts.

    The growth follows the data: what a backup of each resource has added lately (a week, where
    there is so much), less what the backups give back that leave by the rules: their expiry
    date, or the age or number that the vault's policy keeps. A vault that keeps as many as it
    makes does not grow for long; ``full_at`` is empty unless it fills up. Its range,
    ``full_at_earliest`` and ``full_at_latest``, is between what was added lately and in all
    the ``days``. ``filling_up`` is one definition for tables, pictures and forms: the vault is at
    its threshold, or will be full within 90 days, and does not expand by itself. Where the
    service does not tell what backups took, the growth is missing.

    Args:
        days: how many days to look back, and ahead for the growth a day; 1 to 36500.
        tags: only vaults with these tags, as in :meth:`vaults`.
        backups: ``session.backups(status="available")``, where that was asked already: for
            several answers from one reading. Asked for if left out.

    Returns:
        The columns of ``cbr.schema("capacity")``, the fullest vault first.

    Raises:
        InvalidRequest: ``days`` is out of range, ``tags`` cannot be read, or ``backups`` are not
            the good ones.

    API: Vault, "Querying the Vault List"; Backup; Policy.

    Example:
        >>> full = session.capacity()
        >>> full[full["filling_up"]]["name"].tolist()
        ['vault-files']
    """
    check_days(days)
    chosen_vaults = TagChoice(session, tags, "vault")
    vaults = [each for each in session.client.vaults.list_all() if chosen_vaults.vault(each)]
    policies = if_permitted("Policies", partial(backup_policies, session))
    seen = if_permitted("Backups", partial(good_backups, session, backups))
    good = _looked_at(frames.BACKUPS.frame([]) if seen is None else seen)
    now, by_vault = session.now, dict(list(good.groupby("vault_id", sort=False)))
    chosen = {key: growth_of.wanted_points(each, now, days) for key, each in by_vault.items()}
    wanted = growth_of.all_points(list(chosen.values()))
    read = if_permitted("Restore points", partial(restore_points, session, wanted))
    points = {each.id: each for each in read or ()}
    rows = []
    for vault in vaults:
        inside = by_vault.get(vault.id, good.iloc[:0])
        grows = growth_of.resource_growth(vault, inside, points, chosen.get(vault.id, {}), now)
        mine = None if policies is None else policies.get(vault.id, [])
        rows.append(_row(vault, inside, grows, mine, now, days, seen=seen is not None))
    rows.sort(key=lambda row: -(row.used_percent or 0))
    return chosen_vaults.answer(frames.CAPACITY, rows, {"days": days})


def _row(
    vault: Vault,
    backups: pd.DataFrame,
    grows: Mapping[str, growth_of.ResourceGrowth],
    policies: Sequence[Policy] | None,
    now: datetime,
    days: int,
    *,
    seen: bool,
) -> SimpleNamespace:
    """Return how full a vault is, and how it fills.

    Args:
        vault: which one.
        backups: its good ones, the oldest first.
        grows: what its resources add.
        policies: its backup policies; ``None`` where one may not see them.
        now: the present moment.
        days: how many days to look back and ahead.
        seen: whether one may see backups.
    """
    flow = BackupFlow.of(backups, policies or (), now, days)
    size, used = vault.billing.size or 0, vault.billing.used or 0
    forecast = _forecast(used, backups, grows, policies or (), now)
    after = [growth_of.full_after(curve, size * 1024) for curve in forecast]
    flows = seen and policies is not None
    ahead = min(days, len(forecast[0]) - 1)
    daily = max(0.0, float(forecast[0][ahead] - forecast[0][0]) / ahead)
    told = size and flows
    return SimpleNamespace(
        id=vault.id, name=vault.name, size_gb=size, used_mb=used,
        used_percent=round(100 * used / (size * 1024), 1) if size else None,
        threshold=vault.threshold, allocated_gb=vault.billing.allocated,
        backups=len(backups) if seen else None, made_a_day=round(flow.made, 2) if seen else None,
        leaving_a_day=round(flow.leaving, 2) if flows else None,
        growth_mb_a_day=round(daily, 1) if flows and (grows or backups.empty) else None,
        full_at=_moment(now, after[0]) if told else None,
        full_at_earliest=_moment(now, _first(after)) if told else None,
        full_at_latest=_moment(now, _last(after)) if told else None,
        auto_expand=vault.auto_expand,
        filling_up=_filling_up(vault, used, size, after[0], known=flows),
        tags=vault_tags(vault),
    )  # fmt: skip


def _looked_at(backups: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that are looked at here, the oldest backup first.

    Taking rows apart by vault and resource copies every column, and all that is noted beside.
    """
    names = ["vault_id", "resource_id", "checkpoint_id", "created_at", "expired_at", "auto_trigger"]
    found = backups[names].sort_values("created_at", kind="stable")
    found.attrs = {}
    return found


def _forecast(
    used: int,
    inside: pd.DataFrame,
    grows: Mapping[str, growth_of.ResourceGrowth],
    policies: Sequence[Policy],
    now: datetime,
) -> list[growth_of.Curve]:
    """Return the use ahead: as it is expected, by the recent days, and by all the days."""
    running = [each.operation_definition for each in policies if each.enabled]
    rule = Retention.of(msgspec.to_builtins(running[0])) if running and running[0] else None
    return [
        growth_of.use_ahead(used, inside, grows, rule, now, added)
        for added in (lambda each: each.lately, lambda each: each.longer)
    ]


def _first(after: Sequence[float | None]) -> float | None:
    return min((each for each in after if each is not None), default=None)


def _last(after: Sequence[float | None]) -> float | None:
    """Return the later of two moments; ``None`` if it is full never, by one of them."""
    known = [each for each in after if each is not None]
    return max(known) if len(known) == len(after) else None


def _moment(now: datetime, after: float | None) -> str | None:
    return None if after is None else api_text((now + timedelta(days=after)).replace(microsecond=0))


def _filling_up(
    vault: Vault, used: int, size: int, after: float | None, *, known: bool
) -> bool | None:
    """Return whether a vault wants more room soon; ``None`` if nobody knows."""
    if vault.auto_expand:
        return False
    if not size:
        return None
    if vault.threshold is not None and used >= size * 1024 * vault.threshold / 100:
        return True
    if not known:
        return None
    return after is not None and after <= FILLING_DAYS
