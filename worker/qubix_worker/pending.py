"""The jobs in a heartbeat's answer, told apart: those that this worker can read, and the others.

A job in a form that a newer server knows, or a broken one, costs neither the other jobs nor the
heartbeat. It is given again with every answer until its worker has it, and counts as one that the
worker has room for; so who can name it must refuse it, or it would wait for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qubix_worker.protocol import ATTEMPT_MOST, WORKER_ID_PATTERN, Job, JobCompletion
from qubix_worker.wire import WireError, from_wire

WHY_LENGTH = 200


@dataclass(frozen=True)
class UnreadableJob:
    """A job that is not to be understood. `why` names the key."""

    id: str | None
    """None where not even that can be read: then it cannot be refused either."""
    attempt: int | None
    why: str

    @property
    def refusal(self) -> JobCompletion:
        """What is handed in for it: another worker of this version could not read it either."""
        return JobCompletion(
            "failed", error=f"The job could not be read: {self.why}.", attempt=self.attempt
        )


def told_apart(answer: Any) -> tuple[Any, tuple[UnreadableJob, ...]]:
    """The answer with those of its jobs that can be read, and the rest of them."""
    if not isinstance(answer, Mapping):
        return answer, ()
    if isinstance(cancelled := answer.get("cancelledJobs"), list):
        # What is no name can be no job's that is at work here.
        answer = {**answer, "cancelledJobs": [job for job in cancelled if isinstance(job, str)]}
    given = answer.get("pendingJobs")
    if not isinstance(given, list):
        return answer, ()
    readable, unreadable = [], []
    for job in given:
        try:
            from_wire(Job, job)
        except WireError as error:
            unreadable.append(_unreadable(job, str(error)))
        else:
            readable.append(job)
    return {**answer, "pendingJobs": readable}, tuple(unreadable)


def _unreadable(job: Any, why: str) -> UnreadableJob:
    fields = job if isinstance(job, Mapping) else {}
    name, attempt = fields.get("id"), fields.get("attempt")
    is_name = isinstance(name, str) and WORKER_ID_PATTERN.fullmatch(name)
    is_number = isinstance(attempt, int) and not isinstance(attempt, bool)
    if not is_number or not 0 <= fields["attempt"] <= ATTEMPT_MOST:
        attempt = None
    shown = "".join(c if c.isprintable() else " " for c in why)[:WHY_LENGTH].rstrip(".")
    return UnreadableJob(name if is_name else None, attempt, shown)
