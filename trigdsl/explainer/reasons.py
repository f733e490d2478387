"""A traced decision → the fact that decided it, and one sentence that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define, evolve

from trigdsl.engine.tracing import Entry, Seen, Trace
from trigdsl.explainer import wording
from trigdsl.explainer.clauses import Clauses
from trigdsl.explainer.events import has_where
from trigdsl.explainer.misses import Miss, cost, misses
from trigdsl.explainer.origins import Origins
from trigdsl.explainer.story import Fact, Reason
from trigdsl.explainer.wording import clock, length, moment, one_line
from trigdsl.model.inputs import Input
from trigdsl.syntax import nodes


@define
class Reasons:
    """Finds the reason of each decision of one trace."""

    origins: Origins

    @property
    def trace(self) -> Trace:
        return self.origins.trace

    @property
    def clauses(self) -> Clauses:
        return self.origins.clauses

    # ------------------------------------------------------------------ facts
    def reason(self, entry: Entry) -> Reason:
        """The reason of a decision, told from its entry."""
        decision, rule = entry.decision, entry.rule
        assert decision is not None
        assert rule is not None
        start = self.origins.started(entry)
        facts: list[Fact] = []
        if decision.status == "cancelled" and (given := self.origins.input_of(entry)) is not None:
            facts.append(self._input(given))
        clauses = self.clauses.of(decision, rule, entry)
        if decision.status == "pending":
            facts.append(Fact(kind="clock", text=f"the clock stopped before {moment(entry.time, entry.zone)}"))
        elif decision.status != "sent":
            kind = "cap" if decision.status == "capped" else "clause"
            facts += [Fact(kind=kind, text=one_line(one.span.text), span=one.span) for one in clauses]
        trigger = self.clauses.rule(rule).node.trigger
        led = [Fact(kind="clause", text=one_line(trigger.span.text), span=trigger.span)]
        if start is not None and (begun := self.origins.begun_by(start)) is not None:
            led.insert(0, self._input(begun))
        elif start is not None and (root := self.origins.root_of(start)) is not None:
            # Other rules and timers came in between, so another record may do in its place.
            led.append(self._input(root))
        facts += led
        return Reason(decision=decision, facts=tuple(facts), text=self.sentence(entry))

    def _input(self, given: Input) -> Fact:
        return Fact(kind="input", text=wording.given(given, self.origins.names), given=given)

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
        start = self.origins.started(entry)
        if start is None:
            return "its run started before this trace"
        at = moment(start.time, entry.zone, entry.time)
        return f"triggered by {self.origins.said(start)} at {at}{self.origins.counted_from(start)}"

    def _cancelled(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        if decision.reason in ("restarted", "merged"):
            how = "started it anew" if decision.reason == "restarted" else "made two users one"
            return f"{self.origins.said(entry)} at {clock(entry.time, entry.zone)} {how}"
        left = self.left(entry)
        return f"{self.origins.said(entry)} at {clock(entry.time, entry.zone)} cancelled it{left}"

    def left(self, entry: Entry) -> str:
        """How long before its time a run was ended."""
        wake = self.origins.index.wake(entry)
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
                return f"no variant's condition was true: {self.because(entry)}"
            case "limit":
                return f"the rule's limit was full{self.counted(entry)}"
            case "expired":
                return self._expired(entry)
            case "outside window":
                return f"{clock(entry.time, entry.zone)} {entry.zone.name} is outside {self.windows(entry)}"
            case "campaign ended":
                return "the rule's campaign was over"
            case "too long":
                limits = self.clauses.of(decision, entry.rule or 0, entry)
                return f"the text was longer than {' '.join(f'`{one_line(one.span.text)}`' for one in limits)} allows"
        if decision.reason == "missing value":
            return "the value to set was missing"
        if decision.reason is not None and decision.reason.startswith("missing "):
            return f"`{decision.reason.removeprefix('missing ')}` was missing, which its text needs"
        return f"it could not be rendered: {decision.reason}"

    def counted(self, entry: Entry) -> str:
        """The times that filled a limit."""
        times = [moment(time, entry.zone, entry.time) for time in entry.times]
        return f", filled at {' and '.join(times)}" if times else ""

    def windows(self, entry: Entry) -> str:
        """The clauses that say when the step of an entry may be done."""
        assert entry.rule is not None
        assert entry.step is not None
        windows = self.clauses.windows(self.clauses.step(entry.rule, entry.step))
        return " ".join(f"`{one_line(one.span.text)}`" for one in windows) or "its window"

    def _expired(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        wait = self.origins.index.wait(entry)
        due = moment(decision.due, entry.zone, entry.time)
        expired = f"it was due at {due} and expired {clock(entry.time, entry.zone)}"
        if wait is None:
            return expired
        opens = "never opens again" if wait.opens is None else f"opens {moment(wait.opens, entry.zone, entry.time)}"
        return f"{self.windows(entry)} {opens} {entry.zone.name}; {expired}"

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
        what = f"{self.windows(entry)} opens" if decision.reason == "window" else "it is due"
        return f"{what} at {moment(entry.time, entry.zone)}, and the clock stopped before"

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
        """The clauses that had to change for a condition to be true; of variants those of the nearest one."""
        segments = self.clauses.checked.segments
        values = {seen.node: seen.value for seen in entry.seen}
        if entry.decision is not None and entry.decision.reason == "no variant":
            values |= {seen.node: seen.value for seen in entry.chosen}
            ways = [misses(condition, values, segments) for _, condition in self.variants(entry)]
            return min(ways, key=cost, default=())
        node = self.condition_of(entry)
        if node is None or not entry.seen:
            return ()
        return misses(node, values, segments)

    def _with_culprit(self, miss: Miss, entry: Entry) -> Miss:
        """A miss of `no E …`, with the E that stood in the way, where that is sure."""
        for goal in miss.goals:
            node = goal.node
            if isinstance(node, nodes.Member) and goal.value is node.negated:
                since = self.origins.index.joined(node.name.text, entry)
                said = "" if since is None else f", since {moment(since, entry.zone, entry.time)}"
                return evolve(miss, text=miss.text + said)
            if isinstance(node, nodes.Happened) and goal.value is node.negated and not has_where(node.event):
                found = self.origins.index.last_event(node.event, entry)
                if found is not None:
                    at = moment(found.time, entry.zone, entry.time)
                    name = self.origins.event_name(found)
                    return evolve(miss, text=f"`{miss.clause}` was false: `{name}` at {at}")
        return miss

    def shown(self, node: nodes.Expression, seen: tuple[Seen, ...]) -> tuple[str, ...]:
        """A condition, and of what was seen the value of each of its parts, with those of the segments it reads."""
        return wording.condition(node, seen, self.clauses.nodes_in(node))

    def variants(self, entry: Entry) -> Iterator[tuple[str, nodes.Expression]]:
        """The label and the condition of each variant of a send that has one, if its conditions were looked at."""
        decision = entry.decision
        if decision is None or entry.rule is None or not entry.chosen:
            return
        action = self.clauses.step(entry.rule, decision.step - 1).actions[entry.place]
        if isinstance(action, nodes.Send):
            for number, one in enumerate(action.variants, 1):
                if isinstance(one, nodes.WhenVariant) and one.condition is not None:
                    yield (str(number) if one.label is None else one.label.text), one.condition

    def because(self, entry: Entry) -> str:
        return (
            "; ".join(self._with_culprit(miss, entry).text for miss in self.misses(entry)) or "a condition was not true"
        )


def _where(trigger: nodes.Trigger, entry: Entry) -> nodes.Expression | None:
    from trigdsl.syntax.walk import walk

    ids = {seen.node: seen.value for seen in entry.seen}
    wheres = [one.condition for one in walk(trigger) if isinstance(one, nodes.EventWhere)]
    return next((one for one in wheres if ids.get(one.id) is not True), None)
