"""A trace → quick answers about what came last before one of its entries."""

from __future__ import annotations

from bisect import bisect_left
from typing import TypeAlias

from attrs import define, field

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.tracing import Entry, Trace
from trigdsl.explainer.events import is_event
from trigdsl.model.values import Micros
from trigdsl.syntax import nodes

Step: TypeAlias = tuple[str, object, int | None]
"""A user, a run, and a step of it."""


@define
class Indexes:
    """Looks up entries of the trace of one user, which has ended. Each index is made when it is first asked for."""

    trace: Trace
    checked: CheckedProgram
    _places: dict[int, int] = field(factory=dict, init=False)
    _times: dict[Micros, list[Entry]] = field(factory=dict, init=False)
    _events: dict[int, list[int]] = field(factory=dict, init=False)
    _lists: dict[str, list[tuple[int, bool]]] = field(factory=dict, init=False)
    _waits: dict[str, dict[Step, Entry]] = field(factory=dict, init=False)

    def place(self, entry: Entry) -> int:
        """The place of an entry in the trace."""
        if not self._places:
            self._places = {id(one): place for place, one in enumerate(self.trace.entries)}
        return self._places[id(entry)]

    def at(self, time: Micros) -> list[Entry]:
        """The entries of one instant, in order."""
        if not self._times:
            for one in self.trace.entries:
                self._times.setdefault(one.time, []).append(one)
        return self._times.get(time, [])

    def is_event(self, event: nodes.EventSet, entry: Entry) -> bool:
        """Whether an entry is a record or a caused event of this kind, the conditions of a `where` aside."""
        if entry.given is not None:
            return is_event(self.checked, event, entry.given.event, entry.given.properties)
        return entry.kind == "caused" and is_event(self.checked, event, entry.name, entry.properties)

    def count(self, event: nodes.EventSet, until: Entry) -> int:
        """How many such records and caused events there were up to an entry, that which it came by included."""
        return bisect_left(self._places_of(event), self.place(until))

    def last_event(self, event: nodes.EventSet, before: Entry) -> Entry | None:
        """The last such event before an entry; of a trigger that was tried also before what it came by."""
        places = self._places_of(event)
        number = bisect_left(places, self.place(before)) - 1
        if number >= 0 and before.kind == "tried" and places[number] == before.cause:
            number -= 1
        return self.trace.entries[places[number]] if number >= 0 else None

    def _places_of(self, event: nodes.EventSet) -> list[int]:
        if event.id not in self._events:
            entries = enumerate(self.trace.entries)
            self._events[event.id] = [place for place, one in entries if self.is_event(event, one)]
        return self._events[event.id]

    def joined(self, name: str, before: Entry) -> Micros | None:
        """When the user came into a list in which the user was then, as far as the trace tells."""
        if name not in self._lists:
            found = ((place, self._moves(one, name)) for place, one in enumerate(self.trace.entries))
            self._lists[name] = [(place, joins) for place, joins in found if joins is not None]
        since = None
        for place, joins in self._lists[name]:
            if place >= self.place(before):
                break
            if not joins:
                since = None
            elif since is None:
                since = self.trace.entries[place].time
        return since

    @staticmethod
    def _moves(entry: Entry, name: str) -> bool | None:
        """Whether an entry puts the user into a list (True) or out of it (False); None: neither."""
        if entry.given is not None:
            return False if name in (entry.given.remove or ()) else True if name in (entry.given.add or ()) else None
        made = entry.decision
        if made is None or (made.target, made.status) != (name, "sent"):
            return None
        return {"add": True, "remove": False}.get(made.action)

    def wake(self, entry: Entry) -> Micros | None:
        """The moment at which the step of a run would have come next; None when it was not armed."""
        found = [one for kind in ("armed", "waits") if (one := self._last(kind, entry)) is not None]
        return found[-1].until if found else None

    def wait(self, entry: Entry) -> Entry | None:
        """The last time that the step of a decision waited for its window."""
        return self._last("waits", entry)

    def _last(self, kind: str, entry: Entry) -> Entry | None:
        if kind not in self._waits:
            of_kind = (one for one in self.trace.entries if one.kind == kind)
            self._waits[kind] = {(one.user, one.run, one.step): one for one in of_kind}
        return self._waits[kind].get((entry.user, entry.run, entry.step))
