"""Tables leave the notebook readable, harmless, and with what was asked."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest


@pytest.fixture(scope="module")
def backups() -> pd.DataFrame:
    with cbr.simulate() as session:
        return session.backups(resource_name="web-01", limit=3)


@pytest.fixture
def nasty() -> pd.DataFrame:
    """What somebody may have typed as a name."""
    frame = pd.DataFrame(
        {
            "name": pd.Series(
                ['=HYPERLINK("http://x")', "+1", "@x", "a|b", "<b>x</b>"], dtype="str"
            ),
            "size_gb": pd.Series([1, -2, None, 4, 5], dtype="Int64"),
        }
    )
    frame["created_at"] = pd.Series(
        pd.to_datetime(["2020-08-17T03:00:00Z"] * 4 + [None], utc=True)  # type: ignore[list-item]
    ).astype("datetime64[us, UTC]")
    return frame


def test_csv_keeps_times_units_and_what_is_missing(backups: pd.DataFrame, tmp_path: Path) -> None:
    path = cbr.export(backups, tmp_path / "backups.csv")
    back = pd.read_csv(path)
    assert list(back.columns) == list(backups.columns)
    assert back["created_at"].iloc[0] == "2020-08-17T03:00:00Z"
    assert back["resource_size_gb"].tolist() == backups["resource_size_gb"].tolist()
    said = backups["description"].fillna("").tolist()
    assert back["description"].astype(object).fillna("").tolist() == said


def test_csv_runs_no_formula(nasty: pd.DataFrame, tmp_path: Path) -> None:
    back = pd.read_csv(cbr.export(nasty, tmp_path / "x.csv"))
    assert back["name"].tolist()[:3] == ['\'=HYPERLINK("http://x")', "'+1", "'@x"]
    assert back["size_gb"].iloc[1] == -2


def test_excel_says_utc_holds_times_and_runs_no_formula(
    nasty: pd.DataFrame, tmp_path: Path
) -> None:
    nasty.attrs = {"resource": "backups", "filters": {"limit": 5}}
    book = openpyxl.load_workbook(cbr.export(nasty, tmp_path / "x.xlsx"))
    sheet = book["table"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("name", "size_gb", "created_at (UTC)")
    assert rows[1][0] == '=HYPERLINK("http://x")'
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].quotePrefix
    assert rows[1][2].isoformat() == "2020-08-17T03:00:00"
    assert rows[3][1] is None
    assert list(book["about"].iter_rows(values_only=True))[1:] == [
        ("resource", "backups"),
        ("filters", '{"limit": 5}'),
    ]


def test_parquet_keeps_everything(backups: pd.DataFrame, tmp_path: Path) -> None:
    old = int(pd.__version__.partition(".")[0]) < 3
    # As newer ones always do: there the option is going away.
    with pd.option_context("future.infer_string", True) if old else nullcontext():
        back = pd.read_parquet(cbr.export(backups, tmp_path / "x.parquet"))
    pd.testing.assert_frame_equal(back, backups, check_column_type=False)
    assert back.attrs == backups.attrs


def test_markdown_and_html_say_utc_and_break_on_nothing(
    nasty: pd.DataFrame, tmp_path: Path
) -> None:
    nasty.attrs = {"resource": "backups"}
    markdown = cbr.export(nasty, tmp_path / "x.md").read_text()
    assert "created_at (UTC)" in markdown
    assert "a\\|b" in markdown
    assert "resource: backups; times in UTC" in markdown
    page = cbr.export(nasty, tmp_path / "x.html").read_text()
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page
    assert '<th scope="col">created_at (UTC)</th>' in page


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet", "md", "html"])
def test_an_empty_table_has_its_columns(suffix: str, tmp_path: Path) -> None:
    with cbr.simulate("empty") as session:
        path = cbr.export(session.backups(), tmp_path / f"x.{suffix}")
    content = path.read_bytes()
    assert content
    if suffix in ("csv", "md", "html"):
        assert b"resource_size_gb" in content


def test_a_file_is_not_overwritten_unasked(backups: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("mine")
    with pytest.raises(InvalidRequest, match="already"):
        cbr.export(backups, path)
    assert path.read_text() == "mine"
    cbr.export(backups, path, overwrite=True)
    assert path.read_text(encoding="utf-8-sig").startswith("id,name")
    assert [each.name for each in tmp_path.iterdir()] == ["x.csv"]


@pytest.mark.parametrize("name", ["x.doc", "x", "nowhere/x.csv"])
def test_what_cannot_be_written_is_said(name: str, backups: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as caught:
        cbr.export(backups, tmp_path / name)
    assert caught.value.advice


def test_text_for_a_ticket(nasty: pd.DataFrame) -> None:
    assert cbr.to_text(nasty.tail(2)).splitlines() == [
        "name        size_gb  created_at (UTC)",
        "--------  ---------  ------------------",
        "a|b               4  2020-08-17 03:00",
        "<b>x</b>          5",
    ]
    assert cbr.to_text(nasty.head(0)).splitlines()[-1] == "(no rows)"
    assert cbr.to_text(nasty, style="github").startswith("| name")
    with pytest.raises(InvalidRequest, match="style"):
        cbr.to_text(nasty, style="fancy")


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "md", "html"])
def test_a_time_of_another_zone_is_written_in_utc(suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"at": pd.to_datetime(["2020-08-17T01:30:00+02:00"])})
    path = cbr.export(frame, tmp_path / f"x.{suffix}")
    content = (
        str(pd.read_excel(path).iloc[0, 0]) if suffix == "xlsx" else path.read_text("utf-8-sig")
    )
    assert "2020-08-16" in content
    assert "23:30:00" in content
    assert "2020-08-16 23:30" in cbr.to_text(frame)


def test_an_index_that_says_something_is_kept(backups: pd.DataFrame, tmp_path: Path) -> None:
    counted = backups.groupby("resource_name").size().rename("backups").to_frame()
    for suffix, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        back = read(cbr.export(counted, tmp_path / f"x.{suffix}"))
        assert list(back.columns) == ["resource_name", "backups"]
        assert back.iloc[0].tolist() == ["web-01", 3]
    assert cbr.to_text(counted).startswith("resource_name")
    filtered = backups[backups.index > 0]
    assert list(pd.read_csv(cbr.export(filtered, tmp_path / "y.csv")).columns) == list(
        backups.columns
    )
    twice = backups.set_index("name", drop=False)
    assert pd.read_csv(cbr.export(twice, tmp_path / "z.csv")).columns[0] == "name (index)"


def test_headers_and_wide_letters_run_no_formula_either(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=1+1": ["\n=1+1", "\uff1d1+1", "fine"]})
    lines = cbr.export(frame, tmp_path / "x.csv").read_bytes().decode("utf-8-sig").split("\r\n")
    assert lines == ["'=1+1", '"\'\n=1+1"', "'\uff1d1+1", "fine", ""]
    frame.attrs = {"resource": "=1+1"}
    book = openpyxl.load_workbook(cbr.export(frame, tmp_path / "x.xlsx"))
    for cell in (book["table"]["A1"], book["table"]["A2"], book["about"]["B2"]):
        assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_what_steers_a_terminal_or_breaks_a_sheet_is_marked(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["a\x1b[2Jb\nc"]})
    assert cbr.to_text(frame).splitlines()[-1] == "a\ufffd[2Jb c"
    book = openpyxl.load_workbook(cbr.export(frame, tmp_path / "x.xlsx"))
    assert book["table"]["A2"].value == "a\ufffd[2Jb\nc"


def test_excel_refuses_what_it_would_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    many = pd.DataFrame({"n": range(1_048_576)})
    for frame, says in ((many, "rows"), (pd.DataFrame({"t": ["x" * 32_768]}), "letters")):
        with pytest.raises(InvalidRequest, match=says):
            cbr.export(frame, path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    two = pd.DataFrame([[1, 2]], columns=["a", "a"])
    for given in ([1], two, two["a"].iloc[:, 0]):  # type: ignore[call-overload] # two columns "a"
        with pytest.raises(InvalidRequest):
            cbr.export(given, tmp_path / "x.csv")  # type: ignore[arg-type]
        with pytest.raises(InvalidRequest):
            cbr.to_text(given)  # type: ignore[arg-type]


def test_markdown_shows_html_as_text(nasty: pd.DataFrame, tmp_path: Path) -> None:
    assert "&lt;b&gt;x&lt;/b&gt;" in cbr.export(nasty, tmp_path / "x.md").read_text()


def test_the_home_folder_can_be_named(
    nasty: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cbr.export(nasty, "~/x.csv") == tmp_path / "x.csv"
