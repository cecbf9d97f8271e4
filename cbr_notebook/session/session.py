"""One flat class: a table of contents of what a session can be asked and told to do."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from cbr_notebook.api.client import Client
from cbr_notebook.api.http.accepted_changes import act
from cbr_notebook.auth.token import SignedOut, TokenAuth
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.histories import sync as syncing
from cbr_notebook.session import lookup
from cbr_notebook.session.context import Identity
from cbr_notebook.session.operations import backups as backup_operations
from cbr_notebook.session.operations import policies as policy_operations
from cbr_notebook.session.operations import replication as replication_operations
from cbr_notebook.session.operations import restore as restore_operation
from cbr_notebook.session.operations import sharing
from cbr_notebook.session.operations import tags as tag_operations
from cbr_notebook.session.operations import vaults as vault_operations
from cbr_notebook.session.queries import account, inventory, lists
from cbr_notebook.session.queries.typed_lists import TypedLists
from cbr_notebook.session.reports import capacity as capacity_report
from cbr_notebook.session.reports import change_rate, diagnosis
from cbr_notebook.session.reports import cost as cost_report
from cbr_notebook.session.reports import failures as failure_report
from cbr_notebook.session.reports import recovery_points as recovery_report
from cbr_notebook.session.reports import retention_preview as retention_report
from cbr_notebook.session.reports import schedule as schedule_report
from cbr_notebook.session.reports import suspicion as suspicion_report
from cbr_notebook.session.reports import unprotected as unprotected_report
from cbr_notebook.session.reports import vault_policies as vault_policies_report
from cbr_notebook.tasks.poller import TaskPoller
from cbr_notebook.text import arguments
from cbr_notebook.text.card import facts_html
from cbr_notebook.text.notes import noted

if TYPE_CHECKING:
    from cbr_notebook.simulator import Cloud


class Session:
    """Who you are and where, and what you can ask and do there.

    Each method is a function of a topic module; its first parameter is the session. What stands
    above (forms, pictures, guided restores) is added by ``cbr_notebook.entry.Session``, which
    ``cbr.connect()`` and ``cbr.simulate()`` return.
    """

    # -- lists of the service ---------------------------------------------------------------------
    vaults = lists.vaults
    backups = lists.backups
    restore_points = lists.restore_points
    tasks = lists.tasks
    task = lists.task
    policies = inventory.policies
    policy_rules = inventory.policy_rules
    resources = inventory.resources
    vault_resources = inventory.vault_resources
    members = sharing.members
    tags = tag_operations.tags
    usage = account.usage
    agents = account.agents
    features = account.features
    replication_targets = account.replication_targets
    organization_policies = account.organization_policies

    # -- reports ----------------------------------------------------------------------------------
    unprotected = unprotected_report.unprotected
    capacity = capacity_report.capacity
    recovery_points = recovery_report.recovery_points
    gaps = recovery_report.gaps
    failures = failure_report.failures
    schedule = schedule_report.schedule
    changed_data = change_rate.changed_data
    vault_policies = vault_policies_report.vault_policies
    replication = vault_policies_report.replication
    retention_preview = retention_report.retention_preview
    what_if = retention_report.what_if
    orphans = cost_report.orphans
    cost = cost_report.cost
    suspicion = suspicion_report.suspicion
    last_quiet_backup = suspicion_report.last_quiet_backup
    diagnose = diagnosis.diagnose
    sync = syncing.sync

    # -- records by ID, name, record or row -------------------------------------------------------
    find_vault = lookup.find_vault
    find_policy = lookup.find_policy
    find_backup = lookup.find_backup
    find_resource = lookup.find_resource
    find_vault_elsewhere = lookup.find_vault_elsewhere

    # -- operations -------------------------------------------------------------------------------
    create_vault = vault_operations.create_vault
    update_vault = vault_operations.update_vault
    delete_vault = vault_operations.delete_vault
    add_resources = vault_operations.add_resources
    remove_resources = vault_operations.remove_resources
    resume_resources = vault_operations.resume_resources
    back_up = backup_operations.back_up
    delete_backup = backup_operations.delete_backup
    create_policy = policy_operations.create_policy
    update_policy = policy_operations.update_policy
    delete_policy = policy_operations.delete_policy
    apply_policy = policy_operations.apply_policy
    remove_policy = policy_operations.remove_policy
    restore = restore_operation.restore
    replicate = replication_operations.replicate
    share = sharing.share
    accept_share = sharing.accept_share
    reject_share = sharing.reject_share
    unshare = sharing.unshare
    tag = tag_operations.tag
    untag = tag_operations.untag
    set_tags = tag_operations.set_tags

    def __init__(
        self,
        client: Client,
        identity: Identity,
        http: httpx.Client,
        *,
        sleep: Callable[[float], None],
        clock: Callable[[], datetime],
        cloud: Cloud | None = None,
        reopen: Callable[..., Any] | None = None,
    ) -> None:
        """Put a session together; ``cbr.connect()`` and ``cbr.simulate()`` do.

        Args:
            client: the service, operation by operation.
            identity: who and where.
            http: the connections.
            sleep: waits some seconds.
            clock: gives the present moment.
            cloud: the simulated cloud, if it is one.
            reopen: opens another session on the same simulated cloud.
        """
        self.client = client
        self.identity = identity
        self.poller = TaskPoller(clock, sleep, client.tasks.show)
        self._http = http
        self._sleep = sleep
        self._cloud = cloud
        self._reopen = reopen

    def with_client(self, client: Client) -> Self:
        """Return the same session with another client, for one that watches the answers.

        Example:
            >>> session.with_client(session.client).identity == session.identity
            True
        """
        other = copy.copy(self)
        other.client = client
        return other

    @contextmanager
    def reading(self) -> Iterator[Self]:
        """Return a session that reads nothing twice, for several answers asked together.

        Within ``with session.reading() as reading:`` the same page of a list is asked for once,
        however many of ``reading.unprotected()``, ``reading.capacity()`` and others need it. It
        is for questions: for what changes meanwhile, ask ``session``. What was read is forgotten
        when the block ends, and when ``reading`` changes something.

        Example:
            >>> with session.reading() as reading:
            ...     answers = reading.unprotected(), reading.capacity()
            >>> len(answers)
            2
        """
        with self.client.transport.reading() as transport:
            yield self.with_client(Client(transport))

    @property
    def connections(self) -> httpx.Client:
        """The connections, which authenticate: for what is asked of IAM.

        Example:
            >>> session.connections.is_closed
            False
        """
        return self._http

    @property
    def pause(self) -> Callable[[float], None]:
        """What waits some seconds; in a simulated cloud its clock jumps.

        Example:
            >>> session.pause(3600)  # no real second passes on a simulated cloud
        """
        return self._sleep

    @property
    def records(self) -> TypedLists:
        """The lists of the service as typed records, for programs that want no tables.

        Example:
            >>> next(iter(session.records.vaults())).name
            'vault-disks'
        """
        return TypedLists(self.client, self.poller)

    @property
    def simulated(self) -> bool:
        """Whether this session talks to a cloud of its own in this process.

        Example:
            >>> session.simulated
            True
        """
        return self._cloud is not None

    @property
    def cloud(self) -> Cloud:
        """The simulated cloud: its clock, servers and disks.

        Raises:
            InvalidRequest: the session talks to a real service.

        Example:
            >>> session.cloud.advance(hours=2)
            datetime.datetime(2020, 8, 17, 5, 51, 24, tzinfo=datetime.timezone.utc)
            >>> f"{session.now:%H:%M}"
            '05:51'
        """
        if self._cloud is None:
            raise InvalidRequest(
                "This session talks to a real service, which has no handle.",
                advice="cbr.simulate() gives a session with a cloud of its own.",
            )
        return self._cloud

    @property
    def now(self) -> datetime:
        """The present moment in UTC: the simulated cloud's, or this computer's.

        Example:
            >>> f"{session.now:%Y-%m-%d}"
            '2020-08-17'
        """
        return self.poller.clock().astimezone(UTC)

    def sign_out(self) -> None:
        """Forget who you are: the token in memory and on disk, and the keys.

        The session answers nothing any more; a simulated cloud stays as it is.

        Example:
            >>> session.sign_out()
        """
        auth = self._http.auth
        if isinstance(auth, TokenAuth):
            auth.forget()
        self._http.auth = SignedOut()

    def close(self) -> None:
        """Close the connections; a simulated cloud lets go of its state file.

        Example:
            >>> session.close()
        """
        self._http.close()
        if self._cloud is not None:
            self._cloud.close()

    def in_project(self, project: str) -> Self:
        """Open a session in another project of the same simulated cloud.

        Args:
            project: its name or ID.

        Raises:
            InvalidRequest: the session talks to a real service.
            NotFound: there is no such project.

        Example:
            >>> session.in_project("eu-west-1").identity.region
            'eu-west-1'
        """
        return self._sibling(
            user_name=self.identity.who, project=arguments.text(project, "project")
        )

    def as_user(self, user_name: str) -> Self:
        """Open a session as another user of the same simulated cloud, in the same project.

        Args:
            user_name: the user; a new one is made.

        Raises:
            InvalidRequest: the session talks to a real service.

        Example:
            >>> ada = session.as_user("ada")
            >>> ada.identity.who
            'ada'
        """
        return self._sibling(
            user_name=arguments.text(user_name, "user_name"), project=self.identity.project_id
        )

    def _sibling(self, **who: str) -> Self:
        """Open another session on the same simulated cloud."""
        cloud = self.cloud
        assert self._reopen is not None
        sibling: Self = self._reopen(cloud, **who)
        return sibling

    # -- how it is shown --------------------------------------------------------------------------

    def _facts(self) -> list[tuple[str, str]]:
        facts = self.identity.facts()
        if self.simulated:
            facts.append(("Its time", f"{self.now:%Y-%m-%d %H:%M:%S} UTC"))
        return facts

    def _title(self) -> str:
        return "Simulated cloud" if self.simulated else "Cloud Backup and Recovery"

    def __repr__(self) -> str:
        facts = "\n".join(f"  {name}: {value}" for name, value in self._facts())
        return f"{self._title()}\n{facts}"

    def _repr_html_(self) -> str:
        return facts_html(self._title(), self._facts())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


# Here, and not where they are bound above: editors see parameters of plain functions only.
for _name, _bound in list(vars(Session).items()):
    if getattr(_bound, "__module__", "").startswith("cbr_notebook.session.operations."):
        _bound = act(_bound)
    if getattr(_bound, "__module__", "").startswith("cbr_notebook.session."):
        setattr(Session, _name, noted(_bound))
