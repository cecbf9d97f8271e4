"""How full each vault is, how fast it fills, and until when it lasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.session.context import Context
from cbr_notebook.session.reports.common import (
    answer,
    api_text,
    backup_policies,
    check_days,
    good_backups,
)
from cbr_notebook.session.reports.growth import Growth


def capacity(
    session: Context, *, days: int = 30, backups: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return how full each vault is, how fast it fills, and until when it lasts.

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
    check_days(days)
    before = session.client.transport.requests
    vaults = list(session.client.vaults.list_all())
    policies = backup_policies(session)
    backups = good_backups(session, backups)
    rows = []
    for vault in vaults:
        inside = backups[backups["vault_id"] == vault.id]
        growth = Growth.of(inside, policies.get(vault.id, []), session.now, days)
        size, used = vault.billing.size or 0, vault.billing.used or 0
        daily = growth.a_day * used / len(inside) if len(inside) else 0.0
        rows.append(
            SimpleNamespace(
                id=vault.id, name=vault.name, size_gb=size, used_mb=used,
                used_percent=round(100 * used / (size * 1024), 1) if size else None,
                threshold=vault.threshold, allocated_gb=vault.billing.allocated,
                backups=len(inside), made_a_day=round(growth.made, 2),
                leaving_a_day=round(growth.leaving, 2), growth_mb_a_day=round(daily, 1),
                full_at=api_text(_full_at(session.now, size * 1024 - used, daily)),
                auto_expand=vault.auto_expand,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: -(row.used_percent or 0))
    return answer(session, frames.CAPACITY, rows, {"days": days}, before)


def _full_at(now: datetime, left_mb: int, daily: float) -> datetime | None:
    if left_mb <= 0:
        return now
    # What takes longer than a century is no forecast.
    if daily <= 0 or left_mb / daily > 36_500:
        return None
    return now + timedelta(days=left_mb / daily)
