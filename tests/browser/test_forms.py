"""The forms, as a person fills them in, in JupyterLab; what they did is asked of the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.drivers.form_steps import CLOUD, press

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.drivers.notebook import Notebook
    from tests.browser.drivers.served import ServedCloud


def test_what_was_filled_in_stays_when_something_else_of_the_field_changes(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        CLOUD + "form = session.forms.back_up(vault='vault-web')\nform",
        "for each in form.fields.values():\n    each.help, each.problem = 'help', 'problem'",
        "print([form.fields['resources'].label_of(each) for each in form.value['resources']])",
    )
    page = opened.page
    press(page, "None of Resources")
    expect(page.get_by_text("Choose one.")).to_be_visible()
    page.get_by_role("checkbox", name="web-01").check()
    page.get_by_role("checkbox", name="web-02").check()
    page.get_by_role("textbox", name="Backup name").fill("by-hand")
    page.get_by_role("checkbox", name="Incremental").uncheck()
    page.get_by_role("spinbutton", name="Keep for (days)").fill("7")
    page.get_by_role("spinbutton", name="Keep for (days)").blur()
    opened.wait_until_idle()
    opened.run(1)
    expect(opened.output(0).get_by_text("problem", exact=True)).to_have_count(5)
    expect(page.get_by_role("checkbox", name="web-01")).to_be_checked()
    expect(page.get_by_role("checkbox", name="web-02")).to_be_checked()
    expect(page.get_by_role("checkbox", name="app-01")).not_to_be_checked()
    expect(page.get_by_role("textbox", name="Backup name")).to_have_value("by-hand")
    expect(page.get_by_role("checkbox", name="Incremental")).not_to_be_checked()
    expect(page.get_by_role("spinbutton", name="Keep for (days)")).to_have_value("7")
    opened.run(2)
    expect(opened.output(2)).to_contain_text("['web-01', 'web-02']")


def test_a_service_error_is_told_in_place_with_code_and_request(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        CLOUD + "session.cloud.fail('create_vault', 'BackupService.6105')\n"
        "session.forms.create_vault(name='v', size_gb=10)"
    )
    press(opened.page, "Create vault")
    expect(opened.page.get_by_role("alert").filter(has_text="BackupService.6105")).to_be_visible()
    expect(opened.page.get_by_role("alert").filter(has_text="Request ID")).to_be_visible()


def test_a_vault_is_backed_up_and_watched_to_the_end(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "before = len(session.backups())\nsession.forms.back_up(vault='vault-web')",
        "print(len(session.backups()) - before)",
    )
    press(opened.page, "Back up")
    expect(opened.page.get_by_role("heading", name="4 of 4 backed up")).to_be_visible(
        timeout=20_000
    )
    opened.screenshot("back_up", of=opened.output(0))
    assert opened.violations() == []
    opened.run(1)
    expect(opened.output(1)).to_contain_text("4")


def test_the_overview_leads_to_what_it_names(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(CLOUD + "session.forms.overview()")
    page = opened.page
    expect(page.get_by_role("heading", name="3 resources not protected")).to_be_visible()
    opened.screenshot("overview", of=opened.output(0))
    assert opened.violations() == []
    press(page, "Show failed tasks")
    expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_focused()
    expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("combobox", name="Status")).to_have_value("failed")
    assert opened.violations() == []
    press(page, "Create a vault: scratch")
    expect(page.get_by_role("heading", name="Create a vault", exact=True)).to_be_focused()
    expect(page.get_by_role("combobox", name="Protects")).to_have_value("disk")
    expect(page.get_by_role("checkbox", name="scratch")).to_be_checked()
    press(page, "Show it: vault-files")
    expect(page.get_by_role("combobox", name="Vault", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Delete vault…")).to_be_visible()


def test_tags_are_edited_row_by_row(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "session.set_tags('vault-web', {'env': 'prod', 'old': 'yes'})\n"
        "session.forms.tags(vault='vault-web')",
        "print(dict(session.tags('vault-web')[['key', 'value']].values))",
    )
    page = opened.page
    expect(page.get_by_role("textbox", name="Key 2")).to_have_value("old")
    press(page, "Remove tag 2")
    press(page, "Add tag")
    page.get_by_role("textbox", name="Key 2").fill("team")
    page.get_by_role("textbox", name="Value 2").fill("web")
    press(page, "Save tags")
    expect(page.get_by_role("heading", name="Save these changes?")).to_be_visible()
    opened.screenshot("tags", of=opened.output(0))
    assert opened.violations() == []
    press(page, "Save these changes")
    expect(page.get_by_role("heading", name="Tags are saved")).to_be_visible()
    opened.run(1)
    expect(opened.output(1)).to_contain_text("{'env': 'prod', 'team': 'web'}")


def test_a_backup_is_shared_and_taken_back(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "other = session.in_project('eu-west-0_staging')\n"
        "backup = session.backups(resource='web-01').iloc[0]\n"
        "session.forms.share(backup=backup['id'], projects=other.identity.project_id)",
        "print(list(session.members(backup)['status']))",
    )
    page = opened.page
    expect(page.get_by_role("heading", name="Shared with nobody yet")).to_be_visible()
    press(page, "Share")
    expect(page.get_by_role("heading", name="Offered to 1 project")).to_be_visible()
    opened.screenshot("share", of=opened.output(0))
    assert opened.violations() == []
    press(page, "Stop sharing")
    press(page, "Stop sharing it")
    expect(page.get_by_role("heading", name="Shared with nobody yet")).to_be_visible()
    opened.run(1)
    expect(opened.output(1)).to_contain_text("[]")


def test_a_backup_that_is_offered_is_accepted(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "other = session.in_project('eu-west-0_staging')\n"
        "vault = other.create_vault('theirs', size_gb=100)\n"
        "backup = session.backups(resource='web-01').iloc[0]\n"
        "session.share(backup, other.identity.project_id)\n"
        "other.forms.share()",
        "print(list(session.members(backup)['status']))",
    )
    page = opened.page
    expect(page.get_by_role("combobox", name="Vault to accept into")).to_be_visible()
    opened.screenshot("share_offered", of=opened.output(0))
    assert opened.violations() == []
    press(page, "Accept")
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    opened.run(1)
    expect(opened.output(1)).to_contain_text("['accepted']")


def test_no_secret_is_in_the_saved_notebook(notebook: Callable[..., Notebook]) -> None:
    opened = notebook("import cbr_notebook as cbr\ncbr.forms.sign_in()", "%history")
    page = opened.page
    page.get_by_role("combobox", name="How to sign in").select_option(label="Access key")
    page.get_by_label("Access key ID").fill("AKIDHELLO")
    page.get_by_label("Secret access key").fill("s3cr3t-of-nobody-else")
    page.get_by_label("Secret access key").blur()
    opened.run(1)
    opened.screenshot("sign_in", of=opened.output(0))
    assert opened.violations() == []
    assert "s3cr3t-of-nobody-else" not in opened.save(with_widget_state=True)


def test_an_access_key_signs_in_and_its_secret_is_nowhere(
    notebook: Callable[..., Notebook], serve: Callable[..., ServedCloud]
) -> None:
    served = serve()
    who = served.cloud.credentials
    opened = notebook(
        "import cbr_notebook as cbr\nform = cbr.forms.sign_in()\nform",
        "form.result.vaults()",
        "%history\nprint(form, form.value, form.code, form.result)",
    )
    page = opened.page
    for label, typed in {
        "Access key ID": who.access_key,
        "Secret access key": who.secret_key,
        "Region": who.region,
        "Project": who.project_id,
        "Endpoint": served.base_url,
    }.items():
        page.get_by_label(label, exact=True).fill(typed)
    page.get_by_role("button", name="Sign in").dblclick()
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()
    for cell in (1, 2):
        opened.run(cell)
    expect(opened.output(1)).to_contain_text("vault-web")
    saved = opened.save(with_widget_state=True)
    assert who.access_key in saved
    assert who.secret_key not in saved
    assert who.secret_key not in page.content()


def test_a_simulated_cloud_needs_no_secret(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        "import cbr_notebook as cbr\ncbr.forms.sign_in()", "len(cbr.forms.signed_in().vaults())"
    )
    page = opened.page
    page.get_by_role("combobox", name="How to sign in").select_option(label="Simulated cloud")
    expect(page.get_by_label("Secret access key")).to_be_hidden()
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()
    opened.run(1)
    expect(opened.output(1)).to_contain_text("7")
    press(page, "Overview")
    expect(page.get_by_role("heading", name="3 resources not protected")).to_be_visible()


def test_forms_are_closed_without_a_trace(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "form = session.forms.tasks()\nform",
        "form.close()",
        run=False,
    )
    opened.run(0)
    expect(opened.page.get_by_role("heading", name="Tasks")).to_be_visible()
    opened.run(1)
    expect(opened.page.get_by_role("heading", name="Tasks")).to_have_count(0)
    assert opened.errors() == []  # and nothing was thrown in the page


def test_the_python_that_does_the_same_is_copied(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(CLOUD + "session.forms.create_vault(name='v', size_gb=10)")
    page = opened.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("The same in Python").click()
    press(page, "Copy")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == 'session.create_vault("v", size_gb=10, object_type="server")'


def test_another_cell_runs_while_a_form_is_at_work(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "import threading\ngate = threading.Event()\nform = session.forms.create_vault("
        "name='v', size_gb=10)\ncreate = session.create_vault\n"
        "session.create_vault = lambda *a, **k: gate.wait(20) and create(*a, **k)\nform",
        "print(session.vaults().shape[0])\ngate.set()",
        run=False,
    )
    opened.run(0)
    press(opened.page, "Create vault")
    busy = opened.page.get_by_role("button", name="Creating…")
    expect(busy).to_have_attribute("aria-busy", "true")
    expect(opened.page.get_by_role("textbox", name="Vault name")).to_be_disabled()
    opened.screenshot("busy", of=opened.output(0))
    opened.run(1)
    expect(opened.output(1)).to_contain_text("7")
    expect(opened.page.get_by_role("heading", name="Vault v is there")).to_be_visible()


def test_interrupting_the_kernel_leaves_the_form_at_work(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(CLOUD + "session.forms.back_up(vault='vault-db')", "print('meanwhile')")
    press(opened.page, "Back up")
    opened.interrupt_kernel()
    opened.run(1)
    expect(opened.output(1)).to_contain_text("meanwhile")
    expect(opened.page.get_by_role("heading", name="2 of 2 backed up")).to_be_visible(
        timeout=20_000
    )


def test_two_forms_at_once_narrow_and_dark(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "session.forms.vaults()", "session.forms.overview()", width=400, theme="dark"
    )
    expect(opened.page.get_by_role("heading", name="3 resources not protected")).to_be_visible()
    opened.screenshot("vaults_narrow_dark", of=opened.output(0))
    opened.screenshot("overview_narrow_dark", of=opened.output(1))
    assert opened.violations() == []


def test_a_policy_shows_what_it_would_do_before_it_is_there(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        CLOUD + "session.forms.create_policy(vaults=['vault-dev'])",
        "print(list(session.policies()['name']).count('nightly'))",
    )
    page = opened.page
    page.get_by_role("textbox", name="Policy name").fill("nightly")
    page.get_by_role("textbox", name="Times").fill("00:30, 12:00")
    page.get_by_role("combobox", name="Time zone").select_option(label="Europe/Berlin")
    expect(page.get_by_text("Now UTC+02:00. From 2020-10-25 on")).to_be_visible()
    expect(page.get_by_role("img", name="After a year 30 of 730 backups")).to_be_visible()
    expect(page.get_by_text("Create policy nightly and apply it to 1 vault")).to_be_visible()
    opened.screenshot("create_policy", of=opened.output(0))
    assert opened.violations() == []
    page.get_by_role("button", name="Create policy").dblclick()
    expect(page.get_by_role("heading", name="Policy nightly is there")).to_be_visible()
    opened.run(1)
    expect(opened.output(1)).to_contain_text("1")


def test_voila_shows_a_form_that_works(voila: Callable[..., Page]) -> None:
    page = voila(CLOUD + "session.forms.create_vault(name='v', size_gb=10)")
    press(page, "Create vault")
    expect(page.get_by_role("heading", name="Vault v is there")).to_be_visible(timeout=20_000)


def test_voila_shows_two_forms_of_a_kind_that_do_not_disturb_each_other(
    voila: Callable[..., Page],
) -> None:
    page = voila(
        CLOUD + "session.forms.create_vault(name='first', size_gb=10)",
        "session.forms.create_vault()",
    )
    first, second = (page.get_by_role("textbox", name="Vault name").nth(at) for at in (0, 1))
    expect(first).to_have_value("first", timeout=20_000)
    expect(second).to_have_value("")
    page.get_by_role("button", name="Create vault").first.click()
    expect(page.get_by_role("heading", name="Vault first is there")).to_be_visible(timeout=20_000)


def test_notebook_7_shows_a_form_that_works(classic: Callable[..., Page]) -> None:
    page = classic(CLOUD + "session.forms.create_vault(name='v', size_gb=10)")
    press(page, "Create vault")
    expect(page.get_by_role("heading", name="Vault v is there")).to_be_visible(timeout=20_000)


def test_a_reloaded_page_gets_a_form_that_keeps_what_was_typed(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(CLOUD, "session.forms.create_vault()")
    opened.page.get_by_role("textbox", name="Vault name").fill("vault_new")
    opened.page.get_by_role("textbox", name="Vault name").blur()
    opened.wait_until_idle()
    opened.save()
    opened.reload()
    opened.run(1)
    expect(opened.page.get_by_role("textbox", name="Vault name")).to_have_value("vault_new")


def test_the_keyboard_alone_fills_in_and_submits(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(CLOUD + "session.forms.create_vault(size_gb=10)")
    page = opened.page
    page.get_by_role("textbox", name="Vault name").focus()
    page.keyboard.type("by_hand")
    send = page.get_by_role("button", name="Create vault", exact=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        if send.evaluate("button => button === document.activeElement"):
            break
    expect(send).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Vault by_hand is there")).to_be_visible()


def test_an_empty_account_has_an_overview_and_lists(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        "import cbr_notebook as cbr\nsession = cbr.simulate('empty')\nsession.forms.overview()",
        "session.forms.vaults()",
        "session.forms.restore()",
    )
    expect(opened.page.get_by_role("heading", name="Vaults", exact=True)).to_be_visible()
    opened.screenshot("empty")
    assert opened.violations() == []
    assert opened.errors() == []


def test_a_failed_task_opens_to_cause_and_remedy(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(CLOUD + "session.forms.tasks()")
    page = opened.page
    page.get_by_role("combobox", name="Status").select_option(label="failed")
    failed = page.get_by_role("listitem").filter(has_text="db-02")
    expect(failed).to_have_count(2)
    failed.first.locator("summary").click()
    expect(failed.first).to_contain_text("BackupService.8300")
    opened.screenshot("tasks", of=opened.output(0))
    assert opened.violations() == []


def test_tasks_show_what_another_form_has_begun(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "session.forms.tasks()",
        "session.cloud.advance(minutes=1)\nsession.forms.back_up(vault='vault-db')",
    )
    page = opened.page
    tasks = opened.output(0).get_by_role("list", name="Tasks").get_by_role("listitem")
    expect(tasks.first).to_contain_text("03:00")
    press(page, "Back up")
    expect(tasks.first).to_contain_text("backup of db-0", timeout=20_000)  # looked for now and then


WRONG = [
    ("create_vault()", "Vault name", "vault new", "Use 1 to 64 letters, digits, _ and -"),
    ("back_up(vault='vault-web')", "Keep for (days)", "0", "Choose 1 to 36500."),
    ("create_policy()", "Times", "25:00", "Write it like 23:00."),
    ("share()", "Projects", "nobody", "'nobody' is no ID of a project."),
    ("restore(resource='web-01')", "Trouble began", "yesterday", "Write 2020-08-17"),
]
"""A form, a field, what is typed there, and what is said beside it."""


def test_wrong_input_is_told_beside_its_field(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD, *(f"session.forms.{call}" for call, *_ in WRONG), "session.forms.tags()"
    )
    for cell, (_, label, typed, said) in enumerate(WRONG, 1):
        field = opened.output(cell).get_by_label(label, exact=True)
        field.fill(typed)
        field.blur()
        expect(field).to_have_accessible_description(re.compile(re.escape(said)))
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value(typed)
    tags = opened.output(len(WRONG) + 1)
    tags.get_by_role("button", name="Add tag").click()
    tags.get_by_role("textbox", name="Key 1").fill("a b")
    expect(tags.get_by_text("Row 1: The tag key 'a b' is not allowed.")).to_be_visible()
    assert opened.violations() == []
