"""A name that something else has already: the service takes it, and a warning tells."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import AnswerWarning

DAILY = {"days": "daily", "times": "02:00", "retention_days": 4}
TWICE: dict[str, Callable[[Session, str], object]] = {
    "create_policy": lambda s, name: s.create_policy(name, **DAILY),  # type: ignore[arg-type]
    "update_policy": lambda s, name: s.update_policy("weekly-sunday", name=name),
    "create_vault": lambda s, name: s.create_vault(name, size_gb=100),
    "update_vault": lambda s, name: s.update_vault("vault-files", name=name),
}


@pytest.mark.parametrize("act", TWICE)
def test_a_name_in_use_is_told_with_the_other_ones_id(act: str) -> None:
    with cbr.simulate() as session:
        vault = "vault" in act
        name = "vault-web" if vault else "daily-0300"
        other = session.find_vault(name).id if vault else session.find_policy(name).id
        with pytest.warns(AnswerWarning, match=f"called '{name}' \\({other}\\)") as told:
            TWICE[act](session, name)
        assert __file__ in {each.filename for each in told}


@pytest.mark.parametrize("act", TWICE)
def test_a_new_name_and_ones_own_tell_nothing(act: str) -> None:
    own = {"update_policy": "weekly-sunday", "update_vault": "vault-files"}
    with cbr.simulate() as session, warnings.catch_warnings():
        warnings.simplefilter("error")
        TWICE[act](session, "never-heard-of")
    with cbr.simulate() as session, warnings.catch_warnings():
        warnings.simplefilter("error")
        TWICE[act](session, own.get(act, "vault"))  # part of other names


def test_the_new_one_is_handed_back_also_where_nobody_may_list() -> None:
    with cbr.simulate() as session:
        session.cloud.fail("list_policies", 403, times=9)
        assert session.create_policy("daily-0300", **DAILY).name == "daily-0300"  # type: ignore[arg-type]
