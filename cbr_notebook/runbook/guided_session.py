"""A session that also knows guided restores."""

from __future__ import annotations

from cbr_notebook.runbook import proven_audit
from cbr_notebook.runbook import restores as guided
from cbr_notebook.runbook.group import resume
from cbr_notebook.runbook.run import restore_plan
from cbr_notebook.runbook.verify import checksum_manifest
from cbr_notebook.session import Session
from cbr_notebook.text.notes import noted


class GuidedSession(Session):
    """A session with restores that are planned, checked, confirmed, watched and proven."""

    plan_restore = restore_plan.plan_restore
    plan_restores = guided.plan_restores
    restores = guided.restores
    resume_restore = resume.resume_restore
    cancel_restore = guided.cancel_restore
    take_manifest = checksum_manifest.take_manifest
    audit = proven_audit.audit


# Here, as those of a session: editors see parameters of plain functions only.
GuidedSession.audit = noted(GuidedSession.audit)
