"""The drill notebook catches a restore that went wrong, and says for the right reason."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.tutorials import notebooks_folder

Names = dict[str, Any]
"""What the cells of the notebook have named so far."""


def cells() -> list[str]:
    path = notebooks_folder() / "runbooks" / "disaster_drill.ipynb"
    document = json.loads(path.read_text("utf-8"))
    return ["".join(each["source"]) for each in document["cells"] if each["cell_type"] == "code"]


def drill(
    server: str = "web-01",
    *,
    chosen: Callable[[Names], object] = lambda names: None,
    before: Callable[[Names], object] = lambda names: None,
    after: Callable[[Names], object] = lambda names: None,
    **parameters: Any,
) -> Names:
    """Run the notebook's cells, with something that goes wrong before or after the restore."""
    names: Names = {}
    for source in cells():
        if "plan_restore" in source:
            before(names)
        exec(source, names)
        if "last_quiet_backup" in source:
            chosen(names)
        if "server = " in source:
            names |= {"server": server, **parameters}
        if "run.wait()" in source:
            after(names)
    return names


def write_nothing(names: Names) -> None:
    """Do as if the service had said yes and written nothing: the attack is still there."""
    noise = random.Random(names["seed"])
    disk = names["disk"]
    for path in disk.files():
        disk.write_file(path, noise.randbytes(len(disk.read_file(path))))
    disk.write(64_000_000, noise.randbytes(96_000_000))


def leave_a_disk_out(names: Names) -> None:
    names["machine"].disks[1].write(64_000_000, random.Random(1).randbytes(1_000_000))


def leave_blocks_beyond_the_files(names: Names) -> None:
    names["disk"].write(150_000_000, random.Random(2).randbytes(4096))


def leave_a_note(names: Names) -> None:
    names["disk"].write_file("/HOW_TO_PAY.txt", b"Pay.")


def take_the_wrong_backup(names: Names) -> None:
    session = names["session"]
    newest = session.suspicion(names["server"])["backup_name"].iloc[0]
    names["backup"] = session.find_backup(newest)


def switch_the_server_off(names: Names) -> None:
    names["machine"].set_status("SHUTOFF")


def test_a_drill_without_anything_wrong_proves_the_restore() -> None:
    names = drill()
    assert names["verified"].outcome == "verified"
    assert "every byte of" in str(names["verified"])


@pytest.mark.parametrize(
    ("server", "after", "which"),
    [
        ("web-01", write_nothing, "files"),
        ("db-01", leave_a_disk_out, "every byte of"),
        ("web-01", leave_blocks_beyond_the_files, "every byte of"),
        ("web-01", leave_a_note, "every byte of"),
        ("web-01", switch_the_server_off, "power"),
    ],
    ids=["nothing written", "a disk left out", "blocks left", "note left", "off"],
)
def test_a_restore_that_went_wrong_is_caught(
    server: str, after: Callable[[Names], object], which: str
) -> None:
    kept: list[Names] = []

    def keep(names: Names) -> None:
        kept.append(names)
        after(names)

    with pytest.raises(errors.ContentDiffers, match="not as it should be"):
        drill(server, after=keep)
    failed = [line for line in str(kept[0]["verified"]).splitlines() if line.startswith("fail")]
    assert any(which in line for line in failed), failed


def test_a_backup_of_the_attack_is_refused_before_anything_is_written() -> None:
    with pytest.raises(errors.Conflict, match="it may hold the damage"):
        drill(before=take_the_wrong_backup)


def test_a_missed_target_is_not_called_corruption() -> None:
    with pytest.raises(errors.TargetMissed, match="Recovery time"):
        drill(rto="1m")


def test_a_backup_of_the_attack_is_found_on_new_disks_before_anything_is_overwritten() -> None:
    kept: list[Names] = []

    def choose(names: Names) -> None:
        kept.append(names)
        take_the_wrong_backup(names)

    with pytest.raises(errors.ContentDiffers, match="Nothing was restored"):
        drill(chosen=choose)
    session = kept[0]["session"]
    assert session.tasks(operation_type="restore").empty
    assert not [name for name in session.resources("disk")["name"] if name.startswith("look-")]


def test_a_drill_is_held_to_a_contract(tmp_path: Path) -> None:
    contract = tmp_path / "recovery.yaml"
    probe = "{command: ['true']}"  # no program is run for what is simulated: nobody knows
    contract.write_text(
        "application: shop\ntargets: {recovery_time: 1m}\n"
        f"members: [{{server: web-01, probes: [{probe}]}}]\n"
    )
    with pytest.raises(errors.NotVerified):
        drill(contract=str(contract), rto="", rpo="")
    contract.write_text(contract.read_text().replace(f", probes: [{probe}]", ""))
    with pytest.raises(errors.TargetMissed, match="target 1 min"):
        drill(contract=str(contract), rto="", rpo="")


def test_a_disk_is_made_of_a_backup_only_if_it_fits_and_is_one() -> None:
    with cbr.simulate("demo") as session:
        whole = session.find_backup(session.backups(resource="web-01", limit=1)["id"].iloc[0])
        (part,) = list(session.client.backups.show(whole.id).children or ())
        for size, backup in ((1, part.id), (40, whole.id), (40, "0" * 32)):
            with pytest.raises(errors.InvalidRequest):
                session.cloud.create_disk("new", size, backup=backup)
