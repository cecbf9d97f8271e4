"""Whether the probes of a recovery contract could be asked now: one more check of a plan."""

from __future__ import annotations

from collections.abc import Sequence

from cbr_notebook.runbook.plan.checks import Check
from cbr_notebook.runbook.plan.verdict import FAIL, PASS, UNKNOWN, WARN
from cbr_notebook.runbook.verify.contract import Probe
from cbr_notebook.runbook.verify.probes import reach_all
from cbr_notebook.session import Session

_WHY = "What cannot be looked at afterwards is not verified."


def check_probes(probes: Sequence[Probe], session: Session) -> tuple[Check, ...]:
    """Return the check ``probes`` of a plan.

    It fails if a probe can never be asked from here (its program, driver or password is
    missing), and warns if one cannot be reached now or if there is none: that may be the very
    trouble, and a person says so.
    """
    found = reach_all(probes, session)
    never = [f"{probe.name}: {seen.seen}" for probe, seen in found if seen.outcome == "fail"]
    not_now = [f"{probe.name}: {seen.seen}" for probe, seen in found if seen.outcome == "unknown"]
    if never:
        to_do = "Install or set what is missing, or take the probe out of the contract."
        return (Check("probes", FAIL, " ".join(never + not_now), _WHY, "", to_do),)
    if not_now:
        to_do = "If that is the trouble which the restore ends, accept it."
        return (Check("probes", WARN, " ".join(not_now), _WHY, "", to_do),)
    if not found:
        seen = "The contract has no probe of it; it can only be verified by a manifest."
        return (Check("probes", WARN, seen, _WHY, "", "Add a probe to the contract."),)
    not_asked = [probe.name for probe, seen in found if seen.seen.startswith("Not asked")]
    if not_asked:
        said = f"Not asked on a simulated cloud: {', '.join(not_asked)}."
        return (Check("probes", UNKNOWN, said, _WHY, "", "They are unknown afterwards, too."),)
    return (Check("probes", PASS, "Every probe of the contract can be asked.", _WHY, "", ""),)
