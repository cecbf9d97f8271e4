"""A stick holds what another system needs, and installs without a network."""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from cbr_notebook import errors
from cbr_notebook.cli import main
from cbr_notebook.workshops import WORKSHOPS, packing
from cbr_notebook.workshops.packing import installer, wheels
from cbr_notebook.workshops.packing.targets import Target, parse

HERE = Target("linux", f"{sys.version_info[0]}.{sys.version_info[1]}")
WINDOWS = Target("windows", "3.12")

on_linux = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64",
    reason="the stick of this test is installed on Linux with an x86-64 processor",
)


def write_wheel(folder: Path, name: str, *requires: str, tag: str = "py3-none-any") -> Path:
    """Return a wheel with one empty module in it."""
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-1.0.dist-info"
    path = folder / f"{module}-1.0-{tag}.whl"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += "Provides-Extra: lab\n" + "".join(f"Requires-Dist: {each}\n" for each in requires)
    files = {
        f"{module}/__init__.py": "",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{each},,\n" for each in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in files.items():
            archive.writestr(each, text)
        archive.writestr(f"{info}/RECORD", record)
    return path


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package index that is a folder: dependencies that depend on the system."""
    folder = tmp_path_factory.mktemp("index")
    write_wheel(
        folder, "jupyterlab",
        'pywinpty; sys_platform == "win32"', 'ptyprocess; os_name != "nt"',
        'backport; python_version < "3.12"',
    )  # fmt: skip
    write_wheel(folder, "pywinpty", tag="cp312-cp312-win_amd64")
    write_wheel(folder, "ptyprocess")
    write_wheel(folder, "backport")
    wheels.repack(distribution("pip"), folder)
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands for our own wheel: the dependencies of the real one are many."""
    return write_wheel(tmp_path_factory.mktemp("own"), "cbr-notebook", 'jupyterlab; extra == "lab"')


@pytest.fixture(scope="module")
def stick(source: Path, own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stick") / "class"
    first = {"basics": WORKSHOPS["basics"][:1]}
    packing.pack([HERE, WINDOWS], folder, first, wheel=own, source=source)
    return folder


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for anything at all fails."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "")


def install(stick: Path, into: Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(stick / HERE_SCRIPT), "--into", str(into)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ)


HERE_SCRIPT = HERE.script


def test_conditions_are_those_of_the_system_that_it_is_for(stick: Path) -> None:
    pins = {
        target: (stick / "requirements" / f"{target}.txt").read_text() for target in (HERE, WINDOWS)
    }
    assert "pywinpty==1.0" in pins[WINDOWS]
    assert "pywinpty" not in pins[HERE]
    assert "ptyprocess==1.0" in pins[HERE]
    assert "ptyprocess" not in pins[WINDOWS]
    assert ("backport" in pins[HERE]) == (sys.version_info < (3, 12))
    assert "backport" not in pins[WINDOWS]
    assert all("cbr-notebook[lab]==1.0 --hash=sha256:" in text for text in pins.values())
    assert (stick / "wheels" / "pywinpty-1.0-cp312-cp312-win_amd64.whl").exists()


@on_linux
def test_it_installs_without_a_network_and_keeps_what_was_edited(
    stick: Path, tmp_path: Path, no_network: None
) -> None:
    edited = tmp_path / "class" / "notebooks" / "03_query_backups.ipynb"
    edited.parent.mkdir(parents=True)
    edited.write_text("mine")
    done = install(stick, tmp_path / "class")
    assert done.returncode == 0, done.stderr
    python = tmp_path / "class" / ".venv" / "bin" / "python"
    found = subprocess.run([python, "-c", "import cbr_notebook, jupyterlab, ptyprocess"])
    assert found.returncode == 0
    assert edited.read_text() == "mine"
    assert (tmp_path / "class" / "notebooks" / "07_forms.ipynb").exists()
    assert (tmp_path / "class" / "snapshots" / "basics-01.state").exists()


@on_linux
def test_a_file_that_was_changed_lost_or_added_is_named(stick: Path, tmp_path: Path) -> None:
    added = stick / "wheels" / "extra-1.0-py3-none-any.whl"
    damaged = stick / "notebooks" / "07_forms.ipynb"
    was = damaged.read_bytes()
    added.write_bytes(b"")
    damaged.write_bytes(was[:-1])
    try:
        done = install(stick, tmp_path / "class")
    finally:
        added.unlink()
        damaged.write_bytes(was)
    assert done.returncode == 1
    assert "2 files" in done.stderr
    assert "07_forms.ipynb" in done.stderr
    assert "extra-1.0" in done.stderr
    assert not (tmp_path / "class").exists()


def test_another_system_or_python_is_refused() -> None:
    with pytest.raises(installer.Trouble, match="the wheels are for"):
        installer.check_system("linux-3.99")
    other = "windows" if platform.system() == "Linux" else "linux"
    with pytest.raises(installer.Trouble, match="the wheels are for"):
        installer.check_system(f"{other}-{HERE.python}")


def test_what_cannot_be_packed_is_refused(
    tmp_path: Path, source: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("amiga-3.12", "linux", "linux-2.7", "linux-3.10", "", "windows-3.12;macos-3.13"):
        with pytest.raises(errors.InvalidRequest):
            parse(text)
    assert [str(each) for each in parse(" linux-arm-3.14,macos-intel-3.12,linux-arm-3.14")] == [
        "linux-arm-3.14", "macos-intel-3.12",
    ]  # fmt: skip
    lonely = write_wheel(tmp_path, "cbr-notebook", "nobody-has-this")
    taken = ["workshop", "pack", "--for", "linux-3.11", "--wheel", str(lonely), "--wheels-from"]
    assert main([*taken, str(source), str(tmp_path / "new")]) == 1
    assert "nobody-has-this" in capsys.readouterr().err
    assert main([*taken, str(source), str(tmp_path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [lonely.name]


def test_without_uv_the_error_names_it(
    tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.CBRError, match=r"cbr-notebook\[pack\]"):
        wheels.resolve(own, WINDOWS)
