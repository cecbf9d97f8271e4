"""The workshop ``restore night``: three restores for the engineer on call, best done by form."""

from __future__ import annotations

from datetime import timedelta

from cbr_notebook.api.messages.statuses import SERVER_ACTIVE
from cbr_notebook.entry import Session
from cbr_notebook.workshops.basics_restores import in_time
from cbr_notebook.workshops.exercise import Exercise, Facts, Finding, nothing_to_prepare

_NOTES = "/root/handover.txt"
_TWO_HOURS = timedelta(hours=2)


def _back_up(session: Session, vault: str, *servers: str) -> None:
    for server in servers:
        task = session.back_up(vault, resources=server, name=f"evening-{server}")
        task.wait(progress=False)


def _start_one_disk(session: Session) -> Facts:
    server = session.cloud.server("db-01")
    system, data = server.disk("vda"), server.disk("vdb")
    data.write_file("/orders.db", b"order 1\norder 2\n")
    checksum = data.checksum()
    _back_up(session, "vault-db", "db-01")
    session.cloud.advance(hours=3)
    system.write_file(_NOTES, b"written tonight, in no backup\n")
    data.fill(8, seed=99)
    data.delete_file("/orders.db")
    return nothing_to_prepare(session) | {"data": checksum, "system": system.checksum()}


def _check_one_disk(session: Session, facts: Facts) -> list[Finding]:
    server = session.cloud.server("db-01")
    data = server.disk("vdb").checksum() == facts["data"]
    system = server.disk("vda").checksum() == facts["system"]
    return [
        Finding(data, f"The data disk is {'as' if data else 'not as'} in the evening's backup."),
        Finding(system, f"The system disk is {'as' if system else 'not as'} it was left tonight."),
        Finding(server.status == SERVER_ACTIVE, f"db-01 is {server.status}."),
    ]


def _start_switched_off(session: Session) -> Facts:
    server = session.cloud.server("app-02")
    disk = server.disk("vda")
    disk.write_file("/etc/app.conf", b"workers = 8\n")
    checksum = disk.checksum()
    _back_up(session, "vault-web", "app-02")
    session.cloud.advance(hours=3)
    disk.write_file("/etc/app.conf", b"workers = banana\n")
    server.stop()
    return nothing_to_prepare(session) | {"checksum": checksum}


def _check_switched_off(session: Session, facts: Facts) -> list[Finding]:
    server = session.cloud.server("app-02")
    same = server.disk("vda").checksum() == facts["checksum"]
    return [
        Finding(same, f"The disk of app-02 is {'as' if same else 'not as'} in the backup."),
        Finding(server.status == SERVER_ACTIVE, f"app-02 is {server.status}."),
    ]


def _start_two_servers(session: Session) -> Facts:
    names = ("web-01", "web-02")
    servers = [session.cloud.server(name) for name in names]
    checksums = {each.name: each.disk("vda").checksum() for each in servers}
    _back_up(session, "vault-web", *names)
    session.cloud.advance(hours=2)
    for name in names:
        session.cloud.ransomware(name)
    session.cloud.advance(hours=20)  # the nightly policy has backed the damage up
    return nothing_to_prepare(session) | {"checksums": checksums}


def _check_two_servers(session: Session, facts: Facts) -> list[Finding]:
    findings = []
    for name, checksum in facts["checksums"].items():
        same = session.cloud.server(name).disk("vda").checksum() == checksum
        findings.append(Finding(same, f"{name} is {'as' if same else 'not as'} before the attack."))
    return [*findings, in_time(session, facts, "last", _TWO_HOURS)]


RESTORE_NIGHT: tuple[Exercise, ...] = (
    Exercise(
        "One disk of two",
        "The data disk of db-01 is damaged. The system disk is not, and tonight's handover on it "
        "is in no backup. Restore the one and leave the other as it is.",
        _start_one_disk,
        _check_one_disk,
        (
            "A backup of a server holds a backup of each disk.",
            "The plan says which disks would be overwritten; that can be fewer than all.",
            "In session.forms.restore(), choose the disks in the second step; the evening's backup "
            "is evening-db-01.",
        ),
    ),
    Exercise(
        "The server that is off",
        "A wrong configuration made app-02 unusable, and a colleague switched it off. Bring its "
        "disk back to evening-app-02; the shop needs it running afterwards.",
        _start_switched_off,
        _check_switched_off,
        (
            "A restore of a server says what happens to its power.",
            "Whether the server is started afterwards is a choice of the plan.",
            "Look for the choice to power on in session.forms.restore().",
        ),
    ),
    Exercise(
        "Two servers, one night",
        "web-01 and web-02 are encrypted, and the policy has backed the damage up since. Have "
        "both as before the attack, within two hours of the cloud's time.",
        _start_two_servers,
        _check_two_servers,
        (
            "Neither newest backup is from before the attack.",
            "Two restores need not wait for each other.",
            "evening-web-01 and evening-web-02 are the newest from before; session.plan_restores "
            "takes both.",
        ),
    ),
)
