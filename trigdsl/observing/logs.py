"""Structured logs: one record of the standard `logging` for each thing that happened, its facts as fields.

The fields stand in the `extra` of a record, so that any formatter for JSON writes them.  `event` names what happened.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from trigdsl.model.decisions import Decision
from trigdsl.model.values import SECOND, Micros, instant_text
from trigdsl.observing.observer import Observer, Rejection


class Logs(Observer):
    """Writes to a logger, `trigdsl` if none is given.

    Rejected records and failed deliveries are warnings, deliveries that were given up are errors, timers that go off
    more than `slow` seconds late are warnings, everything else is for debugging.  With `users=False` no id of a user
    is written; nor are texts and profiles, ever.
    """

    def __init__(self, logger: logging.Logger | None = None, *, users: bool = True, slow: float = 60.0) -> None:
        self._logger = logger or logging.getLogger("trigdsl")
        self._users = users
        self._slow = slow

    def rejected(self, rejection: Rejection) -> None:
        late_by = None if rejection.late_by is None else rejection.late_by / SECOND
        self._log(
            logging.WARNING,
            "record rejected",
            {"event": "rejected", "kind": rejection.kind, "reason": rejection.reason, "late_by_seconds": late_by},
            rejection.user,
        )

    def decided(self, decisions: Sequence[Decision]) -> None:
        if not self._logger.isEnabledFor(logging.DEBUG):
            return
        for one in decisions:
            fields = {
                "event": "decided",
                "rule": one.rule,
                "step": one.step,
                "action": one.action,
                "channel": one.channel,
                "status": one.status,
                "reason": one.reason,
                "at": instant_text(one.time),
                "key": one.key,
            }
            self._log(logging.DEBUG, f"{one.rule} {one.status}", fields, one.user)

    def timers_ran(self, lag: Micros) -> None:
        seconds = lag / SECOND
        level = logging.WARNING if seconds > self._slow else logging.DEBUG
        self._log(level, "timers ran", {"event": "timers", "lag_seconds": seconds}, None)

    def delivered(self, channel: str, attempt: int, waited: Micros) -> None:
        fields = {"event": "delivered", "channel": channel, "attempt": attempt, "waited_seconds": waited / SECOND}
        self._log(logging.DEBUG, f"{channel} delivered", fields, None)

    def undelivered(self, channel: str, attempt: int, reason: str, *, dead: bool) -> None:
        fields = {"event": "dead" if dead else "undelivered", "channel": channel, "attempt": attempt, "reason": reason}
        level = logging.ERROR if dead else logging.WARNING
        self._log(level, f"{channel} given up" if dead else f"{channel} not delivered", fields, None)

    def _log(self, level: int, message: str, fields: Mapping[str, object], user: str | None) -> None:
        told = {name: value for name, value in fields.items() if value is not None}
        if user is not None and self._users:
            told["user"] = user
        self._logger.log(level, message, extra=told)
