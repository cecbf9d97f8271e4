"""The session that people hold: all of it, with guided restores, pictures and forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbr_notebook.computed_once import computed_once
from cbr_notebook.extras import FORMS, ensure, needed_for
from cbr_notebook.neighbours import terraform
from cbr_notebook.runbook.guided_session import GuidedSession
from cbr_notebook.runbook.rehearsal.twin import make_twin
from cbr_notebook.text.dtypes import TEXT

if TYPE_CHECKING:
    import pandas as pd

    from cbr_notebook.fleets import Fleet
    from cbr_notebook.forms import Forms
    from cbr_notebook.forms.fleet import FleetForms
    from cbr_notebook.plots import Plots


class Session(GuidedSession):
    """Who you are and where, and everything you can ask and do there.

    Made by ``cbr.connect()`` on a real service, or by ``cbr.simulate()`` on a cloud of its own.
    """

    terraform = terraform.terraform

    def twin(self) -> Session:
        """Return a session on a simulated cloud that is like this account.

        Servers, disks with sizes, vaults, policies with schedule and retention, the newest
        backups, tags and statuses are as the service tells them, with their IDs and names; the
        twin's clock begins now. The account is only read, and from then on neither sees what
        happens in the other. There are no bytes in a twin; its ``unknown`` lists what it cannot
        know.

        API: Protectable, "Querying Protectable Resources"; Vault; Policy; Backup; Task.

        Example:
            >>> twin = session.twin()
            >>> twin.vaults()["name"].tolist() == session.vaults()["name"].tolist()
            True
        """
        found: Session = make_twin(self)
        return found

    @property
    def unknown(self) -> pd.DataFrame:
        """What a twin cannot know of the account that it was made from; empty elsewhere.

        Returns:
            One row a gap: ``what``, ``meaning`` (text).

        Example:
            >>> session.twin().unknown["what"].tolist()[:1]
            ['bytes']
        """
        import pandas as pd

        rows = self.cloud.unknown if self.simulated else []
        return pd.DataFrame(rows, columns=["what", "meaning"], dtype=TEXT)

    # Matplotlib and widgets are loaded when they are first asked for.

    @computed_once
    def plots(self) -> Plots:
        """Pictures: capacity, calendar, recovery points, durations.

        Example:
            >>> from cbr_notebook.plots import alt_text
            >>> "vault-files" in alt_text(session.plots.capacity())
            True
        """
        with needed_for("Pictures"):
            from cbr_notebook.plots import Plots

        return Plots(self)

    @computed_once
    def forms(self) -> Forms:
        """Forms to fill in and click: create, back up, schedule, share, watch.

        Example:
            >>> form = session.forms.create_vault()
            >>> form.problems
            {'name': 'Fill this in.', 'size_gb': 'Fill this in.'}
        """
        ensure("Forms", *FORMS)
        from cbr_notebook.forms import Forms

        return Forms(self)


def fleet_forms(fleet: Fleet) -> FleetForms:
    """Return the forms that look at all projects of a fleet."""
    ensure("Forms", *FORMS)
    from cbr_notebook.forms.fleet import FleetForms

    return FleetForms(fleet)
