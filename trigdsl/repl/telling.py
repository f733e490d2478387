"""What happened to a user in a session → their story, and why a rule stayed silent, told from the traces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from trigdsl.engine.tracing import Entry, Trace
from trigdsl.explainer.clauses import Clauses
from trigdsl.explainer.origins import Origins
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.silences import SPEAKING, Silences
from trigdsl.explainer.story import Explanation
from trigdsl.explainer.story import Line as StoryLine
from trigdsl.explainer.telling import Telling
from trigdsl.explainer.wording import moment
from trigdsl.model.decisions import Decision
from trigdsl.repl.refusal import Refusal
from trigdsl.repl.showing import Said
from trigdsl.repl.world import Epoch, World

if TYPE_CHECKING:
    from trigdsl.repl.shell import Shell


def story(world: World, user: str, rule: str | None, shell: Shell) -> str:
    """The time line of a user, through all rules that there were; raises Refusal for a rule that there never was."""
    if rule is not None and not any(rule == one.name for epoch in world.epochs for one in epoch.ruled.checked.rules):
        from trigdsl.repl.commands import rule_named

        rule_named(shell, rule)
    lines = tuple(line for epoch in world.epochs for line in _lines(world, epoch, user, rule))
    return str(Explanation(user=user, lines=lines, reasons=(), silences=()))


def _lines(world: World, epoch: Epoch, user: str, rule: str | None) -> Iterator[StoryLine]:
    rules = frozenset(one.index for one in epoch.ruled.checked.rules if rule is None or one.name == rule)
    reasons = _reasons(world, epoch, user)
    for entry in reasons.trace.entries:
        decision = entry.decision
        if entry.kind == "ended" and decision is not None and entry.user == user and rule in (None, decision.rule):
            text = f"step {decision.step}: cancelled ({decision.reason})"
            yield StoryLine(time=entry.time, zone=entry.zone, kind="decision", rule=decision.rule, text=text)
    if rules:
        yield from Telling(reasons, rules, user).lines()


def _reasons(world: World, epoch: Epoch, user: str) -> Reasons:
    """Finds reasons in the trace of an epoch, with what still waits if it is the last."""
    waiting = world.pending(user) if epoch is world.epochs[-1] else []
    trace = Trace()
    trace.entries = [*epoch.trace.entries, *waiting]
    return Reasons(Origins(trace, Clauses(epoch.ruled.checked), epoch.ruled.program.event_names))


@frozen
class _Record:
    """What a rule did for a user in one epoch."""

    reasons: Reasons
    rule: int
    entries: tuple[Entry, ...]

    @property
    def spoken(self) -> Decision | None:
        """The last decision that was what the rule is for."""
        made = (one.decision for one in reversed(self.entries) if one.decision is not None)
        return next((decision for decision in made if decision.status in SPEAKING), None)


def silence(world: World, user: str, rule: int) -> Iterator[Said]:
    """Why a rule, by its place among the present ones, sent a user nothing; raises Refusal when it did send."""
    records = _records(_all_reasons(world, user), world, user, rule)
    for one in records:
        if (spoken := one.spoken) is not None:
            name = world.checked.rules[rule].name
            said = f"`{name}` was not silent: {spoken.status} at {moment(spoken.time, world.zone(user))}"
            raise Refusal(said, f"see `:why {name}`")
    yield from _told(world, user, records)


def silences(world: World, user: str) -> Iterator[Said]:
    """Why each rule that sent a user nothing was silent."""
    reasons = _all_reasons(world, user)
    found = [_records(reasons, world, user, rule.index) for rule in world.checked.rules]
    silent = [records for records in found if all(one.spoken is None for one in records)]
    for records in silent:
        yield from _told(world, user, records)
    if not silent:
        yield "  no rule was silent" if found else "  there are no rules"


def _all_reasons(world: World, user: str) -> list[tuple[Epoch, Reasons]]:
    """All epochs, the latest first, and what finds reasons in their traces."""
    return [(epoch, _reasons(world, epoch, user)) for epoch in reversed(world.epochs)]


def _records(epochs: list[tuple[Epoch, Reasons]], world: World, user: str, rule: int) -> list[_Record]:
    """What a rule did, the latest epoch first, back to when its text was another."""
    name, text = world.checked.rules[rule].name, world.checked.rules[rule].node.span.text
    found = []
    for epoch, reasons in epochs:
        same = [one for one in epoch.ruled.checked.rules if (one.name, one.node.span.text) == (name, text)]
        if not same:
            break
        index = same[0].index
        entries = tuple(one for one in reasons.trace.entries if one.rule == index and one.user == user)
        found.append(_Record(reasons, index, entries))
    return found


def _told(world: World, user: str, records: list[_Record]) -> Iterator[Said]:
    """The silence of the latest epoch in which the rule did something."""
    record = next((one for one in records if one.entries), records[0])
    found, zone = Silences(record.reasons, user).silence(record.rule), world.zone(user)
    at = "" if found.time is None else f", {moment(found.time, zone)}"
    yield f"  {found.rule} ({found.stage}{at}): {found.text}"
    yield f"    needed: {found.change}"
    if len(records) < len(world.epochs) and found.stage == "never triggered":
        yield "    (since the rule became what it is)"
