"""An engine whose rules change under way, in each of the ways in which they can."""

from __future__ import annotations

from typing import Any

import trigdsl

DAY = "2026-11-20"


class Live:
    """An engine whose rules are changed: by `reload`, or by opening its store with other rules.

    `way` is `in memory`, `reloaded` or `reopened`; the last leaves the store by `close`, or `killed` as it is.
    """

    def __init__(self, way: str, url: str | None, rules: str, **options: Any) -> None:
        self._way, self.url, self._rules = way, url, rules
        self._options = {"log": url is not None, **options}
        self.engine = trigdsl.Engine(trigdsl.parse(rules), store=url, **self._options)

    def feed(self, time: str, event: str, user: str = "u", **more: Any) -> list[str]:
        return told(self.engine.feed({"user": user, "time": f"{DAY}T{time}Z", "event": event, **more}))

    def advance(self, time: str) -> list[str]:
        return told(self.engine.advance(f"{DAY}T{time}Z"))

    def change(self, rules: str, **options: Any) -> None:
        self._rules = rules
        if self._way in ("reopened", "killed"):
            self._leave()
            self.engine = trigdsl.Engine(trigdsl.parse(rules), store=self.url, **self._options, **options)
        else:
            self.engine.reload(trigdsl.parse(rules), **options)

    def again(self) -> None:
        """Go on with the same rules: the store, if there is one, opened anew."""
        if self.url is not None:
            self._leave()
            self.engine = trigdsl.Engine(trigdsl.parse(self._rules), store=self.url, **self._options)

    def _leave(self) -> None:
        if self._way != "killed":
            self.engine.close()

    def pending(self, user: str = "u") -> list[str]:
        return [f"{one.rule}/{one.step} {one.to_dict()['time'][11:19]}" for one in self.engine.pending(user)]

    @property
    def old_rules(self) -> list[str]:
        """The names of the rules that run as they were before."""
        return [rule.name for rule in self.engine.program.rules if rule.is_old]


def told(decisions: list[trigdsl.Decision]) -> list[str]:
    return [
        " ".join(
            filter(None, (f"{one.rule}/{one.step}", one.status, one.reason, one.text, one.to_dict()["time"][11:19]))
        )
        for one in decisions
    ]
