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


@define
class Telling:
    """Tells a trace, all of it or what concerns some rules."""

    reasons: Reasons
    rules: frozenset[int]

    def lines(self) -> Iterator[Line]:
        """The lines, in the order in which things happened."""
        entries, clauses = self.reasons.trace.entries, self.reasons.clauses
        named = frozenset[str]().union(*(clauses.named_events(rule) for rule in self.rules))
        causes = {entry.cause for entry in entries if entry.rule in self.rules}
        for place, entry in enumerate(entries):
            if entry.kind != "timer" and (place in causes or self._matters(entry, named)):
                yield self._line(entry)

    def _matters(self, entry: Entry, named: frozenset[str]) -> bool:
        """Whether an entry belongs to the rules, or is something that they read."""
        if entry.rule is not None:
            return entry.rule in self.rules
        if entry.given is not None and (entry.given.set or entry.given.add or entry.given.remove):
            return True
        name = entry.given.event if entry.given is not None else entry.name
        return name is not None and (name in named or "any" in named)

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
                return f"{wording.caused(entry, names)} takes effect", ()
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
        details = wording.condition(node, entry.seen) if node is not None and entry.seen else ()
        cause = self.reasons.origins.entry(entry.cause)
        by = ""
        if cause is not None and cause.kind == "timer":
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
            details += wording.condition(node, entry.seen)
        details += self._variants(entry)
        what = wording.action(decision)
        return f"step {decision.step}, {what}: {said}: {self.reasons.sentence(entry)}", tuple(details)

    def _variants(self, entry: Entry) -> Iterator[str]:
        """The conditions of the variants that came before the one that was chosen, and its own, with their values."""
        for label, condition in self.reasons.variants(entry):
            shown = wording.condition(condition, entry.chosen)
            yield f"when {shown[0]}"
            yield from (f"     {line}" for line in shown[1:])
            assert entry.decision is not None
            if label == entry.decision.variant:
                return
