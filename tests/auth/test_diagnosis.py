"""A read-only look at an account, and a record of it in which nothing tells whose it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import cli, errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.token import ReadyTokenAuth
from cbr_notebook.diagnosis.anonymize import Anonymizer
from cbr_notebook.diagnosis.network import check_host
from cbr_notebook.diagnosis.rows import as_table
from cbr_notebook.diagnosis.structure import differences
from cbr_notebook.diagnosis.vocabulary import is_known_key, is_known_value
from tests import recorded

MARK = "canary"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")


@pytest.fixture
def canaries() -> Iterator[cbr.Session]:
    """An estate in which everything that people can name is named so that it is found again."""
    with cbr.simulate("empty") as session:
        session.cloud.create_server(f"{MARK}-server", disks=((f"{MARK}-vda", 40),))
        session.cloud.create_disk(f"{MARK}-disk", 20)
        vault = session.create_vault(
            f"{MARK}-vault",
            size_gb=500,
            description=f"{MARK} of the money",
            resources=f"{MARK}-server",
            tags={f"{MARK}-key": f"{MARK}-value"},
        )
        session.create_policy(f"{MARK}-policy", days="daily", times="23:00", retention_days=7)
        session.apply_policy(f"{MARK}-policy", vault)
        session.back_up(vault, name=f"{MARK}-backup").wait(progress=False)
        yield session


def outcomes(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["check"], table["outcome"], strict=True))


def test_every_check_of_a_healthy_account_is_right_or_says_that_it_is_not_known(
    canaries: cbr.Session,
) -> None:
    table = canaries.diagnose()
    assert list(table.columns) == ["check", "outcome", "seen", "to_do"]
    assert set(table["outcome"]) == {"ok", "unknown"}
    found = outcomes(table)
    assert found["sign-in"] == found["list: backups"] == found["members"] == "ok"
    assert found["permission: cbr:vaults:list"] == "ok"
    # What only an act would show is not said to be there.
    assert found["permission: cbr:backups:restore"] == "unknown"


def test_nothing_is_changed_by_looking(canaries: cbr.Session, tmp_path: Path) -> None:
    before = canaries.tasks(), canaries.vaults(), canaries.backups()
    methods: set[str] = set()
    canaries.client.transport.on_request = lambda each: methods.add(each.method)
    canaries.diagnose(record=tmp_path / "record")
    assert methods == {"GET"}
    for one, two in zip(before, (canaries.tasks(), canaries.vaults(), canaries.backups()),
                        strict=True):  # fmt: skip
        pd.testing.assert_frame_equal(one, two)


def test_nothing_of_a_canary_estate_survives_in_a_record(
    canaries: cbr.Session, tmp_path: Path
) -> None:
    folder = tmp_path / "record"
    canaries.diagnose(record=folder)
    text = "".join(path.read_text() + path.name for path in folder.iterdir())
    assert MARK not in text
    account = canaries.cloud.credentials
    for own in (account.user_name, account.domain_name, account.project_id, account.access_key):
        assert f'"{own}"' not in text
    own_ids = {
        each
        for table in (canaries.vaults(), canaries.backups(), canaries.policies(),
                      canaries.tasks(), canaries.resources("server"))
        for each in _ID.findall(table.to_csv())
    }  # fmt: skip
    assert len(own_ids) > 5
    assert not [each for each in own_ids if each in text]


def test_a_record_can_be_replayed(canaries: cbr.Session, tmp_path: Path) -> None:
    canaries.diagnose(record=tmp_path / "record")
    answers = [
        json.loads(path.read_text())
        for path in sorted((tmp_path / "record").iterdir())
        if path.name != "checks.json"
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.replace("/v3/p/", "/v3/{project_id}/")
        for each in answers:
            if (each["method"], each["path"]) == (request.method, path) and each["status"] == 200:
                wanted = httpx.QueryParams(each["query"])
                if wanted.get("limit") != "1":
                    return httpx.Response(200, json=each["body"], headers=each["headers"])
        return httpx.Response(404, json={"error_code": "BackupService.6105", "error_msg": "no"})

    http = httpx.Client(transport=httpx.MockTransport(answer))
    replayed = canaries.with_client(Client(Transport(http, "https://cbr.example.com", "p")))
    for name in ("vaults", "backups", "policies", "tasks"):
        original, again = getattr(canaries, name)(), getattr(replayed, name)()
        assert (len(original), list(original.dtypes)) == (len(again), list(again.dtypes)), name
        # The same is replaced by the same: what fitted together still does.
    assert set(replayed.backups()["vault_id"]) == set(replayed.vaults()["id"])
    kept = ["status", "created_at"]
    pd.testing.assert_frame_equal(canaries.backups()[kept], replayed.backups()[kept])


def with_canaries(value: Any, counter: Iterator[int], own: bool = False) -> Any:
    """Return a recorded answer in which each text and name that may be somebody's is a canary."""
    if isinstance(value, dict):
        return {
            f"{MARK}{next(counter)}" if own else key: with_canaries(
                each, counter, own or key in ("metadata", "addresses", "volume_image_metadata")
            )
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [with_canaries(each, counter, own) for each in value]
    if isinstance(value, str) and not is_known_value(value):
        return f"{MARK}{next(counter)} {value}"
    return value


@pytest.mark.parametrize("operation", recorded.operations())
def test_nothing_survives_of_answers_as_the_service_gives_them(operation: str) -> None:
    for exchange in recorded.exchanges(operation):
        spoilt = with_canaries(exchange["body"], iter(range(10_000)))
        cleaned = Anonymizer().value(spoilt)
        assert MARK not in json.dumps(cleaned)
        assert shape(cleaned) == shape(spoilt)


def shape(value: Any) -> Any:
    """Types, nulls, empty texts, order and numbers of members of a document."""
    if isinstance(value, dict):
        return [shape(each) for each in value.values()]
    if isinstance(value, list):
        return [shape(each) for each in value]
    return (type(value).__name__, value == "")


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("26e3f7c4-40f0-42e2-a275-7c22e7b68bc1", r"[0-9a-f-]{36}"),
        ("74c43092ddfb62e11a0ddf561009a883", r"[0-9a-f]{32}"),
        ("10.1.2.3", r"192\.0\.2\.\d+"), ("fe80::1", r"2001:db8::\d"),
        ("fa:16:3e:aa:bb:cc", r"fa:16:3e:00:00:01"), ("ada@example.com", r"thing-\d+"),
        ("https://obs.example.com/bucket", r"https://host\.example/\d+"),
        ("13901234567", r"thing-\d+"), ("eu-west-0a", r"thing-\d+"),
    ],
)  # fmt: skip
def test_what_is_replaced_looks_like_what_it_was_and_is_the_same_again(
    value: str, pattern: str
) -> None:
    anonymizer = Anonymizer()
    first = anonymizer.text(value)
    assert re.fullmatch(pattern, first)
    assert first != value
    assert anonymizer.text(value) == first
    assert anonymizer.text(f"{value}x") != first


@pytest.mark.parametrize(
    "value",
    ["", "available", "OS::Nova::Server", "2025-03-25T06:23:27.304116", "2025-03-25 06:23:27",
     "FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=09;BYMINUTE=00", "UTC+08:00", "BackupService.6105", "100",
     "false"],
)  # fmt: skip
def test_words_and_formats_of_the_interface_stay(value: str) -> None:
    assert Anonymizer().text(value) == value


def test_ids_that_are_numbers_are_replaced_and_sizes_are_not() -> None:
    cleaned = Anonymizer().value({"id": 4711815, "size": 4711815, "order_id": 4711815})
    assert cleaned["size"] == 4711815
    assert cleaned["id"] == cleaned["order_id"] != 4711815
    assert isinstance(cleaned["id"], int)


def test_names_of_members_are_the_services_or_replaced() -> None:
    assert is_known_key("vault_id")
    cleaned = Anonymizer().value({"vault_id": None, "brand_new": 1, "Canary 7": 2,
                                  "metadata": {"canary": "x"}})  # fmt: skip
    assert list(cleaned) == ["vault_id", "brand_new", "member-001", "metadata"]
    assert "canary" not in json.dumps(cleaned)
    for own in ("__canary", "metering.canary", "os-canary:x", "OS-EXT-X:canary", "canary_key"):
        assert "canary" not in json.dumps(Anonymizer().value({"metadata": {own: "x"}}))


def test_the_names_of_checks_in_a_record_are_those_that_were_shown(
    canaries: cbr.Session, tmp_path: Path
) -> None:
    table = canaries.diagnose(record=tmp_path / "record")
    written = json.loads((tmp_path / "record" / "checks.json").read_text())
    assert [each["check"] for each in written] == list(table["check"])


def test_a_page_in_the_place_of_an_answer_is_not_kept(tmp_path: Path) -> None:
    page = f"<html>{MARK}</html>"
    session = answering(lambda request: httpx.Response(200, text=page))
    table = session.diagnose(record=tmp_path / "record")
    text = "".join(path.read_text() for path in (tmp_path / "record").iterdir())
    assert MARK not in text
    assert "not_json" in text
    assert outcomes(table)["sign-in"] == "failed"
    assert outcomes(table)["permissions"] == "unknown"


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> cbr.Session:
    """Return a session on prepared answers."""
    http = httpx.Client(transport=httpx.MockTransport(answer))
    transport = Transport(http, "https://cbr.example.com", "p", sleep=lambda seconds: None)
    return cbr.simulate("empty").with_client(Client(transport))


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_what_is_denied_is_a_row_and_ends_nothing(status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/backups"):
            return httpx.Response(status, json={"error_code": "x", "error_msg": "no"})
        name = request.url.path.rsplit("/", 1)[-1].replace("-", "_")
        return httpx.Response(200, json={name: [], "count": 0})

    table = answering(answer).diagnose()
    found = outcomes(table)
    assert found["sign-in"] == "ok"
    assert found["permission: cbr:backups:list"] == ("warning" if status == 404 else "failed")
    assert found["list: backups"] == "failed"
    assert found["list: policies"] == "ok"
    row = table[table["check"] == "permission: cbr:backups:list"].iloc[0]
    assert row["to_do"]


def test_wrong_keys_are_tried_once_so_that_they_are_not_barred() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(401, json={"error_code": "APIGW.0301", "error_msg": "no"})

    table = answering(answer).diagnose()
    assert outcomes(table)["sign-in"] == "failed"
    assert len(asked) == 1


def test_members_of_another_type_or_unknown_are_told() -> None:
    vault = {"id": 7, "name": "v", "brand_new": 1, "billing": {"size": "big"}, "tags": None}

    def answer(request: httpx.Request) -> httpx.Response:
        rows = [vault] if request.url.path.endswith("/vaults") else []
        name = request.url.path.rsplit("/", 1)[-1].replace("-", "_")
        return httpx.Response(200, json={name: rows, "count": len(rows)})

    from cbr_notebook.api.messages.vault_bodies import VaultPage

    found = dict(differences({"vaults": [vault], "count": "1"}, VaultPage, "list_vault"))
    assert found["list_vault.vaults.brand_new"] == "unknown member"
    assert "instead of" in found["list_vault.vaults.id"]
    assert "instead of" in found["list_vault.vaults.billing.size"]
    assert "list_vault.vaults.tags" not in found


@pytest.mark.parametrize("operation", ["list_backups", "list_vault", "list_policies",
                                       "list_protectable"])  # fmt: skip
def test_answers_of_the_real_service_hold_nothing_unknown(operation: str) -> None:
    from cbr_notebook.diagnosis.diagnose import _PAGES

    for exchange in recorded.exchanges(operation):
        assert list(differences(exchange["body"], _PAGES[operation], operation)) == []


def test_a_folder_that_holds_something_is_refused_before_anything_is_asked(
    canaries: cbr.Session, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("")
    before = canaries.client.transport.requests
    with pytest.raises(errors.InvalidRequest, match="not empty"):
        canaries.diagnose(record=tmp_path)
    assert canaries.client.transport.requests == before


# -- the terminal ------------------------------------------------------------------------------


def test_the_doctor_tells_how_far_one_comes_without_a_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    (tmp_path / ".huaweicloud").mkdir()
    lines = ("[mine]", "user_name = pat", "password = canary-pw", "domain_name = ACME",
             "region = eu-de", "endpoint = http://127.0.0.1:9")  # fmt: skip
    (tmp_path / ".huaweicloud" / "credentials").write_text("\n".join(lines))
    assert cli.main(["doctor", "--profile", "mine", "--record", str(tmp_path / "record")]) == 1
    printed = capsys.readouterr().out
    for word in ("credentials", "connection to service", "could not be reached", "sign-in"):
        assert word in printed
    assert MARK not in printed
    checks = json.loads((tmp_path / "record" / "checks.json").read_text())
    assert {"check": "sign-in", "outcome": "failed"} in checks


def test_the_doctor_says_that_there_are_no_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cli.main(["doctor"]) == 1
    assert "No credentials were found" in capsys.readouterr().out


# -- the way to a host -------------------------------------------------------------------------

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def way_to(
    answer: Callable[[httpx.Request], httpx.Response], address: str = "https://cbr.example.com"
) -> pd.DataFrame:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    http.auth = ReadyTokenAuth(Secret(MARK))
    return as_table(list(check_host(http, "service", address, NOW))).set_index("check")


@pytest.mark.parametrize(
    ("date", "outcome"),
    [
        ("Thu, 26 Nov 2026 12:00:20 GMT", "ok"), ("Thu, 26 Nov 2026 12:05:00 GMT", "warning"),
        ("Thu, 26 Nov 2026 11:30:00 GMT", "failed"), ("yesterday", "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_the_clock_is_compared_with_the_services(date: str | None, outcome: str) -> None:
    headers = {"Date": date} if date else {}
    found = way_to(lambda request: httpx.Response(300, headers=headers, json={"versions": []}))
    assert found.loc["clock against service", "outcome"] == outcome
    assert found.loc["connection to service", "outcome"] == "ok"
    assert "answer of service" not in found.index  # 300 is how the service lists its versions


def test_nothing_that_tells_who_asks_is_sent_on_the_way() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    way_to(answer)
    assert [each.method for each in asked] == ["GET"]
    assert MARK not in str(asked[0].headers.raw)


def test_a_page_on_the_way_and_a_host_that_is_not_there_are_told() -> None:
    page = httpx.Response(302, headers={"Location": "http://hotel.example/"})
    found = way_to(lambda request: page)
    assert "hotel.example" in found.loc["answer of service", "seen"]

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    found = way_to(fail, "http://127.0.0.1:9")
    assert found.loc["connection to service", "outcome"] == "failed"
    assert found.loc["connection to service", "to_do"]


def test_a_name_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    found = way_to(lambda request: httpx.Response(200))
    assert found.loc["name of service", "outcome"] == "failed"
    monkeypatch.setenv("HTTPS_PROXY", f"http://pat:{MARK}@proxy.example.com:3128")
    found = way_to(lambda request: httpx.Response(200))
    assert found.loc["name of service", "outcome"] == "unknown"
    assert found.loc["proxy to service", "seen"] == "through proxy.example.com:3128"


class _Stream:
    """A connection with a certificate, or with one that is not checked."""

    def __init__(self, certificate: dict[str, str]) -> None:
        self._certificate = certificate

    def get_extra_info(self, name: str) -> Any:
        return self

    def version(self) -> str:
        return "TLSv1.3"

    def getpeercert(self) -> dict[str, str]:
        return self._certificate


@pytest.mark.parametrize(
    ("certificate", "outcome"), [({"notAfter": "Jan  1 2030 GMT"}, "ok"), ({}, "warning")]
)
def test_a_certificate_that_is_not_checked_is_a_warning(
    certificate: dict[str, str], outcome: str
) -> None:
    extensions = {"network_stream": _Stream(certificate)}
    found = way_to(lambda request: httpx.Response(200, extensions=extensions))
    assert found.loc["TLS of service", "outcome"] == outcome
