"""The entries of a trace → the lines of a user's story."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define

from trigdsl.engine.tracing import Entry
from trigdsl.explainer import wording
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.silences import Silences
from trigdsl.explainer.story import Line
from trigdsl.explainer.wording import moment
from trigdsl.syntax import nodes


@define
class Telling:
    """Tells a trace, all of it or what concerns some rules."""

    reasons: Reasons
    rules: frozenset[int]

    def lines(self) -> Iterator[Line]:
        """The lines, in the order in which things happened."""
        entries, clauses = self.reasons.trace.entries, self.reasons.clauses
        named = tuple(event for rule in sorted(self.rules) for event in clauses.named_events(rule))
        state = frozenset[str]().union(*(clauses.named_state(rule) for rule in self.rules))
        causes = {entry.cause for entry in entries if entry.rule in self.rules}
        # What a rule caused goes back to a record that another rule heeds.
        makers = (entries[place].cause for place in causes if place is not None and entries[place].kind == "caused")
        causes |= {entries[maker].cause for maker in makers if maker is not None}
        causes |= {place for entry in entries if entry.rule in self.rules for place in entry.filled}
        for place, entry in enumerate(entries):
            if entry.kind != "timer" and (place in causes or self._matters(entry, named, state)):
                yield self._line(entry)

    def _matters(self, entry: Entry, named: tuple[nodes.EventSet, ...], state: frozenset[str]) -> bool:
        """Whether an entry belongs to the rules, or is something that they read."""
        if entry.rule is not None:
            return entry.rule in self.rules or self._changes(entry, state)
        if entry.given is not None and (entry.given.set or entry.given.add or entry.given.remove):
            return True
        return any(self.reasons.origins.is_event(event, entry) for event in named)

    def _changes(self, entry: Entry, state: frozenset[str]) -> bool:
        """Whether another rule changed what these read."""
        made = entry.decision
        if made is None or made.status != "sent":
            return False
        target = f"user.{made.target}" if made.action == "set" else made.target
        return made.action in ("set", "add", "remove") and target in state

    def _line(self, entry: Entry) -> Line:
        text, details = self._told(entry)
        rule = None if entry.rule is None else self.reasons.clauses.rule(entry.rule).name
        return Line(time=entry.time, zone=entry.zone, kind=entry.kind, text=text, rule=rule, details=details)

    def _told(self, entry: Entry) -> tuple[str, tuple[str, ...]]:
        names = self.reasons.origins.names
        match entry.kind:
            case "input":
                assert entry.given is not None
                return wording.given(entry.given, names), ()
            case "caused":
                return wording.caused(entry, names) + ("" if entry.name == "sent" else " takes effect"), ()
            case "tried":
                return self._tried(entry)
            case "armed":
                assert entry.until is not None
                number = (entry.step or 0) + 1
                return f"step {number} is due at {moment(entry.until, entry.zone, entry.time)}", ()
            case "waits":
                return self._waits(entry), ()
        return self._decision(entry)

    def _tried(self, entry: Entry) -> tuple[str, tuple[str, ...]]:
        node = self.reasons.condition_of(entry)
        details = self.reasons.shown(node, entry.seen) if node is not None and entry.seen else ()
        cause = self.reasons.origins.entry(entry.cause)
        by = ""
        trigger = self.reasons.clauses.rule(entry.rule or 0).node.trigger
        if (cause is not None and cause.kind == "timer") or isinstance(trigger, nodes.MembershipTrigger):
            by = f" by {self.reasons.origins.said(entry)}{self.reasons.origins.counted_from(entry)}"
        if entry.outcome == "started":
            return f"triggered{by}, a run starts", details
        fired = "not triggered" if entry.outcome in ("where", "ordinal") else f"triggered{by}, starts no run"
        return f"{fired}: {Silences(self.reasons).refusal(entry)[0]}", details

    def _waits(self, entry: Entry) -> str:
        assert entry.until is not None
        windows = self.reasons.windows(entry)
        if entry.opens is None:
            return f"waits for {windows}, which never opens again"
        opens = f"{windows} opens {moment(entry.opens, entry.zone, entry.time)} {entry.zone.name}"
        expires = "" if entry.until == entry.opens else f", it expires {moment(entry.until, entry.zone, entry.time)}"
        return f"waits: {opens}{expires}"

    def _decision(self, entry: Entry) -> tuple[str, tuple[str, ...]]:
        decision = entry.decision
        assert decision is not None
        said = "done" if (decision.status, decision.action == "send") == ("sent", False) else decision.status
        if decision.reason is not None:
            said += f" ({decision.reason})"
        if decision.variant is not None:
            said += f", variant {decision.variant}"
        details = []
        if decision.text is not None:
            details.append(wording.value(decision.text))
        node = self.reasons.condition_of(entry) if entry.seen else None
        if node is not None:
            details += self.reasons.shown(node, entry.seen)
        details += self._variants(entry)
        what = wording.action(decision)
        return f"step {decision.step}, {what}: {said}: {self.reasons.sentence(entry)}", tuple(details)

    def _variants(self, entry: Entry) -> Iterator[str]:
        """The conditions of the variants that came before the one that was chosen, and its own, with their values."""
        for label, condition in self.reasons.variants(entry):
            shown = self.reasons.shown(condition, entry.chosen)
            yield f"when {shown[0]}"
            yield from (f"     {line}" for line in shown[1:])
            assert entry.decision is not None
            if label == entry.decision.variant:
                return
            if any(one.node == condition.id and one.value is True for one in entry.chosen):
                yield "     its text could not be rendered"
