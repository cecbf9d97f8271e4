"""Guided restores: those of the past, taken up again, and several as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cbr_notebook.session.names import Named, called
from cbr_notebook.session.sharing import Sharing
from cbr_notebook.session.upstairs import opened

if TYPE_CHECKING:
    import pandas as pd

    from cbr_notebook.runbook.group.group_plan import GroupPlan
    from cbr_notebook.runbook.group.group_run import GroupRun
    from cbr_notebook.runbook.journal.record import OnProgress
    from cbr_notebook.runbook.restores import Runs
    from cbr_notebook.runbook.run.restore_plan import RestorePlan
    from cbr_notebook.runbook.run.run import RestoreRun


class GuidedRestores(Sharing):
    """What is known and done about guided restores."""

    def plan_restore(
        self,
        backup: Named,
        target: Named = None,
        disks: Mapping[str, str] | None = None,
        *,
        power_on: bool = True,
    ) -> RestorePlan:
        """Lay out a restore and check it beforehand; sends nothing that changes anything.

        Args:
            backup: which backup.
            target: what would be overwritten; what was backed up if left out.
            disks: for a server: from the ID of a disk's backup to the ID of the disk, where
                not all disks, or other ones, are meant.
            power_on: start the server afterwards.

        Returns:
            The plan: ``checks``, ``overwritten``, ``untouched``, ``impossible``,
            ``data_loss``, ``expected_duration``; its ``execute`` carries it out.

        Raises:
            NotFound: there is no such backup, or no target of this name.
            InvalidRequest: a name fits several, or ``disks`` names what is no disk of the
                backup, one disk twice, or none at all.

        API: Backup, "Querying a Backup"; Protectable, "Querying a Protectable Resource"; Task.
        """
        return self._runs.plan(backup, target, disks, power_on=power_on)

    def restores(self, *, folder: str | Path | None = None) -> pd.DataFrame:
        """List the guided restores of this project that this computer knows of.

        Args:
            folder: of the journals; ``CBR_RUNBOOK_FOLDER`` or the user's data folder if left
                out.

        Returns:
            One row a run, newest first: ``run_id``, ``target_id``, ``target_name``,
            ``backup_id``, ``backup_name``, ``task_id``, ``note`` (text), ``state`` (category:
            ``not asked``, ``asked``, ``running``, ``success``, ``failed``, ``stopped``,
            ``given up``, ``damaged``), ``began_at``, ``ended_at`` (UTC), ``verified`` (flag).

        Raises:
            InvalidRequest: the folder cannot be used.
        """
        return self._runs.table(folder)

    def resume_restore(
        self,
        run_id: str,
        *,
        confirm: str | Sequence[str] | None = None,
        folder: str | Path | None = None,
        on_progress: OnProgress | None = None,
    ) -> RestoreRun | GroupRun:
        """Take a guided restore up again where the service stands, such as after a crash.

        What has ended stays so, what runs is found and can be waited for. What was asked for
        without an answer is looked for; it is asked for again only if it never arrived.

        Args:
            run_id: of a run, as :meth:`restores` lists it, or of a group.
            confirm: the target's name (of a group: all), where the confirmation is more than
                an hour old and the restore has yet to be asked for.
            folder: of the journals.
            on_progress: is told how far it is.

        Returns:
            The run or the group.

        Raises:
            NotFound: there is no such run; the message lists the newest.
            ConfirmationNeeded: the confirmation is too old.
            Conflict: another process is at it, or something moved since the plan was made.
            ConnectionFailed: the service could not be reached; resume again later.

        API: Backup, "Restoring Data Using a Backup"; Task, "Querying the Task List".
        """
        return self._runs.resume(run_id, confirm, folder, on_progress)

    def cancel_restore(self, run_id: str, *, folder: str | Path | None = None) -> str:
        """Stop a guided restore, or what of a group has not begun.

        Args:
            run_id: of a run or group, also one that another process carries out.
            folder: of the journals.

        Returns:
            What was stopped, in words.

        Raises:
            NotFound: there is no such run.
            Conflict: the service is restoring; it cannot be stopped.
        """
        return self._runs.cancel(run_id, folder)

    def plan_restores(self, restores: Iterable[Any]) -> GroupPlan:
        """Plan several restores as one, with an order; sends nothing that changes anything.

        Args:
            restores: for each a plan, or a mapping with the arguments of
                :meth:`plan_restore` and ``after``: names of targets that must be back before.

        Returns:
            The plan; its ``execute`` carries all of it out.

        Raises:
            InvalidRequest: a target appears twice, ``after`` names none of them, or the order
                goes in a circle.
            NotFound: a backup or target does not exist.
        """
        return self._runs.plan_group(restores)

    def take_manifest(
        self,
        target: Named,
        files: Iterable[str] | None = None,
        *,
        checksum: Callable[[str, str], str | None] | None = None,
    ) -> dict[str, Any]:
        """Note the checksums of a target's files, to verify a later restore with.

        Args:
            target: a server, disk or file system.
            files: which files: ``path``, or ``vdb:path`` on a certain disk; on a simulated
                cloud all if left out.
            checksum: gives the SHA-256 of a file by disk and path, such as
                ``cbr_notebook.runbook.over_ssh("root@web-01")``; on a simulated cloud
                its disks are read if left out.

        Returns:
            ``target``, ``taken_at`` and ``files``; it can be kept as JSON.

        Raises:
            InvalidRequest: on a real service, ``files`` or ``checksum`` is missing.
            NotFound: there is no such target or file.
        """
        name = target if isinstance(target, str) else called(self.find_resource(target))
        return self._runs.take_manifest(name, files, checksum)

    @property
    def _runs(self) -> Runs:
        return cast("Runs", opened("runbook.restores:Runs", self))  # type: ignore[arg-type]
