"""Sealed documents: any change shows, and the verdict says who vouches for them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.cli import main
from cbr_notebook.sealing.keys import SigningKey, person_key, simulated_key
from cbr_notebook.sealing.seal import seal

TEXTS = {
    "md": "# An audit\n\nfirst\n\nsecond\n\n-- third --\n",
    "html": "<!doctype html>\n<p>first</p>\n<p>second</p>\n<p>third</p>\n",
    "json": '{\n  "first": 1,\n  "second": 2,\n  "third": "ünï"\n}\n',
}


@pytest.fixture
def ada(tmp_path: Path) -> SigningKey:
    return person_key(tmp_path / "ada")


@pytest.fixture
def eve(tmp_path: Path) -> SigningKey:
    return person_key(tmp_path / "eve")


@pytest.fixture(params=TEXTS)
def path(request: pytest.FixtureRequest, tmp_path: Path, ada: SigningKey) -> Path:
    """A document that Ada sealed."""
    made = tmp_path / f"r.{request.param}"
    made.write_text(seal(TEXTS[request.param], "audit", ada), "utf-8", newline="\n")
    return made


def test_a_whole_document_says_who_signed_it(path: Path, ada: SigningKey, eve: SigningKey) -> None:
    alone = cbr.verify_report(path)
    assert alone.whole and alone
    assert alone.kind == "audit"
    assert alone.signed_by == ada.signer.public
    assert alone.vouched is None
    assert "consistent with itself; nobody vouches for it" in alone.reason
    assert cbr.verify_report(path, ada.signer.public).vouched
    assert cbr.verify_report(path, trusted=[eve.signer.public, f"{ada.signer.public} Ada"])
    other = cbr.verify_report(path, eve.signer.public)
    assert other.whole and not other
    assert "nobody vouches for it" in other.reason


def test_the_same_text_and_key_give_the_same_bytes(ada: SigningKey) -> None:
    for text in TEXTS.values():
        assert seal(text, "audit", ada) == seal(text, "audit", ada)


def lines_of(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines(keepends=True)


def test_every_truncation_is_incomplete(path: Path) -> None:
    text = path.read_bytes()
    begins = text.index(b"\n", 3) + 1
    if text.startswith(b"{"):
        begins = text.index(b"\n", begins) + 1
    for end in range(begins, len(text)):
        path.write_bytes(text[:end])
        assert cbr.verify_report(path).outcome == "incomplete", end
    path.write_bytes(text[:5])
    with pytest.raises(errors.InvalidRequest, match="not a sealed document"):
        cbr.verify_report(path)


def test_every_missing_line_shows(path: Path) -> None:
    lines = lines_of(path)
    for number in range(len(lines)):
        path.write_text("".join(lines[:number] + lines[number + 1 :]), "utf-8", newline="\n")
        assert not cbr.verify_report(path)
    path.write_text("".join(lines[:3] + lines[4:]), "utf-8", newline="\n")
    assert cbr.verify_report(path).incomplete
    assert "1 line is missing" in cbr.verify_report(path).reason


def test_every_two_lines_in_another_order_show(path: Path) -> None:
    lines = lines_of(path)
    for first in range(len(lines) - 1):
        changed = [*lines]
        changed[first : first + 2] = changed[first + 1], changed[first]
        path.write_text("".join(changed), "utf-8", newline="\n")
        try:
            assert changed == lines or not cbr.verify_report(path)
        except errors.InvalidRequest:
            assert first < 2  # no longer the beginning of a sealed document


def test_an_edited_word_is_altered(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("second", "xecond"), "utf-8", newline="\n")
    assert cbr.verify_report(path).altered
    assert cbr.verify_report(path).signed_by is None


def test_each_flipped_bit_shows(path: Path) -> None:
    text = path.read_bytes()
    for place in range(0, len(text), 3):
        path.write_bytes(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
        try:
            assert not cbr.verify_report(path), place
        except errors.InvalidRequest:
            assert place < 80


def test_what_is_put_together_or_goes_on_is_altered(path: Path) -> None:
    text = path.read_text("utf-8")
    for changed in (text + text, text + "more\n", text + " ", text[:-1] + "\r\n"):
        path.write_text(changed, "utf-8", newline="")
        assert cbr.verify_report(path).altered
    path.write_text("before\n" + text, "utf-8", newline="\n")
    assert cbr.verify_report(path).incomplete


def test_a_document_signed_anew_by_another_is_the_others(
    path: Path, ada: SigningKey, eve: SigningKey
) -> None:
    form = path.suffix[1:]
    path.write_text(seal(TEXTS[form], "audit", eve), "utf-8", newline="\n")
    assert cbr.verify_report(path).signed_by == eve.signer.public
    assert not cbr.verify_report(path, ada.signer.public)
    # Ada's seal beneath Eve's text, and Eve's name in Ada's seal.
    mine, theirs = (seal(TEXTS[form], "audit", key) for key in (ada, eve))
    path.write_text(mine.replace(ada.signer.public, eve.signer.public), "utf-8", newline="\n")
    assert cbr.verify_report(path).altered
    path.write_text(seal(mine, "audit", eve), "utf-8", newline="\n")
    assert theirs != mine
    assert not cbr.verify_report(path, ada.signer.public)


def test_a_seal_of_one_kind_is_none_of_another(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("audit", "restore report"), newline="\n")
    assert not cbr.verify_report(path)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first, second = person_key(tmp_path / "mine"), person_key(tmp_path / "mine")
    assert first.signer == second.signer
    assert repr(first.private) not in repr(first)
    kept = tmp_path / "mine" / "signing-key.pem"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert cbr.public_key(tmp_path / "mine") == f"{first.signer.public} {first.name}"
    assert sorted(each.name for each in kept.parent.iterdir()) == [
        "signing-key.pem", "signing-key.pub",
    ]  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="rights of files are those of POSIX")
def test_a_key_that_others_can_read_or_replace_signs_nothing(tmp_path: Path) -> None:
    person_key(tmp_path / "mine")
    kept = tmp_path / "mine" / "signing-key.pem"
    kept.chmod(0o640)
    with pytest.raises(errors.InvalidRequest, match="Others can read the signing key"):
        person_key(tmp_path / "mine")
    kept.chmod(0o600)
    kept.parent.chmod(0o777)
    with pytest.raises(errors.InvalidRequest, match="others can write in it"):
        person_key(tmp_path / "mine")
    kept.parent.chmod(0o700)
    kept.write_text("no key")
    with pytest.raises(errors.InvalidRequest, match="is not a signing key"):
        person_key(tmp_path / "mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.InvalidRequest, match="cannot be kept or read"):
        person_key(tmp_path / "file" / "below")


def test_two_processes_that_begin_at_once_get_one_key(tmp_path: Path) -> None:
    code = "import sys, cbr_notebook as cbr; print(cbr.public_key(sys.argv[1]))"
    asked = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "k")], stdout=-1, text=True)
        for _ in range(2)
    ]
    assert len({each.communicate(timeout=60)[0] for each in asked}) == 1


@pytest.mark.parametrize("given", ["", "nonsense", "ssh-rsa AAAA", "ssh-ed25519 AAAA", "a\0b"])
def test_what_is_no_key_is_refused(path: Path, given: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        cbr.verify_report(path, given)
    assert caught.value.field == "trusted"


def test_the_command_says_it_and_ends_accordingly(
    path: Path, tmp_path: Path, ada: SigningKey, eve: SigningKey, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "team.pub"
    keys.write_text(f"# the team\n{eve.signer.public} eve\n\n{ada.signer.public} ada\n")
    assert main(["verify-report", str(path), "--trusted", str(keys)]) == 0
    assert "whole: as it was signed, by the trusted key of" in capsys.readouterr().out
    assert main(["verify-report", str(path), "--trusted", eve.signer.public]) == 4
    assert main(["verify-report", str(path)]) == 0
    assert "nobody vouches" in capsys.readouterr().out
    path.write_bytes(path.read_bytes()[:-9])
    assert main(["verify-report", str(path)]) == 4
    assert capsys.readouterr().out.startswith("incomplete: ")
    assert main(["verify-report", str(tmp_path / "nowhere")]) == 2
    capsys.readouterr()
    assert main(["signing-key"]) == 0
    assert capsys.readouterr().out.strip() == cbr.public_key()


def test_an_audit_is_exported_sealed_and_signed(tmp_path: Path) -> None:
    with cbr.simulate() as session:
        table = session.audit()
    for suffix in ("html", "md"):
        made = cbr.export(table, tmp_path / f"audit.{suffix}")
        again = cbr.export(table.copy(), tmp_path / f"again.{suffix}")
        assert made.read_bytes() == again.read_bytes()
        verdict = cbr.verify_report(made)
        assert verdict.whole
        assert verdict.kind == "audit"
        assert verdict.signed_by == simulated_key().signer.public
        made.write_text(made.read_text("utf-8").replace("fail", "pass", 1), "utf-8")
        assert cbr.verify_report(made).altered
    del table.attrs["simulated"]  # as of a real account
    real = cbr.export(table, tmp_path / "real.html")
    assert cbr.verify_report(real, cbr.public_key())
    plain = cbr.export(table, tmp_path / "audit.csv")
    with pytest.raises(errors.InvalidRequest, match="not a sealed document"):
        cbr.verify_report(plain)
