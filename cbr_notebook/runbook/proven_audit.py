"""An audit that also knows which restores were proven, from the ledger of this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbr_notebook.runbook.restores import restores
from cbr_notebook.session import Session
from cbr_notebook.session.reports import audit as audits
from cbr_notebook.session.reports.audit import Proof
from cbr_notebook.session.tag_filters import Tags

if TYPE_CHECKING:
    import pandas as pd


def audit(session: Session, rules: Any = None, *, tags: Tags = None) -> pd.DataFrame:
    """Return one row a control and resource: how it is, what was seen, and the evidence.

    The controls: ``protected`` (in a vault with a running backup policy), ``recovery point``
    (the newest good backup is at most ``within`` old), ``retention`` (kept for at least
    ``days``), ``schedule met`` (no run of the last ``days`` without a good backup),
    ``encrypted``, ``replicated`` (a good backup at most ``within`` old has a replica),
    ``locked``, ``no disk excluded``, ``restore proven`` (a verified restore within ``days``).
    What the service does not tell, or does not let one read, is ``unknown``, and never a pass.
    ``cbr.export(audit, "audit.html")`` writes it sealed and signed.

    Args:
        rules: a list of mappings with ``control`` and its setting, and ``tags`` of the
            resources that it is asked of; the same as YAML text or as the path of a YAML file;
            a default set if left out.
        tags: only resources with these tags, as in :meth:`resources`.

    Returns:
        The columns of ``cbr.schema("audit")``, what fails first.

    Raises:
        InvalidRequest: the rules cannot be read, or name an unknown control or setting.

    API: Protectable, "Querying Protectable Resources"; Vault; Policy; Backup.

    Example:
        >>> audit = session.audit([{"control": "recovery point", "within": "24h"}])
        >>> audit["outcome"].value_counts().to_dict()
        {'pass': 11, 'fail': 3, 'unknown': 0, 'not applicable': 0}
    """
    proofs: dict[str, Proof] = {}
    for run in restores(session).to_dict("records"):
        at = run["ended_at"]
        if run["verified"] is True and at is not None and at == at:
            known = proofs.get(run["target_id"])
            if known is None or known.at < at:
                proofs[run["target_id"]] = Proof(at.to_pydatetime(), run["run_id"])
    return audits.audit(session, rules, tags=tags, proofs=proofs)
