"""The one object that people hold."""

from __future__ import annotations

import html
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from cbr_notebook.session.guided import GuidedRestores
from cbr_notebook.session.upstairs import opened

if TYPE_CHECKING:
    from cbr_notebook.forms import Forms
    from cbr_notebook.plots import Plots


class Session(GuidedRestores):
    """Who you are and where, and everything you can ask and do there.

    Made by ``cbr.connect()`` on a real service, or by ``cbr.simulate()`` on a cloud of its own.
    """

    @cached_property
    def plots(self) -> Plots:
        """Pictures: capacity, calendar, recovery points, durations."""
        plots: Plots = opened("plots:Plots", self)
        return plots

    @cached_property
    def forms(self) -> Forms:
        """Forms to fill in and click: create, back up, schedule, share, watch."""
        forms: Forms = opened("forms:Forms", self)
        return forms

    def _facts(self) -> list[tuple[str, str]]:
        who = self.identity
        facts = [
            ("User", who.who),
            ("Signs in with", f"{who.how}, from {who.source}"),
            ("Region", who.region or "not named"),
            ("Project", who.project_id),
            ("Service", who.endpoint),
            ("IAM", who.iam_endpoint),
            ("TLS", who.tls),
        ]
        if self.simulated:
            facts.append(("Its time", f"{self.now:%Y-%m-%d %H:%M:%S} UTC"))
        return facts

    def _title(self) -> str:
        return "Simulated cloud" if self.simulated else "Cloud Backup and Recovery"

    def __repr__(self) -> str:
        facts = "\n".join(f"  {name}: {value}" for name, value in self._facts())
        return f"{self._title()}\n{facts}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(value)}</td></tr>'
            for name, value in self._facts()
        )
        return f"<table><caption><b>{self._title()}</b></caption><tbody>{rows}</tbody></table>"

    def in_project(self, project: str) -> Session:
        """Open a session in another project of the same simulated cloud.

        Args:
            project: its name or ID.

        Raises:
            InvalidRequest: the session talks to a real service.
            NotFound: there is no such project.
        """
        return self._sibling(user_name=self.identity.who, project=project)

    def as_user(self, user_name: str) -> Session:
        """Open a session as another user of the same simulated cloud, in the same project.

        Args:
            user_name: the user; a new one is made.

        Raises:
            InvalidRequest: the session talks to a real service.
        """
        return self._sibling(user_name=user_name, project=self.identity.project_id)

    def _sibling(self, **who: str) -> Session:
        """Open another session on the same simulated cloud."""
        cloud = self.cloud
        assert self._reopen is not None
        sibling: Session = self._reopen(cloud, **who)
        return sibling

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
