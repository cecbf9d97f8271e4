"""What is installed without extras asks, plans and restores; what is missing is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cbr_notebook import errors
from cbr_notebook.extras import _EXTRAS, library, needed_for

WITHOUT = f"""
import sys
from importlib.abc import MetaPathFinder
class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(_EXTRAS)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
import importlib.util
found = importlib.util.find_spec
def find_spec(name, package=None):
    try:
        return found(name, package)
    except ModuleNotFoundError:
        return None
importlib.util.find_spec = find_spec
import cbr_notebook as cbr
"""


def run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT + code],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_core_asks_acts_plans_restores_and_proves(tmp_path: Path) -> None:
    said = run(
        """
session = cbr.simulate()
disk = session.cloud.server("web-01").disk("vda")
disk.write_file("/etc/motd", b"hello")
session.back_up("vault-web", resources="web-01", name="now").wait(progress=False)
disk.write_file("/etc/motd", b"broken")
plan = session.plan_restore("now", target="web-01")
run = plan.execute(confirm="web-01", acknowledge=plan.warnings, on_progress=lambda p: None,
                   folder="journals")
run.wait()
assert disk.read_file("/etc/motd") == b"hello"
print(run.report("report.html").exists(), run.report("report.md").exists())
print(cbr.to_text(session.unprotected()[["id", "name"]]))
cbr.export(session.vaults(), "vaults.csv")
cbr.export(session.audit(), "audit.html")
session.terraform("cbr.tf")
from cbr_notebook.cli import main
print(main(["doctor", "--profile", "none"]) == 1)
assert "pyarrow" not in sys.modules
""",
        tmp_path,
    )
    assert "True True" in said
    assert "legacy-01" in said


CALLS = (
    "agents()", "audit()", "backups()", "capacity()", "changed_data('web-01')", "cost(0.1)",
    "failures()", "features()", "gaps()", "members(session.backups(resource='web-01', limit=1))",
    "organization_policies()", "orphans()", "policies()", "policy_rules()", "recovery_points()",
    "replication()", "replication_targets()", "resources('server')", "restore_points()",
    "restores()", "retention_preview()", "schedule()", "suspicion('web-01')", "tags()", "tasks()",
    "unprotected()", "usage()", "vault_policies()", "vault_resources()", "vaults()",
    "what_if('daily-0300', max_backups=3)",
)  # fmt: skip
TABLES = f"""
import json
session = cbr.simulate()
for call in {CALLS!r}:
    frame = eval(f"session.{{call}}")
    dtypes = [str(each) for each in frame.dtypes]
    storages = {{each.storage for each in frame.dtypes if hasattr(each, "storage")}}
    print(json.dumps([call, dtypes, frame.to_dict("records"), sorted(storages)], default=str))
"""


def test_tables_are_the_same_without_arrow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All but where texts are stored, which ``str(dtype)`` does not tell."""
    without = run(TABLES, tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(f"import cbr_notebook as cbr{TABLES}", {})
    with_arrow = capsys.readouterr().out
    for one, other in zip(without.splitlines(), with_arrow.splitlines(), strict=True):
        *plain, storage = json.loads(one)
        *arrow, storage_of_arrow = json.loads(other)
        assert plain == arrow
        assert (storage, storage_of_arrow) == (["python"], ["pyarrow"]), plain[0]


MISSING = {
    "session.forms": "notebook",
    "cbr.forms": "notebook",
    "__import__('cbr_notebook.forms').forms.sign_in()": "notebook",
    "session.plots": "plots",
    "cbr.export(session.vaults(), 'a.xlsx')": "excel",
    "cbr.export(session.vaults(), 'a.parquet')": "arrow",
    "cbr.export(session.schedule(), 'a.ics')": "calendar",
    "cbr.load_ipython_extension(None)": "notebook",
    "__import__('cbr_notebook.cli.magics')": "notebook",
    "session.sync('lake')": "fleet",
    "cbr.history('lake')": "fleet",
    "__import__('cbr_notebook.cli').cli.main(['lab'])": "lab",
    "__import__('cbr_notebook.cli').cli.main(['sync', '--profiles', 'a', '--to', 'lake'])": "fleet",
    "__import__('cbr_notebook.cli').cli.main(['runbook', 'drill'])": "lab",
    "__import__('cbr_notebook.cli').cli.main(['workshop', 'pack', '--for', 'linux-3.11', 'stick'])":
        "pack",
    "cbr.connect(access_key='AK', region='eu-west-0', endpoint='https://h', iam_endpoint='https://i')":
        "keyring",
    "__import__('cbr_notebook.cli').cli.main(['assist', '--simulate'])": "mcp",
    "__import__('cbr_notebook.cli').cli.main(['watch', '--simulate', '--notify', 'json://h'])":
        "alerts",
}  # fmt: skip


def test_what_is_missing_is_named_by_its_extra(tmp_path: Path) -> None:
    code = f"""
import contextlib, io, os
os.environ["PATH"] = ""  # a uv of this computer would do
session = cbr.simulate("empty")
for call in {list(MISSING)!r}:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            eval(call)
        print(said.getvalue().replace("\\n", " "))
    except cbr.CBRError as problem:
        print(str(problem).replace("\\n", " "))
"""
    for line, (call, extra) in zip(run(code, tmp_path).splitlines(), MISSING.items(), strict=True):
        assert f"pip install 'cbr-notebook[{extra}]'" in line, (call, line)
        assert "Account:" not in line, f"{call} opened an account first"
    assert list(tmp_path.glob("*")) == []


def test_a_database_is_not_asked_without_its_library(tmp_path: Path) -> None:
    said = run(
        """
from cbr_notebook.runbook.verify.contract import SqlProbe
from cbr_notebook.runbook.verify.probes import _look
probe = SqlProbe(name="rows", url="sqlite:///x.db", query="select 1", equals=1, timeout_s=1)
print(_look(probe, None))
""",
        tmp_path,
    )
    assert "pip install 'cbr-notebook[sql]'" in said
    assert "unknown" in said


def test_only_what_belongs_to_an_extra_is_translated() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_thing"), needed_for("This"):
        import no_such_thing  # type: ignore[import-not-found]  # noqa: F401
    with pytest.raises(ModuleNotFoundError):
        library("cbr_notebook.no_such_thing", "This")
    assert issubclass(errors.MissingExtra, errors.InvalidRequest)
