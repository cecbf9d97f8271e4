"""Asking all projects at once: on threads or on somebody's executor, until done or interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cbr_notebook.fleets.fleet_places import Place
from cbr_notebook.fleets.fleet_progress import OnProgress, Progress
from cbr_notebook.fleets.process_worker import Answer

_MOST_THREADS = 64
_LOOK_S = 0.25


@dataclass(slots=True)
class Gathered:
    """What came of a question.

    Attributes:
        answers: of the projects that answered or failed.
        interrupted: the projects that had done neither when somebody stopped it.
    """

    answers: dict[Place, Answer] = field(default_factory=dict)
    interrupted: list[Place] = field(default_factory=list)


@contextmanager
def threads(places: Sequence[Place]) -> Iterator[Executor]:
    """Return threads of our own, one a project: who waits for a turn costs next to nothing."""
    pool = ThreadPoolExecutor(
        max(1, min(len(places), _MOST_THREADS)), thread_name_prefix="cbr-fleet"
    )
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def gather(
    submit: Callable[[Place], Future[Answer]],
    places: Sequence[Place],
    question: str,
    *,
    show: OnProgress,
    requests: Callable[[], int],
    waits: Callable[[], float],
    stop: Callable[[], None],
    each: Callable[[Answer], Any] = lambda answer: None,
) -> Gathered:
    """Ask all projects, and return what came; Ctrl-C keeps what came until then.

    Args:
        submit: begins to ask a project.
        places: the projects.
        question: its name, for the progress.
        show: is told how far it is.
        requests: returns how many were sent here.
        waits: returns the seconds until the next may be sent.
        stop: lets no request through any more.
        each: is given each answer as it comes.
    """
    found = Gathered()
    under_way: dict[Future[Answer], Place] = {}
    rows = told = 0
    try:
        for place in places:
            under_way[submit(place)] = place
        while under_way:
            done, _ = wait(under_way, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
            for future in done:
                answer = future.result()
                found.answers[under_way.pop(future)] = answer
                rows += 0 if answer.table is None else len(answer.table)
                told += answer.requests
                each(answer)
            show(
                Progress(
                    question, len(found.answers), len(places), rows, max(told, requests()), waits()
                )
            )
    except KeyboardInterrupt:
        stop()
        for future in under_way:
            future.cancel()
        found.interrupted = [place for place in places if place not in found.answers]
    except BaseException:
        stop()
        for future in under_way:
            future.cancel()
        raise
    return found
