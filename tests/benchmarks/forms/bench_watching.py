"""What it costs to watch a running backup for a minute, however many forms look at it.

A cloud is served over TCP and lives by this computer's clock, so this takes a minute. One form
has begun the backup and follows it; three more follow the same one, and two lists of tasks are on
the page. The peer is a form that looks every two seconds, and does so alone.

Run: python -m tests.benchmarks.forms.bench_watching
"""

from __future__ import annotations

import threading
import time
from typing import Any

import cbr_notebook as cbr
from cbr_notebook.forms import Forms
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.server import CloudServer

SECONDS = 60
FORMS, LISTS = 4, 2
MOST = 30
PEER = SECONDS // 2


def follow(form: Any, task: Any) -> None:
    """Follow a backup that another form has begun."""
    form.result = task
    form.run(form.watch_result)


def main() -> None:
    """Print how many requests the minute took."""
    cloud = Cloud.open("demo", speed=1)
    server = CloudServer(cloud)
    threading.Thread(target=server.serve, daemon=True).start()
    who = cloud.credentials
    with cbr.connect(
        access_key=who.access_key,
        secret_key=who.secret_key,
        project_id=who.project_id,
        region=who.region,
        endpoint=server.base_url,
        iam_endpoint=server.base_url,
    ) as session:
        beside = Forms(session, by_cell=False)
        forms: list[Any] = [beside.back_up(vault="vault-db") for _ in range(FORMS)]
        lists: list[Any] = [beside.tasks() for _ in range(LISTS)]
        for form in (*forms, *lists):
            _ = form.problems
        forms[0].value = {"incremental": False}
        forms[0].press()
        while forms[0].result is None:
            time.sleep(0.01)
        before = session.client.transport.requests
        for form in forms[1:]:
            follow(form, forms[0].result)
        for form in lists:
            form.definition._rows._view_count = 1  # as if it were on a page
        time.sleep(SECONDS)
        asked = session.client.transport.requests - before
        at_work = not forms[0].result.ended
        for form in (*forms, *lists):
            form.stop()
    server.stop()
    print(
        f"{FORMS} forms and {LISTS} lists for {SECONDS} s of a backup that "
        f"{'went on' if at_work else 'had ended'}: {asked} requests against {PEER} of one form "
        f"that looks every two seconds: {asked / PEER:.2f} (at most {MOST} requests)"
    )


if __name__ == "__main__":
    main()
