"""Records, tasks and sessions show themselves as cards: escaped, without what is not known."""

from __future__ import annotations

import html

import pytest

import cbr_notebook as cbr


def test_each_record_has_a_card_with_its_name_first() -> None:
    with cbr.simulate() as session:
        vault = session.find_vault("vault-web")
        policy = session.find_policy(session.policies()["name"][0])
        backup = session.find_backup(session.backups(status="available")["id"][0])
        task = session.back_up("vault-web", resources="web-01", name="card")
        before = task._repr_html_()
        task.wait()
        for thing, facts in (
            (vault, ("Vault vault-web", f"{vault.billing.size:,} GB", vault.id, "available")),
            (policy, (f"Policy {policy.name}", policy.operation_type, policy.id)),
            (backup, (f"Backup {backup.name}", backup.resource_name, "UTC", backup.id)),
            (task, (task.what, "success", "100 %", task.id)),
            (session, ("Simulated cloud", session.identity.project_id)),
        ):
            shown = thing._repr_html_()
            assert all(html.escape(str(fact)) in shown for fact in facts), shown
            assert ">None<" not in shown
            assert "<table>" not in repr(thing)
        assert before != task._repr_html_()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>'])
def test_names_are_escaped(name: str) -> None:
    from cbr_notebook.api.messages.records import Backup, Policy, Vault
    from cbr_notebook.text.card import facts_html

    for record in (Vault(id=name, name=name), Backup(id=name, name=name), Policy(id=name)):
        shown = record._repr_html_()
        assert name not in shown
        assert html.escape(name) in shown
    assert facts_html("", [("A", None), ("B", ""), ("C", 0), ("D", False)]).count("<tr>") == 2
