"""An entry of a trace → what it came from: a record, the clock, or another rule, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from trigdsl.compiler.expressions import length_of
from trigdsl.engine.tracing import Entry, Trace
from trigdsl.explainer import wording
from trigdsl.explainer.clauses import Clauses
from trigdsl.explainer.indexes import Indexes
from trigdsl.explainer.wording import moment, one_line
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.syntax import nodes


@define
class Origins:
    """Looks up in one trace what led to what. `names` maps names on the wire to those of the rules."""

    trace: Trace
    clauses: Clauses
    names: Mapping[str, str]
    _starts: dict[object, Entry] = field(factory=dict, init=False)
    index: Indexes = field(init=False)

    @index.default
    def _make_index(self) -> Indexes:
        return Indexes(self.trace, self.clauses.checked)

    def entry(self, place: int | None) -> Entry | None:
        return None if place is None else self.trace.entries[place]

    def started(self, entry: Entry) -> Entry | None:
        """The trigger that started the run of a decision."""
        if len(self._starts) == 0:
            tries = (one for one in self.trace.entries if one.kind == "tried" and one.run is not None)
            self._starts = {(one.user, one.run): one for one in tries}
        return self._starts.get((entry.user, entry.run))

    def input_of(self, entry: Entry) -> Input | None:
        """The record that an entry comes from at once; None when it came by a timer or by what a rule did."""
        cause = self.entry(entry.cause)
        if cause is not None and self._only_passed(entry, cause):
            return None
        return cause.given if cause is not None and cause.kind == "input" else None

    def begun_by(self, entry: Entry) -> Input | None:
        """The record that a trigger comes from: at once, or as the one from which its silence is counted."""
        since = self.since(entry)
        return self.input_of(entry) if since is None else since.given

    def root_of(self, entry: Entry) -> Input | None:
        """The record without which an entry would not be there, through all that rules and timers did in between."""
        for _ in range(len(self.trace.entries)):
            if (given := self.begun_by(entry)) is not None:
                return given
            before = self._before(entry)
            if before is None:
                return None
            entry = before
        return None

    def _before(self, entry: Entry) -> Entry | None:
        """The entry that an entry comes from, one step back."""
        if entry.kind == "decision":
            return self.started(entry)
        since = self.since(entry)
        cause = self.entry(entry.cause) if since is None else since
        if cause is None or cause.kind != "caused":
            return None
        return self.entry(cause.cause)

    def _only_passed(self, entry: Entry, cause: Entry) -> bool:
        """Whether a segment was entered or left as a window passed, when something else happened to be handled."""
        if entry.kind != "tried" or not cause.passes or entry.rule is None:
            return False
        return isinstance(self.clauses.rule(entry.rule).node.trigger, nodes.MembershipTrigger)

    def since(self, entry: Entry) -> Entry | None:
        """What a silence, or the wait of `ignored`, is counted from; None for other triggers."""
        cause = self.entry(entry.cause)
        if entry.kind != "tried" or entry.rule is None or cause is None or cause.kind != "timer":
            return None
        match self.clauses.rule(entry.rule).node.trigger:
            case nodes.SilenceTrigger() as trigger:
                event: nodes.EventSet = trigger.event
            case nodes.IgnoredTrigger() as trigger:
                event = nodes.SystemEvent("sent", trigger.rule)
            case _:
                return None
        return self.latest(event, entry.time - length_of(trigger.duration), entry)

    def latest(self, event: nodes.EventSet, at: Micros, before: Entry) -> Entry | None:
        """The last record, or event that a rule caused, of these at an instant, before an entry of the trace."""
        found = None
        for one in self.index.at(at):
            if one is before:
                break
            if one.user == before.user and self.is_event(event, one):
                found = one
        return found

    def is_event(self, event: nodes.EventSet, entry: Entry) -> bool:
        """Whether an entry is a record or a caused event of this kind, the conditions of a `where` aside."""
        return self.index.is_event(event, entry)

    def count(self, event: nodes.EventSet, until: Entry) -> int:
        """How many of these came, until an entry's moment, as if every `where` held."""
        return self.index.count(event, until)

    # ------------------------------------------------------------------ in words
    def event_name(self, entry: Entry) -> str:
        """The name in the rules of the event that an entry is."""
        wire = (entry.name if entry.given is None else entry.given.event) or ""
        return self.names.get(wire, wire)

    def said(self, entry: Entry) -> str:
        """What an entry came from."""
        cause = self.entry(entry.cause)
        if cause is None:
            return "the clock"
        if self._only_passed(entry, cause) or self._enters(entry):
            return self._trigger(entry)
        if cause.given is not None:
            return f"`{wording.short(cause.given, self.names)}`"
        if cause.kind == "timer":
            return "its timer" if cause.name == "run" else self._trigger(entry)
        maker = self.entry(cause.cause)
        by = "" if maker is None or maker.decision is None or cause.name == "sent" else f" of `{maker.decision.rule}`"
        return f"`{self._caused(cause)}`{by}"

    def _caused(self, cause: Entry) -> str:
        """What a rule caused, by its name alone if it is an event."""
        is_named = cause.name is not None and cause.name != "sent"
        return self.event_name(cause) if is_named else wording.caused(cause, self.names)

    def counted_from(self, entry: Entry) -> str:
        """What a trigger's wait is counted from, or that time alone fired it; nothing for other triggers."""
        since = self.since(entry)
        if since is not None:
            what = wording.short(since.given, self.names) if since.given else self._caused(since)
            return f", counted from `{what}` at {moment(since.time, entry.zone, entry.time)}"
        cause = self.entry(entry.cause)
        if cause is not None and (self._only_passed(entry, cause) or (cause.kind, cause.name) == ("timer", "member")):
            return ", as time passed"
        root = self.root_of(entry) if self._enters(entry) else None
        return "" if root is None else f", through `{wording.short(root, self.names)}`"

    def _enters(self, entry: Entry) -> bool:
        """Whether an entry is of a trigger on a membership, which several changes together may have brought about."""
        is_try = entry.kind == "tried" and entry.rule is not None
        return is_try and isinstance(self.clauses.rule(entry.rule or 0).node.trigger, nodes.MembershipTrigger)

    def _trigger(self, entry: Entry) -> str:
        assert entry.rule is not None
        return f"`{one_line(self.clauses.rule(entry.rule).node.trigger.span.text)}`"
