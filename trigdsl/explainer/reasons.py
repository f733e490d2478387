"""A traced decision → the fact that decided it, and one sentence that says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define, field

from trigdsl.engine.tracing import Entry, Trace
from trigdsl.explainer import wording
from trigdsl.explainer.clauses import Clauses
from trigdsl.explainer.misses import Miss, misses
from trigdsl.explainer.story import Fact, Reason
from trigdsl.explainer.wording import clock, length, moment, one_line
from trigdsl.model.inputs import Input
from trigdsl.syntax import nodes


@define
class Reasons:
    """Finds the reason of each decision of one trace."""

    trace: Trace
    clauses: Clauses
    names: Mapping[str, str]
    _starts: dict[object, Entry] = field(factory=dict, init=False)

    # ------------------------------------------------------------------ what led to what
    def entry(self, place: int | None) -> Entry | None:
        return None if place is None else self.trace.entries[place]

    def input_of(self, entry: Entry) -> Input | None:
        """The record that an entry comes from at once; None when it came by a timer or by what a rule did."""
        cause = self.entry(entry.cause)
        if cause is not None and self._only_passed(entry, cause):
            return None
        return cause.given if cause is not None and cause.kind == "input" else None

    def _only_passed(self, entry: Entry, cause: Entry) -> bool:
        """Whether a segment was entered or left as a window passed, when something else happened to be handled."""
        if entry.kind != "tried" or not cause.passes or entry.rule is None:
            return False
        return isinstance(self.clauses.rule(entry.rule).node.trigger, nodes.MembershipTrigger)

    def origin(self, entry: Entry) -> str:
        """What an entry came from, in words."""
        cause = self.entry(entry.cause)
        if cause is None:
            return "the clock"
        if self._only_passed(entry, cause):
            return "a window that passed"
        if cause.given is not None:
            return f"`{wording.given(cause.given, self.names)}`"
        if cause.kind == "timer":
            return {
                "silence": "a silence that was over",
                "ignored": "a send that nobody opened",
                "calendar": "the calendar",
                "member": "a window that passed",
            }.get(cause.name or "", "its timer")
        maker = self.entry(cause.cause)
        by = "" if maker is None or maker.decision is None else f" of `{maker.decision.rule}`"
        return f"`{wording.caused(cause, self.names)}`{by}"

    def started(self, entry: Entry) -> Entry | None:
        """The trigger that started the run of a decision."""
        if len(self._starts) == 0:
            tries = (one for one in self.trace.entries if one.kind == "tried" and one.run is not None)
            self._starts = {(one.user, one.run): one for one in tries}
        return self._starts.get((entry.user, entry.run))

    # ------------------------------------------------------------------ facts
    def reason(self, entry: Entry) -> Reason:
        """The reason of a decision, told from its entry."""
        decision, rule = entry.decision, entry.rule
        assert decision is not None
        assert rule is not None
        start = self.started(entry)
        facts: list[Fact] = []
        if decision.status == "cancelled" and (given := self.input_of(entry)) is not None:
            facts.append(self._input(given))
        clauses = self.clauses.of(decision, rule, entry)
        if decision.status == "pending":
            facts.append(Fact(kind="clock", text=f"the clock stopped before {moment(entry.time, entry.zone)}"))
        elif decision.status != "sent":
            kind = "cap" if decision.status == "capped" else "clause"
            facts += [Fact(kind=kind, text=one_line(one.span.text), span=one.span) for one in clauses]
        if start is not None and (begun := self.input_of(start)) is not None:
            facts.append(self._input(begun))
        trigger = self.clauses.rule(rule).node.trigger
        facts.append(Fact(kind="clause", text=one_line(trigger.span.text), span=trigger.span))
        return Reason(decision=decision, facts=tuple(facts), text=self.sentence(entry))

    def _input(self, given: Input) -> Fact:
        return Fact(kind="input", text=wording.given(given, self.names), given=given)

    # ------------------------------------------------------------------ sentences
    def sentence(self, entry: Entry) -> str:
        """Why it was decided so."""
        decision = entry.decision
        assert decision is not None
        telling: dict[str, Callable[[Entry], str]] = {
            "sent": self._sent,
            "cancelled": self._cancelled,
            "capped": self._capped,
            "skipped": self._skipped,
            "control": self._control,
            "pending": self._pending,
        }
        return telling[decision.status](entry)

    def _sent(self, entry: Entry) -> str:
        start = self.started(entry)
        if start is None:
            return "its run started before this trace"
        return f"triggered by {self.origin(start)} at {moment(start.time, entry.zone, entry.time)}"

    def _cancelled(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        if decision.reason in ("restarted", "merged"):
            how = "started it anew" if decision.reason == "restarted" else "made two users one"
            return f"{self.origin(entry)} at {clock(entry.time, entry.zone)} {how}"
        left = self.left(entry)
        return f"{self.origin(entry)} at {clock(entry.time, entry.zone)} cancelled it{left}"

    def left(self, entry: Entry) -> str:
        """How long before its time a run was ended."""
        wake = next(
            (
                one.until
                for one in reversed(self.trace.entries)
                if one.kind in ("armed", "waits")
                and (one.run, one.step, one.user) == (entry.run, entry.step, entry.user)
            ),
            None,
        )
        if wake is None:
            return ""
        return (
            ", at the very moment of the send"
            if wake == entry.time
            else f", {length(wake - entry.time)} before the send"
        )

    def _capped(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        sends = []
        for place in entry.filled:
            made = self.trace.entries[place].decision
            assert made is not None
            sends.append(f"`{made.rule}` at {moment(made.time, entry.zone, entry.time)}")
        by = f", filled by {' and '.join(sends)}" if sends else ""
        return f"the cap `{decision.reason}` was full{by}"

    def _skipped(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        match decision.reason:
            case "guard":
                return f"the guard was not true: {self.because(entry)}"
            case "requires":
                return f"channel `{decision.channel}` requires what was not true: {self.because(entry)}"
            case "no variant":
                return "no variant's condition was true"
            case "limit":
                return f"the rule's limit was full{self.counted(entry)}"
            case "expired":
                return self._expired(entry)
            case "outside window":
                return f"{clock(entry.time, entry.zone)} {entry.zone.name} is outside {self._windows(entry)}"
            case "campaign ended":
                return "the rule's campaign was over"
            case "too long":
                return "the text was longer than the channel allows"
        return f"it could not be rendered: {decision.reason}"

    def counted(self, entry: Entry) -> str:
        """The times that filled a limit."""
        times = [moment(time, entry.zone, entry.time) for time in entry.times]
        return f", filled at {' and '.join(times)}" if times else ""

    def _windows(self, entry: Entry) -> str:
        assert entry.rule is not None
        assert entry.step is not None
        windows = self.clauses.windows(self.clauses.step(entry.rule, entry.step))
        return " ".join(f"`{one_line(one.span.text)}`" for one in windows) or "its window"

    def _expired(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        waits = (one for one in reversed(self.trace.entries) if one.kind == "waits" and one.run == entry.run)
        wait = next((one for one in waits if one.user == entry.user and one.step == entry.step), None)
        due = moment(decision.due, entry.zone, entry.time)
        expired = f"it was due at {due} and expired {clock(entry.time, entry.zone)}"
        if wait is None:
            return expired
        opens = "never opens again" if wait.opens is None else f"opens {moment(wait.opens, entry.zone, entry.time)}"
        return f"{self._windows(entry)} {opens} {entry.zone.name}; {expired}"

    def _control(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        return {
            "holdout": "the user is in the rule's holdout",
            "nothing": "the variant is deliberately no message",
        }.get(decision.reason or "", "the user is in the share that gets nothing")

    def _pending(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        for_what = "for its window, which opens" if decision.reason == "window" else "until"
        return f"it waits {for_what} {moment(entry.time, entry.zone)}"

    # ------------------------------------------------------------------ conditions
    def condition_of(self, entry: Entry) -> nodes.Expression | None:
        """The condition whose parts an entry has seen."""
        assert entry.rule is not None
        rule = self.clauses.rule(entry.rule).node
        if entry.kind == "tried":
            return _where(rule.trigger, entry) if entry.outcome == "where" else rule.condition
        decision = entry.decision
        assert decision is not None
        if decision.reason == "requires":
            ids = {seen.node: seen.value for seen in entry.seen}
            policies = self.clauses.checked.channels[decision.channel or ""]
            wanted = [one.condition for one in policies if isinstance(one, nodes.Requires)]
            return next((one for one in wanted if ids.get(one.id) is not True), None)
        return self.clauses.step(entry.rule, decision.step - 1).guard

    def misses(self, entry: Entry) -> tuple[Miss, ...]:
        """The clauses that had to change for a condition to be true."""
        node = self.condition_of(entry)
        if node is None:
            return ()
        values = {seen.node: seen.value for seen in entry.seen}
        return misses(node, values, self.clauses.checked.segments)

    def because(self, entry: Entry) -> str:
        return "; ".join(miss.text for miss in self.misses(entry)) or "a condition was not true"


def _where(trigger: nodes.Trigger, entry: Entry) -> nodes.Expression | None:
    from trigdsl.syntax.walk import walk

    ids = {seen.node: seen.value for seen in entry.seen}
    wheres = [one.condition for one in walk(trigger) if isinstance(one, nodes.EventWhere)]
    return next((one for one in wheres if ids.get(one.id) is not True), None)
