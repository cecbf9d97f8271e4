"""The same answer on threads, in processes that sign in themselves, and on Dask."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.fleets import Fleet
from tests.fleets.clouds import served, write_profiles


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A profile for a served cloud, in a file that other processes find, too."""
    path = tmp_path_factory.mktemp("profiles") / "credentials"
    cloud = cbr.simulate("demo").cloud
    with pytest.MonkeyPatch.context() as patch, served(cloud) as url:
        patch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(path))
        write_profiles(path, {"prod": (cloud, url)})
        yield "prod"


def asked(profile: str, executor: Executor | None) -> pd.DataFrame:
    """Ask for backups, and for what only one project can fail to say."""
    with cbr.fleet(
        [profile, "nobody"], regions="all", projects="all", executor=executor,
        on_progress=lambda now: None, rate="1000/1m",
    ) as fleet:  # fmt: skip
        table = fleet.backups(status="available")
        services = {each.service for each in fleet.places}
        counted = sum(len(fleet._budgets[each]._ended) for each in services)
        assert counted == table.attrs["requests"], "all wait at the budget of this process"
        assert table.attrs["missing"] == ["nobody"]
        assert list(fleet.problems()["profile"]) == ["nobody"]
        return table


def test_threads_and_processes_give_the_same(profile: str) -> None:
    here = asked(profile, None)
    assert len(here) > 100
    with ThreadPoolExecutor(2) as pool:
        pd.testing.assert_frame_equal(asked(profile, pool), here)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        pd.testing.assert_frame_equal(asked(profile, pool), here)


def test_dask_gives_the_same(profile: str) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra [fleet] is not installed")
    here = asked(profile, None)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
            host="127.0.0.1",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):  # fmt: skip
        pd.testing.assert_frame_equal(asked(profile, client.get_executor()), here)


def test_no_secret_travels(profile: str, tmp_path: Path) -> None:
    keys = cbr.simulate("demo").cloud.credentials
    with served(cbr.simulate("demo").cloud) as url, ProcessPoolExecutor(1) as pool:
        given = {
            "name": "held", "access_key": keys.access_key, "secret_key": keys.secret_key,
            "project_id": keys.project_id, "region": keys.region, "endpoint": url,
        }  # fmt: skip
        fleet = cbr.fleet(given, executor=pool)
        with pytest.raises(InvalidRequest, match="cannot be used in other processes"):
            fleet.backups()
    named: Fleet = cbr.fleet(profile)
    description = pickle.dumps(named._description(named.places[0]))
    assert keys.secret_key.encode() not in description
