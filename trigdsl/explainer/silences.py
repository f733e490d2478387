"""A rule that sent a user nothing → the attempt that came nearest, and the least that would have made it send."""

from __future__ import annotations

from attrs import define, evolve

from trigdsl.compiler.expressions import length_of
from trigdsl.engine.tracing import Entry
from trigdsl.engine.zones import UTC
from trigdsl.explainer import wording
from trigdsl.explainer.changes import MoveClock, Words
from trigdsl.explainer.events import has_where
from trigdsl.explainer.misses import Miss, cost
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.story import Silence, Suggestion
from trigdsl.explainer.wording import clock, length, moment, one_line
from trigdsl.syntax import nodes

STAGES = (
    "where", "ordinal", "condition", "campaign", "for each", "limit", "pending", "restart", "full",
    "pending decision", "decision",
)  # fmt: skip
"""How far an attempt came, the farthest last."""

SPEAKING = ("sent", "control")
"""Statuses of what was not silent: it was done, or deliberately withheld."""


@define
class Silences:
    """Tells why rules were silent in one trace."""

    reasons: Reasons

    def silence(self, rule: int) -> Silence:
        """Why a rule was silent."""
        nearest = self.nearest(rule)
        checked = self.reasons.clauses.rule(rule)
        if nearest is None:
            text, change = self._nothing_fired(checked.node.trigger)
            return Silence(rule=checked.name, stage="never triggered", text=text, change=change)
        tell = self._decided if nearest.kind == "decision" else self._refused
        return tell(checked.name, nearest)

    def _nothing_fired(self, trigger: nodes.Trigger) -> tuple[str, str]:
        """That a trigger never fired, and what would have made it."""
        said = f"nothing fired `{one_line(trigger.span.text)}`"
        if isinstance(trigger, nodes.CalendarTrigger):
            return said, "a moment that it names, after the user's first input"
        if not isinstance(trigger, nodes.SilenceTrigger):
            return said, f"whatever fires `{one_line(trigger.span.text)}`"
        origins = self.reasons.origins
        found = [one for one in self.reasons.trace.entries if origins.is_event(trigger.event, one)]
        if not found or has_where(trigger.event):
            return said, f"an event after which there is none for {one_line(trigger.duration.span.text)}"
        last = found[-1]
        over = moment(last.time + length_of(trigger.duration), last.zone)
        return (
            f"{said}: the last `{origins.event_name(last)}` was at {moment(last.time, last.zone)}",
            f"none until {over}",
        )

    def nearest(self, rule: int) -> Entry | None:
        """The attempt that came nearest; None when nothing triggered the rule."""
        return next(iter(self.attempts(rule)), None)

    def attempts(self, rule: int) -> list[Entry]:
        """All attempts of a rule that came to nothing, the nearest first; of equal ones the last."""
        tries = [one for one in self.reasons.trace.entries if one.rule == rule and self._is_attempt(one)]
        tries.reverse()
        return sorted(tries, key=self.distance)

    def _is_attempt(self, entry: Entry) -> bool:
        """Whether an entry is a trigger that was refused, or a decision that was no message where one is wanted."""
        if entry.kind == "tried":
            return entry.outcome != "started"
        return entry.decision is not None and entry.decision.status not in SPEAKING

    def speaks(self, entry: Entry) -> bool:
        """Whether a decision is what its rule is for: a message, if it has any, sent or withheld as a control."""
        decision = entry.decision
        if decision is None or decision.status not in SPEAKING:
            return False
        steps = self.reasons.clauses.rule(entry.rule or 0).node.steps
        has_sends = any(isinstance(action, nodes.Send) for step in steps for action in step.actions)
        return decision.action == "send" or not has_sends

    def distance(self, entry: Entry | None) -> tuple[int, int, float]:
        """Farther in the order of things is nearer; then fewer clauses that failed, then by less."""
        if entry is None:
            return (1, 0, 0)
        stage = "decision" if entry.kind == "decision" else entry.outcome or ""
        if entry.decision is not None and entry.decision.status == "pending":
            stage = "pending decision"
        return (-STAGES.index(stage), *cost(self.reasons.misses(entry)))

    # ------------------------------------------------------------------ triggers that started nothing
    def _refused(self, name: str, entry: Entry) -> Silence:
        text, change = self.refusal(entry)
        trigger = self.reasons.clauses.rule(entry.rule or 0).node.trigger
        if entry.outcome == "ordinal" and isinstance(trigger, nodes.EventTrigger) and not has_where(trigger.event):
            text += f": {self.reasons.origins.count(trigger.event, entry)} came until then"
        misses = tuple(miss.to_dict() for miss in self.reasons.misses(entry))
        stage = {"where": "trigger", "ordinal": "trigger", "condition": "condition"}.get(entry.outcome or "", "start")
        return Silence(rule=name, stage=stage, time=entry.time, text=text, change=change, misses=misses)

    def refusal(self, entry: Entry) -> tuple[str, str]:
        """Why a trigger that was tried started no run, and the least that would have made it."""
        assert entry.rule is not None
        clauses = self.reasons.clauses
        rule = clauses.rule(entry.rule).node
        if entry.outcome in ("where", "condition"):
            said = self.reasons.because(entry)
            return said, self._least(entry)
        match entry.outcome:
            case "ordinal":
                wanted = one_line(rule.trigger.span.text)
                is_every = isinstance(rule.trigger, nodes.EventTrigger) and rule.trigger.every
                said = f"it was not one of `{wanted}`" if is_every else f"it was not the `{wanted}`"
                return said, f"the event that is `{wanted}`"
            case "campaign":
                dates = " ".join(one_line(one.span.text) for one in rule.clauses if isinstance(one, nodes.Campaign))
                return f"{moment(entry.time, entry.zone)} is outside the campaign `{dates}`", "a trigger inside it"
            case "for each":
                path = ".".join(next(one.path for one in rule.clauses if isinstance(one, nodes.ForEach)))
                return f"`{path}` was missing, which `for each` needs", f"a value of `{path}`"
            case "limit":
                limit = next(one_line(one.span.text) for one in rule.clauses if isinstance(one, nodes.Limit))
                return f"the limit `{limit}` was full{self.reasons.counted(entry)}", f"a limit above `{limit}`"
            case "pending":
                return (
                    "another run of the rule was unfinished",
                    "`while pending restart` or `stack`, or a later trigger",
                )
            case "restart":
                most = next(one_line(one.span.text) for one in rule.clauses if isinstance(one, nodes.WhilePending))
                return f"the first trigger was too long ago for `{most}`", "an earlier trigger"
        return "too many runs of the rule were unfinished", "a run that ends before"

    def _least(self, entry: Entry) -> str:
        return " and ".join(map(_need, self.reasons.misses(entry))) or "its condition true"

    # ------------------------------------------------------------------ decisions that were no sends
    def _decided(self, name: str, entry: Entry) -> Silence:
        decision = entry.decision
        assert decision is not None
        misses = tuple(miss.to_dict() for miss in self.reasons.misses(entry)) if entry.seen else ()
        text, change = self.reasons.sentence(entry), self._change(entry)
        return Silence(rule=name, stage=decision.status, time=entry.time, text=text, change=change, misses=misses)

    def _change(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        match decision.status, decision.reason:
            case "cancelled", "merged":
                return "two users that stay two"
            case "cancelled", "restarted":
                return "no trigger until it was due"
            case "cancelled", _:
                return f"without {self.reasons.origins.said(entry)}, or with it after the send"
            case "capped", _:
                return f"a cap above `{decision.reason}`, or `urgent`"
            case "pending", _:
                return f"the clock at {moment(entry.time, entry.zone)}"
            case "skipped", "guard" | "requires":
                return self._least(entry)
            case "skipped", "expired":
                return self._later_expiry(entry)
            case "skipped", "outside window":
                return "a moment inside its window, or no `else skip`"
            case "skipped", "limit":
                return "a limit that allows one more"
            case "skipped", "campaign ended":
                return "a campaign that lasts longer"
            case "skipped", "too long":
                return "a shorter text"
            case "skipped", "no variant":
                return "a variant without condition: `otherwise`"
            case "control", _:
                return "a user in another share"
        if decision.reason == "missing value":
            return "a value to set"
        if decision.reason is not None and decision.reason.startswith("missing "):
            return f"a value of `{decision.reason.removeprefix('missing ')}`"
        return "a template that can be rendered"

    def _later_expiry(self, entry: Entry) -> str:
        decision = entry.decision
        assert decision is not None
        wait = self.reasons.origins.index.wait(entry)
        if wait is None or wait.opens is None:
            return "a window that opens before it expires"
        return f"`expires {length(wait.opens - decision.due)}`, or a window open at {clock(decision.due, entry.zone)}"


def _need(miss: Miss) -> str:
    """What a clause that failed needs."""
    is_value = any(isinstance(goal.node, nodes.Path) for goal in miss.goals)
    match miss.needs:
        case "true" | "false" if is_value:
            return f"`{miss.clause}` {miss.needs}"
        case "true":
            return f"`{miss.clause}`"
        case "false":
            return f"not `{miss.clause}`"
        case "a value":
            return f"a value of `{miss.subject}`"
        case "to be missing":
            return f"no value of `{miss.subject}`"
    return f"`{miss.subject}` {miss.needs}"


def suggested(silence: Silence, suggestion: Suggestion | None, reasons: Reasons) -> Silence:
    """A silence with what was found to end it, or that nothing was."""
    if suggestion is None:
        return evolve(silence, suggested="no change was found that makes it send")
    entries = reasons.trace.entries
    zone = next((one.zone for one in reversed(entries) if silence.time in (None, one.time)), UTC)
    words = Words(zone, reasons.origins.names, silence.time)
    decision = suggestion.decision
    said = [change.words(words) for change in suggestion.changes if not isinstance(change, MoveClock)]
    clock_goes_on = len(said) < len(suggestion.changes)
    changes = ", ".join(said) or "as it is"
    later = ", after the clock stopped" if clock_goes_on else ""
    done = {"sent": "goes" if decision.action == "send" else "is done"}.get(decision.status, "goes to a control group")
    told = f"{changes}: {wording.action(decision)} {done} at {words.at(decision.time)}{later}"
    return evolve(silence, suggestion=suggestion, suggested=told)
