"""The drill notebook catches a restore that went wrong, and says for the right reason."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

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
        if "server = " in source:
            names |= {"server": server, **parameters}
        if "run.wait()" in source:
            after(names)
    return names


def write_nothing(names: Names) -> None:
    """As if the service had said yes and written nothing: the attack is still there."""
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
    newest = session.changed_data(names["server"])["backup_name"].iloc[0]
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
