"""A class on one port: everyone has a cloud of their own, and nobody sees another's."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.cli import main
from cbr_notebook.simulator.classroom import join
from cbr_notebook.simulator.classroom.serving import ServedClass
from cbr_notebook.simulator.core.state import StateFileError

Serve = Callable[..., ServedClass]


def sign_in(seat: dict[str, Any], path: str = "/v3/auth/tokens", **changes: str) -> httpx.Response:
    who = seat | changes
    user = {
        "name": who["user_name"],
        "password": who["password"],
        "domain": {"name": who["domain_name"]},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"id": who["project_id"]}}
    return httpx.post(
        f"{seat['base_url']}{path}", json={"auth": {"identity": identity, "scope": scope}}
    )


def vaults(seat: dict[str, Any], token: str) -> httpx.Response:
    url = f"{seat['base_url']}/v3/{seat['project_id']}/vaults"
    return httpx.get(url, headers={"X-Auth-Token": token})


def control(served: ServedClass, key: str, method: str, path: str, **more: Any) -> httpx.Response:
    url = f"{served.ready['base_url']}/control/v1{path}"
    return httpx.request(method, url, headers={"X-Control-Key": key}, **more)


def test_what_one_does_others_never_see(seats: list[cbr.Session]) -> None:
    one, two = seats
    names, before = set(two.vaults()["name"]), two.cloud.fingerprint()
    for vault in one.vaults()["name"]:
        one.delete_vault(vault, confirm=vault)
    one.cloud.delete_server("web-01")
    one.cloud.advance(days=30)
    one.cloud.options["vaults"] = 1
    one.cloud.fail("*", 503, times=100)
    assert two.cloud.fingerprint() == before
    assert set(two.vaults()["name"]) == names
    assert (one.cloud.now - two.cloud.now).days >= 29


def test_each_seat_is_signed_in_to_by_its_own_password(serve: Serve) -> None:
    served = serve(3)
    for seat in served.ready["seats"]:
        session = cbr.connect(join=seat["join"])
        session.create_vault(f"of-{seat['user_name']}", size_gb=10)
    for seat in served.ready["seats"]:
        answer = vaults(seat, sign_in(seat).headers["X-Subject-Token"])
        mine = {each["name"] for each in answer.json()["vaults"] if each["name"].startswith("of-")}
        assert mine == {f"of-{seat['user_name']}"}


@pytest.mark.parametrize("path", ["/v3/auth/tokens/", "//v3/auth/tokens"])
def test_a_seat_is_found_however_the_address_is_put_together(serve: Serve, path: str) -> None:
    last = serve(2).ready["seats"][1]
    answer = sign_in(last, path)
    assert answer.status_code == 201
    assert answer.json()["token"]["user"]["name"] == last["user_name"]


def test_no_key_opens_another_seat(serve: Serve) -> None:
    first, second = serve(2).ready["seats"]
    assert sign_in(first, password=second["password"]).status_code == 401
    assert sign_in(first, domain_name=second["domain_name"]).status_code == 401
    assert sign_in(first, user_name="ada", domain_name="workshop").status_code == 401
    secrets = [seat[name] for seat in (first, second)
               for name in ("password", "access_key", "secret_key", "control_key")]  # fmt: skip
    assert len(set(secrets)) == len(secrets)


def test_a_seat_has_none_of_the_keys_that_everybody_knows(serve: Serve) -> None:
    seat = serve(1).ready["seats"][0]
    known = cbr.simulate().cloud.credentials
    with pytest.raises(errors.AuthenticationError):
        cbr.connect(
            access_key=known.access_key, secret_key=known.secret_key, region=known.region,
            project_id=known.project_id, endpoint=seat["base_url"],
        ).vaults()  # fmt: skip


def test_a_control_key_is_for_its_own_seat(serve: Serve) -> None:
    served = serve(2)
    first, second = served.ready["seats"]
    for key, seat, status in (
        (first["control_key"], None, 200), (first["control_key"], "1", 200),
        (first["control_key"], "2", 403), ("", None, 401), ("wrong", "1", 401),
        (first["secret_key"], "1", 401),
    ):  # fmt: skip
        query = {} if seat is None else {"seat": seat}
        assert control(served, key, "GET", "/cloud/now", params=query).status_code == status
    assert second["control_key"] not in control(served, first["control_key"], "GET", "/seats").text


def test_the_instructor_controls_all_seats(serve: Serve) -> None:
    served = serve(2)
    key = served.ready["instructor_key"]
    one, two = (cbr.connect(join=seat["join"]) for seat in served.ready["seats"])
    begun = one.cloud.now
    answer = control(
        served, key, "POST", "/cloud/advance", params={"seat": "all"}, json={"days": 2}
    )
    assert set(answer.json()) == {"1", "2"}
    assert (one.cloud.now - begun).days == (two.cloud.now - begun).days == 2
    control(
        served, key, "POST", "/cloud/ransomware", params={"seat": "2"}, json={"server": "web-01"}
    )
    files = [each.cloud.server("web-01").disk("vda").files() for each in (one, two)]
    assert [any(name.endswith(".locked") for name in each) for each in files] == [False, True]
    assert control(served, key, "POST", "/cloud/advance", json={"days": 2}).status_code == 400
    assert len(control(served, key, "GET", "/seats").json()) == 2


def test_all_seats_survive_a_kill(tmp_path: Path) -> None:
    """Also what was answered a moment before."""
    for round_ in range(3):
        served = _start("--seats", "3", "--estate", "empty", "--state", str(tmp_path / "class"))
        process, ready = served
        sessions = [cbr.connect(join=seat["join"]) for seat in ready["seats"]]
        for number, session in enumerate(sessions):
            had = {f"vault-{before}-{number}" for before in range(round_)}
            assert set(session.vaults()["name"]) == had
            session.create_vault(f"vault-{round_}-{number}", size_gb=10)
        process.send_signal(signal.SIGKILL)
        process.wait()


def _start(*options: str) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cbr_notebook.cli", "simulate", *options], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    return process, msgspec.json.decode(process.stdout.readline())


def test_keys_are_kept_for_their_owner_only(serve: Serve, tmp_path: Path) -> None:
    first = serve(1, folder=tmp_path / "class", tls=True).ready
    kept = tmp_path / "class" / "class.json"
    if os.name == "posix":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert first["instructor_key"] in kept.read_text()


def test_a_class_goes_on_with_the_same_join_lines(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    first = serve(2, "empty", folder=folder, tls=True)
    port = first.server.port
    session = cbr.connect(join=first.ready["seats"][1]["join"])
    session.create_vault("mine", size_gb=10)
    first.server.stop()
    assert first.server.stopped.wait(20)
    again = serve(None, "empty", folder=folder, tls=True, port=port)
    assert again.ready == first.ready
    assert set(cbr.connect(join=again.ready["seats"][1]["join"]).vaults()["name"]) == {"mine"}


def test_a_damaged_file_of_keys_is_left_alone(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "class.json").write_text("not keys")
    with pytest.raises(StateFileError, match="cannot be read"):
        serve(1, folder=tmp_path)
    assert (tmp_path / "class.json").read_text() == "not keys"


def test_keys_that_cannot_be_kept_leave_nothing_behind(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateFileError, match="No space left"):
        serve(2, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_number_of_seats_is_refused(serve: Serve, tmp_path: Path) -> None:
    serve(1, "empty", folder=tmp_path)
    with pytest.raises(errors.InvalidRequest, match="keeps a class of 1 seats"):
        serve(2, "empty", folder=tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "0.0.0.0"), "--seats 1 --tls"),
        (("--host", "0.0.0.0", "--tls"), "--seats 1 --tls"),
        (("--host", "::"), "--seats 1 --tls"),
        (("--host", "0.0.0.0", "--seats", "2"), "--tls"),
        (("--host", "192.0.2.1", "--seats", "2"), "--tls"),
        (("--seats", "0"), "from 1 to"),
    ],
)
def test_what_others_could_misuse_is_not_served(
    options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--estate", "empty", *options]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


# -- join lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--port", "99999"), "no port 99999"),
        (("--seats", "2", "--port", "-1"), "no port -1"),
        (("--seats", "2", "--host", "a..b", "--tls"), "no name of a computer"),
    ],
)
def test_what_is_no_address_is_refused(
    options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--state", str(tmp_path / "class")] if "--seats" in options else []
    assert main(["simulate", "--estate", "empty", *options, *place]) == 1
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_join_line_trusts_one_certificate_only(serve: Serve) -> None:
    real, other = serve(1, "empty", tls=True), serve(1, "empty", tls=True)
    line = real.ready["seats"][0]["join"]
    assert cbr.connect(join=line).vaults().empty
    moved = line.replace(f":{urlsplit(line).port}/", f":{other.server.port}/")
    with pytest.raises(errors.ConnectionFailed, match="another certificate"):
        cbr.connect(join=moved)


def test_a_join_line_can_be_typed_from_paper(serve: Serve) -> None:
    """It names half of the certificate's SHA-256; other halves are not trusted."""
    (seat,) = serve(1, "empty", tls=True).ready["seats"]
    line = seat["join"]
    assert len(line) < 120
    key, sha256 = parse_qs(urlsplit(line).query)["key"][0], line.partition("sha256=")[2]
    assert not set("01oil") & set(key)
    whole = join.Join(seat["base_url"], key, sha256 + "0" * 32)
    with pytest.raises(errors.ConnectionFailed, match="another certificate"):
        whole.tls()
    other = line.replace(sha256, sha256[:-1] + ("1" if sha256[-1] == "0" else "0"))
    with pytest.raises(errors.ConnectionFailed, match="another certificate"):
        cbr.connect(join=other)


def test_without_a_way_to_the_network_no_class_is_served_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def unreachable(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("socket.socket.connect", unreachable)
    folder = str(tmp_path / "class")
    command = ["workshop", "serve", "--seats", "1", "--host", "0.0.0.0", "--folder", folder]
    assert main([*command, "--estate", "empty"]) == 1
    out, err = capsys.readouterr()
    assert (out, "--host 192.168.1.20" in err) == ("", True)


def test_a_stalled_handshake_makes_nobody_wait(serve: Serve) -> None:
    served = serve(1, "empty", tls=True)
    held = [socket.create_connection(("127.0.0.1", served.server.port)) for _ in range(20)]
    for peer in held[::2]:
        peer.sendall(b"\x16\x03\x01")  # a handshake begins, and goes no further
    assert cbr.connect(join=served.ready["seats"][0]["join"], timeout=10).vaults().empty
    for peer in held:
        peer.close()


def test_nothing_is_sent_without_the_certificate_being_known(serve: Serve) -> None:
    served = serve(1, "empty", tls=True)
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(served.ready["base_url"])


@pytest.mark.parametrize(
    "line",
    [
        "", "hello", "https://127.0.0.1:1/?key=k", "cbr+https://127.0.0.1:1/?key=k",
        "cbr+http://127.0.0.1:1/", "cbr+http://127.0.0.1/?key=k", "cbr+http://192.0.2.1:1/?key=k",
        "cbr+http://[::1/?key=k", "cbr+http://127.0.0.1:x/?key=k",
        "cbr+https://127.0.0.1:1/?key=k&sha256=00",
    ],
)  # fmt: skip
def test_what_is_no_join_line_is_refused(line: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="no join line") as caught:
        cbr.connect(join=line)
    assert not line or line not in str(caught.value)


def test_a_join_line_may_be_broken_as_mails_do(serve: Serve) -> None:
    line = serve(1, "empty").ready["seats"][0]["join"]
    assert cbr.connect(join=f' "{line[:40]}\n  {line[40:]}"\n').vaults().empty


@pytest.mark.parametrize("seat", ["all", "two", "-1"])
def test_a_session_is_at_one_seat(seat: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="at one seat"):
        cbr.connect(join=f"cbr+http://127.0.0.1:1/?key=k&seat={seat}")


def test_a_join_line_goes_with_nothing_else() -> None:
    with pytest.raises(errors.InvalidRequest, match="nothing else"):
        cbr.connect(join="cbr+http://127.0.0.1:1/?key=k", region="eu-west-0")


def test_an_old_key_is_refused(serve: Serve) -> None:
    served = serve(1, "empty")
    line = join.Join(served.ready["base_url"], "old").line
    with pytest.raises(errors.AuthenticationError, match="control key"):
        cbr.connect(join=line)


def test_a_join_line_hides_its_key_in_what_is_shown() -> None:
    found = join.read(f"cbr+https://127.0.0.1:1/?key=hidden&sha256={'0' * 32}")
    assert "hidden" not in repr(found)
    assert join.read(found.line) == found
